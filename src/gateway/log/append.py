"""Append entries to the log, in the transaction of what they record.

The caller's transaction carries the leaf: either both are durable or neither is. Indices have no
gaps, because only the one writer of the database assigns them.

A case leaf states its hour, and hours of a log do not run backwards: one that is more than two hours
before the last one is refused. The clock is also compared with the machine's monotonic clock: where it has
gained more than a quarter of an hour since the start of the process, it has jumped. From then on no case leaf
is written, over restarts too, until an operator confirms the clock (`gateway log confirm-clock`), since the
hours in the log decide in which month a dossier counts. A file of the log's folder keeps that state.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, func, select

from gateway.domain.errors import Busy
from gateway.log.entries import SALT_BYTES, CasePayload, PublicLeaf, case_entry, seal_of
from gateway.log.tree import leaf_hash
from gateway.storage.database import Statement, new_row
from gateway.storage.schema import bodies, leaves

_LAST_INDEX = Statement(select(func.max(leaves.c.idx)))
_NEW_LEAF, _NEW_BODY = new_row(leaves), new_row(bodies)
_LAST_BODY = select(func.max(bodies.c.idx)).scalar_subquery()
_LAST_HOUR = Statement(select(bodies.c.hour).where(bodies.c.idx == _LAST_BODY))
_NEXT, _HOUR = "gateway.log.next_index", "gateway.log.last_hour"
TOLERATED_HOURS = 2


@dataclass(frozen=True, slots=True)
class Appended:
    """Index of a public leaf, and its RFC 6962 leaf hash."""

    index: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class AppendedCase:
    """Index of a case leaf, its leaf hash, and the salt that opens its seal with the payload."""

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
    """Refuse an hour too long before the last case leaf's, which is read once per transaction."""
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
    """The next index; the log's end is read once per transaction, as each begin clears `info`."""
    index = connection.info.get(_NEXT)
    if index is None:
        (last,) = _LAST_INDEX.first(connection, {}) or (None,)
        index = 0 if last is None else last + 1
    connection.info[_NEXT] = index + 1
    return int(index)


CLOCK_GUARD = "gateway.log._clock_guard"
"""Under this name a connection of a database with a guard carries it in its `info`."""

LARGEST_JUMP = timedelta(minutes=15)
_FILE = "clock-in-doubt"


class ClockGuard:
    """Compares the clock with a monotonic one, which counts seconds from an arbitrary start."""

    def __init__(
        self, folder: Path, clock: Callable[[], datetime], monotonic: Callable[[], float]
    ) -> None:
        self._file = folder / _FILE
        self._clock, self._monotonic = clock, monotonic
        self._begin = clock(), monotonic()
        self._stopped = self._file.exists()

    def check(self) -> None:
        """Raise Busy `clock_jumped` from the first jump on until the clock is confirmed."""
        if self._stopped and not self._file.exists():
            self._begin, self._stopped = (self._clock(), self._monotonic()), False
        begin, beat = self._begin
        passed = timedelta(seconds=self._monotonic() - beat)
        if not self._stopped and self._clock() - begin - passed > LARGEST_JUMP:
            self._file.touch()
            self._stopped = True
        if self._stopped:
            raise Busy("clock_jumped", "the clock jumped ahead; an operator has to confirm it")


def confirm_clock(folder: Path) -> bool:
    """Let case leaves be written again; gives whether a jump had stopped them."""
    file = folder / _FILE
    stopped = file.exists()
    file.unlink(missing_ok=True)
    return stopped
