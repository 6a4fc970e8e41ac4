"""Which case does a dossier belong to? A random reference; the dossier's code is nowhere kept."""

import hmac
import secrets
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection, bindparam, delete, select, update

from gateway.domain.errors import Conflict
from gateway.storage.portal_tables import dossiers
from gateway.storage.schema import bodies, case_persons, cases, chains
from gateway.storage.statements import Statement, new_row

_OF_DOSSIER = cases.c.tenant == bindparam("tenant"), cases.c.dossier_index == bindparam("index")
_CASE = Statement(select(cases.c.case_ref, cases.c.opened_at).where(*_OF_DOSSIER))
_NEW_CASE = new_row(cases)


def opened_at(connection: Connection, tenant: str, dossier: str, index_key: bytes) -> int | None:
    """When the gateway first heard of a dossier, in seconds since 1970; None when it never did."""
    index = dossier_index(index_key, tenant, dossier)
    known = _CASE.first(connection, {"tenant": tenant, "index": index})
    return None if known is None else int(known[1])


def case_of(connection: Connection, tenant: str, dossier: str, index_key: bytes) -> str | None:
    """The case reference of a dossier; None for one that the gateway never heard of."""
    index = dossier_index(index_key, tenant, dossier)
    known = _CASE.first(connection, {"tenant": tenant, "index": index})
    return None if known is None else str(known[0])


def register_dossier(
    connection: Connection, tenant: str, dossier: str, at: datetime, index_key: bytes
) -> str:
    """The case reference of a dossier, drawn at random when it is heard of first."""
    case_ref = case_of(connection, tenant, dossier, index_key)
    if case_ref is None:
        case_ref = new_reference()
        row = {
            "tenant": tenant,
            "dossier_index": dossier_index(index_key, tenant, dossier),
            "case_ref": case_ref,
            "opened_at": int(at.timestamp()),
        }
        _NEW_CASE.run(connection, row)
    return case_ref


def join_dossier(
    connection: Connection,
    tenant: str,
    dossier: str,
    chain: str,
    index_key: bytes,
) -> None:
    """Let a dossier that a submission names first be of the case of the submitted chain.

    A case that the dossier has already, with nothing but a registration or with prefills of the same
    applicant, is merged into the chain's. Raises Conflict `dossier_of_another_applicant`.
    """
    own = connection.execute(select(chains).where(chains.c.chain == chain)).one()
    index = dossier_index(index_key, tenant, dossier)
    known = case_of(connection, tenant, dossier, index_key)
    if known is None:
        row = {"tenant": tenant, "dossier_index": index, "case_ref": own.case_ref}
        _NEW_CASE.run(connection, {**row, "opened_at": own.first_at})
        return
    if known == own.case_ref:
        return
    others = select(chains.c.applicant).where(chains.c.case_ref == known).distinct()
    if any(other != own.applicant for other in connection.execute(others).scalars()):
        raise Conflict(
            "dossier_of_another_applicant", "the dossier is another applicant's", "dossier"
        )
    _merge(connection, known, own.case_ref, index_key)


def _merge(connection: Connection, case_ref: str, into: str, index_key: bytes) -> None:
    """Everything that leads to a case leads to another one from now on."""
    there = select(case_persons.c.person_index).where(case_persons.c.case_ref == into)
    of_case = case_persons.c.case_ref == case_ref
    connection.execute(delete(case_persons).where(of_case, case_persons.c.person_index.in_(there)))
    for table in (case_persons, cases, chains, bodies):
        moved = update(table).where(table.c.case_ref == case_ref)
        connection.execute(moved.values(case_ref=into))
    tagged = update(dossiers).where(dossiers.c.case_tag == case_tag(index_key, case_ref))
    connection.execute(tagged.values(case_tag=case_tag(index_key, into)))


def new_reference() -> str:
    """A random case reference, 128 bits, that leads nowhere by itself."""
    return secrets.token_urlsafe(16)


def dossier_index(index_key: bytes, tenant: str, dossier: str) -> bytes:
    """The blind index of a dossier code: HMAC-SHA-256 under the index key."""
    return _digest(index_key, f"dossier|{tenant}|{dossier}")


def case_tag(index_key: bytes, case_ref: str) -> bytes:
    """By what a dossier is found from its case: HMAC-SHA-256 under the index key."""
    return _digest(index_key, f"case|{case_ref}")


def person_index(index_key: bytes, number: str) -> bytes:
    """The blind index of a personal number: HMAC-SHA-256 under the index key."""
    return _digest(index_key, f"person|{number}")


def _digest(index_key: bytes, text: str) -> bytes:
    mac = _keyed(index_key).copy()
    mac.update(text.encode())
    return mac.digest()


@lru_cache(maxsize=4)
def _keyed(index_key: bytes) -> hmac.HMAC:
    """Keyed once: a copy costs a fraction of taking the key in anew."""
    return hmac.new(index_key, digestmod="sha256")
