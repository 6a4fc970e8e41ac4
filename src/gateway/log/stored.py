"""Read back what the log holds: public leaves, and the payloads that are still beside it."""

from collections.abc import Collection
from typing import TypeAlias

from sqlalchemy import Connection, bindparam, func, select

from gateway.log.entries import CasePayload, PublicLeaf, decode_leaf, decode_payload
from gateway.storage.schema import bodies, leaves

StoredPayload: TypeAlias = tuple[int, CasePayload]
"""The index of a case leaf, and its payload."""

# built once: to put a statement together costs more than to run it
_LAST = select(func.max(leaves.c.idx))
_LEAF = select(leaves.c.entry).where(leaves.c.idx == bindparam("index"))
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


def public_leaf(connection: Connection, index: int) -> PublicLeaf:
    """The public leaf of an index; raises EntryUnreadable where a case leaf stands."""
    return decode_leaf(connection.execute(_LEAF, {"index": index}).scalar_one())


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
