"""Every input is counted, refused, or named with the reason why it is not counted."""

import json
from typing import Any

import pytest

from gateway.domain.errors import FormRefused
from gateway.forms._reading.tree import KIND_OF, Kind
from gateway.forms.definition import FormDefinition, read_countable
from gateway.forms.fields import Decision, instances_at_submission
from tests.forms.building import form_of, part, text

INPUTS = sorted(name for name, kind in KIND_OF.items() if kind is Kind.INPUT and name != "button")
_ANSWERS = {
    "survey": {"questions": [{"value": "q", "label": "Q"}], "values": [{"value": "1"}]},
    "select": {"data": {"values": [{"value": "1", "label": "1"}]}},
    "radio": {"values": [{"value": "1", "label": "1"}]},
    "selectboxes": {"values": [{"value": "1", "label": "1"}]},
}
FLAGS: dict[str, dict[str, Any]] = {
    "hidden": {"hidden": True},
    "not persistent": {"persistent": False},
    "persistent for the client": {"persistent": "client-only"},
    "persistent null": {"persistent": None},
    "protected": {"protected": True},
    "disabled": {"disabled": True},
    "no input": {"input": False},
    "not in tables": {"tableView": False},
    "an input of type hidden": {"inputType": "hidden"},
    "calculated on the server": {"calculateServer": True},
    "a script": {"calculateValue": "value = value"},
    "a script on the server": {"calculateValue": "value = data.a", "calculateServer": True},
    "a rule": {"calculateValue": {"var": "data.a"}},
    "a rule that may be overridden": {
        "calculateValue": {"var": "data.a"},
        "allowCalculateOverride": True,
    },
    "a rule over itself": {"calculateValue": {"var": "data.x"}},
    "a list as rule": {"calculateValue": [1]},
    "two rules": {"calculateValue": {"var": "data.a", "+": []}},
    "addressee": {"properties": {"addressee": True}},
    "addressee in words": {"properties": {"addressee": "true"}},
    "control": {"properties": {"control": True}},
    "a constant condition": {"conditional": {"json": {"==": [1, 2]}}},
    "a class that hides": {"customClass": "d-none"},
}


def _named(form: FormDefinition) -> dict[str, str]:
    return {one.path: one.reason for one in form.uncounted}


def _shown(form: FormDefinition) -> set[str]:
    found = instances_at_submission(form, {})
    return {
        one.path for one in found if one.decision is Decision.VISIBLE and not one.template.is_file
    }


@pytest.mark.threat(67)
@pytest.mark.parametrize("flag", FLAGS, ids=str)
@pytest.mark.parametrize("kind", INPUTS)
def test_flags_never_remove_input_unnamed(kind: str, flag: str) -> None:
    try:
        form = form_of(text("a"), part(kind, "x", **_ANSWERS.get(kind, {}), **FLAGS[flag]))
    except FormRefused as refusal:
        assert [problem.path for problem in refusal.problems] == ["x"]
        return
    counted = {path.partition(".")[0] for path in _shown(form)}
    assert "x" in counted | _named(form).keys()


def test_container_flags_never_hide_input_unnamed() -> None:
    for kind in ("container", "fieldset", "panel", "datagrid"):
        form = form_of(part(kind, "k", hidden=True, components=[text("x")]))
        assert list(_named(form).values()) == ["hidden"]


def test_reasons_are_named_in_form_order() -> None:
    form = form_of(
        text("to", label=" Kính gửi: ", properties={"addressee": True}),
        text("a"),
        part("hidden", "h"),
        part("button", "b"),
        part("recaptcha", "r"),
        part("file", "f"),
        text("sum", calculateValue={"+": [{"var": "data.a"}, 1]}),
        text("kept", persistent=False),
        part("survey", "s", questions=[], values=[]),
        part("container", "k", components=[text("i", hidden=True)]),
    )
    assert [(one.path, one.reason) for one in form.uncounted] == [
        ("to", "addressee"),
        ("h", "hidden"),
        ("r", "captcha"),
        ("f", "attachment"),
        ("sum", "computed"),
        ("kept", "not_submitted"),
        ("s", "nothing_asked"),
        ("k.i", "hidden"),
    ]


OWN: dict[str, Any] = {
    "by data": {"var": "data.x"},
    "by row": {"var": "row.x"},
    "by list": {"var": ["data.x", 1]},
    "within": {"+": [1, {"if": [{"var": "data.a"}, {"var": "data.x"}, 2]}]},
    "below": {"var": "data.x.value"},
    "the whole data": {"map": [{"var": "data"}, {"var": ""}]},
    "the whole row": {"var": "row"},
    "everything": {"var": ""},
    "the value": {"var": "value"},
    "the instance": {"var": "instance.dataValue"},
    "a path worked out": {"var": {"cat": ["data.", "x"]}},
    "a look for what is missing": {"missing": ["data.x"]},
    "an operator of the core": {"_get": [{"var": "data.a"}, "x"]},
    "a number": {"var": 0},
}


@pytest.mark.parametrize("rule", OWN.values(), ids=OWN.keys())
def test_rule_over_own_key_counts(rule: Any) -> None:
    form = form_of(text("a"), text("x", calculateValue=rule))
    assert _shown(form) == {"a", "x"}
    assert not form.uncounted


def test_own_keys_are_found_in_containers() -> None:
    rules = [
        {"var": "row.x"},
        {"var": "data.g.x"},
        {"var": "data.g.0.x"},
        {"reduce": [{"var": "data.g"}, {"var": "current.x"}, 0]},
    ]
    for rule in rules:
        form = form_of(part("datagrid", "g", components=[text("x", calculateValue=rule)]))
        assert [field.path for field in form.fields] == ["g[].x"]
    held = part("container", "k", components=[text("x", calculateValue={"var": "row.k.x"})])
    assert [field.path for field in form_of(held).fields] == ["k.x"]
    other = part(
        "datagrid", "g", components=[text("x", calculateValue={"var": "row.y"}), text("y")]
    )
    assert [field.path for field in form_of(other).fields] == ["g[].y"]


def test_rules_that_read_each_other_count() -> None:
    form = form_of(
        text("x", calculateValue={"var": "data.y"}),
        text("y", calculateValue={"var": "data.z"}),
        text("z", calculateValue={"var": "data.x"}),
        text("after", calculateValue={"var": "data.z"}),
    )
    assert [field.path for field in form.fields] == ["x", "y", "z"]
    assert _named(form) == {"after": "computed"}


ADDRESSEES = {
    "a question": ([text("a", label="Họ tên", properties={"addressee": True})], "addressee_label"),
    "two lines": (
        [text(k, label="Kính gửi", properties={"addressee": True}) for k in "ab"],
        "addressee_twice",
    ),
    "a survey": (
        [
            part(
                "survey",
                "s",
                label="Kính gửi",
                questions=[{"value": "q"}, {"value": "r"}],
                values=[{"value": "1"}],
                properties={"addressee": True},
            )
        ],
        "addressee_label",
    ),
    "a column": (
        [
            part(
                "datagrid",
                "g",
                components=[text("a", label="Kính gửi", properties={"addressee": True})],
            )
        ],
        "addressee_label",
    ),
}


@pytest.mark.parametrize(("components", "code"), ADDRESSEES.values(), ids=ADDRESSEES.keys())
def test_typed_questions_are_no_addressee_lines(
    components: list[dict[str, Any]], code: str
) -> None:
    with pytest.raises(FormRefused) as refused:
        form_of(*components)
    assert code in {problem.code for problem in refused.value.problems}


def test_many_rules_are_settled_quickly() -> None:
    chain = [text(f"f{n}", calculateValue={"var": f"data.f{n + 1}"}) for n in range(600)]
    document = {"title": "T", "components": [*chain, text("f600")]}
    form = read_countable(json.dumps(document).encode())
    assert [field.path for field in form.fields] == ["f600"]
