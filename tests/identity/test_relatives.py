"""Whom may an applicant open beside themselves: persons that a source names, and persons typed."""

from typing import Any

import pytest

from mocks.people import Person
from tests.identity.forms import KIN
from tests.identity.world import (
    OFFICER,
    STRANGE_NAME,
    Json,
    World,
    another_day,
    differences,
    named,
    nobody_like,
    outcomes,
    reasons,
    residence,
    said_of,
    shape_of,
    signed,
    with_name,
    with_neither,
)

OF_HEAD, LICENCE_OF_HEAD = "noiOChuHo", "soBangLaiChuHo"
OF_OWNER, NAME_OF_OWNER = "noiOChuNha", "hoTenChuNha"
WITHHELD_OF_STRANGER = ("noiOLa", "danTocLa", "ngaySinhLa")
WITHHELD_OF_GUEST = ("noiOKhach", "danTocKhach")


def ask(world: World, person: Person, data: Json | None = None, **more: Any) -> Json:
    return world.ask_with(person, KIN, data=data or {}, **more)


# persons named by the population database


def test_head_named_by_database_is_opened(world: World) -> None:
    wife, head = world.wife()
    world.hold("records", head, with_neither(head))
    answer = ask(world, wife)
    told = reasons(answer)
    assert (told[OF_HEAD], told[LICENCE_OF_HEAD]) == ("filled", "filled")
    assert answer["data"]["soDinhDanhChuHo"] == head.personal_id


@pytest.mark.threat(63)
def test_head_of_unmatched_applicant_stays_unnamed(world: World) -> None:
    wife, head = world.wife()
    world.hold("records", head, with_neither(head))
    said = said_of(wife, birth_date=another_day(wife.birth_date))
    answer = world.ask(said, KIN)
    number = nobody_like(world.people, wife.personal_id)
    nobody = world.ask({**said, "personal_id": number}, KIN)
    assert differences(shape_of(answer, wife.personal_id), shape_of(nobody, number)) == []
    assert head.personal_id not in world.house.asked()


@pytest.mark.threat(63)
def test_every_source_compares_named_head(world: World) -> None:
    """The database names a head whose own record now stands under another name."""
    wife, head = world.wife()
    world.hold("records", head, with_neither(head))
    world.fails(number=head.personal_id, no_match=True)
    told = reasons(ask(world, wife))
    assert (told[OF_HEAD], told[LICENCE_OF_HEAD]) == ("no_record", "no_record")
    assert told["hoTenChuHo"] == "filled"


@pytest.mark.parametrize(
    ("effects", "account", "licence"),
    [
        ({"status": 503}, "filled", "source_unavailable"),
        ({"no_match": True}, "no_record", "no_record"),
    ],
    ids=["failed", "no_record"],
)
def test_papers_of_unmatched_head_by_outcome(
    world: World, effects: Json, account: str, licence: str
) -> None:
    """Of a relative too the name alone is enough where the database failed, and not where it said no."""
    wife, head = world.wife()
    world.hold("records", head, with_name(head), with_neither(head))
    world.fails(number=head.personal_id, **effects)
    told = reasons(ask(world, wife))
    assert (told["soTaiKhoanChuHo"], told[LICENCE_OF_HEAD]) == (account, licence)


def test_relative_with_nine_digits_is_unread(world: World) -> None:
    person = world.people.persona("nine_digit_relative")
    answer = ask(world, person)
    assert reasons(answer)["noiOCha"] == "not_held"
    assert reasons(answer)["hoTenCha"] == "filled"
    assert person.father is not None and person.father.old_number not in world.house.asked()


# persons named by a record: `dwelling_owner`, of whom records alone speak


def owned_by(person: Person, owner: Json) -> Json:
    head = {"personal_id": person.personal_id, "full_name": person.full_name}
    return residence(person, head, dwelling={"ownership": "own", "owner": owner})


def test_vouched_record_ties_person(world: World) -> None:
    person, owner = world.somebody(), world.somebody()
    world.hold("records", person, signed(owned_by(person, named(owner))))
    told = reasons(ask(world, person))
    assert (told[NAME_OF_OWNER], told[OF_OWNER]) == ("filled", "filled")


@pytest.mark.threat(65)
def test_typed_record_ties_nobody(world: World) -> None:
    """The record's own words are filled; of the stranger's address nothing is."""
    person, owner = world.somebody(), world.somebody()
    world.hold("records", person, owned_by(person, named(owner)))
    answer = ask(world, person)
    assert reasons(answer)[NAME_OF_OWNER] == "filled"
    assert reasons(answer)[OF_OWNER] == "withheld"
    assert OF_OWNER not in answer["data"]


@pytest.mark.threat(63)
def test_vouched_record_with_wrong_name_opens_nobody(world: World) -> None:
    """It gives number and name, and the other sources compare both."""
    person, owner = world.somebody(), world.somebody()
    wrong = {"personal_id": owner.personal_id, "full_name": STRANGE_NAME}
    world.hold("records", person, signed(owned_by(person, wrong)))
    answer = ask(world, person)
    assert reasons(answer)[OF_OWNER] == "no_record"


def test_typed_record_of_one_household_opens(world: World) -> None:
    """The named person's own answer names the same head of household."""
    wife, head = world.wife()
    world.hold("records", wife, owned_by(wife, named(head)))
    assert reasons(ask(world, wife))[OF_OWNER] == "filled"


def test_naming_relatives_typed_record_opens(world: World) -> None:
    """The named person's own answer names the applicant, here as spouse."""
    person = world.somebody()
    assert person.spouse is not None and person.spouse.n is not None
    spouse = world.people.person(person.spouse.n)
    world.hold("records", person, owned_by(person, named(spouse)))
    assert reasons(ask(world, person))[OF_OWNER] == "filled"


@pytest.mark.threat(65)
def test_typed_record_with_wrong_name_opens_nobody(world: World) -> None:
    """An insider writes a victim's number and a name of their own into a record."""
    person, victim = world.somebody(), world.somebody()
    free = nobody_like(world.people, victim.personal_id)
    world.hold("records", victim, with_neither(victim))
    world.store(owned_by(person, {"personal_id": victim.personal_id, "full_name": STRANGE_NAME}))
    answer = ask(world, person)
    other = world.somebody()
    world.store(owned_by(other, {"personal_id": free, "full_name": STRANGE_NAME}))
    nobody = ask(world, other)
    for path in (OF_OWNER, NAME_OF_OWNER):
        assert reasons(answer)[path] == reasons(nobody)[path]
    assert outcomes(answer, "dwelling_owner") == outcomes(nobody, "dwelling_owner")
    assert OF_OWNER not in answer["data"]


# typed persons


def stranger(person: Person, **changed: Any) -> Json:
    said = {"soDinhDanhLa": person.personal_id, "hoTenLa": person.full_name}
    return {**said, **changed}


def guest(person: Person, **changed: Any) -> Json:
    year, month, day = person.birth_date.split("-")
    said = {
        "soDinhDanhKhach": person.personal_id,
        "hoTenKhach": person.full_name,
        "ngaySinhKhach": f"{day}/{month}/{year}",
    }
    return {**said, **changed}


def test_typed_person_opens_nothing_sensitive(world: World) -> None:
    person, other = world.somebody(), world.somebody()
    world.hold("records", other, with_neither(other))
    answer = ask(world, person, stranger(other))
    told = reasons(answer)
    assert told["soBangLaiLa"] == "filled"
    assert {path: told[path] for path in WITHHELD_OF_STRANGER} == dict.fromkeys(
        WITHHELD_OF_STRANGER, "withheld"
    )
    assert not answer["data"].keys() & set(WITHHELD_OF_STRANGER)


def test_typed_person_with_date_is_compared_whole(world: World) -> None:
    person, other = world.somebody(), world.somebody()
    world.hold("records", other, with_neither(other))
    told = reasons(ask(world, person, guest(other)))
    assert (told["soBangLaiKhach"], told["ngaySinhKhach"]) == ("filled", "already_given")
    assert {told[path] for path in WITHHELD_OF_GUEST} == {"withheld"}


def wrong_guests(other: Person) -> dict[str, Json]:
    year, month, day = another_day(other.birth_date).split("-")
    return {
        "another name": guest(other, hoTenKhach=STRANGE_NAME),
        "another day": guest(other, ngaySinhKhach=f"{day}/{month}/{year}"),
        "the first of January": guest(other, ngaySinhKhach=f"01/01/{year}"),
    }


@pytest.mark.threat(63)
@pytest.mark.parametrize("case", ["another name", "another day", "the first of January"])
def test_typed_person_with_mismatch_is_nobody(world: World, case: str) -> None:
    person, other = world.somebody(), world.somebody()
    if other.birth_date.endswith("-01-01"):
        other = world.somebody()
    world.hold("records", other, with_neither(other))
    data = wrong_guests(other)[case]
    check_as_nobody(world, person, other, data, "soDinhDanhKhach")


@pytest.mark.threat(63)
def test_guest_without_asked_date_stays_closed(world: World) -> None:
    person, other = world.somebody(), world.somebody()
    world.hold("records", other, with_neither(other))
    data = guest(other)
    del data["ngaySinhKhach"]
    answer = ask(world, person, data)
    closed = {"soBangLaiKhach", "ngaySinhKhach", *WITHHELD_OF_GUEST}
    assert not answer["data"].keys() & closed


@pytest.mark.threat(63)
def test_stranger_with_another_name_is_nobody(world: World) -> None:
    person, other = world.somebody(), world.somebody()
    world.hold("records", other, with_neither(other))
    data = stranger(other, hoTenLa=STRANGE_NAME)
    check_as_nobody(world, person, other, data, "soDinhDanhLa")


def check_as_nobody(world: World, person: Person, other: Person, data: Json, path: str) -> None:
    number = nobody_like(world.people, other.personal_id)
    answer = ask(world, person, data)
    nobody = ask(world, person, {**data, path: number})
    one, two = shape_of(answer, other.personal_id), shape_of(nobody, number)
    assert differences(one, two) == []


def cousin(person: Person, **changed: Any) -> Json:
    surname, *middle, given = person.full_name.split()
    said = {
        "soDinhDanhHo": person.personal_id,
        "hoHo": surname,
        "chuDemHo": " ".join(middle),
        "tenHo": given,
        **changed,
    }
    return {path: value for path, value in said.items() if value}


def test_name_in_parts_is_compared_joined(world: World) -> None:
    person, other = world.somebody(), world.somebody()
    world.hold("records", other, with_neither(other))
    assert reasons(ask(world, person, cousin(other)))["soBangLaiHo"] == "filled"


def test_name_in_two_parts_is_asked(world: World) -> None:
    person, other = world.somebody(), world.somebody()
    surname, *_, given = other.full_name.split()
    world.registers(other, full_name=f"{surname} {given}")
    later = world.house.database.population.person(other.n)
    world.hold("records", other, with_neither(other))
    assert reasons(ask(world, person, cousin(later)))["soBangLaiHo"] == "filled"


@pytest.mark.threat(63)
@pytest.mark.parametrize("missing", ["hoHo", "tenHo"])
def test_half_of_name_is_not_asked(world: World, missing: str) -> None:
    person, other = world.somebody(), world.somebody()
    world.hold("records", other, with_neither(other))
    answer = ask(world, person, cousin(other, **{missing: ""}))
    assert other.personal_id not in world.house.asked()
    assert "soBangLaiHo" not in answer["data"]


@pytest.mark.threat(63)
def test_differing_name_in_parts_is_nobody(world: World) -> None:
    person, other = world.somebody(), world.somebody()
    world.hold("records", other, with_neither(other))
    check_as_nobody(world, person, other, cousin(other, tenHo="Lạ"), "soDinhDanhHo")


@pytest.mark.threat(63)
def test_number_alone_reads_no_typed_person(world: World) -> None:
    person, other = world.somebody(), world.somebody()
    answer = ask(world, person, {"soDinhDanhLa": other.personal_id})
    assert other.personal_id not in world.house.asked()
    assert not answer["data"].keys() & set(WITHHELD_OF_STRANGER)


@pytest.mark.parametrize("channel", [None, "desk"])
def test_named_counter_officer_opens_typed_persons(world: World, channel: str | None) -> None:
    person, other = world.somebody(), world.somebody()
    more: Json = {"officer": OFFICER, "dossier": world.open_dossier()}
    if channel is not None:
        more["channel"] = channel
    told = reasons(ask(world, person, stranger(other), **more))
    assert {told[path] for path in WITHHELD_OF_STRANGER} == {"filled"}


@pytest.mark.threat(63)
@pytest.mark.parametrize("case", ["online with officer", "post"])
def test_other_channels_keep_typed_persons_closed(world: World, case: str) -> None:
    person, other = world.somebody(), world.somebody()
    named_officer = {"officer": OFFICER, "dossier": world.open_dossier()}
    more: Json = {
        "online with officer": {"channel": "online", **named_officer},
        "post": {"channel": "post", **named_officer},
    }[case]
    answer = ask(world, person, stranger(other), **more)
    assert {reasons(answer)[path] for path in WITHHELD_OF_STRANGER} == {"withheld"}


def test_related_typed_person_is_opened(world: World) -> None:
    """The number that is typed is that of the head whom the database names."""
    wife, head = world.wife()
    told = reasons(ask(world, wife, stranger(head)))
    assert (told["noiOLa"], told["danTocLa"]) == ("filled", "filled")


@pytest.mark.threat(65)
def test_typed_record_relates_no_typed_person(world: World) -> None:
    person, other = world.somebody(), world.somebody()
    world.store(owned_by(person, named(other)))
    told = reasons(ask(world, person, stranger(other)))
    assert {told[path] for path in WITHHELD_OF_STRANGER} == {"withheld"}


@pytest.mark.threat(63)
def test_sixth_typed_person_of_day_is_nobody(world: World) -> None:
    person = world.somebody()
    others = [world.somebody() for _ in range(6)]
    for other in others:
        world.hold("records", other, with_neither(other))
    world.house.clock.forward(days=1)
    told = [reasons(ask(world, person, stranger(other)))["soBangLaiLa"] for other in others]
    assert told == ["filled"] * 5 + ["no_record"]
    check_as_nobody(world, person, others[5], stranger(others[5]), "soDinhDanhLa")
    again = reasons(ask(world, person, stranger(others[0])))
    assert again["soBangLaiLa"] == "filled", "one of the five may be asked for again"
    world.house.clock.forward(days=1)
    later = reasons(ask(world, person, stranger(others[5])))
    assert later["soBangLaiLa"] == "filled"


def test_another_applicant_has_five_typed_persons(world: World) -> None:
    first, second, other = world.somebody(), world.somebody(), world.somebody()
    world.hold("records", other, with_neither(other))
    world.house.clock.forward(days=1)
    for _ in range(5):
        ask(world, first, stranger(world.somebody()))
    assert reasons(ask(world, first, stranger(other)))["soBangLaiLa"] == "no_record"
    assert reasons(ask(world, second, stranger(other)))["soBangLaiLa"] == "filled"


@pytest.mark.threat(63)
def test_wrong_guesses_count_among_five(world: World) -> None:
    person, other = world.somebody(), world.somebody()
    world.hold("records", other, with_neither(other))
    world.house.clock.forward(days=1)
    for _ in range(5):
        victim = world.somebody()
        ask(world, person, stranger(victim, hoTenLa=STRANGE_NAME))
    assert reasons(ask(world, person, stranger(other)))["soBangLaiLa"] == "no_record"
