"""Which papers answer for an applicant, by what the population database said and what a paper holds.

One case for each cell: the database matched the applicant (row a), could not be asked (row b), or said
no or was not asked by choice or limit (row c); the paper holds name and date, the name alone, neither,
or something that disagrees; it lies with the province or in the citizen's own store.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from mocks.people import Person
from tests.identity.forms import OWN, PAPER
from tests.identity.world import (
    EVERYTHING,
    PAPER_SOURCES,
    STRANGE_NAME,
    WITHOUT_DATABASE,
    Json,
    World,
    another_day,
    differences,
    nobody_like,
    of_two,
    outcomes,
    reasons,
    said_of,
    shape_of,
    signed,
    with_both,
    with_name,
    with_neither,
)

FILLED, CONFLICT, NO_RECORD, UNAVAILABLE = "filled", "conflict", "no_record", "source_unavailable"


@dataclass(frozen=True)
class Row:
    """How the population database comes not to have matched an applicant, and how silence reads."""

    silent: str
    happens: Callable[[World, Person], None] = lambda world, person: None
    tenant: str = EVERYTHING
    more: Json = field(default_factory=dict)


def failing(**effects: Any) -> Callable[[World, Person], None]:
    return lambda world, person: world.fails(**effects)


def registered_otherwise(world: World, person: Person) -> None:
    world.registers(person, birth_date=another_day(person.birth_date))


MATCHED: Final = Row(CONFLICT)
FAILED: Final = {
    "answers 503": Row(UNAVAILABLE, failing(status=503)),
    "answers a web page": Row(UNAVAILABLE, failing(garbage="html")),
    "answers half a document": Row(UNAVAILABLE, failing(garbage="truncated")),
    "is too slow": Row(UNAVAILABLE, failing(delay_ms=1900)),
    "has not licensed the procedure": Row(UNAVAILABLE, failing(error_code="004")),
    "has not licensed the officer": Row(UNAVAILABLE, failing(error_code="005")),
    "is not granted": Row(UNAVAILABLE, tenant=WITHOUT_DATABASE),
}
ROW_C: Final = {
    "said no_record": Row(NO_RECORD, registered_otherwise),
    "was declined": Row(NO_RECORD, more={"without": ["population"]}),
}
NOT_MATCHED: Final = FAILED | ROW_C

BOTH, NAME, NEITHER = "soKhaiSinh", "soTaiKhoan", "soBangLai"
Papers = Callable[[Person], list[Json]]
DISAGREEING: Final[dict[str, tuple[str, Papers]]] = {
    "another name": (BOTH, lambda p: [with_both(p, full_name=STRANGE_NAME)]),
    "another date": (BOTH, lambda p: [with_both(p, birth_date=another_day(p.birth_date))]),
    "another name alone": (NAME, lambda p: [with_name(p, STRANGE_NAME)]),
}


def asked(world: World, row: Row, person: Person, form: str = OWN) -> Json:
    row.happens(world, person)
    return world.ask_with(person, form, tenant=row.tenant, **row.more)


def check_silent(world: World, row: Row, person: Person, answer: Json, path: str) -> None:
    """Nothing of the paper is told, and everything is as for a number that nobody has."""
    assert reasons(answer)[path] == row.silent
    assert path not in answer["data"]
    number = nobody_like(world.people, person.personal_id)
    said = said_of(person, personal_id=number)
    nobody = world.ask(said, tenant=row.tenant, **row.more)
    assert differences(shape_of(answer, person.personal_id), shape_of(nobody, number)) == []
    if row.silent == UNAVAILABLE:
        told = outcomes(answer)
        assert {told[source] for source in PAPER_SOURCES} <= {"found", "unavailable"}


@pytest.mark.parametrize("source", PAPER_SOURCES)
@pytest.mark.parametrize(
    ("path", "paper"), [(BOTH, with_both), (NAME, with_name), (NEITHER, with_neither)]
)
def test_matched_applicant_gets_every_paper(
    world: World, source: str, path: str, paper: Callable[[Person], Json]
) -> None:
    person = world.somebody()
    world.hold(source, person, paper(person))
    assert reasons(world.ask_with(person))[path] == FILLED


@pytest.mark.parametrize("source", PAPER_SOURCES)
@pytest.mark.parametrize(
    ("path", "paper"), [(NAME, with_name), (NEITHER, with_neither)], ids=["name", "neither"]
)
def test_yes_of_service_033_matches(
    world: World, source: str, path: str, paper: Callable[[Person], Json]
) -> None:
    person = world.somebody()
    world.hold(source, person, paper(person))
    answer = world.ask_with(person, PAPER)
    assert reasons(answer)[path] == FILLED
    assert world.services() == {"033"}


def test_no_of_service_033_matches_nobody(world: World) -> None:
    person = world.somebody()
    world.hold("records", person, with_name(person), with_neither(person))
    registered_otherwise(world, person)
    answer = world.ask_with(person, PAPER)
    assert set(reasons(answer).values()) == {NO_RECORD}
    assert answer["data"] == {}
    assert world.services() == {"033"}


def test_license_for_033_alone_matches(world: World) -> None:
    """The record itself is not licensed: nothing comes from it, and the yes opens the papers."""
    person = world.somebody()
    world.hold("records", person, with_neither(person))
    world.fails(service="037", error_code="005")
    told = reasons(world.ask_with(person))
    assert (told[NEITHER], told["noiO"]) == (FILLED, "not_permitted")


@pytest.mark.threat(63)
@pytest.mark.parametrize("said", ["another name", "another day"])
def test_license_for_033_opens_only_it(world: World, said: str) -> None:
    person = world.somebody()
    world.hold("records", person, with_neither(person), with_name(person))
    world.fails(service="037", error_code="005")
    changed = {
        "another name": {"full_name": STRANGE_NAME},
        "another day": {"birth_date": another_day(person.birth_date)},
    }[said]
    answer = world.ask(said_of(person, **changed))
    number = nobody_like(world.people, person.personal_id)
    nobody = world.ask(said_of(person, **changed, personal_id=number))
    assert reasons(answer)[NEITHER] == reasons(answer)[NAME] == NO_RECORD
    assert differences(shape_of(answer, person.personal_id), shape_of(nobody, number)) == []


@pytest.mark.threat(64)
def test_declining_database_fields_leaves_033(world: World) -> None:
    person = world.somebody()
    world.hold("records", person, with_neither(person))
    rest = ["hoTen", "ngaySinh", "soDinhDanh", "noiO", "danToc"]
    answer = world.ask_with(person, without=rest)
    assert reasons(answer)[NEITHER] == FILLED
    assert world.services() == {"033"}
    wrong = said_of(person, birth_date=another_day(person.birth_date))
    refused = world.ask(wrong, without=rest)
    assert reasons(refused)[NEITHER] == NO_RECORD


@pytest.mark.parametrize("source", PAPER_SOURCES)
@pytest.mark.parametrize("case", DISAGREEING)
def test_disagreeing_paper_of_matched_is_conflict(world: World, source: str, case: str) -> None:
    person = world.somebody()
    path, papers = DISAGREEING[case]
    world.hold(source, person, *papers(person))
    answer = world.ask_with(person)
    assert reasons(answer)[path] == CONFLICT
    assert path not in answer["data"]


@pytest.mark.parametrize("source", PAPER_SOURCES)
@pytest.mark.parametrize("case", NOT_MATCHED)
def test_unmatched_gets_paper_with_both(world: World, case: str, source: str) -> None:
    row, person = NOT_MATCHED[case], world.somebody()
    world.hold(source, person, with_both(person), tenant=row.tenant)
    assert reasons(asked(world, row, person))[BOTH] == FILLED


@pytest.mark.parametrize("source", PAPER_SOURCES)
@pytest.mark.parametrize("case", FAILED)
def test_failed_database_leaves_paper_with_name(world: World, case: str, source: str) -> None:
    row, person = FAILED[case], world.somebody()
    world.hold(source, person, with_name(person), tenant=row.tenant)
    assert reasons(asked(world, row, person))[NAME] == FILLED


@pytest.mark.threat(64)
@pytest.mark.parametrize("source", PAPER_SOURCES)
@pytest.mark.parametrize("case", ROW_C)
def test_name_alone_is_silent_after_no(world: World, case: str, source: str) -> None:
    row, person = ROW_C[case], world.somebody()
    world.hold(source, person, with_name(person))
    check_silent(world, row, person, asked(world, row, person), NAME)


@pytest.mark.threat(63)
@pytest.mark.parametrize("source", PAPER_SOURCES)
@pytest.mark.parametrize("case", NOT_MATCHED)
def test_paper_with_neither_alone_is_silent(world: World, case: str, source: str) -> None:
    row, person = NOT_MATCHED[case], world.somebody()
    world.hold(source, person, with_neither(person), tenant=row.tenant)
    check_silent(world, row, person, asked(world, row, person), NEITHER)


@pytest.mark.threat(65)
@pytest.mark.parametrize("source", PAPER_SOURCES)
@pytest.mark.parametrize("case", NOT_MATCHED)
def test_unvouched_paper_matches_for_no_other(world: World, case: str, source: str) -> None:
    row, person = NOT_MATCHED[case], world.somebody()
    world.store(with_both(person), tenant=row.tenant)
    world.hold(source, person, with_neither(person), tenant=row.tenant)
    told = reasons(asked(world, row, person))
    assert (told[BOTH], told[NEITHER]) == (FILLED, row.silent)


@pytest.mark.parametrize("source", PAPER_SOURCES)
@pytest.mark.parametrize("case", NOT_MATCHED)
def test_vouched_paper_matches_for_others(world: World, case: str, source: str) -> None:
    row, person = NOT_MATCHED[case], world.somebody()
    world.store(signed(with_both(person)), tenant=row.tenant)
    world.hold(source, person, with_neither(person), tenant=row.tenant)
    told = reasons(asked(world, row, person))
    assert (told[BOTH], told[NEITHER]) == (FILLED, FILLED)


@pytest.mark.threat(63)
@pytest.mark.parametrize("source", PAPER_SOURCES)
@pytest.mark.parametrize("disagreeing", DISAGREEING)
@pytest.mark.parametrize(
    "case", ["answers 503", "is not granted", "said no_record", "was declined"]
)
def test_disagreeing_paper_is_silent(
    world: World, case: str, disagreeing: str, source: str
) -> None:
    row, person = NOT_MATCHED[case], world.somebody()
    path, papers = DISAGREEING[disagreeing]
    world.hold(source, person, *papers(person), tenant=row.tenant)
    check_silent(world, row, person, asked(world, row, person), path)


@pytest.mark.parametrize("case", ["answers 503", "said no_record", "was declined"])
def test_vouched_stranger_matches_for_nothing(world: World, case: str) -> None:
    """A signed paper of another date lies under the number: it speaks of somebody else."""
    row, person = NOT_MATCHED[case], world.somebody()
    other = with_both(person, birth_date=another_day(person.birth_date))
    world.hold("records", person, signed(other), with_neither(person))
    told = reasons(asked(world, row, person))
    assert (told[BOTH], told[NEITHER]) == (row.silent, row.silent)


# several persons on one paper


def spouse_of(world: World, person: Person) -> Person:
    assert person.spouse is not None and person.spouse.n is not None
    return world.people.person(person.spouse.n)


@pytest.mark.parametrize("case", ["answers 503", "said no_record"])
def test_owner_of_two_persons_is_compared(world: World, case: str) -> None:
    row, person = NOT_MATCHED[case], world.somebody()
    world.hold("records", person, of_two(person, spouse_of(world, person)))
    assert reasons(asked(world, row, person))["soKetHon"] == FILLED


@pytest.mark.threat(63)
@pytest.mark.parametrize("case", ["answers 503", "said no_record"])
def test_other_person_of_paper_matches_nobody(world: World, case: str) -> None:
    """Who gives the wife's name and date under the husband's number is not the owner."""
    row, person = NOT_MATCHED[case], world.somebody()
    spouse = spouse_of(world, person)
    world.hold("records", person, of_two(person, spouse))
    row.happens(world, person)
    said = said_of(person, full_name=spouse.full_name, birth_date=spouse.birth_date)
    answer = world.ask(said, **row.more)
    assert reasons(answer)["soKetHon"] == row.silent
    assert "soKetHon" not in answer["data"]


@pytest.mark.threat(63)
@pytest.mark.parametrize("case", ["answers 503", "said no_record"])
def test_wrong_date_beside_spouse_is_silent(world: World, case: str) -> None:
    row, person = NOT_MATCHED[case], world.somebody()
    paper = of_two(person, spouse_of(world, person), birth_date=another_day(person.birth_date))
    world.hold("records", person, paper)
    assert reasons(asked(world, row, person))["soKetHon"] == row.silent


def test_one_number_under_another_name_conflicts(world: World) -> None:
    person = world.somebody()
    paper = of_two(person, spouse_of(world, person), full_name=STRANGE_NAME)
    world.hold("records", person, paper)
    assert reasons(world.ask_with(person))["soKetHon"] == CONFLICT


# a database that is not connected at all


@pytest.fixture(scope="module")
def unconnected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("unconnected"), with_population=False)
    yield world
    world.close()


@pytest.mark.threat(63)
def test_unconnected_database_counts_as_failed(unconnected: World) -> None:
    person = unconnected.somebody()
    unconnected.hold("records", person, with_both(person), with_name(person), with_neither(person))
    told = reasons(unconnected.ask_with(person))
    assert (told[BOTH], told[NAME], told[NEITHER]) == (FILLED, FILLED, UNAVAILABLE)
    wrong = reasons(unconnected.ask(said_of(person, birth_date=another_day(person.birth_date))))
    assert (wrong[BOTH], wrong[NAME], wrong[NEITHER]) == (UNAVAILABLE, FILLED, UNAVAILABLE)
