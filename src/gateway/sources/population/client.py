"""How is the population database asked about one person, and what does its answer mean?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache

import httpx

from gateway.domain.errors import SourceBrokeContract
from gateway.domain.facts import Fact, Held, PartialDate
from gateway.domain.identifiers import POPULATION, AttributeName, SourceId
from gateway.domain.replies import Found, NoRecord, NotPermitted
from gateway.sources.codelists import CodeLists
from gateway.sources.names import normalised_for_sending
from gateway.sources.population.reading import local_name, read_citizen, text_of
from gateway.sources.population.wire import (
    ANY_PROCEDURE,
    LONGEST,
    SERVICE,
    Citizens,
    Refused,
    read_answer,
    sign_in_headers,
    write_request,
)
from gateway.sources.source import Question
from gateway.upstream.exchange import Exchange

NATIONAL_CODE_LENGTH = 8
NOT_SENDABLE = "not_sendable"


@dataclass(frozen=True, slots=True)
class PopulationSettings:
    """One account at the population database.

    `endpoint_url` is posted to, `service_url` is what the sign-in hashes; `officer` signs where a
    citizen acts and no officer is named. `client` (X-Road-Client) and `api_key` are sent where set.
    """

    endpoint_url: str
    service_url: str
    username: str
    secret: str = field(repr=False)
    officer: str
    agency: str | None = None
    client: str | None = None
    api_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class PopulationDatabase:
    """The national population database (Cơ sở dữ liệu quốc gia về dân cư), service 037."""

    settings: PopulationSettings = field(repr=False)
    exchange: Exchange = field(repr=False)
    lists: CodeLists = field(repr=False)
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC), repr=False)

    @property
    def id(self) -> SourceId:
        """`population`."""
        return POPULATION

    async def look_up(self, question: Question) -> Found | NoRecord | NotPermitted:
        """Ask service 037 once per question, and hand out the wanted attributes alone.

        The person needs a name; without a birth date the year comes from the number. A question
        whose officer, agency or reference does not fit the service's fields is NotPermitted
        (`not_sendable`) and never sent. Raises SourceError.
        """
        fields = self._fields(question)
        if any(len(fields.get(name, "")) > longest for name, longest in LONGEST.items()):
            return NotPermitted(NOT_SENDABLE, attempts=0)
        person = question.person
        body = write_request(
            fields, person.birth_date or PartialDate(person.personal_id.birth_year)
        )
        reply, attempts = await self.exchange.read(
            lambda: self._request(body), lambda content: self._reply(content, question)
        )
        if isinstance(reply, Refused):
            return NotPermitted(reply.code, attempts)
        if reply is None:
            return NoRecord(attempts)
        facts, surplus = reply
        return Found(facts, surplus, attempts)

    def _fields(self, question: Question) -> Mapping[str, str]:
        purpose, person = question.purpose, question.person
        if person.full_name is None:
            raise ValueError("the population database is asked by number and name")
        agency = purpose.agency or self.settings.agency
        return {
            "MaYeuCau": question.ref,
            "MaDVC": (purpose.procedure or ANY_PROCEDURE)[:NATIONAL_CODE_LENGTH],
            "MaTichHop": SERVICE,
            "MaCanBo": purpose.officer or self.settings.officer,
            **({"MaDonVi": agency} if agency else {}),
            "SoDinhDanh": person.personal_id.digits,
            "HoVaTen": normalised_for_sending(person.full_name),
        }

    def _request(self, body: bytes) -> httpx.Request:
        settings = self.settings
        timestamp = str(int(self.clock().timestamp() * 1000))
        headers = {
            "Content-Type": "application/xml",
            "Accept-Encoding": "identity",
            **sign_in_headers(settings.service_url, settings.username, settings.secret, timestamp),
        }
        if settings.client:
            headers["X-Road-Client"] = settings.client
        if settings.api_key:
            headers["ApiKey"] = settings.api_key
        return httpx.Request("POST", _address(settings.endpoint_url), headers=headers, content=body)

    def _reply(
        self, content: bytes, question: Question
    ) -> Refused | tuple[dict[AttributeName, Fact], int] | None:
        answer = read_answer(content)
        if isinstance(answer, Refused):
            return answer
        if not answer.people:
            return None
        return self._facts(answer, question)

    def _facts(self, answer: Citizens, question: Question) -> tuple[dict[AttributeName, Fact], int]:
        digits = question.person.personal_id.digits
        told: list[Mapping[AttributeName, Held]] = []
        surplus = 0
        for citizen in answer.people:
            if not any(local_name(c) == "SoDinhDanh" and text_of(c) == digits for c in citizen):
                raise SourceBrokeContract("wrong_person")
            facts, dropped = read_citizen(citizen, question.wanted, self.lists)
            told.append(facts)
            surplus += dropped
        now = self.clock()
        as_of = min(answer.data_time or now, now)  # nobody's data speak for the future
        return {name: Fact(value, as_of) for name, value in _agreed(told).items()}, surplus


@cache
def _address(url: str) -> httpx.URL:
    return httpx.URL(url)  # to read it takes as long as to make the rest of the request


def _agreed(told: list[Mapping[AttributeName, Held]]) -> Mapping[AttributeName, Held]:
    """What every record of the person says alike: of a person who stands twice, the rest is unsure."""
    first, *others = told
    if not others:
        return first
    return {
        name: value
        for name, value in first.items()
        if all(name in other and other[name] == value for other in others)
    }
