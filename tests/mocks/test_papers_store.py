"""The citizen's store of papers as a mock: who gets in, what is found, and what is our own design."""

import hashlib
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mocks.papers import (
    FORWARD,
    LOGIN,
    SEARCH,
    PapersMock,
    PapersMockSettings,
    create_papers_mock,
    has_store,
    only_there,
    papers_of,
)
from mocks.papers.settings import DSTCODE, PROVIDER_URL
from mocks.people import PERSONAS, Population
from mocks.people.knowledge import records_of

ROOT = Path(__file__).parents[2]
THERE = {"providerurl": PROVIDER_URL}
Json = dict[str, Any]


DIFFERENCES = json.loads((ROOT / "docs" / "papers-differences.json").read_text())["differences"]


def test_store_differences_have_a_named_test() -> None:
    tests = set(re.findall(r"def test_(\w+)\(", Path(__file__).read_text(encoding="utf-8")))
    listed = [difference["id"] for difference in DIFFERENCES]
    assert len(set(listed)) == len(listed)
    assert set(listed) <= tests
    for difference in DIFFERENCES:
        assert set(difference) == {"id", "subject", "mock", "real", "tag"}
        assert difference["tag"] in {"sure", "likely", "ours"}
        assert all(difference.values())


class Unit:
    """A province's security server, signed in or not."""

    def __init__(self, mock: PapersMock, http: httpx.AsyncClient, moment: list[float]) -> None:
        self.mock = mock
        self.http = http
        self.moment = moment
        self.people = mock.population

    async def post(self, path: str, body: Json, **how: Any) -> httpx.Response:
        usual: Json = {"params": THERE, "headers": {"dstcode": DSTCODE}}
        return await self.http.post(FORWARD + path, json=body, **(usual | how))

    async def login(self, **changed: str) -> Json:
        settings = self.mock.state.settings
        account = {"username": settings.unit, "password": settings.password}
        told: Json = (await self.post(LOGIN, account | changed)).json()
        return told

    async def search(self, owner: str, *kinds: str, **changed: Any) -> Json:
        body: Json = {
            "session": changed.get("session") or (await self.login())["session"],
            "madonvi": "H99",
            "maYeuCau": "GW-1",
            "maTTHC": "1.004222",
            "maHoSo": "",
            "owner": owner,
            "kinds": list(kinds),
        }
        body = {k: v for k, v in (body | changed).items() if v is not None}
        told: Json = (await self.post(SEARCH, body)).json()
        return told


@pytest.fixture
async def unit(people: Population) -> AsyncIterator[Unit]:
    moment = [1_795_000_000.0]
    settings = PapersMockSettings(
        clock=lambda: moment[0], closed_to=frozenset({"1.000656"}), session_seconds=1800
    )
    mock = create_papers_mock(settings, people)
    transport = httpx.ASGITransport(mock)
    async with httpx.AsyncClient(transport=transport, base_url="http://adapter") as http:
        yield Unit(mock, http, moment)


def kinds_of(told: Json) -> list[str]:
    return sorted(one["paper"]["kind"] for one in told["result"])


async def test_search_finds_owners_papers_of_kinds(unit: Unit) -> None:
    person = unit.people.persona("ordinary")
    every = [record["kind"] for record in records_of(unit.people, person.n)]
    told = await unit.search(person.personal_id, *every)
    some = await unit.search(person.personal_id, "identity_card", "passport")

    assert (told["error_code"], told["message"]) == ("0", "Thành công")
    assert kinds_of(told) == sorted(every)
    assert kinds_of(some) == ["identity_card"]
    assert {one["paper"]["owner"]["personal_id"] for one in told["result"]} == {person.personal_id}


async def test_store_may_hold_other_papers(unit: Unit) -> None:
    person = unit.people.persona("ordinary")
    licence = next(r for r in records_of(unit.people, person.n) if r["kind"] == "driving_licence")
    other = licence | {"content": licence["content"] | {"number": "X-0000001"}}
    put = await unit.http.post("/_mock/papers", json={"n": person.n, "papers": [other]})
    told = await unit.search(person.personal_id, "driving_licence", "identity_card")

    assert put.json() == {"n": person.n, "papers": 1}
    assert [one["paper"]["content"]["number"] for one in told["result"]] == ["X-0000001"]
    wrong = await unit.http.post("/_mock/papers", json={"n": person.n, "papers": [], "x": 1})
    assert wrong.status_code == 422
    await unit.http.delete("/_mock/papers")
    again = await unit.search(person.personal_id, "driving_licence", "identity_card")
    assert kinds_of(again) == ["driving_licence", "identity_card"]


def test_half_keep_the_provinces_papers(
    people: Population,
) -> None:
    with_papers = [n for n in range(0, 6000, 7) if papers_of(people, n)]
    held = [n for n in range(0, 6000, 7) if records_of(people, n)]

    assert 0.4 < len(with_papers) / len(held) < 0.6
    for n in with_papers[:20]:
        assert [p["paper"]["content"] for p in papers_of(people, n)] == [
            record["content"] for record in records_of(people, n)
        ]
        assert {p["unit"] for p in papers_of(people, n)} == {"H98"}


def test_some_store_papers_lack_provincial_copy(people: Population) -> None:
    kinds = {"identity_card", "driving_licence", "birth_certificate"}
    with_store = [n for n in range(0, 6000, 7) if has_store(n)]

    for kind in kinds:
        there = sum(only_there(n, kind) for n in with_store)
        assert 0.4 < there / len(with_store) < 0.6
    assert not any(only_there(n, "marriage_certificate") for n in with_store)
    assert not any(only_there(n, k) for n in range(60, 120) for k in kinds)


def test_paper_has_id_and_later_storage(people: Population) -> None:
    papers = papers_of(people, PERSONAS["ordinary"])

    assert len({paper["id"] for paper in papers}) == len(papers)
    for paper in papers:
        assert not any(part in paper["id"] for part in (people.number_of(PERSONAS["ordinary"]),))
        assert paper["storedAt"][:8] > (paper["paper"]["issued_on"] or "").replace("-", "")


async def test_wrong_unit_password_is_refused(unit: Unit) -> None:
    assert (await unit.login(password="another"))["error_code"] == "-4"
    assert (await unit.login(username="H98"))["error_code"] == "-4"
    person = unit.people.persona("ordinary")
    told = await unit.search(person.personal_id, "identity_card", session="made-up")

    assert (told["error_code"], "result" in told) == ("-1", False)


async def test_session_expires_after_half_an_hour(unit: Unit) -> None:
    person = unit.people.persona("ordinary")
    session = (await unit.login())["session"]
    unit.moment[0] += 1799
    assert (await unit.search(person.personal_id, session=session))["error_code"] == "0"
    unit.moment[0] += 1
    assert (await unit.search(person.personal_id, session=session))["error_code"] == "-1"


@pytest.mark.parametrize("member", ["session", "madonvi", "maYeuCau", "owner", "kinds"])
async def test_a_missing_member_is_named(unit: Unit, member: str) -> None:
    session = (await unit.login())["session"]
    told = await unit.search("003090000001", session=session)
    assert told["error_code"] == "0"
    body = {"madonvi": "H99", "maYeuCau": "", "maTTHC": "", "maHoSo": "", "owner": "", "kinds": []}
    whole: Json = {"session": session, **body}
    refused = (await unit.post(SEARCH, {k: v for k, v in whole.items() if k != member})).json()

    assert refused["error_code"] == "-2"
    assert member in refused["message"]


async def test_a_procedure_may_be_closed_to(unit: Unit) -> None:
    person = unit.people.persona("ordinary")
    told = await unit.search(person.personal_id, "identity_card", maTTHC="1.000656")

    assert (told["error_code"], "result" in told) == ("-5", False)


@pytest.mark.parametrize("owner", ["003090999999", "", "không phải số"])
async def test_unknown_person_succeeds_without_papers(unit: Unit, owner: str) -> None:
    told = await unit.search(owner, "identity_card")

    assert (told["error_code"], told["result"]) == ("0", [])


@pytest.mark.parametrize(
    "way",
    [
        {"headers": {"dstcode": DSTCODE}, "params": {}},
        {"headers": {}, "params": THERE},
        {"headers": {"dstcode": "VN:GOV:another"}, "params": THERE},
        {"headers": {"dstcode": DSTCODE}, "params": {"providerurl": "https://other.example"}},
    ],
)
async def test_adapter_without_provider_forwards_nothing(unit: Unit, way: Json) -> None:
    assert (await unit.post(LOGIN, {}, **way)).status_code == 404


async def test_provider_may_be_in_the_address(unit: Unit) -> None:
    way: Json = {"headers": {}, "params": THERE | {"dstcode": DSTCODE}}

    assert (await unit.post(LOGIN, {}, **way)).json()["error_code"] == "-2"


async def test_file_is_served_after_a_search(unit: Unit) -> None:
    person = unit.people.persona("ordinary")
    (paper,) = (
        p for p in papers_of(unit.people, person.n) if p["paper"]["kind"] == "identity_card"
    )
    address = f"{FORWARD}/bndp/public/v1/papers/{paper['id']}/file"
    session = (await unit.login())["session"]
    headers = {"dstcode": DSTCODE, "session": session}
    before = await unit.http.get(address, params=THERE, headers=headers)
    await unit.search(person.personal_id, "identity_card", session=session)
    after = await unit.http.get(address, params=THERE, headers=headers)
    unsigned = await unit.http.get(address, params=THERE, headers={"dstcode": DSTCODE})

    assert before.json()["error_code"] == "-6"
    assert unsigned.json()["error_code"] == "-1"
    assert after.headers["content-type"] == "application/pdf"
    assert hashlib.sha256(after.content).hexdigest() == paper["paper"]["file"]["sha256"]


async def test_journal_keeps_subject_and_purpose(unit: Unit) -> None:
    person = unit.people.persona("ordinary")
    await unit.search(person.personal_id, "identity_card", maHoSo="H99.01-20261122-0000001")
    told = (await unit.http.get("/_mock/journal")).json()

    assert [entry["outcome"] for entry in told["entries"]] == ["ok", "found"]
    last = told["entries"][-1]
    assert (last["owner"], last["procedure"], last["dossier"], last["kinds"]) == (
        person.personal_id,
        "1.004222",
        "H99.01-20261122-0000001",
        ["identity_card"],
    )
    await unit.http.delete("/_mock/journal")
    assert (await unit.http.get("/_mock/journal")).json()["total"] == 0


@pytest.mark.parametrize(
    ("content", "status"), [(b"{", 400), (b"[]", 400), (b"[" * 60_000, 400), (b"x" * 65_537, 413)]
)
async def test_what_is_no_call_is_refused(unit: Unit, content: bytes, status: int) -> None:
    headers = {"dstcode": DSTCODE, "content-type": "application/json"}
    response = await unit.http.post(FORWARD + LOGIN, content=content, params=THERE, headers=headers)

    assert response.status_code == status


async def test_answers_declare_our_own_design(unit: Unit) -> None:
    for response in (await unit.post(LOGIN, {}), await unit.http.get("/_mock/health")):
        assert response.headers["x-mock-contract"] == "own-design"
