"""The citizen's own store of papers: what it says, what it refuses, and how a session ends."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import httpx
import pytest

from gateway.domain.codelists import CodeLists
from gateway.domain.errors import SourceBrokeContract, SourceError, SourceUnavailable
from gateway.domain.facts import PersonKey
from gateway.domain.identifiers import AttributeName, PersonalId, TenantId
from gateway.domain.replies import Found, NoRecord, NotPermitted
from gateway.records.kinds import read_kinds
from gateway.sources.personal_papers._client import PersonalPapers
from gateway.sources.source import Purpose, Question
from gateway.upstream.adapter import Adapter, AdapterAccount
from gateway.upstream.exchange import Exchange, Timeouts
from gateway.upstream.transport import Transport
from mocks.papers import FORWARD, LOGIN, SEARCH, PapersMock, PapersMockSettings, create_papers_mock
from mocks.papers.settings import DSTCODE, PROVIDER_URL
from mocks.people import Person, Population
from mocks.people.knowledge import records_of
from tests.sources.conftest import NOW, ROOT
from tests.sources.contract import PURPOSE, SourceContract, Trial, ask, key_of

KINDS = read_kinds(ROOT / "schemas" / "record-kinds.json")
URL = f"http://adapter.test{FORWARD}"
PASSWORD = "not-a-real-password"
QUICK = Timeouts(1.5, 0.5, 2, 0.01, 0.02)
CARD_DATE, SPOUSE = AttributeName("identity_card.issue_date"), AttributeName("person.spouse")


@dataclass
class Store:
    """The mock, the source that asks it, and what the source sent."""

    mock: PapersMock
    source: PersonalPapers
    sent: list[httpx.Request] = field(default_factory=list)

    def calls(self) -> list[str]:
        return [request.url.path.removeprefix(FORWARD) for request in self.sent]

    def asked(self) -> list[str]:
        return [f"{entry.call} {entry.outcome}" for entry in self.mock.state.journal]


def source_over(
    carrier: httpx.AsyncBaseTransport,
    lists: CodeLists,
    clock: Callable[[], datetime] = lambda: NOW,
    dstcode_in: Literal["header", "query"] = "header",
    password: str = PASSWORD,
) -> PersonalPapers:
    account = AdapterAccount(URL, "H99", "H99", password, LOGIN, DSTCODE, dstcode_in, PROVIDER_URL)
    adapter = Adapter(account, Exchange(Transport([URL], carrier), QUICK))
    return PersonalPapers(adapter, KINDS, lists, clock)


def open_store(lists: CodeLists, people: Population, **how: Any) -> Store:
    told = PapersMockSettings(
        password=PASSWORD, clock=lambda: NOW.timestamp(), closed_to=frozenset({"1.000656"})
    )
    mock = create_papers_mock(told, people)
    inner = httpx.ASGITransport(mock)
    sent: list[httpx.Request] = []

    async def watched(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return await inner.handle_async_request(request)

    return Store(mock, source_over(httpx.MockTransport(watched), lists, **how), sent)


@pytest.fixture
def store(lists: CodeLists, people: Population) -> Store:
    return open_store(lists, people)


def key(person: Person) -> PersonKey:
    return key_of(person.personal_id, person.full_name, person.birth_date)


def wanting(*names: str) -> frozenset[AttributeName]:
    return frozenset(map(AttributeName, names))


class TestTheCitizensPapersKeepTheContract(SourceContract):
    @pytest.fixture
    def trial(self, store: Store, lists: CodeLists, people: Population) -> Trial:
        ordinary = people.persona("ordinary")
        down = httpx.MockTransport(lambda _: httpx.Response(503))
        return Trial(
            source=store.source,
            held=store.source.held,
            known=key(ordinary),
            unknown=key_of("003090999999", "Người Không Có", None),
            broken=source_over(down, lists),
            secrets=(
                ordinary.personal_id,
                ordinary.full_name,
                ordinary.permanent.commune.label,
                str(ordinary.card_issued_on),
                PASSWORD,
            ),
        )


async def test_ordinary_papers_match_the_vault(
    store: Store, lists: CodeLists, people: Population
) -> None:
    ordinary = people.persona("ordinary")
    reply = await ask(store.source, key(ordinary), store.source.held)

    assert isinstance(reply, Found)
    assert reply.surplus == 0
    card = reply.facts[CARD_DATE]
    assert card.value.iso() == ordinary.card_issued_on  # type: ignore[union-attr]  # a date
    assert card.record is not None
    assert (card.record.kind, card.record.dossier) == ("identity_card", None)
    assert card.record.id.startswith("gt")


async def test_search_names_purpose_and_possible_kinds(store: Store, people: Population) -> None:
    ordinary = people.persona("ordinary")
    purpose = Purpose(TenantId("h99"), "H99.01", "1.004222", None, "H99.01-20261122-0000001")
    question = Question(key(ordinary), wanting("identity_card.number"), purpose, "GW-77")
    assert isinstance(await store.source.look_up(question), Found)

    entry = list(store.mock.state.journal)[-1]
    assert (entry.request_id, entry.procedure, entry.dossier, entry.owner) == (
        "GW-77",
        "1.004222",
        "H99.01-20261122-0000001",
        ordinary.personal_id,
    )
    assert set(entry.kinds) == {"identity_card", "identity_certificate"}


async def test_no_personal_number_is_in_address(store: Store, people: Population) -> None:
    ordinary = people.persona("ordinary")
    await ask(store.source, key(ordinary), store.source.held)

    assert store.calls() == [LOGIN, SEARCH]
    assert not any(ordinary.personal_id in str(request.url) for request in store.sent)
    assert not any(PASSWORD in str(request.url) for request in store.sent)


@pytest.mark.parametrize("place", ["header", "query"])
async def test_adapter_receives_provider_either_way(
    lists: CodeLists, people: Population, place: str
) -> None:
    store = open_store(lists, people, dstcode_in=place)
    person = key(people.persona("ordinary"))
    assert isinstance(await ask(store.source, person, wanting(CARD_DATE)), Found)
    for request in store.sent:
        assert request.url.params["providerurl"] == PROVIDER_URL
        assert ("dstcode" in request.headers) is (place == "header")
        assert (request.url.params.get("dstcode") == DSTCODE) is (place == "query")


async def test_unanswerable_question_is_not_sent(store: Store) -> None:
    owner = key_of("003090000001", "Nguyễn Văn Mẫu", None)

    assert await ask(store.source, owner, wanting("person.religion")) == NoRecord(attempts=0)
    assert await ask(store.source, owner, frozenset({SPOUSE})) == NoRecord(attempts=0)
    assert store.sent == []


async def test_person_without_store_is_no_record(store: Store, people: Population) -> None:
    without = people.person(60)
    assert records_of(people, without.n)

    assert await ask(store.source, key(without), store.source.held) == NoRecord()


async def test_closed_procedure_is_not_permitted(store: Store, people: Population) -> None:
    purpose = Purpose(TenantId("h99"), "H99.01", "1.000656", None, None)
    question = Question(key(people.persona("ordinary")), store.source.held, purpose, "GW-1")

    assert await store.source.look_up(question) == NotPermitted("-5")


async def test_expired_session_is_renewed_once(store: Store, people: Population) -> None:
    person = key(people.persona("ordinary"))
    for _ in range(2):
        assert isinstance(await ask(store.source, person, wanting(CARD_DATE)), Found)
    store.mock.desk.end_sessions()
    reply = await ask(store.source, person, wanting(CARD_DATE))

    assert isinstance(reply, Found) and reply.attempts == 2
    assert store.asked() == [
        "login ok",
        "search found",
        "search found",
        "search refused_1",
        "login ok",
        "search found",
    ]


async def test_simultaneous_citizens_share_one_sign_in(store: Store, people: Population) -> None:
    person = key(people.persona("ordinary"))
    await asyncio.gather(*(ask(store.source, person, wanting(CARD_DATE)) for _ in range(5)))
    assert store.calls().count(LOGIN) == 1
    store.mock.desk.end_sessions()
    await asyncio.gather(*(ask(store.source, person, wanting(CARD_DATE)) for _ in range(5)))
    assert store.calls().count(LOGIN) == 2


async def test_wrong_password_searches_for_nobody(lists: CodeLists, people: Population) -> None:
    store = open_store(lists, people, password="another")
    with pytest.raises(SourceUnavailable) as raised:
        await ask(store.source, key(people.persona("ordinary")), store.source.held)

    assert raised.value.cause == "sign_in_refused"
    assert store.calls() == [LOGIN]


async def test_rejected_sessions_make_store_unavailable(
    lists: CodeLists,
) -> None:
    calls: list[str] = []
    answers = {LOGIN: envelope(session="s"), SEARCH: envelope(error_code="-1", message="hết hạn")}
    source = source_over(scripted(answers, calls), lists)
    with pytest.raises(SourceUnavailable) as raised:
        await ask(source, SOMEBODY, source.held)

    assert (raised.value.cause, raised.value.attempts) == ("sign_in_refused", 2)
    assert calls == [LOGIN, SEARCH, LOGIN, SEARCH]


SOMEBODY = PersonKey(PersonalId("003090000001"), "Nguyễn Văn Mẫu", None)
PAPER = {
    "kind": "tax_notice",
    "owner": {"personal_id": "003090000001", "full_name": "Nguyễn Văn Mẫu"},
    "number": "TB-1",
    "issuer": "Chi cục Thuế mẫu",
    "issued_on": "2020-05-04",
    "content": {"tax_code": "1"},
}
TAX_CODE = wanting("tax.code")


def envelope(**members: Any) -> bytes:
    told = {"error_code": "0", "message": "Thành công", **members}
    return json.dumps(told).encode()


def laid(paper: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": "gt1", "storedAt": "20200505080000", "unit": "H98", "paper": paper, **more}


def scripted(answers: dict[str, bytes], calls: list[str] | None = None) -> httpx.AsyncBaseTransport:
    """Answers of our own making, by path."""

    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix(FORWARD)
        if calls is not None:
            calls.append(path)
        return httpx.Response(200, content=answers[path])

    return httpx.MockTransport(answer)


async def searched(lists: CodeLists, answer: bytes) -> Found | NoRecord | NotPermitted:
    source = source_over(scripted({LOGIN: envelope(session="s"), SEARCH: answer}), lists)
    return await ask(source, SOMEBODY, TAX_CODE)


@pytest.mark.parametrize("code", ["0", " 0", 0])
async def test_code_is_text_or_number(lists: CodeLists, code: object) -> None:
    reply = await searched(lists, envelope(error_code=code, result=[laid(PAPER)]))

    assert isinstance(reply, Found)
    fact = reply.facts[AttributeName("tax.code")]
    assert fact.as_of == datetime(2020, 5, 3, 17, tzinfo=UTC)
    assert fact.record is not None
    assert fact.record.stored_at == datetime(2020, 5, 5, 1, tzinfo=UTC)


async def test_unasked_and_unknown_papers_are_dropped(
    lists: CodeLists,
) -> None:
    passport = {**PAPER, "kind": "passport", "content": {"number": "C1"}}
    result = [laid(PAPER), laid(passport), laid({"kind": "hearsay"})]
    reply = await searched(lists, envelope(result=result))

    assert isinstance(reply, Found)
    assert (set(reply.facts), reply.surplus) == (TAX_CODE, 2)


async def test_other_kinds_alone_are_no_record(lists: CodeLists) -> None:
    passport = {**PAPER, "kind": "passport", "content": {"number": "C1"}}

    assert await searched(lists, envelope(result=[laid(passport)])) == NoRecord()


async def test_paper_dated_tomorrow_counts_from_today(lists: CodeLists) -> None:
    tomorrow = laid({**PAPER, "issued_on": "2027-01-01"}, storedAt="20270102080000")
    reply = await searched(lists, envelope(result=[tomorrow]))

    assert isinstance(reply, Found)
    assert reply.facts[AttributeName("tax.code")].as_of == NOW


async def test_our_dossier_code_from_portal_is_ignored(lists: CodeLists) -> None:
    reply = await searched(
        lists, envelope(result=[laid({**PAPER, "dossier": "H99.01-20261122-0000001"})])
    )

    assert isinstance(reply, Found)
    record = reply.facts[AttributeName("tax.code")].record
    assert record is not None and record.dossier is None


OTHERS = {**PAPER, "owner": {"personal_id": "003090000002"}}
BROKEN: dict[str, tuple[bytes, str]] = {
    "a page of a platform": (b"<html><body>Bad Gateway</body></html>", "unreadable"),
    "a list": (b"[]", "unreadable"),
    "no result": (envelope(), "unreadable"),
    "a paper without its owner": (
        envelope(result=[laid({k: v for k, v in PAPER.items() if k != "owner"})]),
        "unreadable",
    ),
    "a paper with an impossible date": (
        envelope(result=[laid({**PAPER, "issued_on": "2020-02-30"})]),
        "unreadable",
    ),
    "a paper stored at no time": (
        envelope(result=[laid(PAPER, storedAt="20201301000000")]),
        "unreadable",
    ),
    "a member of no kind": (
        envelope(result=[laid({**PAPER, "content": {"tax_code": 1}})]),
        "unreadable",
    ),
    "somebody else's paper": (envelope(result=[laid(PAPER), laid(OTHERS)]), "wrong_person"),
    "endless depth": (b'{"error_code":"0","result":' + b"[" * 100_000, "unreadable"),
    "half a letter": (envelope(message="thành công \ud800", result=[]), "unreadable"),
    "no number": (
        b'{"error_code":"0","message":"Th\xc3\xa0nh c\xc3\xb4ng","result":[NaN]}',
        "unreadable",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
async def test_contract_breaking_answer_is_refused(lists: CodeLists, case: str) -> None:
    content, cause = BROKEN[case]
    with pytest.raises(SourceBrokeContract) as raised:
        await searched(lists, content)

    assert raised.value.cause == cause
    assert not any(number in str(raised.value) for number in ("003090000001", "003090000002"))


@pytest.mark.parametrize(
    ("code", "message"),
    [("0", "Có lỗi xảy ra"), ("0", ""), ("-2", "thiếu trường owner"), ("7", "thành công")],
)
async def test_success_needs_code_and_message(lists: CodeLists, code: str, message: str) -> None:
    with pytest.raises(SourceUnavailable) as raised:
        await searched(lists, envelope(error_code=code, message=message, result=[]))

    assert raised.value.cause == "refused"


@pytest.mark.parametrize("trouble", [500, 503, 403, b"<html></html>", b""])
async def test_any_trouble_is_unavailable_not_empty(
    store: Store, people: Population, trouble: int | bytes
) -> None:
    store.mock.state.trouble = trouble
    with pytest.raises(SourceError):
        await ask(store.source, key(people.persona("ordinary")), store.source.held)


async def test_personas_with_store_can_be_read(store: Store, people: Population) -> None:
    outcomes = set()
    for n in range(240):
        reply = await ask(store.source, key(people.person(n)), store.source.held)
        outcomes.add(type(reply).__name__)
    assert outcomes == {"Found", "NoRecord"}
    assert {PURPOSE.procedure} == {e.procedure for e in store.mock.state.journal} - {None}
