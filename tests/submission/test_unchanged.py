"""Unchanged means unchanged: every label, shape and letter of a locked value, in all 31 forms.

An honest browser, form or keyboard writes the same value in many ways, and all of them pass.
"""

import copy
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gateway.domain.identifiers import PersonalId
from gateway.forms.fields import FieldInstance, put_value, value_at
from gateway.forms.values import canonical
from mocks.igate import FORMS
from tests.conftest import House, Walk
from tests.submission.changes import instances, options_of

pytestmark = pytest.mark.threat(66)

GROUPS = {
    "ct01-permanent-residence": "thanhVien",
    "household-business-registration": "thanhVien",
}
_CHOICES = ("select", "radio", "survey")
_SAME_WHEN_FOLDED = str.maketrans(
    {"s": "ſ", "S": "ſ", "k": "\u212a", "K": "\u212a", "i": "ı", "I": "İ"}
)
_FULL_WIDTH = str.maketrans({chr(n): chr(n + 0xFEE0) for n in range(0x21, 0x7F)})
Alter = Callable[[House, FieldInstance, Any, Any], Any]


@pytest.fixture(scope="module")
def residents(house: House) -> Iterator[House]:
    for form in FORMS:
        house.file_records_of(*house.story(form).owners)
    yield house


def in_texts(change: Callable[[str], str]) -> Alter:
    """Change a text, or of a choice its value."""

    def alter(house: House, place: FieldInstance, value: Any, data: Any) -> Any:
        if isinstance(value, dict):
            return {**value, "value": change(str(value["value"]))}
        return change(value) if isinstance(value, str) else None

    return alter


def forged_label(house: House, place: FieldInstance, value: Any, data: Any) -> Any:
    if place.template.type not in _CHOICES:
        return None
    bare = value["value"] if isinstance(value, dict) else value
    return {"value": bare, "label": "Nhãn giả mạo"}


def label_of_another(house: House, place: FieldInstance, value: Any, data: Any) -> Any:
    if place.template.type not in _CHOICES:
        return None
    bare = value["value"] if isinstance(value, dict) else value
    others = [o.label for o in options_of(house, place, data) if o.value != str(bare)]
    return {"value": bare, "label": others[0]}


ALTERED: dict[str, dict[str, Alter]] = {
    "slightly": {
        "same when folded": in_texts(lambda text: text.translate(_SAME_WHEN_FOLDED)),
        "full width": in_texts(lambda text: text.translate(_FULL_WIDTH)),
        "a space without width": in_texts(lambda text: f"{text[:1]}\u200b{text[1:]}"),
        "a soft hyphen": in_texts(lambda text: f"{text}\u00ad"),
    },
    "in labels and shapes": {
        "a forged label": forged_label,
        "the label of another": label_of_another,
        "a list of lists": lambda house, place, value, data: [[value]],
        "an object": lambda house, place, value, data: {"0": value},
    },
}


@pytest.mark.parametrize("how", ALTERED)
@pytest.mark.parametrize("form", FORMS)
def test_altered_locked_values_are_refused(residents: House, form: str, how: str) -> None:
    walk = residents.walk(residents.story(form))
    places = instances(residents, form, walk.data)
    judged = len(residents.bodies("submission"))
    for name, alter in ALTERED[how].items():
        data, altered = copy.deepcopy(walk.data), set()
        for path in walk.locked:
            value = value_at(walk.data, path)
            other = alter(residents, places[path], value, walk.data)
            if other not in (None, value):
                put_value(data, path, other)
                altered.add(path)
        if altered:
            answer = residents.refused({"receipt": walk.receipt, "data": data})
            assert set(answer) == altered, name
            assert set(answer.values()) <= {"locked_value_changed", "row_mixed"}
    assert len(residents.bodies("submission")) == judged


HONEST: dict[str, Callable[[str], str]] = {
    "decomposed": lambda text: unicodedata.normalize("NFD", text),
    "padded, with other blanks": lambda text: " " + text.replace(" ", " \u00a0") + "\t",
}


def rewritten(house: House, form: str, place: FieldInstance, value: Any, how: str) -> Any:
    """The same value as another honest client writes it."""
    kind, bound = place.template.type, house.form(form).bindings.by_field[place.template.path]
    if kind in _CHOICES:
        if place.path.partition("[")[0] in house.form(form).definition.steering:
            return value  # conditions compare a choice as it is written
        if isinstance(value, dict):
            return value["value"]
        label = next(o.label for o in options_of(house, place, {}) if o.value == str(value))
        return {"label": label, "value": value}
    if kind in ("datetime", "day"):
        day = canonical(place.template, value).partition(" ")[2]
        return day if kind == "datetime" else value.replace("/", "-")
    if kind in ("number", "currency"):
        return f"{value}.0" if isinstance(value, int) else str(value)
    if isinstance(value, str):
        named = house.form(form).dictionary[bound.attribute].type == "name"
        return HONEST[how](value.upper() if named else value)
    return value


@pytest.mark.parametrize("how", HONEST)
@pytest.mark.parametrize("form", FORMS)
def test_honest_reformatting_is_accepted(residents: House, form: str, how: str) -> None:
    walk = residents.walk(residents.story(form))
    places = instances(residents, form, walk.data)
    data = copy.deepcopy(walk.data)
    for path in walk.locked:
        put_value(data, path, rewritten(residents, form, places[path], value_at(data, path), how))
    answer = residents.accepted({"receipt": walk.receipt, "data": data})
    verdicts = {f["path"]: f["verdict"] for f in answer["fields"]}
    assert {verdicts[path] for path in walk.locked} <= {"auto"}


def rows_of(walk: Walk, group: str) -> list[dict[str, Any]]:
    return copy.deepcopy(walk.data[group])


SHAPES: dict[str, Callable[[list[dict[str, Any]]], Any]] = {
    "rows by number": lambda rows: {str(n): row for n, row in enumerate(rows)},
    "a text": lambda rows: "x",
    "true": lambda rows: True,
    "a number": lambda rows: 7,
}
BENT_ROWS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a row in a list": lambda row: [row],
    "nothing": lambda row: None,
    "a text": lambda row: "x",
    "false": lambda row: False,
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("form", GROUPS)
def test_locked_group_is_a_list(residents: House, form: str, shape: str) -> None:
    walk, group = residents.walk(residents.story(form)), GROUPS[form]
    data = {**walk.data, group: SHAPES[shape](rows_of(walk, group))}
    answer = residents.refused({"receipt": walk.receipt, "data": data})
    assert answer == {group: "locked_value_changed"}
    assert residents.accepted(walk.submission())["counts"]["hidden"] == 0


@pytest.mark.parametrize("bent", BENT_ROWS)
@pytest.mark.parametrize("form", GROUPS)
def test_locked_row_is_an_object(residents: House, form: str, bent: str) -> None:
    walk, group = residents.walk(residents.story(form)), GROUPS[form]
    rows: list[Any] = rows_of(walk, group)
    rows[-1] = BENT_ROWS[bent](rows[-1])
    last = f"{group}[{len(rows) - 1}]."
    locked = {path for path in walk.locked if path.startswith(last)}
    answer = residents.refused({"receipt": walk.receipt, "data": {**walk.data, group: rows}})
    assert set(answer) == locked
    assert residents.accepted(walk.submission())["counts"]["withdrawn"] == 0


def test_refused_character_is_named(residents: House) -> None:
    walk = residents.walk(residents.story("tk01-passport"))
    path = next(p for p in walk.locked if isinstance(value_at(walk.data, p), str))
    data = {**walk.data, path: f"{walk.data[path]}\u200b"}
    answer = residents.submit({"receipt": walk.receipt, "data": data}).json()
    assert answer["fields"] == [
        {"path": path, "code": "locked_value_changed", "code_point": "U+200B"}
    ]


def test_wide_digits_are_no_number() -> None:
    with pytest.raises(ValueError, match="12 digits"):
        PersonalId("０" * 12)
