"""The case of a dossier: a random reference; the dossier's code is nowhere kept."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection, bindparam, insert, literal, select, update

from gateway.domain.errors import Conflict
from gateway.storage.database import Statement, new_row
from gateway.storage.schema import bodies, case_persons, cases, chains, dossiers

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


@dataclass(frozen=True, slots=True)
class Joined:
    """The case of a dossier that a submission named first, and the case that it had before, if another."""

    case_ref: str
    before: str | None = None


def join_dossier(
    connection: Connection,
    tenant: str,
    dossier: str,
    chain: str,
    index_key: bytes,
) -> Joined:
    """Make one case of a submitted chain and of the dossier that its submission names first.

    A case that the dossier has already, with nothing but a registration or with prefills of the same
    applicant, is merged into the chain's; where it was submitted in before, the chain joins it instead.
    Raises Conflict `dossier_of_another_applicant`.
    """
    own = connection.execute(select(chains).where(chains.c.chain == chain)).one()
    index = dossier_index(index_key, tenant, dossier)
    known = case_of(connection, tenant, dossier, index_key)
    if known is None:
        row = {"tenant": tenant, "dossier_index": index, "case_ref": own.case_ref}
        _NEW_CASE.run(connection, {**row, "opened_at": own.first_at})
    if known is None or known == own.case_ref:
        return Joined(own.case_ref)
    of_known = select(chains.c.applicant, chains.c.state).where(chains.c.case_ref == known)
    others = connection.execute(of_known).all()
    if any(other.applicant != own.applicant for other in others):
        raise Conflict(
            "dossier_of_another_applicant", "the dossier is another applicant's", "dossier"
        )
    if any(other.state == "submitted" for other in others):
        _move(connection, own.case_ref, known)
        return Joined(known)
    _move(connection, known, own.case_ref)
    _lead(connection, known, own.case_ref, index_key)
    return Joined(own.case_ref, known)


def _move(connection: Connection, case_ref: str, into: str) -> None:
    """A case's chains are another one's from now on, and its persons the other's too.

    Bodies stay where their text says.
    """
    there = select(case_persons.c.person_index).where(case_persons.c.case_ref == into)
    columns = case_persons.c.person_index, literal(into), case_persons.c.applicant
    more = select(*columns).where(
        case_persons.c.case_ref == case_ref, case_persons.c.person_index.not_in(there)
    )
    names = ["person_index", "case_ref", "applicant"]
    connection.execute(insert(case_persons).from_select(names, more))
    connection.execute(update(chains).where(chains.c.case_ref == case_ref).values(case_ref=into))


def _lead(connection: Connection, case_ref: str, into: str, index_key: bytes) -> None:
    """The dossier of a case leads to another case from now on."""
    connection.execute(update(cases).where(cases.c.case_ref == case_ref).values(case_ref=into))
    tagged = update(dossiers).where(dossiers.c.case_tag == case_tag(index_key, case_ref))
    connection.execute(tagged.values(case_tag=case_tag(index_key, into)))


def case_of_leaf(connection: Connection, leaf: int) -> str | None:
    """The case that the body of a leaf names; what speaks of its chain alone stands beside it."""
    found = select(bodies.c.case_ref).where(bodies.c.idx == leaf)
    case_ref: str | None = connection.execute(found).scalar_one_or_none()
    return case_ref


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
