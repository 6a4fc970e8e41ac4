"""Registration of tenants: each with its grant in a public leaf.

The tenant's row and its `grant` leaf are one transaction, and so is every change of the grant. The leaf
names sources and procedures in clear and officers as commitments, `base64(HMAC-SHA-256(salt, officer))`;
the salt stays in the row.
`connected` are the sources that the deployment reads, and a tenant gets a further leaf when they change.
`first` is null in a tenant's first leaf, else log and index of that leaf: whether a tenant is a test
tenant is said there, for ever, and no later leaf of any log says otherwise.
"""

import hmac
import json
import os
import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256

from sqlalchemy import Connection, delete, insert, select, update

from gateway.access.callers import Grant
from gateway.access.clients import read_grant, vouches_in_leaf, write_grant
from gateway.domain.errors import BadRequest, Conflict, NotFound
from gateway.domain.identifiers import SourceId, TenantId, agency_groups
from gateway.domain.json_texts import own_json
from gateway.log.append import Appended, append_public
from gateway.log.entries import GrantLeaf, Place
from gateway.log.keys import log_name
from gateway.storage.schema import connected_sources, grant_leaves, tenant_marks, tenants

_PROCEDURE = re.compile(r"(?![0-9]{9,12}\Z)[0-9A-Za-z._/-]{1,100}")
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

    Raises BadRequest `tenant_code_unusable`, `agency_code_unusable`, and for the grant
    `procedure_code_unusable`, `issuer_unusable`; Conflict `tenant_exists`,
    `test_mark_stands`.
    """
    if not _TENANT_CODE.fullmatch(code):
        raise BadRequest("tenant_code_unusable", "a code is a-z, 0-9 and hyphens", "code")
    if not (_AGENCY_CODE.fullmatch(agency) and agency_groups(agency)):
        raise BadRequest(
            "agency_code_unusable",
            "a code begins with its level-1 group, a letter and two digits: H99.01 of a province, "
            "G09.20 of a ministry; the portal's list of agencies has them",
            "agency",
        )
    _check_named(grant)
    known = select(tenants.c.tenant).where(tenants.c.tenant == code)
    if connection.execute(known).first() is not None:
        raise Conflict("tenant_exists", "a tenant of this code is registered")
    salt = os.urandom(32)
    leaf = _leaf(TenantId(code), agency, grant, is_test, now, salt)
    appended = _write(connection, leaf, connected_by(connection))
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


def change_grant(connection: Connection, code: str, grant: Grant) -> Appended:
    """Give a tenant another grant from now on, and the public leaf that says so.

    Figures count what was connected and granted at a dossier's last submission. Raises NotFound
    `unknown_tenant`, BadRequest as for a new tenant's grant.
    """
    _check_named(grant)
    of_tenant = tenants.c.tenant == code
    row = connection.execute(select(tenants).where(of_tenant)).first()
    if row is None:
        raise NotFound("unknown_tenant", "no tenant of this code is registered")
    salt = bytes.fromhex(own_json(row.grant_json)["salt"])
    since = datetime.fromtimestamp(row.created_at, UTC)
    leaf = _leaf(TenantId(code), row.agency, grant, row.is_test, since, salt)
    appended = _write(connection, leaf, connected_by(connection))
    changed = {"grant_json": write_grant(grant, salt), "grant_leaf": appended.index}
    connection.execute(update(tenants).where(of_tenant).values(changed))
    return appended


def _check_named(grant: Grant) -> None:
    """What a grant names can be codes and names: its leaf stands for ever."""
    for code in grant.procedures or ():
        if not _PROCEDURE.fullmatch(code):
            raise BadRequest(
                "procedure_code_unusable", "a procedure's code, or a form's", "procedures"
            )
    for one in grant.agencies:
        if not (_AGENCY_CODE.fullmatch(one) and agency_groups(one)):
            raise BadRequest("agency_code_unusable", "a code reads like G09.20", "agencies")
    for issuer, kind in grant.vouches:
        if not (_ISSUER.fullmatch(issuer) and _KIND.fullmatch(kind)):
            raise BadRequest("issuer_unusable", "an issuer's name and a kind of records", "vouches")


def end_grant(connection: Connection, code: str, now: datetime) -> Appended:
    """End a tenant's grant: its next call is refused, and the public leaf names nothing any more.

    Raises NotFound `unknown_tenant`.
    """
    nothing = frozenset[str]()
    return change_grant(connection, code, Grant(frozenset(), nothing, nothing, until=now))


@dataclass(frozen=True, slots=True)
class ShownTenant:
    """A tenant as operators see it."""

    tenant: str
    name: str
    agency: str
    is_test: bool
    since: datetime
    grant: Grant


def show_tenant(connection: Connection, code: str) -> ShownTenant:
    """A tenant with its grant; NotFound `unknown_tenant`."""
    row = connection.execute(select(tenants).where(tenants.c.tenant == code)).first()
    if row is None:
        raise NotFound("unknown_tenant", "no tenant of this code is registered")
    since = datetime.fromtimestamp(row.created_at, UTC)
    grant = read_grant(row.grant_json)
    return ShownTenant(row.tenant, row.name, row.agency, bool(row.is_test), since, grant)


def grant_again(connection: Connection) -> int:
    """Write every tenant's grant into a log that has just been opened; how many there are."""
    connection.execute(delete(grant_leaves))
    return _grant_where_it_differs(connection, connected_by(connection))


def settle_connected(connection: Connection, connected: Iterable[SourceId]) -> int:
    """Note which sources are read, and write another grant leaf where a tenant's last leaf says otherwise.

    Gives how many leaves that took.
    """
    _take_over_older_grants(connection)
    sources = sorted(connected)
    connection.execute(delete(connected_sources))
    connection.execute(insert(connected_sources), [{"source": source} for source in sources])
    return _grant_where_it_differs(connection, sources)


def connected_by(connection: Connection) -> list[str]:
    """The sources that the deployment reads, as its last start found them."""
    return sorted(connection.execute(select(connected_sources.c.source)).scalars())


def _grant_where_it_differs(connection: Connection, connected: Sequence[str]) -> int:
    written = 0
    for row in connection.execute(select(tenants).order_by(tenants.c.created_at)).all():
        of_tenant = select(grant_leaves.c.connected).where(grant_leaves.c.tenant == row.tenant)
        last = connection.execute(of_tenant.order_by(grant_leaves.c.leaf.desc())).scalar()
        if last is not None and own_json(last) == list(connected):
            continue
        salt = bytes.fromhex(own_json(row.grant_json)["salt"])
        since = datetime.fromtimestamp(row.created_at, UTC)
        grant = read_grant(row.grant_json)
        leaf = _leaf(TenantId(row.tenant), row.agency, grant, row.is_test, since, salt)
        appended = _write(connection, leaf, connected)
        again = update(tenants).where(tenants.c.tenant == row.tenant)
        connection.execute(again.values(grant_leaf=appended.index))
        written += 1
    return written


def _take_over_older_grants(connection: Connection) -> None:
    """Tenants that an older release admitted: their leaf says nothing of connections."""
    known = select(tenant_marks.c.tenant)
    for row in connection.execute(select(tenants).where(tenants.c.tenant.not_in(known))).all():
        _mark(connection, row.tenant, row.is_test, row.grant_leaf)
        written = {"leaf": row.grant_leaf, "tenant": row.tenant, "connected": "null"}
        connection.execute(insert(grant_leaves), written)


def _write(connection: Connection, leaf: GrantLeaf, connected: Sequence[str]) -> Appended:
    """Append a grant leaf, with the mark that the tenant's first one bears.

    Raises Conflict `test_mark_stands` where the leaf says otherwise.
    """
    of_tenant = tenant_marks.c.tenant == leaf.tenant
    mark = connection.execute(select(tenant_marks).where(of_tenant)).first()
    if mark is not None and bool(mark.is_test) != leaf.is_test:
        raise Conflict("test_mark_stands", "whether a tenant is a test tenant never changes")
    first = None if mark is None else Place(mark.origin, mark.leaf)
    leaf = replace(leaf, connected=tuple(connected), first=first)
    appended = append_public(connection, leaf)
    if mark is None:
        _mark(connection, leaf.tenant, leaf.is_test, appended.index)
    written = {"leaf": appended.index, "tenant": leaf.tenant, "connected": json.dumps(connected)}
    connection.execute(insert(grant_leaves), written)
    return appended


def _mark(connection: Connection, tenant: str, is_test: bool, leaf: int) -> None:
    row = {"tenant": tenant, "is_test": is_test, "origin": log_name(connection), "leaf": leaf}
    connection.execute(insert(tenant_marks), row)


def _leaf(
    tenant: TenantId, agency: str, grant: Grant, is_test: bool, now: datetime, salt: bytes
) -> GrantLeaf:
    officers = None
    if grant.officers is not None:
        officers = tuple(sorted(officer_commitment(salt, one) for one in grant.officers))
    return GrantLeaf(
        tenant=tenant,
        agency=agency,
        is_test=is_test,
        since=now.astimezone(UTC).date().isoformat(),
        sources=tuple(sorted(grant.sources)),
        procedures=None if grant.procedures is None else tuple(sorted(grant.procedures)),
        officers=officers,
        vouches=vouches_in_leaf(grant),
        agencies=tuple(sorted(grant.agencies)),
    )


def officer_commitment(salt: bytes, officer: str) -> str:
    """The commitment by which a leaf names an officer; the salt opens it."""
    return b64encode(hmac.digest(salt, officer.encode(), sha256)).decode()


def committed_officer(connection: Connection, tenant: TenantId, officer: str) -> str:
    """The commitment to an officer under the salt of the tenant's grant leaves."""
    kept = select(tenants.c.grant_json).where(tenants.c.tenant == tenant)
    salt = bytes.fromhex(own_json(connection.execute(kept).scalar_one())["salt"])
    return officer_commitment(salt, officer)
