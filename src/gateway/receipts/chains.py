"""What does the database remember of a chain, and how is it entered?

A chain is `open`, then exactly one of `submitted`, `abandoned`, `void`. Until its end the chain's K
lies here wrapped by a day key that is in no backup.
"""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from gateway.domain.errors import Conflict
from gateway.domain.identifiers import ChainId
from gateway.receipts.cases import new_reference, person_index, register_dossier
from gateway.storage.schema import (
    case_persons,
    chain_leaves,
    chains,
    receipts,
)
from gateway.storage.statements import Statement, add_rows, new_row

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
_OTHERS = update(receipts)
_PROLONG = update(chains)


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
class Opening:
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


def enter_chain(connection: Connection, opening: Opening, index_key: bytes) -> str:
    """Begin a chain, or go on with the one that is extended; gives its case reference.

    A used receipt stays usable until the one issued here is used; every other one is closed.
    """
    if opening.extends is None:
        case_ref = _case_of(connection, opening, index_key)
        row = {
            "chain": opening.chain,
            "tenant": opening.tenant,
            "case_ref": case_ref,
            "version": opening.version,
            "state": "open",
            "wrapped_key": opening.wrapped_key,
            "first_at": int(opening.at.timestamp()),
            "expires_at": opening.expires_at,
            "applicant": person_index(index_key, opening.applicant),
        }
        _NEW_CHAIN.run(connection, row)
    else:
        case_ref = open_chain(connection, opening.chain, opening.extends).case_ref
        connection.execute(
            _OTHERS.where(
                receipts.c.chain == opening.chain, receipts.c.jti != opening.extends
            ).values(state="closed")
        )
        prolonged = _PROLONG.where(chains.c.chain == opening.chain)
        connection.execute(prolonged.values(expires_at=opening.expires_at))
    _remember_persons(connection, opening, case_ref, index_key)
    return case_ref


def add_receipt(connection: Connection, opening: Opening, leaf: int) -> None:
    """Keep the number of an issued receipt, and the leaf that says it was issued."""
    row = {"jti": opening.jti, "chain": opening.chain, "state": "open", "leaf": leaf}
    _NEW_RECEIPT.run(connection, {**row, "expires_at": opening.expires_at})


def _case_of(connection: Connection, opening: Opening, index_key: bytes) -> str:
    if opening.dossier is None:
        return new_reference()
    return register_dossier(connection, opening.tenant, opening.dossier, opening.at, index_key)


def _remember_persons(
    connection: Connection, opening: Opening, case_ref: str, index_key: bytes
) -> None:
    applicant = person_index(index_key, opening.applicant)
    indices = {person_index(index_key, number) for number in opening.persons} | {applicant}
    if opening.extends is not None or opening.dossier is not None:
        marks: list[tuple[bytes, int]] = _PERSONS.all(connection, {"case": case_ref})
        before: dict[bytes, int] = dict(marks)
        if before.get(applicant) == 0:  # somebody else's relative, who applies in the same case now
            _MARK.run(connection, {"case": case_ref, "person": applicant, "mark": True})
        indices -= before.keys()
    rows = [
        {"person_index": index, "case_ref": case_ref, "applicant": index == applicant}
        for index in sorted(indices)
    ]
    add_rows(connection, case_persons, rows)


def leaves_of(connection: Connection, chain: str) -> list[int]:
    """The indices of every leaf of a chain, in order."""
    prefills = select(receipts.c.leaf).where(receipts.c.chain == chain)
    others = select(chain_leaves.c.idx).where(chain_leaves.c.chain == chain)
    return sorted(connection.execute(prefills.union_all(others)).scalars())
