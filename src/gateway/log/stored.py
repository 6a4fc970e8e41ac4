"""Read back what the log holds: entries by pages, and the payloads that are still beside it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import Connection, bindparam, func, select

from gateway.log.entries import CasePayload, decode_payload
from gateway.storage.database import Database
from gateway.storage.schema import bodies, closed_leaves, leaves

StoredPayload: TypeAlias = tuple[int, CasePayload]
"""The index of a case leaf, and its payload."""

# built once: to put a statement together costs more than to run it
_PAGE = (
    select(leaves.c.idx, leaves.c.entry, leaves.c.hash)
    .where(leaves.c.idx >= bindparam("first"), leaves.c.idx < bindparam("end"))
    .order_by(leaves.c.idx)
)
_INDEX = select(func.min(leaves.c.idx)).where(leaves.c.hash == bindparam("hash"))
_CLOSED = select(closed_leaves.c.origin, closed_leaves.c.idx).where(
    closed_leaves.c.hash == bindparam("hash")
)
_LAST = select(func.max(leaves.c.idx))
_PAYLOAD = select(bodies.c.body).where(bodies.c.idx == bindparam("index"))
_OF_CASE = (
    select(bodies.c.idx, bodies.c.body)
    .where(bodies.c.case_ref == bindparam("case"))
    .order_by(bodies.c.idx)
)
_OF_KINDS = _OF_CASE.where(bodies.c.kind.in_(bindparam("kinds", expanding=True)))


def log_size(connection: Connection) -> int:
    """How many leaves the log holds."""
    last = connection.execute(_LAST).scalar_one()
    return 0 if last is None else int(last) + 1


def payload_at(connection: Connection, index: int) -> CasePayload | None:
    """The payload of a case leaf; None where it was destroyed."""
    text = connection.execute(_PAYLOAD, {"index": index}).scalar_one_or_none()
    return None if text is None else decode_payload(text)


def payloads_of_case(
    connection: Connection, case_ref: str, kinds: Collection[str] = ()
) -> list[StoredPayload]:
    """The payloads of a case in the order of the log, of some kinds where these are named."""
    wanted = _OF_KINDS if kinds else _OF_CASE
    rows = connection.execute(wanted, {"case": case_ref, "kinds": list(kinds)})
    return [(row.idx, decode_payload(row.body)) for row in rows]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One row of the database's log."""

    index: int
    entry: bytes
    hash: bytes


class LeafRows:
    """The log as the database holds it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, first: int, count: int) -> Sequence[Leaf]:
        """The leaves from `first` on, in order, at most `count`; raises Busy."""
        asked = {"first": first, "end": first + count}
        rows = self._database.read_separately(lambda c: c.execute(_PAGE, asked).all())
        return [Leaf(row.idx, row.entry, row.hash) for row in rows]

    def size(self) -> int:
        """How many leaves the database holds; raises Busy."""
        return self._database.read_separately(log_size)

    def index_of(self, leaf: bytes) -> int | None:
        """The index of the leaf with this hash; None where there is none. Raises Busy."""
        found = self._database.read(lambda c: c.execute(_INDEX, {"hash": leaf}).scalar_one())
        return None if found is None else int(found)

    def closed_place_of(self, leaf: bytes) -> tuple[str, int] | None:
        """The closed log and the index of the leaf with this hash; None where there is none."""
        row = self._database.read(lambda c: c.execute(_CLOSED, {"hash": leaf}).first())
        return None if row is None else (row.origin, row.idx)
