"""The invented population: numbers, families, households, cost."""

import time
import unicodedata
from collections import Counter
from itertools import pairwise

import pytest

from mocks.people import Person, Population
from mocks.people.numbers import PEOPLE_PER_PREFIX, Permutation

FAMILIES = range(2_004)


@pytest.fixture(scope="module")
def everybody(people: Population) -> dict[int, Person]:
    return {n: people.person(n) for n in FAMILIES}


def person_of(people: Population, everybody: dict[int, Person], n: int) -> Person:
    return everybody[n] if n in everybody else people.person(n)


def test_numbers_are_unique_with_sex_and_year(people: Population) -> None:
    seen = set()
    for n in range(200_000):
        sketch = people.relative(n)
        number = sketch.personal_id
        assert number is not None
        assert len(number) == 12
        assert number.startswith("003")
        assert number[4:6] == str(sketch.birth_date)[2:4]
        assert int(number[3]) // 2 == int(str(sketch.birth_date)[:2]) - 19
        seen.add(number)
    assert len(seen) == 200_000


def test_the_fourth_digit_says_the_sex(everybody: dict[int, Person]) -> None:
    assert all((int(p.personal_id[3]) % 2 == 1) == (p.sex == "female") for p in everybody.values())


def test_numbers_lead_back_to_their_people(people: Population) -> None:
    for n in range(0, len(people), 40_009):
        person = people.person(n)
        assert people.by_number(person.personal_id) == person
        if person.old_number is not None:
            assert people.by_number(person.old_number) == person


def test_later_people_have_other_free_prefixes(people: Population) -> None:
    prefixes = {people.number_of(i * PEOPLE_PER_PREFIX)[:3] for i in range(4)}
    assert prefixes == {"003", "005", "007", "009"}


@pytest.mark.parametrize(
    "number", ["", "abc", "001090000001", "003090", "٠٠٣٠٩٠٠٠٠٠٠١", "003099999999", "999999999"]
)
def test_unissued_number_is_nobodys(people: Population, number: str) -> None:
    assert people.by_number(number) is None


def test_changed_digit_names_nobody_or_another(people: Population) -> None:
    person = people.persona("ordinary")
    for place in range(12):
        digit = str((int(person.personal_id[place]) + 1) % 10)
        other = people.by_number(
            person.personal_id[:place] + digit + person.personal_id[place + 1 :]
        )
        assert other is None or other.n != person.n


def test_numbers_do_not_look_sequential(people: Population) -> None:
    serials = [int(people.number_of(n)[6:]) for n in range(500)]
    steps = [abs(b - a) for a, b in pairwise(serials)]
    assert min(steps) > 5
    assert len(set(steps)) > 480


def test_permutation_is_one_to_one() -> None:
    permutation = Permutation("a key")
    there = [permutation.shuffled(place) for place in range(100_000)]
    assert len(set(there)) == 100_000
    assert all(0 <= place < 1_000_000 for place in there)
    assert [permutation.restored(place) for place in there[:5000]] == list(range(5000))


def test_another_seed_makes_other_people() -> None:
    first, second = Population(1), Population(2)
    same = sum(first.number_of(n) == second.number_of(n) for n in range(1000))
    assert same < 5
    assert Population(1).person(4711) == first.person(4711)


def test_nobody_lives_outside_the_population(people: Population) -> None:
    for n in (-1, len(people)):
        with pytest.raises(IndexError):
            people.person(n)


def test_parents_and_children_agree_both_ways(
    people: Population, everybody: dict[int, Person]
) -> None:
    links = 0
    for n, person in everybody.items():
        for parent in (person.father, person.mother):
            if parent is not None and parent.n is not None:
                other = person_of(people, everybody, parent.n)
                assert n in other.children
                assert parent.full_name == other.full_name
                assert parent.personal_id in (other.personal_id, None)
                assert parent.birth_date == other.birth_date
                assert 17 <= person.birth_year - other.birth_year <= 50
                links += 1
        for child in person.children:
            other = person_of(people, everybody, child)
            parents = [p.n for p in (other.father, other.mother) if p is not None]
            assert n in parents
    assert links > 2_500


def test_parents_fit_by_sex_and_surname(people: Population, everybody: dict[int, Person]) -> None:
    for person in everybody.values():
        for parent, sex in ((person.father, "male"), (person.mother, "female")):
            if parent is not None and parent.n is not None:
                assert person_of(people, everybody, parent.n).sex == sex
    named = [p for p in everybody.values() if p.n >= 240 and p.father is not None]
    assert all(
        p.full_name.split()[0] == str(p.father.full_name).split()[0] for p in named if p.father
    )


def test_spouses_name_each_other(everybody: dict[int, Person]) -> None:
    couples = 0
    for person in everybody.values():
        spouse = person.spouse
        if spouse is not None and spouse.n is not None:
            other = everybody[spouse.n]
            assert other.spouse is not None
            assert other.spouse.n == person.n
            assert (spouse.personal_id, spouse.full_name) == (other.personal_id, other.full_name)
            assert person.marital_status == other.marital_status == "married"
            couples += 1
        elif spouse is None and person.died_on is None:
            assert person.marital_status != "married"
    assert couples > 600


def test_heads_and_members_agree_both_ways(
    people: Population, everybody: dict[int, Person]
) -> None:
    for n, person in everybody.items():
        residence = person.residence
        assert (residence is None) == (person.died_on is not None)
        if residence is None:
            continue
        members = [member.n for member in residence.members]
        assert n in members
        assert members[0] == residence.head
        assert residence.members[0].relation.label == "Chủ hộ"
        assert len(set(members)) == len(members)
        for member in members:
            assert person_of(people, everybody, member).residence == residence


def test_relations_to_head_fit_sex_and_kinship(everybody: dict[int, Person]) -> None:
    for person in everybody.values():
        if person.residence is None:
            continue
        label = person.residence.relation_of(person.n).label
        head = everybody.get(person.residence.head)
        if head is None:
            continue
        if label == "Con đẻ":
            assert person.n in head.children
        if label == "Vợ":
            assert person.sex == "female"
            assert head.spouse is not None
            assert head.spouse.n == person.n
        if label in ("Cha đẻ", "Mẹ đẻ"):
            assert head.n in person.children


def test_life_events_come_at_possible_ages(everybody: dict[int, Person]) -> None:
    for person in everybody.values():
        assert person.died_on is None or person.died_on > person.birth_date
        if person.card_issued_on is not None:
            assert int(person.card_issued_on[:4]) - person.birth_year >= 14
            assert person.card_expires_on is None or person.card_expires_on > "2026-06"


def test_phones_and_mails_belong_to_nobody(everybody: dict[int, Person]) -> None:
    assert all(p.phone.startswith("+8450") and len(p.phone) == 12 for p in everybody.values())
    assert all(p.email.endswith("@example.test") for p in everybody.values())
    assert len({p.phone for p in everybody.values()}) == len(everybody)


def test_the_population_has_variety(everybody: dict[int, Person]) -> None:
    others = [p for p in everybody.values() if p.n >= 240]
    assert 0.75 < sum(p.ethnicity.code == "01" for p in others) / len(others) < 0.95
    assert len({p.ethnicity.code for p in others}) > 10
    assert set(Counter(p.marital_status for p in others)) == {
        "single",
        "married",
        "divorced",
        "widowed",
    }
    assert any(len(p.birth_date) == 4 for p in others)
    assert any(p.temporary for p in others)
    assert {p.wire.units for p in others} == {"new", "old"}
    assert {p.wire.nationality_empty for p in others} == {True, False}
    assert len({p.permanent.province.code for p in others}) == 34


def test_names_are_composed_vietnamese(everybody: dict[int, Person]) -> None:
    assert all(unicodedata.is_normalized("NFC", p.full_name) for p in everybody.values())


def test_millionth_person_costs_like_the_first() -> None:
    people = Population(7)

    def cost(start: int) -> float:
        begun = time.process_time()
        for n in range(start, start + 300):
            people.by_number(people.person(n).personal_id)
        return time.process_time() - begun

    cost(0)
    # each time others: who has just been worked out is kept at hand
    near, far = (min(cost(start + 300 * turn) for turn in range(3)) for start in (600, 3_900_000))
    assert far < 3 * near + 0.02
    assert not any(len(v) > 4096 for v in vars(people).values() if isinstance(v, (dict, list)))
    assert people._portrait.cache_info().currsize <= 1024


def test_change_shows_from_its_day_on(people: Population) -> None:
    before = people.persona("moved_house")
    there = people.persona("ordinary").permanent
    later = people.with_change(before.n, "permanent", there)
    assert later.person(before.n).permanent == there
    assert later.by_number(before.personal_id) == later.person(before.n)
    assert people.person(before.n) == before
    assert later.person(before.n + 1) == people.person(before.n + 1)
    again = later.with_change(before.n, "marital_status", "divorced")
    assert again.person(before.n).permanent == there


def test_change_of_unknown_thing_is_refused(people: Population) -> None:
    with pytest.raises(TypeError):
        people.with_change(0, "shoe_size", 42)
