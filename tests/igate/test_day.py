"""From the counter to the next procedure: what a result on record spares the same citizen."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, timedelta

import httpx
import pytest

from gateway.records.store import store_earlier
from mocks.igate import Behaviour, Story, Visit, stories
from mocks.igate.catalogues import entry_id
from mocks.igate.counter import CounterIGate
from mocks.igate.filing import opening_of
from mocks.igate.services import OF_2026, OLDER, IGateServices, Pattern
from mocks.people.knowledge import records_of
from tests.conftest import House

OFFICER = "H99.01.cb017"
CARD, LICENCE = "cc01-identity-card", "driving-licence-exchange"


class Counter:
    """An iGate before the gateway, with its own services behind it."""

    def __init__(self, house: House, services: IGateServices) -> None:
        self.house = house
        self.services = services
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.services), base_url="http://igate.test"
        )
        plain = house.igate()
        self.igate = CounterIGate(
            plain._http, plain.token, self.http, lambda: house.clock().astimezone(UTC)
        )

    def code(self, pattern: Pattern) -> str:
        return self.house.run(self.igate.new_code(pattern))

    def visit(
        self, story: Story, code: str, officer: str | None = None
    ) -> tuple[dict[str, int], tuple[str, ...]]:
        """Go through one visit; what its submission counted, and what went wrong."""
        if officer is not None:
            opened = self.house.run(
                self.igate.register(opening_of(story, code, self.house.clock()))
            )
            assert opened.status == 201, opened
        visit = Visit(self.igate, story, Behaviour.ACCEPT, seed=3, dossier=code, officer=officer)
        outcome = self.house.run(visit.run())
        return dict(outcome.counts), outcome.unexpected

    def dossier_status(self, code: str) -> dict[str, object]:
        answer = self.house.run(
            self.igate._http.get(f"/v1/dossiers/{code}", headers=self.igate._headers())
        )
        read: dict[str, object] = answer.json()
        return read


@pytest.fixture(scope="module")
def services(house: House) -> IGateServices:
    """Of one day to the next: no code is issued twice."""
    return IGateServices(house.clock)


@pytest.fixture
def counter(house: House, services: IGateServices) -> Iterator[Counter]:
    counter = Counter(house, services)
    yield counter
    house.run(counter.http.aclose())


def story(house: House, form: str, number: int = 1) -> Story:
    return stories(house.population, form, number + 1, 9)[number]


@pytest.mark.parametrize("officer", [None, OFFICER], ids=["citizen", "officer"])
@pytest.mark.parametrize("pattern", [OLDER, OF_2026], ids=["older", "2026"])
def test_visit_runs_from_code_to_handover(
    counter: Counter, pattern: Pattern, officer: str | None
) -> None:
    code = counter.code(pattern)
    counts, wrong = counter.visit(story(counter.house, LICENCE), code, officer)
    assert wrong == ()
    assert counts["auto"] > 0
    assert (counts["officer"] > 0) == (officer is not None)

    registered = counter.dossier_status(code)
    assert (registered["state"], registered["form"]) == (2, LICENCE)
    done = counter.house.run(counter.igate.go_on(code, OFFICER))
    assert (done.status, done.body["taken"]) == (200, 3)
    assert counter.dossier_status(code)["state"] == 10


def test_agency_numbers_dossiers_by_format_and_day(counter: Counter) -> None:
    first, second = counter.code(OLDER), counter.code(OLDER)
    assert int(second[-4:]) == int(first[-4:]) + 1
    assert first[:-4] == second[:-4] == f"000.00.01.H99-{counter.house.clock():%y%m%d}-"
    counter.house.clock.forward(days=1)
    assert counter.code(OLDER).endswith("-0001")
    assert counter.code(OF_2026).endswith("-0000001")
    issued = counter.services.state.issued
    assert len(set(issued)) == len(issued)


def test_services_list_what_selects_offer(counter: Counter) -> None:
    places = counter.house.run(counter.http.get("/ba/place/--search?page=0&size=10")).json()
    assert (len(places["content"]), places["totalElements"]) == (10, 34)
    parent = {"parent-id": entry_id("provinces", "51")}
    communes = counter.house.run(counter.http.get("/ba/place/--search", params=parent)).json()
    assert communes["last"] and all(len(one["id"]) == 24 for one in communes["content"])
    assert counter.house.run(counter.http.get("/ba/place/--search?size=0")).status_code == 400
    assert counter.house.run(counter.http.get("/bd/procedure/1")).status_code == 404


def test_unregistrable_dossier_is_not_judged(counter: Counter) -> None:
    told = story(counter.house, LICENCE, 3)
    counter.igate._unit = "  "
    before = len(counter.house.bodies("submission"))
    _, wrong = counter.visit(told, counter.code(OF_2026))
    assert wrong == ("submission: 422 validation",)
    assert len(counter.house.bodies("submission")) == before


def let_records_be_old(house: House) -> None:
    """What stands in the store by now was stored a day ago: the least age of a fact."""
    yesterday = house.clock() - timedelta(days=1)
    house.run(house.services.database.write(lambda c: store_earlier(c, yesterday)))
    house.clock.forward(minutes=1)


def test_recorded_result_spares_next_procedure_fields(
    counter: Counter, capsys: pytest.CaptureFixture[str]
) -> None:
    house = counter.house
    driver = story(house, LICENCE, 5)
    papers = records_of(house.population, driver.n)
    (card,) = [paper for paper in papers if paper["kind"] == "identity_card"]
    for paper in papers:
        if paper is not card:
            assert house.post("/v1/records", paper).status_code in (200, 201)
    let_records_be_old(house)
    before, wrong = counter.visit(driver, counter.code(OF_2026))
    assert wrong == ()

    applicant = replace(
        story(house, CARD),
        n=driver.n,
        subject=driver.subject,
        account=driver.account,
        people={**story(house, CARD).people, "applicant": driver.people["applicant"]},
        owners=(),
    )
    code = counter.code(OF_2026)
    _, wrong = counter.visit(applicant, code)
    assert wrong == ()
    house.run(counter.igate.go_on(code, OFFICER))
    procedure = str(applicant.procedure)
    stored = house.run(counter.igate.store_result(card, code, procedure, "KQ.G01.000001"))
    assert stored.status == 201, stored.code
    let_records_be_old(house)
    after, wrong = counter.visit(driver, counter.code(OF_2026))

    assert wrong == ()
    assert after["visible"] == before["visible"]
    assert after["declared"] == before["declared"] - 2
    assert after["auto"] == before["auto"] + 2
    with capsys.disabled():
        print(f"\nfields to declare: {before['declared']} -> {after['declared']}")


def test_result_does_not_spare_its_own_dossier(counter: Counter) -> None:
    house = counter.house
    driver = story(house, LICENCE, 4)
    (card,) = [p for p in records_of(house.population, driver.n) if p["kind"] == "identity_card"]
    code = counter.code(OF_2026)
    stored = house.run(counter.igate.store_result(card, code, "3.000347", "KQ.G01.000002"))
    assert stored.status == 201, stored.code
    let_records_be_old(house)
    counts, wrong = counter.visit(driver, code)
    assert wrong == ()
    assert counts["officer"] == 2
