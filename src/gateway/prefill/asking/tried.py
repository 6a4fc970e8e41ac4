"""May this province ask for one more person just now, and what is written where it may not?

A prefill whose province has found too many nobodies is answered all the same: the register counts as
unavailable for it, and the citizen types.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gateway.access.tries import Alarm, Tries
from gateway.domain.errors import SourceUnavailable, TooManyTries
from gateway.domain.identifiers import SourceId
from gateway.domain.replies import Found, NoRecord, NotPermitted
from gateway.log.append import append_case
from gateway.receipts.cases import new_reference
from gateway.sources.source import Question, Source


@dataclass(frozen=True, slots=True)
class TriedSource:
    """A register of persons that is asked as often as `tries` allow."""

    source: Source
    tries: Tries

    @property
    def id(self) -> SourceId:
        """The source's own."""
        return self.source.id

    async def look_up(self, question: Question) -> Found | NoRecord | NotPermitted:
        """Ask the source; raises SourceUnavailable `too_many_tries`, without an attempt."""
        tenant, missed = question.purpose.tenant, False
        try:
            self.tries.begin(tenant)
        except TooManyTries as refusal:
            raise SourceUnavailable(refusal.code, attempts=0) from None
        try:
            reply = await self.source.look_up(question)
            missed = isinstance(reply, NoRecord)
            return reply
        finally:
            self.tries.end(tenant, missed=missed)


def record_alarms(connection: Connection, tries: Tries, of: str, now: datetime) -> None:
    """Write an `alarm` leaf for every limit that was reached; `of` is what kind of call reached it."""
    for alarm in tries.alarms():
        append_case(connection, "alarm", alarm.tenant, alarm_body(alarm, of, now), now)


def alarm_body(alarm: Alarm, of: str, now: datetime) -> dict[str, Any]:
    """The body of the `alarm` case leaf, as `docs/log-leaves.md` lists its members."""
    return {
        "k": "alarm",
        "case": new_reference(),
        "ten": alarm.tenant,
        "h": int(now.timestamp()) // 3600,
        "why": f"misses_of_{alarm.reach}",
        "of": of,
        "n": alarm.misses,
    }
