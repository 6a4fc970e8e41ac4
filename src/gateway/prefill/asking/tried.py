"""May this province ask for one more person just now, and what is written where it may not?

A prefill whose province has found too many nobodies is answered all the same: the register counts as
unavailable for it, and the citizen types.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gateway.access.failures import Alarm, Asker, FailureLimiter
from gateway.domain.errors import SourceUnavailable, TooManyTries
from gateway.domain.identifiers import SourceId
from gateway.domain.replies import Found, NoRecord, NotPermitted
from gateway.log.append import append_case
from gateway.receipts.cases import new_reference
from gateway.sources.source import IdentitySource, Purpose, Question, Source

_Ask = Callable[[Question], Awaitable[Found | NoRecord | NotPermitted]]

LICENCE_REFUSALS = frozenset({"004", "005"})
"""The population database's own words for a procedure or an officer without a licence."""


def asker_of(purpose: Purpose) -> Asker:
    """Whose questions a question counts among."""
    return Asker(purpose.tenant, purpose.client, purpose.officer)


@dataclass(frozen=True, slots=True)
class TriedRegister:
    """A register of persons that is asked as often as `tries` allow.

    Where it refuses its record to this procedure or officer, it is asked for a yes or no.
    """

    source: Source
    tries: FailureLimiter

    @property
    def id(self) -> SourceId:
        """The source's own."""
        return self.source.id

    async def look_up(self, question: Question) -> Found | NoRecord | NotPermitted:
        """Ask for the record; raises SourceUnavailable `too_many_tries`, without an attempt."""
        return await self._try(question, self._look_up)

    async def confirm(self, question: Question) -> Found | NoRecord | NotPermitted:
        """Ask for a yes or no; raises as `look_up` does."""
        if isinstance(self.source, IdentitySource):
            return await self._try(question, self.source.confirm)
        return await self.look_up(question)

    async def _look_up(self, question: Question) -> Found | NoRecord | NotPermitted:
        reply = await self.source.look_up(question)
        if not isinstance(reply, NotPermitted) or reply.code not in LICENCE_REFUSALS:
            return reply
        if not isinstance(self.source, IdentitySource):
            return reply
        said = await self.source.confirm(question)
        confirmed = None if isinstance(said, NotPermitted) else isinstance(said, Found)
        return replace(reply, attempts=reply.attempts + said.attempts, confirmed=confirmed)

    async def _try(self, question: Question, ask: _Ask) -> Found | NoRecord | NotPermitted:
        asker, missed = asker_of(question.purpose), False
        try:
            self.tries.begin(asker)
        except TooManyTries as refusal:
            raise SourceUnavailable(refusal.code, attempts=0) from None
        try:
            reply = await ask(question)
            missed = isinstance(reply, NoRecord) or (
                isinstance(reply, NotPermitted) and reply.confirmed is False
            )
            return reply
        finally:
            self.tries.end(asker, missed=missed)


def record_alarms(connection: Connection, due: Iterable[Alarm], of: str, now: datetime) -> None:
    """Write an `alarm` leaf for every limit that was reached; `of` is what kind of call reached it."""
    for alarm in due:
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
