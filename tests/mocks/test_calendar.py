"""Every date of the invented people follows from one `today`."""

import ast
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from mocks.igate import FORMS, stories
from mocks.people import PERSONAS, Person, Population
from mocks.people.calendar import DRAWN_UP, Calendar
from mocks.people.death_papers import unregistered_death
from mocks.people.knowledge import records_of, truth_of
from mocks.people.personas import FIXED_BIRTHS

ROOT = Path(__file__).parents[2]
TODAYS = [date(2027, 3, 31), date(2028, 2, 29), date(2034, 6, 15), date(2126, 11, 21)]
ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")
SOME = [*range(240), *range(6000, 6120)]


@pytest.fixture(scope="module", params=TODAYS, ids=str)
def later(request: pytest.FixtureRequest) -> Population:
    return Population(today=request.param)


@pytest.fixture(scope="module")
def drawn() -> Population:
    return Population()


def completed(birth: str, today: date) -> int:
    """Full years; of a year alone, those reached within the year."""
    return today.year - int(birth[:4]) - (birth[4:] > f"-{today:%m-%d}")


def dates_of(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every date of a paper with its member, in order."""
    if isinstance(value, dict):
        for member, inner in value.items():
            yield from dates_of(inner, member)
    elif isinstance(value, list):
        for inner in value:
            yield from dates_of(inner, name)
    elif isinstance(value, str) and ISO_DATE.fullmatch(value):
        yield name, value


def days_before(day: str, today: date) -> int:
    return (today - date.fromisoformat(day)).days


@pytest.mark.parametrize("n", SOME[::7])
def test_ages_are_equal_on_any_day(drawn: Population, later: Population, n: int) -> None:
    before, after = drawn.person(n), later.person(n)
    if n not in FIXED_BIRTHS:
        completed_then = completed(before.birth_date, DRAWN_UP)
        assert completed(after.birth_date, later.calendar.today) == completed_then
    assert after.age == before.age
    assert after.personal_id[4:6] == after.birth_date[2:4]
    assert later.by_number(after.personal_id) == after


def keeps_to_a_birth(kind: str, member: str) -> bool:
    """Whether a date of a paper goes by somebody's birthday rather than by today."""
    expires = kind == "identity_card" and member in ("expiry_date", "valid_until")
    return member == "birth_date" or kind == "birth_certificate" or expires


def test_papers_keep_their_distance_from_today(drawn: Population, later: Population) -> None:
    today, compared = later.calendar.today, 0
    for n in SOME:
        for before, after in zip(records_of(drawn, n), records_of(later, n), strict=True):
            kind = before["kind"]
            assert after["kind"] == kind
            for (member, day), (_, moved) in zip(dates_of(before), dates_of(after), strict=True):
                if not keeps_to_a_birth(kind, member):
                    assert days_before(moved, today) == days_before(day, DRAWN_UP), (kind, member)
                    compared += 1
    assert compared > 1000


def test_birth_is_registered_between_birth_and_today(later: Population) -> None:
    for n in SOME:
        for record in records_of(later, n):
            if record["kind"] == "birth_certificate":
                assert record["content"]["birth_date"] <= record["issued_on"]
                assert record["issued_on"] <= later.calendar.today.isoformat()


def test_expired_papers_are_equal_on_any_day(drawn: Population, later: Population) -> None:
    def expired(people: Population, n: int) -> list[bool]:
        today = people.calendar.today.isoformat()
        ends = (record["valid_until"] for record in records_of(people, n))
        return [end is not None and end < today for end in ends]

    assert all(expired(drawn, n) == expired(later, n) for n in SOME)


def test_newborn_keeps_its_distance_from_today(drawn: Population, later: Population) -> None:
    mother = PERSONAS["hospital_birth_parents"]
    before, after = (truth_of(people, mother)["newborn"] for people in (drawn, later))
    assert days_before(before["birth_date"], DRAWN_UP) == 20
    assert days_before(after["birth_date"], later.calendar.today) == 20


def test_deaths_keep_their_distance_from_today(drawn: Population, later: Population) -> None:
    def deaths(people: Population, person: Person) -> list[int | None]:
        days = (person.died_on, people.died_on(person.n), unregistered_death(person))
        return [None if day is None else days_before(day, people.calendar.today) for day in days]

    for n in (*SOME, *PERSONAS.values()):
        assert deaths(drawn, drawn.person(n)) == deaths(later, later.person(n))


def test_relatives_agree_on_any_day(later: Population) -> None:
    for n in SOME:
        person = later.person(n)
        for relative in (person.father, person.mother, person.spouse):
            if relative is not None and relative.n is not None and relative.personal_id:
                known = later.person(relative.n)
                assert (relative.personal_id, relative.birth_date) == (
                    known.personal_id,
                    known.birth_date,
                )


def test_births_that_history_fixed_never_move(drawn: Population, later: Population) -> None:
    for n in FIXED_BIRTHS:
        assert later.person(n).birth_date == drawn.person(n).birth_date


@pytest.mark.parametrize("form", FORMS)
def test_same_people_come_on_any_day(drawn: Population, form: str) -> None:
    later = Population(today=date(2034, 6, 15))
    came = [[one.n for one in stories(people, form, 5, 2026)] for people in (drawn, later)]
    assert came[0] == came[1]


def test_a_changed_person_keeps_the_day() -> None:
    later = Population(today=date(2034, 6, 15)).with_change(0, "full_name", "Lê Mới")
    assert later.calendar == Calendar(date(2034, 6, 15))


def literals_outside_a_calendar(tree: ast.Module) -> Iterator[str]:
    """Dates that a module writes, but for what a calendar is asked to move and for docstrings."""
    spared: set[int] = set()
    for node in ast.walk(tree):
        asked = isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
            ("calendar.on", "calendar.birth", "day")
        )
        if asked or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            spared |= {id(inner) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in spared:
            years = re.findall(r"(?<!\d)20[2-9]\d(?:-\d\d)*(?!\d)", str(node.value))
            yield from years if isinstance(node.value, str) else []


HISTORY = {"mocks/people/portrait.py: 2024-07-01"}
LISTED = {"calendar.py", "personas.py"}
"""Where drawn dates are listed."""


def test_people_modules_read_no_clock() -> None:
    found = {
        f"{path.relative_to(ROOT).as_posix()}: {day}"
        for folder in ("people", "igate")
        for path in (ROOT / "mocks" / folder).glob("*.py")
        if path.name not in LISTED
        for day in literals_outside_a_calendar(ast.parse(path.read_text()))
    }
    assert found - HISTORY == set()
