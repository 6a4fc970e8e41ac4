"""The chains of receipts: how a chain is entered, what the database keeps of it, and how it ends.

A chain is `open`, then exactly one of `submitted`, `abandoned`, `void`. Until its end the chain's K
lies here wrapped by a day key that is in no backup; with its end K is erased.
"""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, insert, select, update

from gateway.domain.errors import Conflict
from gateway.domain.identifiers import ChainId
from gateway.receipts.cases import new_reference, person_index, register_dossier
from gateway.storage.database import Statement, new_row
from gateway.storage.schema import (
    bodies,
    case_persons,
    chain_leaves,
    chains,
    receipts,
    refused_fields,
)

_CHAIN = select(chains).where(chains.c.chain == bindparam("chain"))
_RECEIPT = select(receipts).where(receipts.c.jti == bindparam("jti"))
_OF_CASE = case_persons.c.case_ref == bindparam("case")
_PERSONS = Statement(select(case_persons.c.person_index, case_persons.c.applicant).where(_OF_CASE))
_MARK = Statement(
    update(case_persons)
    .where(_OF_CASE, case_persons.c.person_index == bindparam("person"))
    .values(applicant=bindparam("mark"))
)
_OPENED = ("chain", "tenant", "case_ref", "version", "state", "wrapped_key")
_NEW_CHAIN = new_row(chains, *_OPENED, "first_at", "expires_at", "applicant")
_NEW_RECEIPT = new_row(receipts)
_NEW_PERSON = new_row(case_persons)


@dataclass(frozen=True, slots=True)
class ChainState:
    """One chain as it stands, with the receipt by which it was entered."""

    chain: ChainId
    case_ref: str
    version: str
    wrapped_key: bytes = field(repr=False)
    first_at: int
    leaf: int


@dataclass(frozen=True, slots=True)
class NewReceipt:
    """What a new receipt writes: its chain, its number, how long it holds, whom it concerns.

    `applicant` is the number of the person for whom the form is filled, `persons` are the numbers of
    everybody else of whom something was asked or filled.
    """

    tenant: str
    chain: ChainId
    jti: str
    version: str
    wrapped_key: bytes = field(repr=False)
    at: datetime
    expires_at: int
    dossier: str | None
    persons: tuple[str, ...] = field(repr=False)
    applicant: str = field(repr=False)
    extends: str | None = None


def open_chain(connection: Connection, chain: str, jti: str) -> ChainState:
    """The chain behind a receipt that may still be used.

    Raises Conflict: `chain_void` (too many refusals, or lost in a restore), `already_submitted`,
    `chain_closed` (expired and swept), `receipt_closed` (another receipt of the chain was used).
    """
    row = connection.execute(_CHAIN, {"chain": chain}).one_or_none()
    if row is None:
        raise Conflict("chain_void", "nothing is known of this chain; fill the form again")
    if row.state != "open":
        raise Conflict(*_ENDED[row.state])
    used = connection.execute(_RECEIPT, {"jti": jti}).one_or_none()
    if used is None or used.state != "open":
        raise Conflict("receipt_closed", "another receipt of this chain was used since")
    return ChainState(
        ChainId(row.chain), row.case_ref, row.version, row.wrapped_key, row.first_at, used.leaf
    )


_ENDED = {
    "submitted": ("already_submitted", "this chain was submitted already"),
    "abandoned": ("chain_closed", "this chain has expired; fill the form again"),
    "void": ("chain_void", "this chain was closed; what it filled is typed by hand"),
}


def enter_chain(connection: Connection, new: NewReceipt, index_key: bytes) -> str:
    """Begin a chain, or go on with the one that is extended; gives its case reference.

    A used receipt stays usable until the one issued here is used; every other one is closed.
    """
    if new.extends is None:
        case_ref = _case_of(connection, new, index_key)
        row = {
            "chain": new.chain,
            "tenant": new.tenant,
            "case_ref": case_ref,
            "version": new.version,
            "state": "open",
            "wrapped_key": new.wrapped_key,
            "first_at": int(new.at.timestamp()),
            "expires_at": new.expires_at,
            "applicant": person_index(index_key, new.applicant),
        }
        _NEW_CHAIN.run(connection, row)
    else:
        case_ref = open_chain(connection, new.chain, new.extends).case_ref
        connection.execute(
            update(receipts)
            .where(receipts.c.chain == new.chain, receipts.c.jti != new.extends)
            .values(state="closed")
        )
        prolonged = update(chains).where(chains.c.chain == new.chain)
        connection.execute(prolonged.values(expires_at=new.expires_at))
    _remember_persons(connection, new, case_ref, index_key)
    return case_ref


def add_receipt(connection: Connection, new: NewReceipt, leaf: int) -> None:
    """Keep the number of an issued receipt, and the leaf that says it was issued."""
    row = {"jti": new.jti, "chain": new.chain, "state": "open", "leaf": leaf}
    _NEW_RECEIPT.run(connection, {**row, "expires_at": new.expires_at})


def _case_of(connection: Connection, new: NewReceipt, index_key: bytes) -> str:
    if new.dossier is None:
        return new_reference()
    return register_dossier(connection, new.tenant, new.dossier, new.at, index_key)


def _remember_persons(
    connection: Connection, new: NewReceipt, case_ref: str, index_key: bytes
) -> None:
    applicant = person_index(index_key, new.applicant)
    indices = {person_index(index_key, number) for number in new.persons} | {applicant}
    if new.extends is not None or new.dossier is not None:
        marks: list[tuple[bytes, int]] = _PERSONS.all(connection, {"case": case_ref})
        before: dict[bytes, int] = dict(marks)
        if before.get(applicant) == 0:  # somebody else's relative, who applies in the same case now
            _MARK.run(connection, {"case": case_ref, "person": applicant, "mark": True})
        indices -= before.keys()
    for index in sorted(indices):
        row = {"person_index": index, "case_ref": case_ref, "applicant": index == applicant}
        _NEW_PERSON.run(connection, row)


def leaves_of(connection: Connection, chain: str) -> list[int]:
    """The indices of every leaf of a chain, in order."""
    prefills = select(receipts.c.leaf).where(receipts.c.chain == chain)
    others = select(chain_leaves.c.idx).where(chain_leaves.c.chain == chain)
    return sorted(connection.execute(prefills.union_all(others)).scalars())


MOST_REFUSALS = 5
"""As often may one field instance be refused; then its chain is void."""


def end_chain(connection: Connection, chain: str, jti: str, leaf: int, content_salt: bytes) -> None:
    """The accepted submission: K is erased here, every receipt of the chain is closed."""
    connection.execute(
        update(chains)
        .where(chains.c.chain == chain)
        .values(
            state="submitted",
            wrapped_key=None,
            submission_leaf=leaf,
            content_salt=content_salt,
        )
    )
    connection.execute(update(receipts).where(receipts.c.chain == chain).values(state="closed"))
    connection.execute(update(receipts).where(receipts.c.jti == jti).values(state="used"))
    connection.execute(insert(chain_leaves), {"chain": chain, "idx": leaf})


def count_refusal(connection: Connection, chain: str, paths: frozenset[str], leaf: int) -> bool:
    """Remember which field instances were refused; True when one was for the fifth time.

    That voids the chain: reuse is closed and K erased, hand typing is not.
    """
    connection.execute(insert(chain_leaves), {"chain": chain, "idx": leaf})
    before = refused_before(connection, chain)
    for path in sorted(paths):
        if path in before:
            again = update(refused_fields).where(
                refused_fields.c.chain == chain, refused_fields.c.path == path
            )
            connection.execute(again.values(times=before[path] + 1))
        else:
            connection.execute(insert(refused_fields), {"chain": chain, "path": path, "times": 1})
    void = any(before.get(path, 0) + 1 >= MOST_REFUSALS for path in paths)
    if void:
        ended = update(chains).where(chains.c.chain == chain)
        connection.execute(ended.values(state="void", wrapped_key=None))
    return void


def refused_before(connection: Connection, chain: str) -> dict[str, int]:
    """How often each field instance of a chain was refused."""
    rows = connection.execute(
        select(refused_fields.c.path, refused_fields.c.times).where(refused_fields.c.chain == chain)
    )
    return {row.path: row.times for row in rows}


def expired_chains(connection: Connection, now: int, at_most: int) -> list[tuple[str, str, str]]:
    """Open chains whose last receipt has expired: chain, tenant, and the case of that receipt's leaf."""
    of_chain = receipts.c.chain == chains.c.chain
    last = select(func.max(receipts.c.leaf)).where(of_chain).correlate(chains).scalar_subquery()
    filled = select(bodies.c.case_ref).where(bodies.c.idx == last)
    case_ref = func.coalesce(filled.scalar_subquery(), chains.c.case_ref)
    rows = connection.execute(
        select(chains.c.chain, chains.c.tenant, case_ref.label("case_ref"))
        .where(chains.c.state == "open", chains.c.expires_at <= now)
        .limit(at_most)
    )
    return [(row.chain, row.tenant, row.case_ref) for row in rows]


def oldest_key(connection: Connection) -> bytes | None:
    """The wrapped key, of all open chains, that was wrapped on the earliest day."""
    wrapped = select(func.min(chains.c.wrapped_key)).where(chains.c.state == "open")
    oldest: bytes | None = connection.execute(wrapped).scalar_one()
    return oldest


def abandon(connection: Connection, chain: str, leaf: int) -> None:
    """End a chain that nobody submitted: K is erased and nobody has it."""
    ended = update(chains).where(chains.c.chain == chain)
    connection.execute(ended.values(state="abandoned", wrapped_key=None))
    connection.execute(insert(chain_leaves), {"chain": chain, "idx": leaf})


def void_open_chains(connection: Connection) -> int:
    """End every open chain whose end may have been lost in a restore; K is erased. How many."""
    ended = update(chains).where(chains.c.state == "open")
    return int(connection.execute(ended.values(state="void", wrapped_key=None)).rowcount)
