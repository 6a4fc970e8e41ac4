"""No caller chooses a weaker identity check: by declining a source, by a limit, by a typed record."""

from collections.abc import Iterator
from typing import Any

import pytest

from mocks.people import Person
from tests.identity.forms import KIN, OWN, PAPER
from tests.identity.world import (
    EVERYTHING,
    OFFICER,
    PAPER_SOURCES,
    STRANGE_NAME,
    Json,
    World,
    another_day,
    differences,
    named,
    nobody_like,
    reasons,
    residence,
    said_of,
    shape_of,
    values_of,
    with_both,
    with_name,
    with_neither,
    wrong_identities,
)

SAID_BY_THE_LOGIN = {"hoTen", "ngaySinh", "soDinhDanh"}
OF_THE_DATABASE = ["noiO", "danToc"]
LIMIT = 3

DECLINED: dict[str, list[str]] = {
    "nothing": [],
    "the database": ["population"],
    "all that the database fills": [*SAID_BY_THE_LOGIN, *OF_THE_DATABASE],
    "some that the database fills": OF_THE_DATABASE,
    "the database and the records": ["population", "records"],
    "the database and the store": ["population", "personal_papers"],
}


def papers(world: World, tenant: str = EVERYTHING) -> Person:
    """Somebody of whom every kind of paper lies with the province, and others in the own store."""
    person = world.somebody()
    world.hold("records", person, with_both(person), with_name(person), tenant=tenant)
    world.hold("personal_papers", person, with_neither(person), with_name(person))
    return person


def check_nothing(world: World, person: Person, said: Json, form: str, **more: Any) -> None:
    """Nothing but what the login said, and every word as for a number that nobody has."""
    number = nobody_like(world.people, person.personal_id)
    answer = world.ask(said, form, **more)
    nobody = world.ask({**said, "personal_id": number}, form, **more)
    assert answer["data"].keys() <= SAID_BY_THE_LOGIN
    assert differences(shape_of(answer, person.personal_id), shape_of(nobody, number)) == []


@pytest.mark.threat(64)
@pytest.mark.parametrize("form", [OWN, PAPER])
@pytest.mark.parametrize("wrong", ["a wrong day", "day and month swapped", "a wrong name"])
@pytest.mark.parametrize("declined", DECLINED)
def test_declining_weakens_no_check(world: World, declined: str, wrong: str, form: str) -> None:
    person = papers(world)
    said = wrong_identities(world.people, person)[wrong]
    without = [one for one in DECLINED[declined] if form == OWN or one in ("population", "records")]
    if form == PAPER and declined == "the database and the store":
        without = ["population", "personal_papers"]
    check_nothing(world, person, said, form, without=without)


@pytest.fixture(scope="module")
def limited_running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("limited"), prefill_misses_of_tenant=LIMIT)
    yield world
    world.close()


@pytest.fixture
def limited(limited_running: World) -> World:
    """A province that has asked for so many nobodies that it may not ask for any more."""
    world = limited_running
    world.reset()
    free = nobody_like(world.people, world.somebody().personal_id)
    for _ in range(LIMIT):
        world.ask({"personal_id": free, "full_name": STRANGE_NAME, "birth_date": "1999-01-01"})
    world.house.database.state.journal.clear()
    return world


@pytest.mark.threat(64)
@pytest.mark.parametrize("form", [OWN, PAPER])
@pytest.mark.parametrize("wrong", ["a wrong day", "a wrong year", "a wrong name"])
def test_limit_weakens_no_check(limited: World, wrong: str, form: str) -> None:
    person = papers(limited)
    said = wrong_identities(limited.people, person)[wrong]
    check_nothing(limited, person, said, form)
    assert person.personal_id not in limited.house.asked()


@pytest.mark.parametrize("source", PAPER_SOURCES)
def test_limit_leaves_papers_with_name_and_date(limited: World, source: str) -> None:
    person = limited.somebody()
    limited.hold(source, person, with_both(person), with_name(person), with_neither(person))
    told = reasons(limited.ask_with(person))
    assert [told[path] for path in ("soKhaiSinh", "soTaiKhoan", "soBangLai")] == [
        "filled",
        "no_record",
        "no_record",
    ]


@pytest.mark.threat(64)
def test_wrong_call_is_one_failure(limited_running: World) -> None:
    """However many sources are asked for a person, a mismatch is counted once."""
    world = limited_running
    world.reset()
    world.house.clock.forward(hours=2)
    person = papers(world)
    said = said_of(person, birth_date=another_day(person.birth_date))
    for _ in range(LIMIT - 1):
        world.ask(said)
    assert reasons(world.ask_with(person))["noiO"] == "filled"


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    limits = {"prefill_misses_of_officer": LIMIT, "prefill_misses_of_client": 2 * LIMIT}
    world = World(tmp_path_factory.mktemp("watched"), **limits)
    yield world
    world.close()


def test_officer_then_client_stops_before_tenant(watched: World) -> None:
    person, other = watched.somebody(), watched.somebody()
    wrong = said_of(person, birth_date=another_day(person.birth_date))
    case = {"officer": OFFICER, "dossier": watched.open_dossier()}
    for _ in range(LIMIT):
        watched.ask(wrong, **case)
    case["dossier"] = watched.open_dossier()
    assert reasons(watched.ask_with(other, **case))["noiO"] == "source_unavailable"
    assert reasons(watched.ask_with(other))["noiO"] == "filled"
    for _ in range(LIMIT):
        watched.ask(wrong)
    assert reasons(watched.ask_with(other))["noiO"] == "source_unavailable"


# an insider's typed records


@pytest.mark.threat(65)
@pytest.mark.parametrize("case", ["matched as nobody", "failed", "declined"])
def test_typed_paper_under_attackers_name_stays_closed(world: World, case: str) -> None:
    """The victim's number and the attacker's name and date, in a paper and at the login."""
    victim = papers(world)
    said = said_of(victim, full_name=STRANGE_NAME, birth_date="1999-01-01")
    forged = with_both(victim, full_name=STRANGE_NAME, birth_date="1999-01-01", number="KS-GIA")
    world.store({**forged, "number": "GIA-1"})
    more: Json = {"without": ["population"]} if case == "declined" else {}
    if case == "failed":
        world.fails(status=503)
    answer = world.ask(said, **more)
    theirs = {f"KS-{victim.n}", f"TK-{victim.n}", f"BL-{victim.n}"}
    assert not theirs & set(values_of(answer["data"]))
    told = reasons(answer)
    silent = "source_unavailable" if case == "failed" else "no_record"
    assert (told["soTaiKhoan"], told["soBangLai"]) == (silent, silent)
    assert not answer["data"].keys() & {*OF_THE_DATABASE}


@pytest.mark.threat(65)
@pytest.mark.parametrize("name", ["the victim's", "the attacker's"])
@pytest.mark.parametrize("failed", [False, True])
def test_typed_household_head_opens_no_victim(world: World, name: str, failed: bool) -> None:
    """A record makes the victim the head of the attacker's household."""
    attacker, victim = world.somebody(), papers(world)
    head = named(victim)
    if name == "the attacker's":
        head = {**head, "full_name": STRANGE_NAME}
    world.store(residence(attacker, head, dwelling={"ownership": "own", "owner": head}))
    if failed:
        world.fails(number=attacker.personal_id, status=503)
    shown = set(values_of(world.ask_with(attacker, KIN)["data"]))
    world.reset()
    opened = world.ask_with(victim)["data"]
    secret = {opened["noiO"], opened["ngaySinh"], f"KS-{victim.n}"}
    if name == "the attacker's":
        secret |= {f"TK-{victim.n}", f"BL-{victim.n}", victim.full_name, victim.full_name.upper()}
    assert shown & secret == set()


@pytest.mark.threat(65)
def test_typed_record_names_no_members(world: World) -> None:
    """Members typed into a record are not read: nobody but the record speaks of them."""
    attacker, victim = world.somebody(), papers(world)
    member = {**named(victim), "full_name": STRANGE_NAME, "birth_date": "1999-01-01"}
    world.store(residence(attacker, named(attacker), members=[named(attacker), member]))
    answer = world.ask_with(attacker, KIN)
    theirs = {f"KS-{victim.n}", f"TK-{victim.n}", f"BL-{victim.n}", victim.birth_date}
    assert not theirs & set(values_of(answer["data"]))
