"""Reads of the sources: which are planned, how often a province may ask, and how they are made at once.

A read wants only what the form binds. A prefill whose province has asked for too many persons who do
not exist is answered all the same: the register counts as unavailable for it, and the citizen types.
"""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from gateway.access.failures import Alarm, Asker, FailureLimiter
from gateway.domain.clock import hour_of
from gateway.domain.errors import SourceError, SourceUnavailable, TooManyTries
from gateway.domain.facts import PersonKey
from gateway.domain.identifiers import POPULATION, AttributeName, RoleName, SourceId
from gateway.domain.replies import Found, NoRecord, NotPermitted, Reply, Unavailable
from gateway.forms.catalogue import RegisteredForm
from gateway.log.append import append_case
from gateway.log.entries import AlarmPayload
from gateway.prefill._asking.knowledge import (
    BIRTH_DATE,
    Asked,
    Identities,
    Identity,
    Meant,
    Unasked,
)
from gateway.prefill._asking.matching import Matching
from gateway.prefill.request import ReadPolicy
from gateway.receipts.cases import new_reference
from gateway.sources.identity import FULL_NAME, NAME_PARTS, is_asked_in_full
from gateway.sources.source import IdentitySource, Purpose, Question, Source

_NOTHING: frozenset[AttributeName] = frozenset()
_IDENTITY = NAME_PARTS | {
    FULL_NAME,
    AttributeName("person.personal_id"),
    BIRTH_DATE,
}
"""What is compared of a person: a form that binds no more of the population database asks a yes or no."""


@dataclass(frozen=True, slots=True)
class PlannedRead:
    """One person to be read from one source, for the role that needs it first.

    `identity_alone`: nothing of the source is wanted but a yes to number, name and birth date.
    """

    source: SourceId
    role: RoleName
    meant: Meant
    wanted: frozenset[AttributeName]
    identity_alone: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one form may want of each source: of its applicant, and of anybody else.

    Bound attributes, and those that lead to a person.
    """

    of_applicant: Mapping[SourceId, frozenset[AttributeName]]
    of_others: Mapping[SourceId, frozenset[AttributeName]]


def plan_reads(
    needs: Iterable[tuple[RoleName, Unasked]],
    wanted: Wanted,
    matching: Matching,
    identities: Identities,
) -> tuple[PlannedRead, ...]:
    """One read per person and source; it wants what the form binds of such a person, and no more.

    Whoever is read from any source is asked for at the population database too, once: no source
    answers for a person who is not matched. Whoever bears the applicant's number may stand behind
    every role.
    """
    reads: dict[tuple[Identity, SourceId], PlannedRead] = {}
    for role, need in needs:
        if (key := need.person.key) is None:
            continue
        person = need.person
        meant = Meant(identities[key], key, person.date_asked, person.key_path is not None)
        is_applicant = meant.number == matching.applicant.number
        bound = wanted.of_applicant if is_applicant else wanted.of_others
        sources = set(need.sources)
        if matching.needs_identity(meant.identity):
            sources.add(POPULATION)
        for source in sorted(sources, reverse=True):
            place = (meant.identity, source)
            if place not in reads:
                attributes = bound.get(source, _NOTHING)
                alone = source == POPULATION and _is_confirmable(attributes, key)
                reads[place] = PlannedRead(source, role, meant, attributes, alone)
    return tuple(reads.values())


def _is_confirmable(wanted: frozenset[AttributeName], key: PersonKey) -> bool:
    """Whether a yes says as much as a record would: all that is wanted was said, the date in full."""
    if key.birth_date is None:
        return wanted <= _IDENTITY - {BIRTH_DATE}
    return wanted <= _IDENTITY and is_asked_in_full(key.birth_date)


def wanted_by(form: RegisteredForm, without: Collection[str] = ()) -> Wanted:
    """What this form may want of whom, where the citizen declined nothing but these fields.

    Of others, what is bound to a role that somebody else can stand behind, or leads on from one.
    """
    roles = form.bindings.roles
    others = {role for role, ways in roles.items() if not all(way.subject for way in ways)}
    return Wanted(_by_source(form, roles.keys(), without), _by_source(form, others, without))


def _by_source(
    form: RegisteredForm, roles: Collection[RoleName], without: Collection[str]
) -> dict[SourceId, frozenset[AttributeName]]:
    wanted: dict[SourceId, set[AttributeName]] = {}
    bound = [
        b.attribute
        for b in form.bindings.bindings
        if b.role in roles and not is_declined(b.field, without)
    ]
    ways = [way for ways in form.bindings.roles.values() for way in ways]
    leading = [way.by for way in ways if way.by is not None and way.start in roles]
    for name in (*bound, *leading):
        for source in form.dictionary[name].read_from:
            wanted.setdefault(source, set()).add(name)
    return {source: frozenset(names) for source, names in wanted.items()}


def is_declined(field: str, without: Collection[str]) -> bool:
    """Whether the citizen declined a field, or the group whose column it is."""
    group = field.partition("[]")[0]
    return field in without or group in without or f"{group}[]" in without


_Ask = Callable[[Question], Awaitable[Found | NoRecord | NotPermitted]]

LICENCE_REFUSALS = frozenset({"004", "005"})
"""The population database's own words for a procedure or an officer without a licence."""


def asker_of(purpose: Purpose) -> Asker:
    """Whose questions a question counts among."""
    return Asker(purpose.tenant, purpose.client, purpose.officer)


@dataclass(frozen=True, slots=True)
class LimitedRegister:
    """A register of persons that is asked as often as `limiter` allows.

    Where it refuses its record to this procedure or officer, it is asked for a yes or no.
    """

    source: Source
    limiter: FailureLimiter

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
            self.limiter.begin(asker)
        except TooManyTries as refusal:
            raise SourceUnavailable(refusal.code, attempts=0) from None
        try:
            reply = await ask(question)
            missed = isinstance(reply, NoRecord) or (
                isinstance(reply, NotPermitted) and reply.confirmed is False
            )
            return reply
        finally:
            self.limiter.end(asker, missed=missed)


def limited(reading: ReadPolicy) -> Mapping[SourceId, Source]:
    """The sources, the population database asked as often as the limits allow."""
    return {
        id_: LimitedRegister(source, reading.limiter) if id_ == POPULATION else source
        for id_, source in reading.sources.items()
    }


def record_alarms(connection: Connection, due: Iterable[Alarm], of: str, now: datetime) -> None:
    """Write an `alarm` leaf for every limit that was reached; `of` is what kind of call reached it."""
    for alarm in due:
        payload = AlarmPayload(
            case=new_reference(),
            tenant=alarm.tenant,
            hour=hour_of(now),
            why=f"misses_of_{alarm.reach}",
            calls=of,
            misses=alarm.misses,
        )
        append_case(connection, payload)


async def ask_all(
    reads: Iterable[PlannedRead],
    sources: Mapping[SourceId, Source],
    purpose: Purpose,
    deadline: float,
) -> tuple[Asked, ...]:
    """Ask every planned source at once; one that fails costs its own fields and nobody else's.

    `deadline` is by `time.monotonic`: who has not answered then is not waited for.
    """
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_ask(read, sources[read.source], purpose, deadline)) for read in reads
        ]
    return tuple(task.result() for task in tasks)


async def _ask(read: PlannedRead, source: Source, purpose: Purpose, deadline: float) -> Asked:
    ref = f"GW-{secrets.token_hex(12)}"
    question = Question(read.meant.key, read.wanted, purpose, ref)
    started = time.monotonic()
    reply: Reply
    try:
        async with asyncio.timeout(deadline - started):
            if read.identity_alone and isinstance(source, IdentitySource):
                reply = await source.confirm(question)
            else:
                reply = await source.look_up(question)
    except SourceError as error:
        reply = Unavailable(error.cause, error.attempts)
    except TimeoutError:
        reply = Unavailable("timeout")
    ms = round((time.monotonic() - started) * 1000)
    return Asked(read.source, read.role, read.meant, reply, ref, ms)
