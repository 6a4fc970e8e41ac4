"""Append entries to the log, in the transaction of what they record.

The caller's transaction carries the leaf: either both are durable or neither is. Indices have no
gaps, because only the one writer of the database assigns them.

A case leaf says its hour, and hours of a log do not run backwards: one that is more than two hours
before the last one is refused, and so is every one while the clock is in doubt (`clock_guard.py`).
"""

import os
from dataclasses import dataclass, field

from sqlalchemy import Connection, func, select

from gateway.domain.errors import Busy
from gateway.log.clock_guard import CLOCK_GUARD
from gateway.log.entries import CasePayload, PublicLeaf
from gateway.log.leaves import SALT_BYTES, case_entry, leaf_hash, seal_of
from gateway.storage.schema import bodies, leaves
from gateway.storage.statements import Statement, new_row

_LAST_INDEX = Statement(select(func.max(leaves.c.idx)))
_NEW_LEAF, _NEW_BODY = new_row(leaves), new_row(bodies)
_LAST_BODY = select(func.max(bodies.c.idx)).scalar_subquery()
_LAST_HOUR = Statement(select(bodies.c.hour).where(bodies.c.idx == _LAST_BODY))
_NEXT, _HOUR = "gateway.log.next_index", "gateway.log.last_hour"
TOLERATED_HOURS = 2


@dataclass(frozen=True, slots=True)
class Appended:
    """Where a public leaf stands, and its RFC 6962 leaf hash."""

    index: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class AppendedCase:
    """Where a case leaf stands, its leaf hash, and the salt that opens its seal with the payload."""

    index: int
    hash: bytes
    salt: bytes = field(repr=False)


def append_public(connection: Connection, leaf: PublicLeaf) -> Appended:
    """Add a public leaf; raises ValueError for one of more than 65,535 bytes."""
    index, hashed = _append(connection, leaf.encode())
    return Appended(index, hashed)


def append_case(connection: Connection, payload: CasePayload) -> AppendedCase:
    """Add a sealed case leaf and keep its payload and salt beside the log.

    The payload's hour is all that is kept of the time; by `case` the payloads of one case are found
    together. Raises Busy `clock_behind` or `clock_jumped`.
    """
    _check_hour(connection, payload.hour)
    if (guard := connection.info.get(CLOCK_GUARD)) is not None:
        guard.check()
    salt, content = os.urandom(SALT_BYTES), payload.encode()
    index, hashed = _append(connection, case_entry(seal_of(salt, content)))
    row = {
        "idx": index,
        "kind": payload.kind,
        "tenant": payload.tenant,
        "hour": payload.hour,
        "case_ref": payload.case,
        "salt": salt,
        "body": content,
    }
    _NEW_BODY.run(connection, row)
    return AppendedCase(index, hashed, salt)


def _check_hour(connection: Connection, hour: int) -> None:
    """Read the last case leaf's hour once a transaction."""
    last = connection.info.get(_HOUR)
    if last is None:
        (last,) = _LAST_HOUR.first(connection, {}) or (hour,)
    if hour < last - TOLERATED_HOURS:
        raise Busy("clock_behind", "the clock is more than two hours behind the log's last entry")
    connection.info[_HOUR] = hour


def _append(connection: Connection, entry: bytes) -> tuple[int, bytes]:
    index, hashed = _next_index(connection), leaf_hash(entry)
    _NEW_LEAF.run(connection, {"idx": index, "entry": entry, "hash": hashed})
    return index, hashed


def _next_index(connection: Connection) -> int:
    """Read the end of the log once a transaction; the database clears `info` at each begin."""
    index = connection.info.get(_NEXT)
    if index is None:
        (last,) = _LAST_INDEX.first(connection, {}) or (None,)
        index = 0 if last is None else last + 1
    connection.info[_NEXT] = index + 1
    return int(index)
