"""Ask the population database about one person, and interpret its answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from lxml.etree import _Element

from gateway.domain.clock import Clock
from gateway.domain.codelists import CodeLists
from gateway.domain.errors import SourceBrokeContract
from gateway.domain.facts import Fact, Held, Holder, Paper, PartialDate, PersonKey
from gateway.domain.identifiers import POPULATION, AttributeName, SourceId
from gateway.domain.replies import Found, NoRecord, NotPermitted
from gateway.sources.identity import contradicts, is_asked_in_full, normalised_for_sending
from gateway.sources.population._reading import (
    holder_of,
    local_name,
    named_by,
    read_citizen,
    text_of,
)
from gateway.sources.population._routes import Route
from gateway.sources.population._wire import (
    ANY_PROCEDURE,
    CONFIRMATION,
    LONGEST,
    RECORD,
    Asking,
    Refused,
    read_answer,
    read_confirmation,
)
from gateway.sources.source import Question

NATIONAL_CODE_LENGTH = 8
NOT_SENDABLE = "not_sendable"


@dataclass(frozen=True, slots=True)
class PopulationSettings:
    """The identity sent with each question; `officer` is sent where a citizen acts without an officer."""

    officer: str
    agency: str | None = None


@dataclass(frozen=True, slots=True)
class PopulationDatabase:
    """The national population database (Cơ sở dữ liệu quốc gia về dân cư).

    Service 037 returns records, 033 confirms identities; `route` carries the requests.
    """

    settings: PopulationSettings = field(repr=False)
    route: Route = field(repr=False)
    lists: CodeLists = field(repr=False)
    clock: Clock = field(repr=False)

    @property
    def id(self) -> SourceId:
        """`population`."""
        return POPULATION

    async def look_up(self, question: Question) -> Found | NoRecord | NotPermitted:
        """Ask service 037 once per question, and hand out the wanted attributes alone.

        The person needs a name; one of which nothing is left to send is nobody's. Without a birth
        date the year comes from the number; 1 January, a month and a year are asked by the year, and
        what comes back is compared here: a record of another name or date is NoRecord. A question
        whose officer, agency or reference does not fit the service's fields is NotPermitted
        (`not_sendable`) and never sent. Raises SourceError.
        """
        if _is_nameless(question):
            return NoRecord(attempts=0)
        asking = Asking(RECORD, self._fields(question, RECORD), _asked_date(question.person))
        if not _fits(asking):
            return NotPermitted(NOT_SENDABLE, attempts=0)
        reply, attempts = await self.route.carry(
            asking, lambda content: self._reply(content, question)
        )
        if isinstance(reply, Refused):
            return NotPermitted(reply.code, attempts)
        if reply is None:
            return NoRecord(attempts)
        paper, surplus = reply
        return Found((paper,), surplus, attempts)

    async def confirm(self, question: Question) -> Found | NoRecord | NotPermitted:
        """Ask service 033 whether number, name and birth date, as far as given, are one person's.

        Found without a fact is yes, NoRecord is no; nothing is wanted and nothing comes. 1 January
        and a month are compared with what service 037 holds, where that may be asked.
        Otherwise as `look_up`.
        """
        if _is_nameless(question):
            return NoRecord(attempts=0)
        born = question.person.birth_date
        if born is not None and born.month is not None and not is_asked_in_full(born):
            reply = await self.look_up(replace(question, wanted=frozenset()))
            if not isinstance(reply, NotPermitted):
                return reply
        fields = self._fields(question, CONFIRMATION)
        asked = None if born is None else _asked_date(question.person)
        asking = Asking(CONFIRMATION, fields, asked)
        if not _fits(asking):
            return NotPermitted(NOT_SENDABLE, attempts=0)
        said, attempts = await self.route.carry(asking, read_confirmation)
        if isinstance(said, Refused):
            return NotPermitted(said.code, attempts)
        return Found((), 0, attempts) if said else NoRecord(attempts)

    def _fields(self, question: Question, service: str) -> Mapping[str, str]:
        purpose, person = question.purpose, question.person
        if person.full_name is None:
            raise ValueError("the population database is asked by number and name")
        agency = purpose.agency or self.settings.agency
        return {
            "MaYeuCau": question.ref,
            "MaDVC": (purpose.procedure or ANY_PROCEDURE)[:NATIONAL_CODE_LENGTH],
            "MaTichHop": service,
            "MaCanBo": purpose.officer or self.settings.officer,
            **({"MaDonVi": agency} if agency else {}),
            "SoDinhDanh": person.personal_id.digits,
            "HoVaTen": normalised_for_sending(person.full_name),
        }

    def _reply(self, content: bytes, question: Question) -> Refused | tuple[Paper, int] | None:
        answer = read_answer(content)
        if isinstance(answer, Refused):
            return answer
        digits = question.person.personal_id.digits
        for citizen in answer.people:
            if not any(local_name(c) == "SoDinhDanh" and text_of(c) == digits for c in citizen):
                raise SourceBrokeContract("wrong_person")
        holders = [(citizen, holder_of(citizen)) for citizen in answer.people]
        meant = [one for one in holders if not contradicts(one[1], question.person)]
        return self._paper(meant, answer.data_time, question) if meant else None

    def _paper(
        self,
        meant: list[tuple[_Element, Holder]],
        data_time: datetime | None,
        question: Question,
    ) -> tuple[Paper, int]:
        """The facts on which the person's records agree, and the number of surplus groups."""
        told: list[Mapping[AttributeName, Held]] = []
        names: frozenset[str] = frozenset()
        surplus, head = 0, None
        for citizen, _ in meant:
            facts, dropped = read_citizen(citizen, question.wanted, self.lists)
            told.append(facts)
            surplus += dropped
            named, head = named_by(citizen)
            names |= named
        now = self.clock()
        as_of = min(data_time or now, now)  # data are never dated in the future
        facts_of = {name: Fact(value, as_of) for name, value in _agreed(told).items()}
        dates = tuple(date for _, holder in meant for date in holder.birth_dates)
        holder = Holder(meant[0][1].names, dates)
        return Paper(facts_of, holder, vouched=True, names=names, head=head), surplus


def _is_nameless(question: Question) -> bool:
    name = question.person.full_name
    return name is not None and not normalised_for_sending(name)


def _asked_date(person: PersonKey) -> PartialDate:
    said = person.birth_date or PartialDate(person.personal_id.birth_year)
    return said if is_asked_in_full(said) else PartialDate(said.year)


def _fits(asking: Asking) -> bool:
    return all(len(asking.fields.get(name, "")) <= longest for name, longest in LONGEST.items())


def _agreed(told: list[Mapping[AttributeName, Held]]) -> Mapping[AttributeName, Held]:
    """The facts on which all records of the person agree; with duplicates the rest is uncertain."""
    first, *others = told
    if not others:
        return first
    return {
        name: value
        for name, value in first.items()
        if all(name in other and other[name] == value for other in others)
    }
