"""Send the portal what waits for it: once each, in order, and never in a storm.

Dossier by dossier: first the dossier, then its rows of progress in tens. A call whose outcome is
unknown makes the next one ask what the portal holds. What fails is put off by a wait that doubles, cut
at random between nothing and the whole of it; one that the portal refuses for good, or that fails
eight times while others pass, is parked, and no other waits for it. While the portal is down the
breaker lets a probe through now and then, and nothing else.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection

from gateway.domain.errors import Busy, Conflict, SourceError
from gateway.dossiers._evidence.flags import Mark, marks_of, with_earlier
from gateway.dossiers._portal.client import Portal
from gateway.dossiers._portal.procedures import Procedures
from gateway.dossiers._portal.wire import (
    UNKNOWN,
    Answer,
    PortalProcedure,
    Refused,
    Told,
    dossier_row,
    step_row,
)
from gateway.dossiers._stored import StoredDossier, WaitingStep
from gateway.dossiers._telling.confirming import (
    give_up,
    put_off,
    read_sent,
    record_sent_dossier,
    record_sent_steps,
    sent_of,
)
from gateway.dossiers._telling.due import Job, due_codes, job_of, next_due
from gateway.dossiers._telling.following import requeue_if_changed
from gateway.dossiers.dossier import ACCEPTED, NEW
from gateway.dossiers.registry import Registry
from gateway.storage.database import Database
from gateway.storage.schema import dossiers
from gateway.upstream.breaker import Breaker, RetryBudget

T = TypeVar("T")

STEPS_A_CALL = 10
AT_ONCE = 16
MOST_AT_A_TIME = 500
MOST_REFUSALS = 8
FIRST_WAIT_SECONDS = 2.0
LONGEST_WAIT_SECONDS = 900.0
_NEVER_ARRIVED = frozenset({"not_listed", "throttled", "sign_in_refused"})
_OF_THIS_DOSSIER = frozenset({"unreadable", "too_large", "refused"})


class Paused(Exception):
    """The breaker is open: nothing is sent now, nothing is held against the dossier."""


class NotTaken(Exception):
    """The portal answers and does not take it."""

    def __init__(self, reason: str, *, lasting: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.lasting = lasting


class Sender:
    """Tells the portal what waits (gửi hồ sơ lên Cổng DVCQG)."""

    def __init__(
        self,
        database: Database,
        portal: Portal,
        procedures: Procedures,
        registry: Registry,
        breaker: Breaker,
        budget: RetryBudget,
        jitter: Callable[[float, float], float] = random.uniform,
        elsewhere: ColumnElement[bool] | None = None,
    ) -> None:
        """`elsewhere` says which dossiers go to another system."""
        self._database = database
        self._portal = portal
        self._procedures = procedures
        self._registry = registry
        self._seal = registry.seal
        self._index_key = registry.index_key
        self._population_code = registry.population_code
        self._breaker = breaker
        self._budget = budget
        self._clock = registry.clock
        self._jitter = jitter
        self._own = () if elsewhere is None else (~elsewhere,)
        self._one_at_a_time = asyncio.Lock()

    async def drain(self, should_continue: Callable[[], bool] = lambda: True) -> int:
        """Send everything that is due; how many dossiers had a turn. Two calls never overlap."""
        turns = 0

        async def turn(code: str, places: asyncio.Semaphore) -> None:
            async with places:
                if should_continue():
                    await self._turn(code)

        async with self._one_at_a_time:
            while should_continue() and (due := self._due()):
                turns += len(due)
                places = asyncio.Semaphore(AT_ONCE)
                async with asyncio.TaskGroup() as group:
                    for code in due:
                        group.create_task(turn(code, places))
        return turns

    def next_at(self) -> int | None:
        """When the next dossier is due, in seconds since 1970; None when nothing waits."""
        return self._database.read(next_due)

    def _due(self) -> list[str]:
        """First tries before retries, of which no more than are paid for; one where a probe is due."""
        opens_at = self._breaker.opens_at
        now = int(self._clock().timestamp())
        if opens_at is not None:
            return self._codes(now, 1) if self._breaker.allows_soon() else []
        fresh = self._codes(now, MOST_AT_A_TIME, dossiers.c.tries == 0)
        again = self._codes(now, min(self._budget.affords(), MOST_AT_A_TIME), dossiers.c.tries > 0)
        for _ in fresh:
            self._budget.first_try()
        for _ in again:
            self._budget.pay()
        return [*fresh, *again]

    def _codes(self, now: int, at_most: int, *which: ColumnElement[bool]) -> list[str]:
        return self._database.read(lambda c: due_codes(c, now, at_most, *which, *self._own))

    async def _turn(self, code: str) -> None:
        """One dossier's turn; where the database cannot be written now, it has another one soon."""
        with suppress(Busy):
            await self._send(code)

    async def _send(self, code: str) -> None:
        """All that waits of one dossier, or as much as the portal takes."""
        job = self._database.read(lambda c: job_of(c, code, self._index_key))
        in_doubt = job.row.in_doubt
        try:
            if job.row.told_version < job.row.version:
                in_doubt = in_doubt or job.row.portal_state is None
                await self._tell_dossier(job)
                in_doubt = False
            await self._tell_steps(job)
        except Paused:
            return
        except SourceError as error:
            lost = in_doubt and error.cause not in _NEVER_ARRIVED
            await self._put_off(job, error.cause, error.cause in _OF_THIS_DOSSIER, lost)
        except Conflict as unreadable:
            await self._park(job, unreadable.code)
        except NotTaken as refusal:
            if refusal.lasting:
                await self._park(job, refusal.reason)
            else:
                await self._put_off(job, refusal.reason, True, False)

    async def _tell_dossier(self, job: Job) -> None:
        """New or as an update, by what the portal holds; never more than once again."""
        row = job.row
        procedure = await self._procedure(row.procedure)
        marks = marks_of(row.channel, row.components, job.case.events, self._population_code)
        before = read_sent(row.told)
        marks = with_earlier(marks, before.marks if before else ())
        state, updating = row.portal_state, row.portal_state is not None
        if not updating and row.in_doubt:
            state, updating = await self._look_up(row.code)
        answer = await self._tell(job, state, procedure, marks, updating=updating)
        if answer is Told.EXISTS and not updating:
            state, _ = await self._look_up(row.code)
            answer = await self._tell(job, state, procedure, marks, updating=True)
        elif isinstance(answer, Refused) and answer.name == UNKNOWN and updating:
            state = None
            answer = await self._tell(job, state, procedure, marks, updating=False)
        if answer is Told.EXISTS:
            raise NotTaken("portal_refused", lasting=False)
        if isinstance(answer, Refused):
            raise NotTaken(answer.reason, lasting=answer.lasting)
        await self._record_dossier(job, _state(row, state), marks)

    async def _tell(
        self,
        job: Job,
        state: int | None,
        procedure: PortalProcedure,
        marks: Sequence[Mark],
        *,
        updating: bool,
    ) -> Answer:
        row = job.row
        dossier = self._seal.open_dossier(row.code, row.version, row.sealed)
        before = read_sent(row.told)
        gone = before.files.items() - sent_of(dossier, marks, None).files.items() if before else ()
        sent = dossier_row(
            dossier, _state(row, state), procedure, marks, self._portal.protocol, gone
        )
        return await self._call(lambda: self._portal.tell_dossier(sent, updating=updating))

    async def _record_dossier(self, job: Job, state: int, marks: Sequence[Mark]) -> None:
        row, now = job.row, self._clock()
        dossier = self._seal.open_dossier(row.code, row.version, row.sealed)
        sent = sent_of(dossier, marks, read_sent(row.told))

        def tell(connection: Connection) -> None:
            record_sent_dossier(connection, row, job.case, state, sent, now)
            requeue_if_changed(
                connection, self._registry, row.code
            )  # a leaf may have come meanwhile

        await self._database.write(tell)

    async def _tell_steps(self, job: Job) -> None:
        for first in range(0, len(job.steps), STEPS_A_CALL):
            await self._tell_batch(job, job.steps[first : first + STEPS_A_CALL])

    async def _tell_batch(self, job: Job, batch: Sequence[WaitingStep]) -> None:
        """Rows that the portal has already, word for word, count as sent."""
        code, protocol = job.row.code, self._portal.protocol
        rows = [
            step_row(code, self._seal.open_step(code, one.seq, one.sealed), protocol)
            for one in batch
        ]
        answer = await self._call(lambda: self._portal.tell_steps(rows))
        if isinstance(answer, Refused):
            raise NotTaken(answer.reason, lasting=answer.lasting or answer.name == UNKNOWN)
        sent, now = [(one.seq, one.state) for one in batch], self._clock()

        def tell(connection: Connection) -> None:
            record_sent_steps(connection, code, job.case, sent, now)
            requeue_if_changed(connection, self._registry, code)

        await self._database.write(tell)

    async def _look_up(self, code: str) -> tuple[int | None, bool]:
        held = await self._call(lambda: self._portal.look_up(code))
        return (None, False) if held is None else (held.state, True)

    async def _procedure(self, code: str) -> PortalProcedure:
        known = self._procedures.find(code)
        if known is None:
            known = await self._call(lambda: self._procedures.learn(code))
        if known is None:
            raise NotTaken("unknown_procedure", lasting=True)
        return known

    async def _call(self, call: Callable[[], Awaitable[T]]) -> T:
        """One call, where the breaker allows it; what became of it is noted."""
        if not self._breaker.allows():
            raise Paused
        try:
            answer = await call()
        except SourceError:
            self._breaker.note(worked=False)
            raise
        self._breaker.note(worked=not _says_nothing(answer))
        return answer

    async def _put_off(self, job: Job, reason: str, may_be_its_own: bool, lost: bool) -> None:
        row = job.row
        counts = may_be_its_own and self._breaker.closed
        if counts and row.refusals + 1 >= MOST_REFUSALS:
            await self._park(job, reason if reason.startswith("portal_") else f"portal_{reason}")
            return
        longest = min(FIRST_WAIT_SECONDS * 2**row.tries, LONGEST_WAIT_SECONDS)
        next_at = int(self._clock().timestamp() + self._jitter(0.0, longest)) + 1
        await self._database.write(
            lambda c: put_off(c, row.code, reason, next_at, counts=counts, in_doubt=lost)
        )

    async def _park(self, job: Job, reason: str) -> None:
        await self._database.write(lambda c: give_up(c, job.row.code, reason))


def _state(row: StoredDossier, held: int | None) -> int:
    """What the dossier is said to be at: no row of progress is run ahead of, none taken back."""
    if held in (None, NEW):
        return row.first_state
    return held or ACCEPTED


def _says_nothing(answer: object) -> bool:
    """A failure that the protocol has no name for: as a rule the portal's own."""
    return isinstance(answer, Refused) and not answer.lasting and answer.name != UNKNOWN
