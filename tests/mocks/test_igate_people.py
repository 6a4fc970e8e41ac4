"""iGate's people: who comes for which form, what they would say, and how they behave."""

import json
import random
from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from mocks.igate import FORMS, Behaviour, Story, appointments, behaviours, case_stories, stories
from mocks.igate.civil_plots import bundle_death, death
from mocks.igate.crowd import FAULTS, dossier_code, windows
from mocks.igate.form import Form, read_form
from mocks.igate.knowledge import outsider, someone
from mocks.igate.papers import ON_PAPER
from mocks.igate.plots import PLOTS
from mocks.people import PERSONAS, Population
from mocks.people.knowledge import records_of
from tests.conftest import House

SCHEMAS = Path(__file__).parents[2] / "schemas" / "forms"
SEED = 2026
A_DAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def people() -> Population:
    return Population()


@cache
def told_of(people: Population, code: str) -> tuple[Story, ...]:
    """Fifteen visits for one form, told once for all that look at them."""
    return stories(people, code, 15, SEED)


@cache
def form_of(code: str) -> Form:
    folder = SCHEMAS / code
    return read_form(
        json.loads((folder / "form.json").read_bytes()),
        json.loads((folder / "bindings.json").read_bytes()),
    )


@pytest.mark.parametrize("code", FORMS)
def test_story_answers_have_inputs_people_roles(people: Population, code: str) -> None:
    form = form_of(code)
    roles = {role for role, _ in form.bound.values()} | {"applicant"}
    for story in told_of(people, code):
        assert set(story.answers) <= set(form.inputs), "an input was renamed"
        assert set(story.people) <= roles, "a role was renamed"
        assert all(group in {p.partition("[]")[0] for p in form.inputs} for group in story.rows)
        assert story.form == code


@pytest.mark.parametrize("code", FORMS)
def test_story_choices_are_offered_by_form(people: Population, code: str) -> None:
    form = form_of(code)
    for story in told_of(people, code):
        for path, answer in story.answers.items():
            field = form.inputs[path]
            if field.type == "radio" and answer is not None:
                assert answer in dict(field.choices), path


@pytest.mark.parametrize("code", FORMS)
def test_form_meets_nobody_twice_or_dead(people: Population, code: str) -> None:
    told = told_of(people, code)
    assert len({story.n for story in told}) == len(told) == 15
    for story in told:
        person = people.person(story.n)
        assert person.died_on is None
        assert story.subject["personal_id"] == person.personal_id
        assert person.personal_id.startswith("003")


def test_no_child_is_on_two_forms(people: Population) -> None:
    mothers = [
        {story.n // 6 for story in told_of(people, code) if story.persona == "ordinary"}
        for code in ("birth-registration", "bundle-birth")
    ]
    assert not mothers[0] & mothers[1]


def test_people_suit_their_form(people: Population) -> None:
    assert all(s.people["mother"].newborn for s in stories(people, "birth-registration", 9, SEED))
    drivers = stories(people, "driving-licence-exchange", 9, SEED)
    assert all("driving_licence" in s.people["applicant"].papers for s in drivers)
    old = stories(people, "social-pension", 9, SEED)
    assert all(int(s.people["applicant"].said["birth_date"][:4]) <= 1956 for s in old)
    for couple in stories(people, "marriage-registration", 9, SEED):
        bride, groom = couple.people["bride"].said, couple.people["groom"].said
        assert (bride["sex"], groom["sex"]) == ("female", "male")
        assert {bride["marital_status"], groom["marital_status"]} <= {"single", "divorced"}


def test_child_sometimes_signs_in_for_parent(people: Population) -> None:
    helped = [s for s in stories(people, "social-pension", 30, SEED) if "guardian" in s.people]
    assert helped
    for story in helped:
        assert story.people["guardian"].said["personal_id"] == story.subject["personal_id"]
        assert story.people["applicant"].said["personal_id"] != story.subject["personal_id"]
        assert story.answers["nguoiKhai"] == "giam_ho"


@pytest.mark.parametrize("code", FORMS)
def test_last_case_is_the_plainest_person(people: Population, code: str) -> None:
    personas = [story.persona for story in case_stories(people, code, SEED)]
    assert personas[-1] == stories(people, code, 1, SEED)[0].persona
    assert set(personas) <= set(PERSONAS)
    assert len(set(personas)) == len(personas)


def test_outsider_knows_name_and_birth_only() -> None:
    abroad = outsider(
        {
            "personal_id": None,
            "full_name": "Mori Kenji",
            "birth_date": "1990-12-01",
            "nationality": "JP",
        }
    )
    assert abroad.answer("person.full_name") == "Mori Kenji"
    assert abroad.answer("person.nationality") == {"code": "JP", "label": ""}
    assert abroad.answer("person.permanent_address.full") is None
    assert abroad.answer("person.sex") is None


def test_person_states_papers_against_wrong_registers(
    people: Population,
) -> None:
    driver = someone(people, PERSONAS["driver"])
    held = next(r for r in records_of(people, PERSONAS["driver"]) if r["kind"] == "driving_licence")
    assert driver.answer("licence.number") == held["content"]["number"]
    contradicted = someone(people, PERSONAS["wrong_official_value"])
    assert contradicted.answer("person.ethnicity") == {"code": "06", "label": "Mường"}


def test_forty_of_fifty_accept_all_kinds() -> None:
    drawn = Counter(behaviours(100, SEED))
    assert drawn[Behaviour.ACCEPT] == 80
    assert set(drawn) == set(Behaviour)
    assert behaviours(100, SEED) == behaviours(100, SEED) != behaviours(100, SEED + 1)


def test_forms_alternate_and_meet_failing_sources(
    people: Population,
) -> None:
    turns = appointments(people, 13 * len(FORMS), SEED, "cb.demo.01", A_DAY)
    handed_in = Counter(t.story.form for t in turns if t.behaviour is not Behaviour.ABANDON)
    assert set(handed_in) == set(FORMS)
    assert min(handed_in.values()) >= 12
    assert max(handed_in.values()) - min(handed_in.values()) <= 1
    assert len({turn.dossier for turn in turns}) == len(turns)
    parts = list(windows(turns))
    assert [part.name for part in parts] == [None, *dict(FAULTS), None]
    assert [turn for part in parts for turn in part.turns] == list(turns)
    in_trouble = [turn for part in parts[1:4] for turn in part.turns]
    assert {turn.story.form for turn in in_trouble} == set(FORMS)
    assert len(in_trouble) < 0.1 * len(turns)
    at_the_desk = {turn.story.form for turn in turns if turn.officer}
    assert len(at_the_desk) > 5, "no form is served at the desk alone"


def test_dossiers_have_both_igate_codes() -> None:
    assert dossier_code(A_DAY, 1) == "H99.01-20261122-0000001"
    assert dossier_code(A_DAY, 2) == "H99.01-261122-0002"


def test_papers_have_the_members_people_read() -> None:
    kinds = json.loads((SCHEMAS.parent / "record-kinds.json").read_text())["kinds"]
    for attribute, (kind, member) in ON_PAPER.items():
        assert member in kinds[kind]["members"], attribute


def test_death_reporter_lost_a_registered_relative(
    people: Population,
) -> None:
    for form, tell in (("death-registration", death), ("bundle-death", bundle_death)):
        for persona in PLOTS[form].personas:
            person = people.persona(persona)
            told = tell(people, person, random.Random(1))
            dead = people.person(told["owners"][0])
            assert dead.died_on is None
            notice = told["people"]["notice_holder"]
            assert notice.papers["death_notice"]["deceased"]["personal_id"] == dead.personal_id
            assert notice.answer("death_notice.place.province") is not None


def test_named_persons_readable_fields_are_not_typed(house: House) -> None:
    story = house.story("marriage-registration", "bride")
    house.file_records_of(*story.owners)
    walk = house.walk(story)
    form = form_of("marriage-registration")
    named = next(q["data"] for q in walk.questions if q["data"].get("soDinhDanhBenNam"))
    typed = {path for path, (role, _) in form.bound.items() if role == "groom" and path in named}
    assert typed == set(form.keys("groom"))
    assert walk.filled["tinhTrangHonNhanBenNam"]["class"] == "fact"
