"""The mock remembers what it was asked, and forgets it when told to."""

import pytest

from mocks.population import PopulationMock
from mocks.population.asked import Asked, Requests
from tests.mocks.asking import Caller


async def test_request_is_noted_with_caller_and_outcome(caller: Caller) -> None:
    person = caller.people.persona("ordinary")
    await caller.ask(person)
    shown = (await caller.http.get("/_mock/journal")).json()
    assert shown["total"] == 1
    assert shown["entries"] == [
        {
            "at": "2026-11-18T11:06:40.000+00:00",
            "outcome": "found",
            "request_id": "GW-20261122-000001",
            "service": "037",
            "procedure": "1.004222",
            "agency": "H99.1",
            "officer": "cb.demo.01",
            "number": person.personal_id,
            "birth": "full",
            "faults": [],
        }
    ]


async def test_every_outcome_has_its_word(caller: Caller, mock: PopulationMock) -> None:
    ordinary = caller.people.persona("ordinary")
    await caller.ask(ordinary)
    await caller.ask(ordinary, HoVaTen="AI DO")
    await caller.ask(caller.people.persona("duplicate_record"))
    await caller.ask(caller.people.persona("under_verification"))
    await caller.ask(ordinary, MaDVC="9.999999")
    await caller.ask(ordinary, MaCanBo="stranger")
    await caller.ask(ordinary, MaYeuCau=None)
    await caller.ask(ordinary, MaTichHop="038")
    await caller.ask(ordinary, "XacThucThongTinCongDan", MaTichHop="033")
    await caller.ask(ordinary, "XacThucThongTinCongDan", MaTichHop="033", HoVaTen="AI DO")
    await caller.post("", Timestamp="0")
    assert [asked.outcome for asked in mock.state.journal] == [
        "found",
        "no_match",
        "duplicate",
        "under_verification",
        "refused_004",
        "refused_005",
        "malformed",
        "unknown_service",
        "exists",
        "exists_not",
        "not_signed_in",
    ]


@pytest.mark.parametrize(("sent", "word"), [("1984", "year"), ("1984-03-17", "full")])
async def test_birth_date_form_is_noted_without_date(
    caller: Caller, mock: PopulationMock, sent: str, word: str
) -> None:
    await caller.ask(caller.people.persona("ordinary"), NgayThangNamSinh=caller.birth(sent))
    assert [asked.birth for asked in mock.state.journal] == [word]


async def test_faults_that_struck_are_noted(caller: Caller, mock: PopulationMock) -> None:
    mock.state.faults.add(status=502, surplus=True)
    await caller.ask(caller.people.persona("ordinary"))
    assert set(next(iter(mock.state.journal)).faults) == {"status", "surplus"}


async def test_the_journal_is_emptied_on_demand(caller: Caller, mock: PopulationMock) -> None:
    person = caller.people.persona("ordinary")
    await caller.ask(person)
    assert len(mock.state.journal.about(person.personal_id)) == 1
    assert (await caller.http.delete("/_mock/journal")).status_code == 200
    assert len(mock.state.journal) == 0
    assert mock.state.journal.about(person.personal_id) == []


def test_full_journal_drops_the_oldest() -> None:
    journal = Requests(3)
    for number in "12345":
        journal.add(Asked(0.0, "found", number=number))
    assert [asked.number for asked in journal] == ["3", "4", "5"]
    assert journal.total == 5


def test_note_hides_the_number() -> None:
    assert "003090000001" not in repr(Asked(0.0, "found", number="003090000001"))


async def test_health_names_seed_and_personas(caller: Caller) -> None:
    health = (await caller.http.get("/_mock/health")).json()
    assert health["status"] == "ok"
    assert health["seed"] == 2026
    assert "ordinary" in health["personas"]
    assert (await caller.http.get("/_mock/elsewhere")).status_code == 404
