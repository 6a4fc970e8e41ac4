"""How does an entry come into the log, in the transaction of what it records?

The caller's transaction carries the leaf: either both are durable or neither is. Indices have no
gaps, because only the one writer of the database assigns them.

A case leaf says its hour, and hours of a log do not run backwards: one that is more than two hours
before the last one is refused, and so is every one while the clock is in doubt (`clock_guard.py`).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, func, select

from gateway.domain.errors import Busy
from gateway.log.canonical import canonical
from gateway.log.clock_guard import CLOCK_GUARD
from gateway.log.leaves import (
    CASE_KINDS,
    SALT_BYTES,
    case_entry,
    leaf_hash,
    public_entry,
    seal_of,
)
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
    """Where a case leaf stands, its leaf hash, and the salt that opens its seal with the body."""

    index: int
    hash: bytes
    salt: bytes = field(repr=False)


def append_public(connection: Connection, leaf: Mapping[str, object]) -> Appended:
    """Add a public leaf; raises ValueError for one that breaks the format of `leaves.py`."""
    index, hashed = _append(connection, public_entry(leaf))
    return Appended(index, hashed)


def append_case(
    connection: Connection, kind: str, tenant: str, body: Mapping[str, object], now: datetime
) -> AppendedCase:
    """Add a sealed case leaf and keep its body and salt beside the log.

    The hour of `now` (hours since 1970 UTC) is all that is kept of the time; by `case` the bodies of
    one case are found together. Raises ValueError for
    an unknown kind or a body that RFC 8785 cannot write; Busy `clock_behind` or `clock_jumped`.
    """
    if kind not in CASE_KINDS:
        raise ValueError("a case leaf is of one of the case kinds")
    hour = int(now.timestamp()) // 3600
    _check_hour(connection, hour)
    if (guard := connection.info.get(CLOCK_GUARD)) is not None:
        guard.check(now)
    salt, content = os.urandom(SALT_BYTES), canonical(body)
    index, hashed = _append(connection, case_entry(seal_of(salt, content)))
    row = {
        "idx": index,
        "kind": kind,
        "tenant": tenant,
        "hour": hour,
        "case_ref": body.get("case"),
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
