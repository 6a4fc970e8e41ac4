"""How does the province admit a tenant, so that anybody can see what it was granted?

The tenant's row and its `grant` leaf are one transaction. The leaf names sources and procedures in
clear and officers as commitments, `base64(HMAC-SHA-256(salt, officer))`; the salt stays in the row.
"""

import hmac
import json
import os
import re
from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256

from sqlalchemy import Connection, insert, select, update

from gateway.access.callers import EVERYTHING, Grant
from gateway.access.clients import listed_vouches, read_grant, write_grant
from gateway.domain.errors import BadRequest, Conflict
from gateway.domain.identifiers import TenantId
from gateway.log.append import Appended, append_public
from gateway.storage.schema import tenants

_AGENCY_CODE = re.compile(r"(?![0-9]{9,12}\Z)(?=.{1,40}\Z)[0-9A-Z]+(?:\.[0-9A-Z]+)*")
_ISSUER = re.compile(r"(?!.*[0-9]{9})[^\W_][\w ,.()/&'-]{0,199}")
_KIND = re.compile(r"[a-z][a-z_]{0,59}")
_TENANT_CODE = re.compile(r"(?![0-9]{9,12}\Z)[a-z0-9][a-z0-9-]{0,62}")


def register_tenant(
    connection: Connection,
    code: str,
    name: str,
    agency: str,
    grant: Grant,
    *,
    is_test: bool,
    now: datetime,
) -> Appended:
    """Admit a tenant with its grant and the public leaf that says so; `is_test` is for ever.

    Raises BadRequest `tenant_code_unusable`, `agency_code_unusable`, `issuer_unusable`,
    Conflict `tenant_exists`.
    """
    if not _TENANT_CODE.fullmatch(code):
        raise BadRequest("tenant_code_unusable", "a code is a-z, 0-9 and hyphens", "code")
    if not _AGENCY_CODE.fullmatch(agency):
        raise BadRequest("agency_code_unusable", "a code reads like H99.01", "agency")
    for issuer, kind in grant.vouches:
        if not (_ISSUER.fullmatch(issuer) and _KIND.fullmatch(kind)):
            raise BadRequest("issuer_unusable", "an issuer's name and a kind of records", "vouches")
    known = select(tenants.c.tenant).where(tenants.c.tenant == code)
    if connection.execute(known).first() is not None:
        raise Conflict("tenant_exists", "a tenant of this code is registered")
    salt = os.urandom(32)
    appended = append_public(connection, _leaf(TenantId(code), agency, grant, is_test, now, salt))
    row = {
        "tenant": code,
        "name": name,
        "agency": agency,
        "is_test": is_test,
        "grant_json": write_grant(grant, salt),
        "grant_leaf": appended.index,
        "created_at": int(now.timestamp()),
    }
    connection.execute(insert(tenants), row)
    return appended


def grant_again(connection: Connection) -> int:
    """Write every tenant's grant into a log that has just been opened; how many there are."""
    admitted = connection.execute(select(tenants).order_by(tenants.c.created_at)).all()
    for row in admitted:
        salt = bytes.fromhex(json.loads(row.grant_json)["salt"])
        since = datetime.fromtimestamp(row.created_at, UTC)
        grant = read_grant(row.grant_json)
        leaf = _leaf(TenantId(row.tenant), row.agency, grant, row.is_test, since, salt)
        appended = append_public(connection, leaf)
        again = update(tenants).where(tenants.c.tenant == row.tenant)
        connection.execute(again.values(grant_leaf=appended.index))
    return len(admitted)


def _leaf(
    tenant: TenantId, agency: str, grant: Grant, is_test: bool, now: datetime, salt: bytes
) -> dict[str, object]:
    return {
        "kind": "grant",
        "v": 1,
        "tenant": tenant,
        "agency": agency,
        "is_test": is_test,
        "since": now.astimezone(UTC).date().isoformat(),
        "sources": sorted(grant.sources),
        "procedures": EVERYTHING if grant.procedures is None else sorted(grant.procedures),
        "officers": EVERYTHING
        if grant.officers is None
        else sorted(officer_commitment(salt, officer) for officer in grant.officers),
        **({"vouches": listed_vouches(grant)} if grant.vouches else {}),
    }


def officer_commitment(salt: bytes, officer: str) -> str:
    """The commitment by which a leaf names an officer; the salt opens it."""
    return b64encode(hmac.digest(salt, officer.encode(), sha256)).decode()
