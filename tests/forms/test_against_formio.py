"""Does the engine decide as Form.io's own core, and its rules as json-logic-js? Asked of node."""

import json
import math
import os
import re
from decimal import Decimal
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from gateway.forms._reading.decoding import decode_strictly
from gateway.forms._showing.javascript import UNDEFINED, from_json, to_string
from gateway.forms._showing.logic import RuleFailed, apply
from gateway.forms._showing.moments import moment_of
from gateway.forms.definition import (
    FieldTemplate,
    FormDefinition,
    definition_of,
    read_definition,
)
from gateway.forms.fields import Decision, instances_at_submission, put_value
from tests.formio.node import ask, install

from .building import box, part, text
from .building import typed as lines
from .made_conditions import DATES, LEAVES, OPERATORS, BuilderForms
from .made_dates import date_text
from .made_forms import FormMaker, RuleMaker, data_key

SEED = int(os.environ.get("FORMS_SEED", "20261122"))
PAIRS = int(os.environ.get("FORMS_PAIRS", "2000"))


@pytest.fixture(scope="module")
def reference() -> Any:
    """Asks the reference implementations, which are installed once."""
    install(["@formio/core", "json-logic-js", "moment-timezone"])
    return partial(ask, "compare.js")


def decided_here(form: Any, data: Any) -> dict[str, bool]:
    raw = json.dumps(form).encode()
    return shown_by(definition_of(decode_strictly(raw), raw), data)


def shown_by(form: FormDefinition, data: Any) -> dict[str, bool]:
    submitted: Any = decode_strictly(json.dumps(data).encode())
    instances = instances_at_submission(form, submitted)
    return {
        instance.path.rpartition(".")[0]
        if instance.template.type == "survey"
        else instance.path: instance.decision is Decision.VISIBLE
        for instance in instances
    }


def declarable(form: Any, shown: dict[str, bool], data: Any) -> dict[str, bool]:
    """Of core's answer, what we count: no scopes, no hidden components, no rows that are not there."""
    kinds = {data_key(each): each["type"] for each in every(form)}
    without = {"datagrid", "editgrid", "container", "hidden"}
    return {
        path: visible
        for path, visible in shown.items()
        if kinds[path.rpartition(".")[2]] not in without and has_its_row(path, data)
    }


def has_its_row(path: str, data: Any) -> bool:
    held = data
    for step in re.findall(r"[^.\[\]]+", path.rpartition("]")[0]):
        held = (
            (held or {}).get(step)
            if isinstance(held, dict | None)
            else (held[int(step)] if isinstance(held, list) and int(step) < len(held) else None)
        )
        if held is None:
            return False
    return True


def every(component: Any) -> Any:
    if isinstance(component, dict):
        if "type" in component and "key" in component:
            yield component
        for name in ("components", "columns", "rows"):
            yield from every(component.get(name))
    elif isinstance(component, list):
        for below in component:
            yield from every(below)


def test_two_thousand_forms_match_formio_core(
    reference: Any,
) -> None:
    chance = Random(SEED)
    pairs = [FormMaker(chance).pair() for _ in range(PAIRS)]
    answers = reference([{"form": form, "data": data} for form, data in pairs])
    assert all("shown" in answer for answer in answers), f"core threw, seed {SEED}"
    expect_no_difference(pairs, answers)


def expect_no_difference(pairs: list[Any], answers: list[Any]) -> None:
    different, compared, hidden = [], 0, 0
    for number, ((form, data), answer) in enumerate(zip(pairs, answers, strict=True)):
        if "shown" not in answer:
            continue
        theirs = declarable(form, answer["shown"], data)
        ours = decided_here(form, data)
        compared += len(ours)
        hidden += sum(not shown for shown in ours.values())
        different += [
            (number, path, ours.get(path), theirs.get(path))
            for path in sorted(ours.keys() | theirs.keys())
            if ours.get(path) != theirs.get(path)
        ]
    print(f"\nseed {SEED}: {len(pairs)} pairs, {compared} fields, {hidden} hidden")  # noqa: T201
    assert not different, f"seed {SEED}: {len(different)} differences, first {different[:5]}"
    assert compared > 5 * len(pairs) and compared / 10 < hidden < compared * 9 / 10


def keyed_alike() -> tuple[Any, Any]:
    """A container, and check boxes in it of which one has its key: core passes that one over."""
    asking = text("t", conditional=lines(("s", "isEmpty", None)))
    boxes = [box("1", key="s"), box("2", key="s", name="other")]
    return {"components": [part("container", "s", components=boxes), asking]}, {"s": {"chon": "1"}}


def test_every_builder_operator_matches_core(reference: Any) -> None:
    chance, pairs, asked = Random(SEED), [keyed_alike()], set()
    for _ in range(PAIRS):
        maker = BuilderForms(chance)
        pairs.append(maker.pair())
        asked |= maker.asked
    answers = reference([{"form": form, "data": data} for form, data in pairs])
    # core throws on `isEmpty` of an address that is not there, and on nothing else
    for (form, _), answer in zip(pairs, answers, strict=True):
        assert "shown" in answer or {"address"} < {each["type"] for each in every(form)}
    assert sum("shown" in answer for answer in answers) > 0.9 * PAIRS
    expect_no_difference(pairs, answers)
    objects = {"selectboxes", "survey", "address", "file"}
    kinds = {*LEAVES, "boxes"}
    dated = {(operator, kind) for operator in DATES for kind in kinds - objects}
    plain = {(operator, kind) for operator in set(OPERATORS) - set(DATES) for kind in kinds}
    assert dated | plain <= asked


def test_dates_are_read_as_by_moment(reference: Any) -> None:
    chance = Random(SEED)
    dates: list[Any] = [date_text(chance) for _ in range(10 * PAIRS)]
    dates += [0, -1.5, 1727283600000.7, 8.64e15, -8.64e15, 9e15, True, None, ""]
    read = reference([{"dates": dates}])[0]
    different = [
        (text, ours, theirs)
        for text, theirs in zip(dates, read, strict=True)
        if (ours := moment_of(text)) != theirs
    ]
    assert not different, f"seed {SEED}: {len(different)} differences, first {different[:5]}"
    assert len(dates) / 4 < sum(each is not None for each in read) < len(dates) * 3 / 4


FORMS = sorted((Path(__file__).parents[2] / "schemas" / "forms").glob("*/form.json"))


@pytest.fixture(scope="module")
def registered(reference: Any) -> dict[str, list[tuple[Any, Any]]]:
    """By form, answers by chance and what core shows; node starts once for all of them."""
    given, requests = {}, []
    for path in FORMS:
        raw, chance = path.read_bytes(), Random(SEED)
        form, document = read_definition(raw), json.loads(raw)
        many = [answers_by_chance(form, document, chance) for _ in range(60)]
        given[path.parent.name] = many
        requests.append({"form": document, "each": many})
    answers = zip(given.items(), reference(requests), strict=True)
    return {form: list(zip(many, shown, strict=True)) for (form, many), shown in answers}


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.parent.name)
def test_registered_form_matches_formio_core(
    registered: dict[str, list[tuple[Any, Any]]], path: Path
) -> None:
    form, document = read_definition(path.read_bytes()), json.loads(path.read_bytes())
    hidden = 0
    for number, (data, answer) in enumerate(registered[path.parent.name]):
        ours = shown_by(form, data)
        theirs = answer["shown"]
        assert ours.items() <= theirs.items(), f"answers {number} of seed {SEED}"
        hidden += sum(not visible for visible in ours.values())
    assert hidden or not any("conditional" in json.dumps(each) for each in every(document))


def answers_by_chance(form: FormDefinition, document: Any, chance: Random) -> Any:
    """Data that reach both sides of a form's conditions, in the form's own shapes."""
    data: Any = {}
    for group in form.groups:
        put_value(data, group.replace("[]", "[0]"), [{} for _ in range(chance.randint(1, 3))])
    for field in form.fields:
        rows = [""] if not field.groups else [f"[{row}]" for row in range(3)]
        for row in rows:
            at = field.path.replace("[]", row)
            if chance.random() < 0.75 and has_its_row(at, data):
                put_value(data, at, answer_by_chance(field, chance))
    for each in every(document):
        if each["type"] == "hidden" and chance.random() < 0.5:
            data[each["key"]] = chance.choice([True, False, "1", "true", "mat_ket_noi"])
    return data


def answer_by_chance(field: FieldTemplate, chance: Random) -> Any:
    if field.type == "checkbox":
        return chance.random() < 0.5
    if field.type == "selectboxes":
        return {option.value: chance.random() < 0.5 for option in field.options or ()}
    if field.type in ("number", "currency"):
        return chance.choice([0, 1, 2, 17, 60, 100])
    if field.options:
        option = chance.choice(field.options)
        item = {"label": option.label, "value": option.value}
        return item if field.item_shape else option.value
    if field.type in ("datetime", "day"):
        return chance.choice(["31/01/1990", "1990-01-30T17:00:00.000+0000", "00/00/1990"])
    return chance.choice(["", "1", "Nguyễn Văn An", "Việt Nam", "Khác"])


def test_rules_match_json_logic_js(reference: Any) -> None:
    chance = Random(SEED)
    data: dict[str, Any] = {
        "a": "1", "b": 2, "c": [1, "2", None, ""], "d": {"e": True, "f": None}, "g": "", "h": 3.5,
        "i": [], "j": "abc", "k": None, "l": {}, "m": "0x1f", "n": " 7 ", "o": 1e21, "p": -0.5,
    }  # fmt: skip
    paths = [*data, "d.e", "d.f", "d.f.g", "c.0", "c.length", "j.1", "nowhere", "d.x.y", ""]
    rules = [RuleMaker(chance, lambda: chance.choice(paths)).rule(4) for _ in range(4000)]
    lengths = [-1, "-1", " -1", ["-1"], "-1e1", -1.5, "x", None, True, {"var": "l"}]
    rules += [{"substr": ["abcde", 1, length]} for length in lengths]
    answers = reference([{"rule": rule, "over": data} for rule in rules])
    different = [
        (rule, here, there)
        for rule, there in zip(rules, answers, strict=True)
        if typed(here := rule_here(rule, data)) != typed(there)
    ]
    assert not different, f"seed {SEED}: {len(different)} differences, first {different[:3]}"


def rule_here(rule: Any, data: Any) -> Any:
    decoded: Any = decode_strictly(json.dumps([rule, data]).encode())
    try:
        value = apply(from_json(decoded[0]), from_json(decoded[1]))
    except RuleFailed:
        return {"threw": True}
    if value is UNDEFINED or (isinstance(value, float) and not math.isfinite(value)):
        return {"odd": to_string(value)}
    return {"is": as_json(value)}


def as_doubles(value: Any) -> Any:
    """The same JSON with every number a double, as JavaScript has it."""
    if isinstance(value, dict):
        return {key: as_doubles(each) for key, each in value.items()}
    if isinstance(value, list):
        return [as_doubles(each) for each in value]
    # Adding zero makes -0 into 0, as JSON.stringify does.
    return value + 0.0 if isinstance(value, int | float) and not isinstance(value, bool) else value


def typed(value: Any) -> str:
    """A text that tells true from 1, which Python holds to be equal."""
    return json.dumps(as_doubles(value), sort_keys=True)


def as_json(value: Any) -> Any:
    if isinstance(value, list):
        return [as_json(each) for each in value]
    if value is UNDEFINED or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, dict):
        return {key: as_json(each) for key, each in value.items()}
    if isinstance(value, Decimal):
        return float(value)
    return value
