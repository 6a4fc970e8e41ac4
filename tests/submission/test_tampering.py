"""A locked value is the one that was handed out, or nothing is judged and the place is named."""

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.forms.fields import put_value, value_at
from mocks.igate import FORMS
from tests.conftest import House, Walk
from tests.submission.changes import another_fitting, instances

pytestmark = pytest.mark.threat(14)

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT.*")
_DAY = re.compile(r"\d\d/\d\d/\d{4}")


def another(value: Any) -> Any:
    """Another value of the same shape."""
    if isinstance(value, dict):
        return {"label": "Khác hẳn", "value": "khac-999"}
    if isinstance(value, int):
        return value + 1
    if _INSTANT.fullmatch(str(value)):
        return "1901-02-03T17:00:00.000+0000"
    if _DAY.fullmatch(str(value)):
        return "03/02/1901"
    return f"{value} khác"


FEWER_LOCKED = {
    "disability-determination": 4,
    "electricity-household": 2,
    "electricity-non-household": 3,
    "land-first-registration": 0,
    "scholarship-public": 4,
    "tuition-exemption-public": 3,
    "vehicle-registration": 4,
}
"""How many are locked where fewer than five are: papers of which one may hold several are proposals."""

KINDS: dict[str, tuple[Any, ...]] = {
    "other values": (another, lambda _: "", lambda _: None),
    "other types": (
        lambda _: ["x"],
        lambda _: {"x": 1},
        lambda _: 98765,
        lambda value: value not in (True, "true"),
    ),
}


@pytest.fixture(scope="module")
def residents(house: House) -> Iterator[House]:
    for form in FORMS:
        story = house.story(form)
        house.file_records_of(*story.owners, *(p.n for p in _kin(house, story.n)))
    yield house


def _kin(house: House, n: int) -> list[Any]:
    person = house.population.person(n)
    kin = (person.father, person.mother, person.spouse)
    return [one for one in kin if one is not None and one.n is not None]


def changed(walk: Walk, path: str, value: Any) -> dict[str, Any]:
    data = copy.deepcopy(walk.data)
    put_value(data, path, value)
    return {"receipt": walk.receipt, "data": data}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", FORMS)
def test_altered_locked_value_is_refused_by_path(residents: House, form: str, kind: str) -> None:
    walk = residents.walk(residents.story(form))
    locked = walk.locked
    assert len(locked) >= FEWER_LOCKED.get(form, 5)
    judged = len(residents.bodies("submission"))

    for path in locked:
        for alter in KINDS[kind]:
            altered = changed(walk, path, alter(value_at(walk.data, path)))
            problems = residents.refused(altered)
            assert set(problems) == {path}, (path, problems)
            assert problems[path] in ("locked_value_changed", "row_mixed")
    assert len(residents.bodies("submission")) == judged

    answer = residents.accepted(walk.submission())
    verdicts = {f["path"]: f["verdict"] for f in answer["fields"]}
    assert {path for path, verdict in verdicts.items() if verdict == "contested"} == set(locked)
    assert answer["counts"]["auto"] == sum(verdict == "auto" for verdict in verdicts.values())


def test_greying_a_field_changes_nothing(residents: House) -> None:
    walk = residents.walk(residents.story("tk01-passport"))
    raw = residents.form("tk01-passport").definition.raw
    greyed = {key for key in walk.locked if _greyed(raw, key)}
    open_to_typing = set(walk.locked) - greyed
    assert open_to_typing
    for path in walk.locked:
        altered = changed(walk, path, another(value_at(walk.data, path)))
        assert set(residents.refused(altered)) == {path}


def _greyed(raw: bytes, key: str) -> bool:
    definition = json.loads(raw)
    return any(one.get("key") == key and one.get("disabled") for one in _components(definition))


def _components(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if "key" in node:
            yield node
        for below in node.values():
            yield from _components(below)
    elif isinstance(node, list):
        for below in node:
            yield from _components(below)


@pytest.mark.parametrize("form", ["household-business-registration", "death-registration"])
def test_fields_of_one_fact_are_judged_apart(residents: House, form: str) -> None:
    walk = residents.walk(residents.story(form))
    bound = residents.form(form).bindings.by_field
    twins: dict[tuple[str, str], list[str]] = {}
    for path, said in walk.filled.items():
        if "[" not in path and said["visible"] is True and said["class"] != "constant":
            twins.setdefault((bound[path].role, bound[path].attribute), []).append(path)
    one, other = next(paths for paths in twins.values() if len(paths) == 2)
    place = instances(house=residents, form=form, data=walk.data)[one]
    altered = changed(walk, one, another_fitting(residents, place, walk.data))
    if walk.filled[one]["edit"] == "locked":
        assert set(residents.refused(altered)) == {one}
        altered["contested"] = [one]
    verdicts = {f["path"]: f["verdict"] for f in residents.accepted(altered)["fields"]}
    assert verdicts[one] in ("override", "contested")
    assert verdicts[other] == "auto"


@pytest.mark.threat(62)
def test_fifth_refusal_voids_only_its_chain(residents: House) -> None:
    story = residents.story("tk01-passport")
    walk, other = residents.walk(story), residents.walk(story)
    first, second = walk.locked[:2]
    for n in range(4):
        assert set(residents.refused(changed(walk, first, f"thử {n}"))) == {first}
    for n in range(4):
        assert set(residents.refused(changed(walk, second, f"thử {n}"))) == {second}

    assert set(residents.refused(changed(walk, first, "thử lần nữa"))) == {first}

    for call, body in (
        ("/v1/submissions", walk.submission()),
        ("/v1/submissions", changed(walk, first, "thử nữa")),
        ("/v1/prefills", {**walk.questions[-1], "data": walk.data, "extends": walk.receipt}),
    ):
        answer = residents.post(call, body)
        assert (answer.status_code, answer.json()["code"]) == (409, "chain_void")
    assert residents.accepted(other.submission())["counts"]["contested"] == 0


@pytest.mark.threat(62)
def test_ten_thousand_guesses_would_be_five(residents: House) -> None:
    """A guesser without the values learns of a field no more than four times that he is wrong."""
    walk = residents.walk(residents.story("tk01-passport"))
    path = walk.locked[0]
    answers = [residents.submit(changed(walk, path, f"đoán {n}")) for n in range(40)]
    assert [a.status_code for a in answers] == [422] * 5 + [409] * 35


def test_contested_official_value_is_declared(residents: House) -> None:
    form = "birth-registration"
    for persona in ("hospital_birth_parents", "home_birth_parents"):
        walk = residents.walk(residents.story(form, persona))
        path = next(p for p in walk.locked if value_at(walk.data, p))
        data = copy.deepcopy(walk.data)
        put_value(data, path, another(value_at(data, path)))
        answer = residents.accepted({"receipt": walk.receipt, "data": data, "contested": [path]})
        verdicts = {f["path"]: f["verdict"] for f in answer["fields"]}
        assert verdicts[path] == "contested"
        counts = answer["counts"]
        assert counts["contested"] == 1
        assert counts["visible"] == counts["auto"] + counts["declared"] + counts["blank"]


def test_refusal_repeated_by_key_counts_once(residents: House) -> None:
    """A lost answer is asked for again with the same key; that must not use up the five tries."""
    walk = residents.walk(residents.story("tk01-passport"))
    path, key = walk.locked[0], "k" * 30
    altered = changed(walk, path, "sai rồi")
    refusals = len(residents.bodies("refusal"))
    answers = [residents.submit(altered, key=key) for _ in range(6)]
    assert {a.status_code for a in answers} == {422}
    assert len({a.text for a in answers}) == 1
    assert {a.headers["content-type"] for a in answers} == {"application/problem+json"}
    assert len(residents.bodies("refusal")) == refusals + 1
