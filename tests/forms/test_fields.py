"""Which fields show: the rules of visibility, one by one, by hand."""

from decimal import Decimal
from typing import Any

import pytest

from gateway.forms.fields import (
    drop_invisible,
    put_value,
    remove_value,
    template_of,
    value_at,
)

from .building import form_of, outlook, part, shown, text, typed, when

YES = {"value": "1", "label": "Có"}

WHEN: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    "an equal text": (when("t", "1"), {"t": "1"}, True),
    "another text": (when("t", "1"), {"t": "2"}, False),
    "a number as JavaScript prints it": (when("t", "3.5"), {"t": Decimal("3.50")}, True),
    "a whole number written with a point": (when("t", 1), {"t": Decimal("1.0")}, True),
    "a large number": (when("t", "1e+21"), {"t": 10**21}, True),
    "a ticked box": (when("t", "true"), {"t": True}, True),
    "a box with 1": (when("t", "1"), {"t": True}, False),
    "a missing box against false": (when("t", "false"), {}, False),
    "a missing trigger with show false": (when("t", "1", show=False), {}, True),
    "show as text": (when("t", "1", show="false"), {"t": "1"}, False),
    "show left empty, which is no true": (when("t", "1", show=""), {"t": "1"}, False),
    "one of a list": (when("t", "b"), {"t": ["a", "b"]}, True),
    "none of a list": (when("t", "c"), {"t": ["a", "b"]}, False),
    "an item of a select": (when("t", "1"), {"t": {"label": "Có", "value": "1"}}, False),
    "the value of an item": (when("t.value", "1"), {"t": {"label": "Có", "value": "1"}}, True),
    "the builder's empty default": ({"show": None, "when": None, "eq": ""}, {}, True),
    "no path": ({"show": True, "when": "", "eq": "1"}, {}, True),
}


@pytest.mark.parametrize("case", WHEN)
def test_when_shows_by(case: str) -> None:
    condition, data, visible = WHEN[case]
    form = form_of(text("t"), text("a", conditional=condition))
    assert (shown(form, data)["a"] == "visible") is visible


TYPED: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    "equal texts": (typed(("t", "isEqual", "1")), {"t": "1"}, True),
    "a number against a text read as JSON": (typed(("t", "isEqual", "1")), {"t": 1}, True),
    "a text against a number": (typed(("t", "isEqual", 1)), {"t": "1"}, False),
    "true against 1": (typed(("t", "isEqual", 1)), {"t": True}, False),
    "false against its text": (typed(("t", "isEqual", "false")), {"t": False}, True),
    "nothing against false": (typed(("t", "isEqual", False)), {}, False),
    "blank text is empty": (typed(("t", "isEmpty", None)), {"t": "  "}, True),
    "an unticked box is empty": (typed(("box", "isEmpty", None)), {"box": False}, True),
    "a zero is not empty": (typed(("t", "isNotEmpty", None)), {"t": 0}, True),
    "select boxes by their name": (typed(("many", "isEqual", "x")), {"many": {"x": True}}, True),
    "another box": (typed(("many", "isEqual", "y")), {"many": {"x": True}}, False),
    "a greater number": (typed(("t", "greaterThan", "5")), {"t": 6}, True),
    "a text is no number": (typed(("t", "greaterThan", 5)), {"t": "6"}, False),
    "an unknown operator": (typed(("t", "resembles", "1")), {}, True),
    "no conditions": (typed(), {}, True),
    "no conditions though when says no": (typed() | when("t", "1"), {}, True),
    "all of two": (typed(("t", "isEqual", "1"), ("u", "isEqual", "1")), {"t": "1"}, False),
    "any of two": (
        typed(("t", "isEqual", "1"), ("u", "isEqual", "1"), conjunction="any"), {"t": "1"}, True),
    "hidden when it holds": (typed(("t", "isEqual", "1"), show=False), {"t": "1"}, False),
    "an unknown path": (typed(("nowhere", "isEqual", "1")), {"nowhere": "1"}, False),
    "a later day": (typed(("t", "dateGreaterThan", "2020-01-01")), {"t": "2020-01-02"}, True),
    "the same day elsewhere": (
        typed(("t", "isDateEqual", "2020-01-01")), {"t": "2019-12-31T17:00:00Z"}, True),
    "it beats when": (typed(("t", "isEqual", "1")) | when("t", "2"), {"t": "1"}, True),
}  # fmt: skip


@pytest.mark.parametrize("case", TYPED)
def test_typed_conditions_show_by(case: str) -> None:
    condition, data, visible = TYPED[case]
    boxes = part("selectboxes", "many", values=[{"value": "x", "label": "X"}])
    form = form_of(
        text("t"), text("u"), part("checkbox", "box"), boxes, text("a", conditional=condition)
    )
    assert (shown(form, data)["a"] == "visible") is visible


RULES: dict[str, tuple[Any, dict[str, Any], bool]] = {
    "loose equality": ({"==": [{"var": "data.t"}, 1]}, {"t": "1"}, True),
    "the row's own value": ({"==": [{"var": "row.t"}, "1"]}, {"t": "1"}, True),
    "null shows": ({"var": "data.t"}, {"t": None}, True),
    "an empty text hides": ({"var": "data.t"}, {"t": ""}, False),
    "a list that is empty shows, as JavaScript has it": ({"var": "data.t"}, {"t": []}, True),
    "a rule that throws shows": ({"unheard": [1]}, {}, True),
    "a number from the source text": ({"==": [{"var": "data.t"}, 0.1]}, {"t": Decimal("0.10")}, True),
    "an empty rule shows": ({}, {}, True),
}  # fmt: skip


@pytest.mark.parametrize("case", RULES)
def test_rules_show_by(case: str) -> None:
    rule, data, visible = RULES[case]
    form = form_of(text("t"), text("a", conditional={"show": None, "when": None, "json": rule}))
    assert (shown(form, data)["a"] == "visible") is visible


def test_hidden_and_condition_hide_everything_below() -> None:
    form = form_of(
        text("t"),
        part("panel", "p", hidden=True, components=[
            text("a"), part("datagrid", "g", components=[text("b")]),
        ]),
        part("container", "c", conditional=when("t", "1"), components=[text("d")]),
    )  # fmt: skip
    assert shown(form, {"t": "2", "g": [{}]}) == {
        "t": "visible", "a": "hidden", "g[0].b": "hidden", "c.d": "hidden",
    }  # fmt: skip


def test_group_has_rows_of_data() -> None:
    form = form_of(part("datagrid", "g", components=[text("a")]))
    assert shown(form, {}) == {}
    assert shown(form, {"g": []}) == {}
    assert shown(form, {"g": "x"}) == {}
    assert list(shown(form, {"g": [{}, {"a": ""}]})) == ["g[0].a", "g[1].a"]


def test_trigger_in_row_has_group_path() -> None:
    form = form_of(
        part("datagrid", "g", components=[text("t"), text("a", conditional=when("g.t", "1"))]),
        text("b", conditional=when("g.t", "1")),
    )
    seen = shown(form, {"g": [{"t": "2"}, {"t": "1"}]})
    assert (seen["g[0].a"], seen["g[1].a"]) == ("hidden", "visible")
    assert seen["b"] == "hidden"


def test_nested_groups_are_decided_by_row() -> None:
    inner = part("editgrid", "i", components=[
        text("t"), text("a", conditional=when("g.i.t", "1")),
        text("b", conditional=when("g.u", "1")),
    ])  # fmt: skip
    panel = part("panel", "p", conditional=when("g.u", "1"), components=[text("c")])
    form = form_of(part("datagrid", "g", components=[text("u"), inner, panel]))
    rows = [{"u": "1", "i": [{"t": "2"}, {"t": "1"}]}, {"u": "2", "i": [{"t": "1"}]}]
    seen = shown(form, {"g": rows})
    decided = {path: seen[path] == "visible" for path in seen if path[-1] in "abc"}
    assert decided == {
        "g[0].i[0].a": False, "g[0].i[0].b": True, "g[0].i[1].a": True, "g[0].i[1].b": True,
        "g[0].c": True, "g[1].i[0].a": True, "g[1].i[0].b": False, "g[1].c": False,
    }  # fmt: skip


def test_hidden_values_are_dropped_until_stable() -> None:
    form = form_of(
        text("a"), text("b", conditional=when("a", "1")), text("c", conditional=when("b", "1")),
        text("d", conditional=when("c", "1"), clearOnHide=False),
        text("e", conditional=when("d", "1")),
    )  # fmt: skip
    data = {"a": "2", "b": "1", "c": "1", "d": "1", "e": "1", "unknown": 5}
    assert shown(form, data)["c"] == "visible"
    assert drop_invisible(form, data) == {"a": "2", "d": "1", "e": "1", "unknown": 5}
    assert data["b"] == "1"


def test_hidden_group_and_hidden_cell_are_dropped() -> None:
    form = form_of(
        text("a"),
        part("datagrid", "g", conditional=when("a", "1"), components=[text("x")]),
        part("datagrid", "k", components=[text("t"), text("y", conditional=when("k.t", "1"))]),
    )
    data = {"a": "2", "g": [{"x": "1"}], "k": [{"t": "1", "y": "1"}, {"t": "2", "y": "1"}]}
    dropped = drop_invisible(form, data)
    assert dropped == {"a": "2", "k": [{"t": "1", "y": "1"}, {"t": "2"}]}


def test_hidden_component_keeps_gateway_value() -> None:
    form = form_of(part("hidden", "h"), text("a", conditional=when("h", "down")))
    data = {"h": "down", "a": "1"}
    assert drop_invisible(form, data) == data


def test_unanswered_trigger_leaves_component_open() -> None:
    form = form_of(
        text("t"), part("panel", "p", conditional=when("t", "1"), components=[text("a")]),
        text("b", conditional={"json": {"!": {"var": "data.t"}}}),
        text("c", conditional=typed(("t", "isEmpty", None))),
    )  # fmt: skip
    assert outlook(form, {}) == {"t": "visible", "a": "open", "b": "open", "c": "open"}
    assert outlook(form, {"t": "1"}) == {
        "t": "visible", "a": "visible", "b": "hidden", "c": "hidden",
    }  # fmt: skip
    assert outlook(form, {"t": " "})["a"] == "open"


def test_hidden_trigger_leaves_nothing_open() -> None:
    form = form_of(
        text("t"), text("u", conditional=when("t", "1")), text("a", conditional=when("u", "1")),
        part("hidden", "h"), text("b", conditional=when("h", "down")),
        text("c", conditional=when("h", "down", show=False)),
        text("d", hidden=True, conditional=when("t2", "1")), text("t2"),
    )  # fmt: skip
    assert outlook(form, {"t": "2"}) == {
        "t": "visible", "u": "hidden", "a": "hidden", "b": "hidden", "c": "visible",
        "d": "hidden", "t2": "visible",
    }  # fmt: skip
    assert outlook(form, {}) | {"t2": ""} == {
        "t": "visible", "u": "open", "a": "open", "b": "hidden", "c": "visible",
        "d": "hidden", "t2": "",
    }  # fmt: skip


def test_unticked_box_is_answered_unlike_empty_boxes() -> None:
    form = form_of(
        part("checkbox", "t"), text("a", conditional=when("t", "true")),
        part("selectboxes", "m", values=[YES]), text("b", conditional=when("m", "1")),
        part("select", "s"), text("c", conditional=when("s.value", "1")),
    )  # fmt: skip
    data = {"t": False, "m": {"1": False}, "s": {}}
    seen = outlook(form, data)
    assert (seen["a"], seen["b"], seen["c"]) == ("hidden", "open", "open")


def test_survey_question_is_open_separately() -> None:
    questions = [{"value": "q1", "label": "1"}, {"value": "q2", "label": "2"}]
    form = form_of(
        part("survey", "s", questions=questions, values=[YES]),
        text("a", conditional=when("s.q1", "1")), text("b", conditional=when("s.q2", "1")),
    )  # fmt: skip
    seen = outlook(form, {"s": {"q1": "1"}})
    assert (seen["a"], seen["b"]) == ("visible", "open")


def test_rows_open_by_their_own_trigger() -> None:
    form = form_of(
        part("datagrid", "g", components=[text("t"), text("a", conditional=when("g.t", "1"))])
    )
    seen = outlook(form, {"g": [{"t": "1"}, {}, {"t": "2"}]})
    assert [seen[f"g[{row}].a"] for row in range(3)] == ["visible", "open", "hidden"]


def test_trigger_hidden_in_row_closes_row() -> None:
    form = form_of(
        part("datagrid", "g", components=[
            text("t"), text("u", conditional=when("g.t", "1")),
            text("a", conditional=when("g.u", "1")),
        ])
    )  # fmt: skip
    seen = outlook(form, {"g": [{"t": "2"}, {"t": "1"}]})
    assert (seen["g[0].a"], seen["g[1].a"]) == ("hidden", "open")


def test_mutually_dependent_components_are_open() -> None:
    form = form_of(text("a", conditional=when("b", "1")), text("b", conditional=when("a", "1")))
    assert outlook(form, {}) == {"a": "open", "b": "open"}
    assert outlook(form, {"a": "1"}) == {"a": "open", "b": "visible"}


def test_addressees_are_none_survey_questions_one_instance() -> None:
    questions = [{"value": "q1", "label": "1"}, {"value": "q2", "label": "2"}]
    form = form_of(
        text("to", label="Kính gửi", properties={"addressee": True}),
        part("container", "c", components=[part("survey", "s", questions=questions, values=[])]),
    )
    assert list(shown(form, {})) == ["c.s.q1", "c.s.q2"]


def test_paths_resolve_to_values_and_templates() -> None:
    data: dict[str, object] = {"c": "", "s": {"q1": "x"}}
    put_value(data, "g[1].c.k", 5)
    put_value(data, "c.d", 6)
    assert data == {"c": {"d": 6}, "s": {"q1": "x"}, "g": [{}, {"c": {"k": 5}}]}
    assert value_at(data, "g[1].c.k") == 5
    assert value_at(data, "s.q1") == "x"
    assert value_at(data, "g[7].c") is None
    assert value_at(data, "c.d.e") is None
    remove_value(data, "g[1].c.k")
    remove_value(data, "nowhere[0].x")
    assert data["g"] == [{}, {"c": {}}]
    assert template_of("g[1].c[20].k") == "g[].c[].k"
    with pytest.raises(ValueError, match="something else"):
        put_value(data, "s.q1.z", 1)
