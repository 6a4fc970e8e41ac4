"""When do a name and a birth date agree with what the registers and the papers hold?"""

import unicodedata
from datetime import timedelta
from typing import Any

import pytest

from mocks.people import Person
from mocks.people.knowledge import records_of
from tests.identity.forms import OWN, PAPER
from tests.identity.world import (
    EVERYTHING,
    OFFICER,
    STRANGE_NAME,
    Json,
    World,
    another_day,
    claims,
    differences,
    nobody_like,
    paper,
    reasons,
    said_of,
    shape_of,
    signed,
    with_both,
    with_name,
    with_neither,
)

MARKER = "noiO"
"""A field that the population database alone fills, and only for a person whom it matched."""
BORN = "1984-03-17"


def born(world: World, birth_date: str = BORN) -> Person:
    """Somebody of whom the database holds this date, or this year alone."""
    person = world.somebody()
    world.registers(person, birth_date=birth_date)
    return world.house.database.population.person(person.n)


def is_matched(answer: Json) -> bool:
    """Whether an answer opens the person; one that does not is that of a number of nobody."""
    matched = reasons(answer)[MARKER] == "filled"
    assert matched == (MARKER in answer["data"])
    return matched


def check_nobody(world: World, said: Json, **more: Any) -> None:
    number = nobody_like(world.people, said["personal_id"])
    answer = world.ask(said, **more)
    nobody = world.ask({**said, "personal_id": number}, **more)
    assert reasons(answer)[MARKER] == "no_record"
    assert differences(shape_of(answer, said["personal_id"]), shape_of(nobody, number)) == []


# dates

AGREEING: dict[str, tuple[str, str]] = {
    "the same day": (BORN, BORN),
    "a first of January that is so": ("1984-01-01", "1984-01-01"),
    "a first of January and a year on record": ("1984", "1984-01-01"),
    "a day and a year on record": ("1984", BORN),
    "a year and a year on record": ("1984", "1984"),
    "a month and a year on record": ("1984", "1984-03"),
}


@pytest.mark.parametrize("case", AGREEING)
def test_date_agrees_to_coarser_precision(world: World, case: str) -> None:
    held, said = AGREEING[case]
    person = born(world, held)
    answer = world.ask(said_of(person, birth_date=said), account=None)
    assert is_matched(answer)


DISAGREEING: dict[str, tuple[str, str]] = {
    "another day": (BORN, "1984-03-18"),
    "day and month swapped": ("1984-03-04", "1984-04-03"),
    "a first of January that is not so": (BORN, "1984-01-01"),
    "another month": (BORN, "1984-04"),
    "another year": (BORN, "1985"),
    "another year and a year on record": ("1984", "1985-03-17"),
    "another first of January": ("1984", "1985-01-01"),
}


@pytest.mark.threat(63)
@pytest.mark.parametrize("case", DISAGREEING)
def test_date_that_disagrees_matches_nobody(world: World, case: str) -> None:
    held, said = DISAGREEING[case]
    check_nobody(world, said_of(born(world, held), birth_date=said))


LESS_PRECISE = {"a month": 7, "a year": 4, "no date": 0}
"""How much of a date is said, in characters; where none is, the year is that of the number."""


def coarsely(person: Person, said: str) -> Json:
    return said_of(person, birth_date=person.birth_date[: LESS_PRECISE[said]] or None)


@pytest.mark.parametrize("said", LESS_PRECISE)
def test_coarse_date_matches_where_login_vouches(world: World, said: str) -> None:
    person = world.somebody()
    assert is_matched(world.ask(coarsely(person, said)))


@pytest.mark.parametrize("said", LESS_PRECISE)
def test_coarse_date_matches_for_named_officer(world: World, said: str) -> None:
    person = world.somebody()
    answer = world.ask(
        coarsely(person, said), account=None, officer=OFFICER, dossier=world.open_dossier()
    )
    assert is_matched(answer)


@pytest.mark.threat(63)
@pytest.mark.parametrize("said", LESS_PRECISE)
def test_coarse_date_alone_matches_nobody(world: World, said: str) -> None:
    check_nobody(world, coarsely(world.somebody(), said), account=None)


@pytest.mark.parametrize("said", ["1984-01-01", "1984-03"])
def test_year_is_asked_for_vague_birth_dates(world: World, said: str) -> None:
    world.ask(said_of(born(world), birth_date=said))
    assert {entry.birth for entry in world.house.database.state.journal} == {"year"}


@pytest.mark.threat(63)
@pytest.mark.parametrize("said", ["1984-01-01", "1984-04"])
def test_service_033_does_not_bypass_birth_date(world: World, said: str) -> None:
    """Asked by the year 033 would say yes to each of its days."""
    person = born(world)
    world.hold("records", person, with_name(person), with_neither(person))
    answer = world.ask(said_of(person, birth_date=said), PAPER)
    assert answer["data"] == {}
    assert set(reasons(answer).values()) == {"no_record"}


@pytest.mark.parametrize(
    ("on_paper", "said", "answers"),
    [
        ("1984", BORN, True),
        ("1984-03", BORN, True),
        (BORN, "1984-03", True),
        ("1984-04", BORN, False),
        ("1985", BORN, False),
    ],
)
def test_paper_date_agrees_to_coarser_precision(
    world: World, on_paper: str, said: str, answers: bool
) -> None:
    person = born(world)
    world.hold("records", person, with_both(person, birth_date=on_paper))
    world.fails(status=503)
    answer = world.ask(said_of(person, birth_date=said))
    assert reasons(answer)["soKhaiSinh"] == ("filled" if answers else "source_unavailable")


@pytest.mark.threat(63)
def test_coarse_date_alone_opens_no_paper(world: World) -> None:
    person = born(world)
    world.hold("records", person, with_both(person))
    world.fails(status=503)
    answer = world.ask(said_of(person, birth_date="1984"), account=None)
    assert reasons(answer)["soKhaiSinh"] == "source_unavailable"


def test_precise_date_is_known_and_confirmed(world: World) -> None:
    person = born(world)
    answer = world.ask(said_of(person, birth_date="1984"))
    (told,) = [f for f in answer["fields"] if f["path"] == "ngaySinh"]
    assert answer["data"]["ngaySinh"] == "17/03/1984"
    assert (told["class"], told["confirmed_by"]) == ("known", "population")


@pytest.mark.threat(63)
def test_value_against_session_is_never_kept(world: World) -> None:
    """A date that the session did not say, nor one that is more precise, is not handed out."""
    person = born(world)
    world.hold("records", person, with_both(person, birth_date="1984-03-18"))
    for tenant in (EVERYTHING, "without-database"):
        answer = world.ask(said_of(person), tenant=tenant)
        assert answer["data"]["ngaySinh"] == "17/03/1984"
    refused = world.ask(said_of(person, birth_date="1984-03-18"))
    assert refused["data"].get("ngaySinh") in (None, "18/03/1984")


# names


def written(name: str) -> dict[str, str]:
    """Ways in which one name is written."""
    plain = unicodedata.normalize("NFD", name.replace("Đ", "D").replace("đ", "d"))
    unmarked = "".join(c for c in plain if not unicodedata.combining(c))
    return {
        "capitals": name.upper(),
        "small letters": name.lower(),
        "without marks": unmarked,
        "without blanks": "".join(name.split()),
        "with two blanks": "  ".join(name.split()),
        "decomposed": unicodedata.normalize("NFD", name),
    }


@pytest.mark.threat(32)
@pytest.mark.parametrize("way", written("Đỗ Thị Út"))
def test_name_agrees_however_it_is_written(world: World, way: str) -> None:
    person = world.somebody()
    world.registers(person, full_name="Đỗ Thị Út")
    answer = world.ask(said_of(person, full_name=written("Đỗ Thị Út")[way]))
    assert is_matched(answer)


@pytest.mark.threat(32)
@pytest.mark.parametrize("way", written("Đỗ Thị Út"))
def test_paper_name_agrees_however_written(world: World, way: str) -> None:
    person = world.somebody()
    name = written("Đỗ Thị Út")[way]
    world.hold("records", person, with_both(person, full_name="Đỗ Thị Út"))
    world.fails(status=503)
    answer = world.ask(said_of(person, full_name=name))
    assert reasons(answer)["soKhaiSinh"] == "filled"


@pytest.mark.threat(63)
@pytest.mark.parametrize("name", ["Đỗ Út Thị", "Đỗ Thị", "Đỗ Thị Út Em", "Út"])
def test_other_words_or_order_match_nobody(world: World, name: str) -> None:
    person = world.somebody()
    world.registers(person, full_name="Đỗ Thị Út")
    check_nobody(world, said_of(person, full_name=name))


@pytest.mark.parametrize(
    "name", ["Anna-Maria O'Neill Lê", "ANNA MARIA ONEILL LE", "AnnaMaria O Neill Le"]
)
def test_foreign_name_agrees_without_its_signs(world: World, name: str) -> None:
    person = world.people.persona("foreign_name")
    answer = world.ask(said_of(person, full_name=name))
    assert is_matched(answer)


@pytest.mark.threat(63)
@pytest.mark.parametrize("name", ["-", "'", "-'-"])
def test_name_of_which_nothing_is_left(world: World, name: str) -> None:
    """It matches nobody, not even a register and a paper that hold the same."""
    person = world.somebody()
    world.registers(person, full_name=name)
    world.hold("records", person, with_both(person, full_name=name), with_name(person, name))
    question = world.question(OWN, said_of(person, full_name=name))
    answer = world.house.prefill(question, tenant=EVERYTHING)
    if answer.status_code == 200:
        told = reasons(answer.json())
        assert {told[p] for p in (MARKER, "soKhaiSinh", "soTaiKhoan")} == {"no_record"}
    else:
        assert (answer.status_code, "data" in answer.json()) == (422, False)


# a name that has changed


def renamed(world: World, *papers: Json, person: Person | None = None) -> Person:
    """Somebody whose papers are older than the name by which the database knows them."""
    one = person or world.somebody()
    world.hold("records", one, *papers)
    return one


@pytest.mark.parametrize("case", ["typed", "vouched"])
def test_former_name_names_its_paper(world: World, case: str) -> None:
    """Number and birth date agree: it answers where its issuer vouches for it, else it conflicts."""
    person = world.somebody()
    former = with_both(person, full_name="Đỗ Thị Cũ")
    renamed(world, former if case == "typed" else signed(former), person=person)
    wanted = "conflict" if case == "typed" else "filled"
    assert reasons(world.ask_with(person))["soKhaiSinh"] == wanted


def test_vouched_former_name_with_another_date(world: World) -> None:
    person = world.somebody()
    other = with_both(person, full_name="Đỗ Thị Cũ", birth_date=another_day(person.birth_date))
    renamed(world, signed(other), person=person)
    assert reasons(world.ask_with(person))["soKhaiSinh"] == "conflict"


def change_of_name(person: Person, former: str) -> Json:
    """What the registrar says of a change: the name since, the name before, and the birth date."""
    content = {
        "number": f"TD-{person.n}",
        "full_name": person.full_name,
        "birth_date": person.birth_date,
        "former_name": former,
    }
    return paper("civil_status_change", person, content, named=person.full_name)


@pytest.mark.parametrize("vouched", [True, False])
def test_stated_former_name_lets_paper_answer(world: World, vouched: bool) -> None:
    person = world.somebody()
    change = change_of_name(person, "Đỗ Thị Cũ")
    world.store(signed(change) if vouched else change)
    world.hold("records", person, with_both(person, full_name="Đỗ Thị Cũ"))
    wanted = "filled" if vouched else "conflict"
    assert reasons(world.ask_with(person))["soKhaiSinh"] == wanted


@pytest.mark.parametrize("case", ["another former name", "another birth date", "another person"])
def test_statement_of_former_name_must_fit(world: World, case: str) -> None:
    """The statement must be about this name, and the paper and it about this person."""
    person, other = world.somebody(), world.somebody()
    change = change_of_name(person, "Đỗ Thị Xưa" if case == "another former name" else "Đỗ Thị Cũ")
    old = with_both(person, full_name="Đỗ Thị Cũ")
    if case == "another birth date":
        old["content"]["birth_date"] = another_day(person.birth_date)
    if case == "another person":
        change = change_of_name(other, "Đỗ Thị Cũ")
    world.store(signed(change))
    world.hold("records", person, old)
    assert reasons(world.ask_with(person))["soKhaiSinh"] == "conflict"


@pytest.mark.threat(63)
@pytest.mark.parametrize("case", ["failed", "no_record", "declined"])
def test_former_name_is_silent_when_unmatched(world: World, case: str) -> None:
    person = world.somebody()
    renamed(world, signed(with_both(person, full_name="Đỗ Thị Cũ")), person=person)
    silent, more = "no_record", {}
    if case == "failed":
        world.fails(status=503)
        silent = "source_unavailable"
    elif case == "no_record":
        world.registers(person, birth_date=another_day(person.birth_date))
    else:
        more = {"without": ["population"]}
    assert reasons(world.ask_with(person, **more))["soKhaiSinh"] == silent


@pytest.mark.threat(63)
def test_former_name_said_today_matches_nobody(world: World) -> None:
    person = world.somebody()
    world.registers(person, full_name="Đỗ Thị Mới")
    world.hold("records", person, signed(with_both(person)), with_neither(person))
    answer = world.ask_with(person)
    assert reasons(answer)[MARKER] == "no_record"


def test_persona_with_former_name_loses_nothing_else(world: World) -> None:
    person = world.people.persona("changed_name")
    for record in records_of(world.people, person.n):
        world.store(record)
    told = reasons(world.ask_with(person))
    assert told["soKhaiSinh"] == "conflict"
    assert {told[p] for p in (MARKER, "danToc", "soTaiKhoan", "soKetHon")} == {"filled"}


# a paper that is still on its way


@pytest.mark.parametrize("case", ["matched", "failed", "declined"])
def test_announced_record_waits_for_matched_alone(world: World, case: str) -> None:
    person = world.somebody()
    announce(world, person)
    more: Json = {"without": ["population"]} if case == "declined" else {}
    if case == "failed":
        world.fails(status=503)
    answer = world.ask_with(person, **more)
    wanted = {"matched": "deferred", "failed": "source_unavailable", "declined": "no_record"}
    assert reasons(answer)["soBangLai"] == wanted[case]
    assert any("retry_at" in f and f["retry_at"] for f in answer["fields"]) == (case == "matched")
    if case != "matched":
        number = nobody_like(world.people, person.personal_id)
        nobody = world.ask(said_of(person, personal_id=number), **more)
        assert differences(shape_of(answer, person.personal_id), shape_of(nobody, number)) == []


def announce(world: World, person: Person) -> None:
    ahead = (world.house.clock() + timedelta(days=3)).isoformat()
    owner = {"personal_id": person.personal_id, "full_name": person.full_name}
    said = {"kind": "driving_licence", "owner": owner, "expected_at": ahead}
    answer = world.house.post("/v1/records", said, EVERYTHING)
    assert answer.status_code == 201, answer.text


# one chain


@pytest.mark.threat(63)
def test_match_ends_when_name_changes(world: World) -> None:
    """Who goes on with a chain under another name is not the one who was matched in it."""
    person = world.somebody()
    world.hold("records", person, with_neither(person))
    first = world.ask_with(person, without=["soBangLai"])
    said = said_of(person, full_name=STRANGE_NAME)
    question = world.question(OWN, said, extends=first["receipt"])
    answer = world.house.prefill(question, tenant=EVERYTHING)
    if answer.status_code == 200:
        assert reasons(answer.json())["soBangLai"] in ("no_record", "conflict")
    else:
        assert answer.status_code in (409, 422)


def test_match_holds_within_its_chain(world: World) -> None:
    person = world.somebody()
    world.hold("records", person, with_neither(person))
    first = world.ask_with(person, without=["soBangLai"])
    assert reasons(first)["soBangLai"] == "declined"
    world.fails(status=503)
    answer = world.ask_with(person, extends=first["receipt"])
    assert reasons(answer)["soBangLai"] == "filled"
    assert claims(answer)["chain"] == claims(first)["chain"]
