"""Answer one request to the population database, before any fault is applied."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from lxml import etree

from mocks.people import Person, Population, Relative
from mocks.population import answer
from mocks.population.asked import Asked, Requests
from mocks.population.faults import Effects, Faults
from mocks.population.question import (
    OPERATIONS,
    REQUEST,
    Malformed,
    Question,
    normalised,
    read_envelope,
    read_fields,
    read_question,
)
from mocks.population.settings import ANY_PROCEDURE, PopulationMockSettings
from mocks.population.sign_in import refusal

_VIETNAM = 7 * 3600
_DAY = 86_400
_EPOCH = date(1970, 1, 1).toordinal()
_QUIET = Effects()
_NOBODY = frozenset[str]()
XML = b"text/xml; charset=utf-8"
OWN_DESIGN = (b"x-mock-contract", b"own-design")


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP status and body, with what bends it on the way out."""

    status: int
    body: str
    effects: Effects = _QUIET
    headers: tuple[tuple[bytes, bytes], ...] = ()
    content_type: bytes = XML


class Desk:
    """One account's access to the database: signs in, checks the three locks, looks up, notes down."""

    def __init__(
        self,
        settings: PopulationMockSettings,
        population: Population,
        journal: Requests,
        faults: Faults,
    ) -> None:
        self._settings = settings
        self.population = population
        self._journal = journal
        self._faults = faults

    def answer(self, timestamp: str, authorization: str, body: bytes) -> Answer:
        """The answer to one POST, written in the journal whatever becomes of it."""
        wrong = refusal(self._settings, timestamp, authorization)
        if wrong is not None:
            self.turn_away()
            return Answer(401, answer.fault("Client", f"not signed in: {wrong}"))
        return self.hear(body)

    def turn_away(self) -> None:
        """Note that somebody asked without being signed in."""
        self._journal.add(Asked(self._settings.clock(), "not_signed_in"))

    def hear(self, body: bytes) -> Answer:
        """The answer to the SOAP of somebody who is signed in."""
        try:
            operation = read_envelope(body)
            fields = read_fields(operation, self._settings.strict_order)
            if not _is_known(operation.tag, fields):
                self._journal.add(Asked(self._settings.clock(), "unknown_service"))
                return Answer(500, answer.fault("Client", "unknown service"))
            name = operation.tag.partition("}")[2]
            question = read_question(name, fields)
        except Malformed as malformed:
            self._journal.add(Asked(self._settings.clock(), "malformed"))
            return Answer(500, answer.fault("Client", str(malformed)))
        return self._reply(question)

    def _reply(self, question: Question) -> Answer:
        person = self.population.by_number(question.number)
        place = person.n if person is not None else None
        effects = self._faults.striking(question.service, question.number, place) or _QUIET
        refused = effects.error_code or self._lock(question)
        if refused is not None:
            body, outcome = f"<errorCode>{refused}</errorCode>", f"refused_{refused}"
        elif question.service == "037":
            body, outcome = self._citizen(question, person, effects)
        else:
            exists = _matches(question, person) and _heads(question, person, self.population)
            body = answer.confirmation(exists)
            outcome = "exists" if exists else "exists_not"
        self._note(question, outcome, effects)
        headers = (OWN_DESIGN,) if question.service == "034" else ()
        return Answer(200, body, effects, headers)

    def _lock(self, question: Question) -> str | None:
        """004 for an agency or procedure, 005 for an officer that does not hold the service."""
        settings, service = self._settings, question.service
        agency = question.agency or settings.home_agency
        licensed = question.procedure == ANY_PROCEDURE or service in settings.procedures.get(
            question.procedure, _NOBODY
        )
        if not licensed or service not in settings.agencies.get(agency, _NOBODY):
            return "004"
        return None if service in settings.officers.get(question.officer, _NOBODY) else "005"

    def _citizen(
        self, question: Question, person: Person | None, effects: Effects
    ) -> tuple[str, str]:
        """The 037 answer. Nothing in it tells which of number, name and date did not match."""
        if effects.no_match or person is None or not _matches(question, person):
            return answer.collection("", 0, self._data_time(None, effects)), "no_match"
        shown = self._somebody_else(person) if effects.wrong_person else person
        records = [shown]
        if effects.duplicate or shown.wire.state == "duplicate":
            records.append(answer.second_record(shown))
        unnamed = bool(effects.empty_ten) or shown.wire.state == "under_verification"
        head = self._head(shown)
        text = "".join(
            answer.citizen(
                record,
                head,
                without_name=unnamed,
                year_only=bool(effects.no_full_date),
                old_codes=bool(effects.old_codes),
                surplus=bool(effects.surplus),
            )
            for record in records
        )
        outcome = "duplicate" if len(records) > 1 else "found"
        if shown.wire.state == "under_verification":
            outcome = shown.wire.state
        return answer.collection(text, len(records), self._data_time(shown, effects)), outcome

    def _somebody_else(self, person: Person) -> Person:
        """A neighbour of the same slot."""
        return self.population.person((person.n + 60) % len(self.population))

    def _head(self, person: Person) -> Relative | None:
        if person.residence is None:
            return None
        n = person.residence.head
        if n == person.n:
            return Relative(n, person.personal_id, person.full_name, None, "", person.old_number)
        for known in (person.father, person.mother, person.spouse):
            if known is not None and known.n == n and known.personal_id is not None:
                return known
        return self.population.relative(n)

    def _data_time(self, person: Person | None, effects: Effects) -> str | None:
        """Midnight in Vietnam of the day that the data speaks for; absent for some people."""
        if person is not None and not person.wire.data_time and effects.data_age_days is None:
            return None
        return _midnight(
            int(self._settings.clock() + _VIETNAM) // _DAY - (effects.data_age_days or 0)
        )

    def _note(self, question: Question, outcome: str, effects: Effects) -> None:
        birth = "none" if question.birth is None else "year" if len(question.birth) == 4 else "full"
        self._journal.add(
            Asked(
                self._settings.clock(),
                outcome,
                question.request_id,
                question.service,
                question.procedure,
                question.agency,
                question.officer,
                question.number,
                birth,
                () if effects is _QUIET else tuple(effects.model_dump(exclude_none=True)),
            )
        )


@lru_cache(maxsize=8)
def _midnight(day: int) -> str:
    """The beginning of a day in Vietnam, counted from 1 January 1970 there."""
    return f"{date.fromordinal(_EPOCH + day).isoformat()}T00:00:00+07:00"


def _is_known(tag: str, fields: Mapping[str, etree._Element]) -> bool:
    """Whether the operation belongs to the service number that the request names."""
    element = fields.get("MaTichHop")
    operation = None if element is None else OPERATIONS.get(element.text or "")
    return operation is not None and tag == f"{{{REQUEST}}}{operation}"


def _matches(question: Question, person: Person | None) -> bool:
    """Number, name and birth date together; dates are compared as far as both are known (ours).

    A name of which nothing is left without marks and signs matches nobody (ours).
    """
    if person is None or not question.name or normalised(person.full_name) != question.name:
        return False
    if question.birth is None:
        return True
    known = min(len(question.birth), len(person.birth_date))
    return question.birth[:known] == person.birth_date[:known]


def _heads(question: Question, person: Person | None, population: Population) -> bool:
    """For 034, whether the head named is the head of the person's household."""
    if question.head is None:
        return True
    if person is None or person.residence is None:
        return False
    return population.number_of(person.residence.head) == question.head
