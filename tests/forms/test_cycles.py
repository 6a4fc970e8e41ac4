"""Loops of conditions: each one is found with all its places, and what only looks like one is not."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from gateway.domain.errors import FieldProblem, FormRefused
from gateway.forms.definition import read_countable, read_definition

from .building import box, part, text, typed, when


def rule(path: str) -> dict[str, Any]:
    return {"json": {"==": [{"var": f"data.{path}"}, "1"]}}


LOOPS: Mapping[str, tuple[list[dict[str, Any]], list[str]]] = {
    "a field waits for itself": ([text("a", conditional=when("a", "1"))], ["a"]),
    "two fields wait for each other": (
        [text("a", conditional=when("b", "1")), text("b", conditional=rule("a"))],
        ["a", "b"],
    ),
    "three fields in a ring, one of them by a list of conditions": (
        [
            text("a", conditional=when("b", "1")),
            text("b", conditional=typed(("c", "isEqual", "1"))),
            text("c", conditional=rule("a")),
            text("aside", conditional=when("a", "1")),
        ],
        ["a", "b", "c"],
    ),
    "a panel waits for what stands in it": (
        [part("panel", "p", input=False, conditional=when("a", "1"), components=[text("a")])],
        ["p"],
    ),
    "a panel waits for what a field in it opens": (
        [
            part("panel", "p", input=False, conditional=when("b", "1"), components=[text("a")]),
            text("b", conditional=when("a", "1")),
        ],
        ["p", "b"],
    ),
    "a column waits for its neighbour and the other way round": (
        [
            part(
                "datagrid",
                "g",
                components=[
                    text("a", conditional=when("g.b", "1")),
                    text("b", conditional=when("g.a", "1")),
                ],
            )
        ],
        ["g[].a", "g[].b"],
    ),
    "a check box waits for the other one of its name": (
        [box("1"), box("2", conditional=when("chon", "1"))],
        ["chon"],
    ),
    "a field waits for a check box that waits for it": (
        [box("1"), box("2", conditional=when("a", "1")), text("a", conditional=when("chon", "1"))],
        ["chon", "a"],
    ),
}
NO_LOOPS: Mapping[str, list[dict[str, Any]]] = {
    "a chain": [
        text("a"),
        text("b", conditional=when("a", "1")),
        text("c", conditional=when("b", "1")),
    ],
    "check boxes of one name that show by another answer": [
        text("a"),
        box("1", conditional=when("a", "1")),
        box("2", conditional=when("a", "1")),
        text("b", conditional=when("chon", "1")),
    ],
    "two ways to one field": [
        text("a"),
        text("b", conditional=when("a", "1")),
        text("c", conditional=typed(("a", "isEqual", "1"), ("b", "isEqual", "1"))),
    ],
    "a field waits for its neighbour in a panel that waits for another": [
        text("a"),
        part(
            "panel",
            "p",
            input=False,
            conditional=when("a", "1"),
            components=[text("b"), text("c", conditional=when("b", "1"))],
        ),
    ],
}


def raw(components: list[dict[str, Any]]) -> bytes:
    return json.dumps({"components": components}).encode()


@pytest.mark.parametrize("loop", LOOPS)
def test_cycle_of_conditions_names_every_place(loop: str) -> None:
    components, places = LOOPS[loop]
    with pytest.raises(FormRefused) as refused:
        read_countable(raw(components))
    assert refused.value.problems == tuple(
        FieldProblem(place, "cycle_of_conditions") for place in places
    )


@pytest.mark.parametrize("form", NO_LOOPS)
def test_dead_end_is_no_cycle(form: str) -> None:
    assert read_countable(raw(NO_LOOPS[form])).fields


def test_cycle_is_decided_as_by_formio() -> None:
    assert read_definition(raw(LOOPS["a field waits for itself"][0])).fields
