"""What does the database remember of a chain, how is it entered, and how does it end?

A chain is `open`, then exactly one of `submitted`, `abandoned`, `void`. Until its end the chain's K
lies here wrapped by a day key that is in no backup.
"""

import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Protocol

from sqlalchemy import Connection, bindparam, insert, select, update

from gateway.domain.errors import Conflict
from gateway.domain.identifiers import ChainId
from gateway.storage.schema import (
    case_persons,
    cases,
    chain_leaves,
    chains,
    receipts,
    refused_fields,
)
from gateway.storage.statements import Statement, add_rows, new_row


class ChainKeys(Protocol):
    """Who holds the chains' keys K, wrapped by day, until the chains end."""

    def wrap(self, chain: str, key: bytes, now: datetime) -> bytes:
        """Lock K for the chain of this name."""
        ...

    def unwrap(self, chain: str, wrapped: bytes) -> bytes:
        """K again; raises Conflict `chain_key_gone`."""
        ...


_CHAIN = select(chains).where(chains.c.chain == bindparam("chain"))
_RECEIPT = select(receipts).where(receipts.c.jti == bindparam("jti"))
_OF_DOSSIER = cases.c.tenant == bindparam("tenant"), cases.c.dossier_index == bindparam("index")
_CASE = Statement(select(cases.c.case_ref, cases.c.opened_at).where(*_OF_DOSSIER))
_OF_CASE = case_persons.c.case_ref == bindparam("case")
_PERSONS = Statement(select(case_persons.c.person_index).where(_OF_CASE))
_OPENED = ("chain", "tenant", "case_ref", "version", "state", "wrapped_key")
_NEW_CHAIN = new_row(chains, *_OPENED, "first_at", "expires_at")
_NEW_CASE, _NEW_RECEIPT = new_row(cases), new_row(receipts)
_NEW_LEAF = insert(chain_leaves)
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
    """What a new receipt writes: its chain, its number, how long it holds, whom it concerns."""

    tenant: str
    chain: ChainId
    jti: str
    version: str
    wrapped_key: bytes = field(repr=False)
    at: datetime
    expires_at: int
    dossier: str | None
    persons: tuple[str, ...] = field(repr=False)
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


MOST_REFUSALS = 5

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


def _case_of(connection: Connection, opening: Opening, index_key: bytes) -> str:
    if opening.dossier is None:
        return new_reference()
    return register_dossier(connection, opening.tenant, opening.dossier, opening.at, index_key)


def _remember_persons(
    connection: Connection, opening: Opening, case_ref: str, index_key: bytes
) -> None:
    indices = {person_index(index_key, number) for number in opening.persons}
    if opening.extends is not None or opening.dossier is not None:
        indices -= {index for (index,) in _PERSONS.all(connection, {"case": case_ref})}
    rows = [{"person_index": index, "case_ref": case_ref} for index in sorted(indices)]
    add_rows(connection, case_persons, rows)


def end_chain(connection: Connection, chain: str, jti: str, leaf: int, content_salt: bytes) -> None:
    """The accepted submission: K is erased here, every receipt of the chain is closed."""
    connection.execute(
        _PROLONG.where(chains.c.chain == chain).values(
            state="submitted",
            wrapped_key=None,
            submission_leaf=leaf,
            content_salt=content_salt,
        )
    )
    connection.execute(_OTHERS.where(receipts.c.chain == chain).values(state="closed"))
    connection.execute(_OTHERS.where(receipts.c.jti == jti).values(state="used"))
    connection.execute(_NEW_LEAF, {"chain": chain, "idx": leaf})


def count_refusal(connection: Connection, chain: str, paths: frozenset[str], leaf: int) -> bool:
    """Remember which field instances were refused; True when one was for the fifth time.

    That voids the chain: reuse is closed and K erased, hand typing is not.
    """
    connection.execute(_NEW_LEAF, {"chain": chain, "idx": leaf})
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
        ended = _PROLONG.where(chains.c.chain == chain)
        connection.execute(ended.values(state="void", wrapped_key=None))
    return void


def refused_before(connection: Connection, chain: str) -> dict[str, int]:
    """How often each field instance of a chain was refused."""
    rows = connection.execute(
        select(refused_fields.c.path, refused_fields.c.times).where(refused_fields.c.chain == chain)
    )
    return {row.path: row.times for row in rows}


def expired_chains(connection: Connection, now: int, at_most: int) -> list[tuple[str, str, str]]:
    """Open chains whose last receipt has expired: chain, tenant and case reference."""
    rows = connection.execute(
        select(chains.c.chain, chains.c.tenant, chains.c.case_ref)
        .where(chains.c.state == "open", chains.c.expires_at <= now)
        .limit(at_most)
    )
    return [(row.chain, row.tenant, row.case_ref) for row in rows]


def abandon(connection: Connection, chain: str, leaf: int) -> None:
    """End a chain that nobody submitted: K is erased and nobody has it."""
    ended = _PROLONG.where(chains.c.chain == chain)
    connection.execute(ended.values(state="abandoned", wrapped_key=None))
    connection.execute(_NEW_LEAF, {"chain": chain, "idx": leaf})


def void_open_chains(connection: Connection) -> int:
    """End every open chain whose end may have been lost in a restore; K is erased. How many."""
    ended = _PROLONG.where(chains.c.state == "open")
    return int(connection.execute(ended.values(state="void", wrapped_key=None)).rowcount)


def leaves_of(connection: Connection, chain: str) -> list[int]:
    """The indices of every leaf of a chain, in order."""
    prefills = select(receipts.c.leaf).where(receipts.c.chain == chain)
    others = select(chain_leaves.c.idx).where(chain_leaves.c.chain == chain)
    return sorted(connection.execute(prefills.union_all(others)).scalars())
