"""By whichever route the population database is reached, it is asked and answers the same."""

import asyncio
import base64
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httpx
import pytest

from gateway.domain.codelists import CodeLists
from gateway.domain.errors import SourceBrokeContract, SourceError, SourceUnavailable
from gateway.domain.facts import PersonKey
from gateway.domain.replies import Found, NoRecord, NotPermitted
from gateway.sources.population._client import PopulationDatabase
from gateway.sources.population._facades import (
    JsonAccount,
    JsonFacade,
    TokenAccount,
    TokenFacade,
)
from gateway.sources.population._reading import HELD
from gateway.sources.population._routes import DirectAccount, DirectRoute, Route
from gateway.sources.population._tokens import read_token
from gateway.sources.population._wire import Refused, read_confirmation
from gateway.sources.source import Purpose, Question
from gateway.upstream.exchange import Exchange
from gateway.upstream.transport import Transport
from mocks.people import PERSONAS, Person, Population
from mocks.population import (
    ENDPOINT,
    JSON_FACADE,
    JSON_FACADE_SIGN_IN,
    TOKEN_FACADE,
    TOKEN_FACADE_SIGN_IN,
    PopulationMock,
    PopulationMockSettings,
    create_population_mock,
)
from tests.sources.conftest import NOW
from tests.sources.contract import PURPOSE, SourceContract, Trial, ask, key_of
from tests.sources.population_desk import QUICK, SECRET, SETTINGS, key

HOST = "http://lgsp.test"
KEY_PASS = "not-a-real-key"  # noqa: S105 - an invented one
USER = "gw-mock"
SIGN_INS = (TOKEN_FACADE_SIGN_IN, JSON_FACADE_SIGN_IN)

ROUTES: dict[str, Callable[[Exchange, Callable[[], datetime]], Route]] = {
    "direct": lambda exchange, clock: DirectRoute(
        DirectAccount(HOST + ENDPOINT, PopulationMockSettings().service_url, USER, SECRET),
        exchange,
        clock,
    ),
    "lgsp_token": lambda exchange, clock: TokenFacade(
        TokenAccount(
            HOST + TOKEN_FACADE_SIGN_IN,
            HOST + TOKEN_FACADE,
            USER,
            SECRET,
            "cong-dich-vu",
            "H99",
            "H99.1",
            "cb.demo.01",
            KEY_PASS,
        ),
        exchange,
        clock,
    ),
    "lgsp_json by service number": lambda exchange, clock: JsonFacade(
        JsonAccount(HOST + JSON_FACADE_SIGN_IN, HOST + JSON_FACADE, USER, SECRET),
        exchange,
        clock,
    ),
    "lgsp_json by user name": lambda exchange, clock: JsonFacade(
        JsonAccount(HOST + JSON_FACADE_SIGN_IN, HOST + JSON_FACADE, USER, SECRET, "user_name"),
        exchange,
        clock,
    ),
}
WRAPPED = [name for name in ROUTES if name != "direct"]


@dataclass
class Way:
    """The mock by one route, with a clock that both sides read and everything that was sent."""

    mock: PopulationMock
    now: list[datetime]
    sent: list[httpx.Request] = field(default_factory=list)
    source: PopulationDatabase = field(init=False)

    def asked(self, path_end: tuple[str, ...]) -> list[httpx.Request]:
        return [request for request in self.sent if request.url.path.endswith(path_end)]

    @property
    def questions(self) -> list[httpx.Request]:
        return [request for request in self.sent if request.url.path not in SIGN_INS]


def open_way(route: str, lists: CodeLists, people: Population) -> Way:
    now = [NOW]
    settings = PopulationMockSettings(
        secret_key=SECRET,
        key_pass=KEY_PASS,
        strict_order=True,
        clock=lambda: now[0].timestamp(),
        token_seconds=100,
    )
    way = Way(create_population_mock(settings, people), now)
    inner = httpx.ASGITransport(way.mock)

    async def watched(request: httpx.Request) -> httpx.Response:
        way.sent.append(request)
        return await inner.handle_async_request(request)

    way.source = over(route, httpx.MockTransport(watched), lists, lambda: now[0])
    return way


def over(
    route: str,
    carrier: httpx.AsyncBaseTransport,
    lists: CodeLists,
    clock: Callable[[], datetime] = lambda: NOW,
) -> PopulationDatabase:
    exchange = Exchange(Transport([HOST], carrier), QUICK)
    return PopulationDatabase(SETTINGS, ROUTES[route](exchange, clock), lists, clock)


@pytest.fixture(params=ROUTES)
def way(request: pytest.FixtureRequest, lists: CodeLists, people: Population) -> Way:
    return open_way(request.param, lists, people)


@pytest.fixture(params=WRAPPED)
def wrapped(request: pytest.FixtureRequest, lists: CodeLists, people: Population) -> Way:
    return open_way(request.param, lists, people)


class TestEveryRouteKeepsTheContract(SourceContract):
    @pytest.fixture(params=WRAPPED)
    def trial(self, request: pytest.FixtureRequest, lists: CodeLists, people: Population) -> Trial:
        way = open_way(request.param, lists, people)
        ordinary = people.persona("ordinary")
        down = httpx.MockTransport(lambda _: httpx.Response(503))
        partner = base64.b64encode(f'{{"AccessKey":"{USER}"'.encode()).decode()[:20]
        return Trial(
            source=way.source,
            held=HELD,
            known=key(ordinary),
            unknown=key_of("003090999999", "Người Không Có", "1990-01-01"),
            broken=over(request.param, down, lists),
            secrets=(
                ordinary.personal_id,
                ordinary.full_name,
                "TRANDUCNAM",
                SECRET,
                KEY_PASS,
                partner,
            ),
        )


def fifty(people: Population) -> list[Person]:
    """Every peculiar person and others, of whom some are unknown by name or by date."""
    named = [people.persona(name) for name in PERSONAS]
    return [*named, *map(people.person, range(300, 300 + max(0, 50 - len(named))))]


async def test_personas_are_answered_alike_by_routes(lists: CodeLists, people: Population) -> None:
    ways = {route: open_way(route, lists, people) for route in ROUTES}
    persons = fifty(people)
    assert len(persons) >= 50
    kinds = set()
    for person in persons:
        for who in (key(person), PersonKey(key(person).personal_id, person.full_name, None)):
            replies = [await ask(way.source, who, HELD) for way in ways.values()]
            assert replies == [replies[0]] * len(ROUTES)
            kinds.add(type(replies[0]))
    assert kinds == {Found, NoRecord}


async def test_token_request_follows_the_platform(lists: CodeLists, people: Population) -> None:
    way = open_way("lgsp_token", lists, people)
    await ask(way.source, key(people.persona("ordinary")), HELD)
    sign_in, question = way.sent
    partner = sign_in.headers["lgspaccesstoken"]

    assert sign_in.content == b"grant_type=client_credentials"
    assert sign_in.headers["content-type"] == "application/x-www-form-urlencoded"
    assert list(json.loads(base64.b64decode(partner)).items()) == [
        ("AccessKey", USER),
        ("SecretKey", SECRET),
        ("AppName", "cong-dich-vu"),
        ("PartnerCode", "H99"),
        ("PartnerCodeCus", "H99.1"),
    ]
    body = json.loads(question.content)
    assert list(body) == ["accessToken", "lgspAccessToken", "AuthHash", "data"]
    assert body["accessToken"].startswith("Bearer ") and body["lgspAccessToken"] == partner
    assert base64.b64decode(body["AuthHash"]).decode() == f"cb.demo.01:{KEY_PASS}"
    assert "<dan:TraCuuThongTinCongDan>" in body["data"]


async def test_flat_bodies_follow_the_platform(lists: CodeLists, people: Population) -> None:
    person = people.persona("ordinary")
    bodies = []
    for route in ("lgsp_json by service number", "lgsp_json by user name"):
        way = open_way(route, lists, people)
        await ask(way.source, key(person), HELD, ref="gw-1")
        (question,) = way.questions
        assert question.headers["authorization"].startswith("Bearer ")
        bodies.append((question.url.path, json.loads(question.content)))

    assert bodies == [
        (
            JSON_FACADE,
            {
                "HoVaTen": "TRANDUCNAM",
                "SoDinhDanh": person.personal_id,
                "SoCMND": "",
                "NgayThangNam": "19840317",
                "Nam": "",
                "MaTichHop": "037",
                "MaDVC": "1.004222",
                "MaCanBo": "H99.01.cb017",
                "MaYeuCau": "gw-1",
            },
        ),
        (
            f"{JSON_FACADE}/037",
            {
                "maYeuCau": "gw-1",
                "maDVC": "1.004222",
                "maCanBo": "H99.01.cb017",
                "soDinhDanh": person.personal_id,
                "soCMND": "",
                "hoVaTen": "TRANDUCNAM",
                "ngayThangNam": "19840317",
                "userNameService": USER,
            },
        ),
    ]


async def test_one_token_serves_its_whole_life(wrapped: Way, people: Population) -> None:
    person = key(people.persona("ordinary"))
    await asyncio.gather(*(ask(wrapped.source, person, HELD) for _ in range(8)))
    wrapped.now[0] += timedelta(seconds=89)
    await ask(wrapped.source, person, HELD)
    assert len(wrapped.asked(SIGN_INS)) == 1
    wrapped.now[0] += timedelta(seconds=2)
    assert isinstance(await ask(wrapped.source, person, HELD), Found)
    assert len(wrapped.asked(SIGN_INS)) == 2


async def test_refused_token_is_replaced_once_for_all(wrapped: Way, people: Population) -> None:
    person = key(people.persona("ordinary"))
    await ask(wrapped.source, person, HELD)
    wrapped.mock.state.tokens.revoke_all()
    replies = await asyncio.gather(*(ask(wrapped.source, person, HELD) for _ in range(4)))

    assert all(isinstance(reply, Found) for reply in replies)
    assert max(reply.attempts for reply in replies) == 2
    assert len(wrapped.asked(SIGN_INS)) == 2


async def test_platform_refusing_tokens_is_asked_twice(wrapped: Way, people: Population) -> None:
    wrapped.mock.state.faults.add(status=401)
    with pytest.raises(SourceUnavailable, match="status_401") as raised:
        await ask(wrapped.source, key(people.persona("ordinary")), HELD)

    assert raised.value.attempts == 2 == len(wrapped.questions)
    assert len(wrapped.asked(SIGN_INS)) == 2


async def test_without_token_nothing_is_asked(wrapped: Way, people: Population) -> None:
    object.__setattr__(wrapped.mock.state.settings, "secret_key", "another")
    with pytest.raises(SourceUnavailable, match="status_401"):
        await ask(wrapped.source, key(people.persona("ordinary")), HELD)
    assert wrapped.questions == [] and len(wrapped.sent) == 1


PAGE = "<!doctype html><html><body><h1>Đang bảo trì</h1></body></html>"
FOR_A_TOKEN: dict[str, httpx.Response] = {
    "a web page": httpx.Response(200, html=PAGE),
    "a list": httpx.Response(200, json=["access_token"]),
    "no token": httpx.Response(200, json={"expires_in": 60}),
    "a token that is no text": httpx.Response(200, json={"access_token": 5}),
    "a token with a line break": httpx.Response(200, json={"access_token": "a\r\nHost: b"}),
    "an empty token": httpx.Response(200, json={"access_token": ""}),
    "a tower of brackets": httpx.Response(200, content=b"[" * 100_000),
}


@pytest.mark.threat(28)
@pytest.mark.parametrize("route", WRAPPED)
@pytest.mark.parametrize("answer", FOR_A_TOKEN.values(), ids=FOR_A_TOKEN)
async def test_malformed_token_makes_source_unavailable(
    lists: CodeLists, people: Population, route: str, answer: httpx.Response
) -> None:
    source = over(route, httpx.MockTransport(lambda _: answer), lists)
    with pytest.raises(SourceBrokeContract) as raised:
        await ask(source, key(people.persona("ordinary")), HELD)
    assert raised.value.cause == "unreadable"


TROUBLE: dict[str, tuple[dict[str, object], str]] = {
    "a web page": ({"garbage": "html"}, "unreadable"),
    "other JSON": ({"garbage": "json"}, "unreadable"),
    "random bytes": ({"garbage": "random"}, "unreadable"),
    "half an answer": ({"garbage": "truncated"}, "unreadable"),
    "nothing": ({"garbage": "empty"}, "empty"),
    "failure": ({"status": 503}, "status_503"),
    "throttling": ({"status": 429}, "throttled"),
    "somebody else": ({"wrong_person": True}, "wrong_person"),
    "silence": ({"delay_ms": 5000}, "timeout"),
}


@pytest.mark.threat(27)
@pytest.mark.parametrize("trouble", TROUBLE)
async def test_trouble_has_one_word_by_any_route(
    way: Way, people: Population, trouble: str
) -> None:
    effects, cause = TROUBLE[trouble]
    way.mock.state.faults.add(**effects)
    with pytest.raises(SourceError) as raised:
        await ask(way.source, key(people.persona("ordinary")), HELD)
    assert raised.value.cause == cause


@pytest.mark.parametrize("code", ["004", "005"])
async def test_database_refusal_comes_through(way: Way, people: Population, code: str) -> None:
    way.mock.state.faults.add(error_code=code)
    person = people.persona("ordinary")
    assert await ask(way.source, key(person), HELD) == NotPermitted(code)
    assert await confirmed(way, key(person)) == NotPermitted(code)


@pytest.mark.parametrize("route", [name for name in WRAPPED if "json" in name])
async def test_platform_refusal_in_json_is_recognised(
    lists: CodeLists, people: Population, route: str
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path in SIGN_INS:
            return httpx.Response(200, json={"access_token": "a"})
        return httpx.Response(200, json={"error_code": "005", "message": "Không có quyền"})

    source = over(route, httpx.MockTransport(answer), lists)
    reply = await ask(source, key(people.persona("ordinary")), HELD)
    assert reply == NotPermitted("005")


@pytest.mark.threat(31)
async def test_token_and_secret_are_never_printed(
    wrapped: Way, people: Population, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        await ask(wrapped.source, key(people.persona("ordinary")), HELD)
        wrapped.mock.state.faults.add(status=401)
        with pytest.raises(SourceUnavailable) as raised:
            await ask(wrapped.source, key(people.persona("ordinary")), HELD)
    handed_out = list(wrapped.mock.state.tokens._good)
    route = wrapped.source.route
    said = f"{caplog.text}{raised.value!r}{wrapped.source!r}{route!r}{vars(route)!r}"

    assert len(handed_out) == 2
    assert [secret for secret in (*handed_out, SECRET, KEY_PASS) if secret in said] == []


@pytest.mark.parametrize(
    ("stated", "seconds"), [({"expires_in": 100}, 90), ({}, 270), ({"expires_in": "x"}, 270)]
)
def test_last_tenth_of_token_is_unused(stated: dict[str, object], seconds: int) -> None:
    token = read_token(json.dumps({"access_token": "abc", **stated}).encode())
    assert (token.text, token.life) == ("abc", timedelta(seconds=seconds))
    assert "abc" not in repr(token)


def confirmed(way: Way, person: PersonKey) -> "asyncio.Future[Found | NoRecord | NotPermitted]":
    return asyncio.ensure_future(way.source.confirm(Question(person, frozenset(), PURPOSE, "gw-2")))


async def test_identity_is_confirmed_without_reading_record(way: Way, people: Population) -> None:
    person = people.persona("ordinary")
    known = key(person)
    number = known.personal_id

    assert await confirmed(way, known) == Found(())
    assert await confirmed(way, PersonKey(number, person.full_name, None)) == Found(())
    assert await confirmed(way, key_of(number.digits, "Người Khác", "1984-03-17")) == NoRecord()
    assert await confirmed(way, key_of(number.digits, person.full_name, "1985")) == NoRecord()
    assert await confirmed(way, key_of("003090999999", "Không Có", None)) == NoRecord()
    asked = list(way.mock.state.journal)
    assert {entry.service for entry in asked} == {"033"}
    assert [entry.birth for entry in asked] == ["full", "none", "full", "year", "none"]


async def test_failed_confirmation_is_no_denial(way: Way, people: Population) -> None:
    way.mock.state.faults.add(status=503)
    with pytest.raises(SourceUnavailable, match="status_503"):
        await confirmed(way, key(people.persona("ordinary")))
    long = Purpose(PURPOSE.tenant, "H99.01", "1.004222", "o" * 21, None)
    question = Question(key(people.persona("ordinary")), frozenset(), long, "gw-3")
    assert await way.source.confirm(question) == NotPermitted("not_sendable", attempts=0)


SAID: dict[str, tuple[str, bool | Refused]] = {
    "yes": ("<KetQuaXacThuc><TonTai>true</TonTai></KetQuaXacThuc>", True),
    "no": (
        "<a:KetQuaXacThucResponse xmlns:a='x'><a:TonTai> 0 </a:TonTai></a:KetQuaXacThucResponse>",
        False,
    ),
    "one person": (
        "<XacThucThongTinCongDanResponse><SoLuongCongDan>1</SoLuongCongDan>"
        "</XacThucThongTinCongDanResponse>",
        True,
    ),
    "no person": ("<r><SoLuongCongDan>0</SoLuongCongDan></r>", False),
    "a refusal": ("<errorCode>004</errorCode>", Refused("004")),
}


@pytest.mark.parametrize("said", SAID)
def test_confirmation_is_read_in_known_shapes(said: str) -> None:
    content, meant = SAID[said]
    assert read_confirmation(content.encode()) == meant


UNCLEAR: dict[str, tuple[str, str]] = {
    "neither": ("<KetQuaXacThuc/>", "unreadable"),
    "both": ("<r><TonTai>true</TonTai><TonTai>false</TonTai></r>", "unreadable"),
    "perhaps": ("<r><TonTai>maybe</TonTai></r>", "unreadable"),
    "empty": ("<r><TonTai/></r>", "unreadable"),
    "a count below nought": ("<r><SoLuongCongDan>-1</SoLuongCongDan></r>", "unreadable"),
    "a web page": ("<html><body><h1>true</h1></body></html>", "unreadable"),
    "a fault": ("<e><Fault/><TonTai>true</TonTai></e>", "fault"),
    "an entity": ("<!DOCTYPE r [<!ENTITY y 'true'>]><r><TonTai>&y;</TonTai></r>", "unreadable"),
}


@pytest.mark.threat(27)
@pytest.mark.parametrize("said", UNCLEAR)
def test_unclear_confirmation_is_neither(said: str) -> None:
    content, cause = UNCLEAR[said]
    with pytest.raises(SourceBrokeContract) as raised:
        read_confirmation(content.encode())
    assert raised.value.cause == cause
