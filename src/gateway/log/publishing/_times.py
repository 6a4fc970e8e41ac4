"""Enter into the log at which times its witnesses signed it.

The hours of case payloads are the gateway's own word. So every six hours, while cases come in, a public
`witnessed` leaf repeats a checkpoint that was published, with its cosignatures and their times: an entry
that the checkpoint covers was written before them, one that it does not cover was written after them, give
or take what clocks and publishing take. A month's close counts by what stands in the log by then.

Of the witnesses' times the most are taken that agree within two hours and make the policy's quorum; where
two such sets are as large, the one that is nearer to our clock. A clock that differs from theirs by more than
a quarter of an hour is logged for operators each time.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

import structlog
from sqlalchemy import Connection, func, insert, select

from gateway.log.append import append_public
from gateway.log.entries import Cosignature, WitnessedLeaf
from gateway.log.notes import SignedCheckpoint, read_key
from gateway.log.publishing._witnesses import Witnesses
from gateway.storage.database import Database
from gateway.storage.schema import bodies, witnessed_times
from gateway_verify.text.notes import VerifierKey, cosigned_by, read_note
from gateway_verify.text.policy import Policy

BETWEEN = timedelta(hours=6)
TOLERATED = timedelta(hours=2)
LARGEST_DIFFERENCE = timedelta(minutes=15)
LATEST = 2**53 - 1
"""The largest number that a leaf can state."""

_TIME_BYTES = 8
_NAMEABLE = re.compile(r"[A-Za-z0-9._:/-]{1,200}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}")
_LAST = select(witnessed_times).order_by(witnessed_times.c.leaf.desc()).limit(1)
_LAST_CASE = select(func.max(bodies.c.idx))

Times: TypeAlias = Sequence[tuple[VerifierKey, int]]
"""Witnesses, each with its time in seconds since 1970, the earliest first."""


class WitnessTimes:
    """Enters into the log at which times its witnesses signed it."""

    def __init__(
        self, database: Database, witnesses: Witnesses, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._configured = witnesses.configured
        self._clock = clock

    async def take(self, signed: SignedCheckpoint) -> None:
        """Enter the times under a published checkpoint, where that is due; raises Busy."""
        if self._configured is None:
            return
        policy, now = self._configured.policy, self._clock().timestamp()
        times = agreed(_all_times(signed, policy), policy, now)
        if not times:
            return
        if abs(now - times[0][1]) > LARGEST_DIFFERENCE.total_seconds():
            structlog.get_logger().warning("clock_differs", seconds=int(now - times[0][1]))
        if self._database.read(lambda c: is_due(c, signed.checkpoint.size, times)):
            await self._database.write(lambda c: enter_times(c, signed, times))


def _all_times(signed: SignedCheckpoint, policy: Policy) -> Mapping[VerifierKey, int]:
    times = cosigned_by(read_note(signed.note), policy.witnesses.values())
    return {k: time for k, time in times.items() if time <= LATEST and _NAMEABLE.fullmatch(str(k))}


def agreed(times: Mapping[VerifierKey, int], policy: Policy, now: float) -> Times:
    """The witnesses that are believed; nobody where none that agree make the quorum."""
    ordered = sorted(times.items(), key=lambda one: (one[1], str(one[0])))
    near = [
        [one for one in ordered[first:] if one[1] - begin <= TOLERATED.total_seconds()]
        for first, (_, begin) in enumerate(ordered)
    ]
    good = [some for some in near if policy.reached([key for key, _ in some])]
    return max(good, key=lambda some: (len(some), -abs(now - some[0][1])), default=[])


def is_due(connection: Connection, size: int, times: Times) -> bool:
    """Whether six hours have passed since what was entered last, and a case came in since."""
    last_case = connection.execute(_LAST_CASE).scalar_one()
    before = connection.execute(_LAST).first()
    if last_case is None or before is None:
        return last_case is not None
    return bool(
        before.size <= last_case
        and before.size < size
        and times[0][1] - before.latest >= BETWEEN.total_seconds()
    )


def enter_times(connection: Connection, signed: SignedCheckpoint, times: Times) -> None:
    """Write the `witnessed` leaf of a checkpoint, unless another one came first."""
    size = signed.checkpoint.size
    if not is_due(connection, size, times):
        return
    leaf = WitnessedLeaf(
        size,
        b64encode(signed.checkpoint.root).decode(),
        tuple(Cosignature(str(key), time, _signature(signed, key)) for key, time in times),
    )
    row = {
        "leaf": append_public(connection, leaf).index,
        "size": size,
        "earliest": times[0][1],
        "latest": times[-1][1],
    }
    connection.execute(insert(witnessed_times), row)


def _signature(signed: SignedCheckpoint, key: VerifierKey) -> str:
    """What a witness signed with its time, without the time."""
    whole = signed.signature_of(read_key(str(key))) or b""
    return b64encode(whole[_TIME_BYTES:]).decode()
