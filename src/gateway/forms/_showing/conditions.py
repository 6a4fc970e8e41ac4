"""Evaluate a component's own condition (`@formio/core` 2.8, `conditionProcessInfo`).

A component carries at most one effective condition: `conditions[]` beats `when`, `when` beats
`json`. Conditions are compiled once for a form; a condition that says nothing shows.
"""

from collections.abc import Sequence

from gateway.domain.errors import FormRefused
from gateway.forms._reading.decoding import decode_strictly
from gateway.forms._reading.templates import Component, member_of
from gateway.forms._reading.tree import Node, Shows, Trigger, container_of
from gateway.forms._showing.javascript import (
    UNDEFINED,
    from_json,
    get,
    has,
    member,
    to_string,
    truthy,
)
from gateway.forms._showing.logic import RuleFailed, apply, names_what_it_reads, variables
from gateway.forms._showing.operators import compiled, is_blank
from gateway.forms._showing.triggers import Places, component_for, trigger_for


def compile_conditions(nodes: Sequence[Node]) -> None:
    """Give every node its compiled condition and the components that it hangs on."""
    places = Places(nodes)
    for node in nodes:
        condition = member_of(node.component, "conditional")
        named = [trigger_for(path, node, places) for path in paths_named(node.component)]
        node.triggers = tuple(named)
        if is_typed(condition):
            node.shows = _typed(condition, node, places)
        elif condition.get("when"):
            node.shows = _when(condition, named[0])
        elif is_rule(condition):
            node.shows = _rule(condition["json"], node)
        can_hide = node.hidden or node.type == "hidden" or node.shows is not None
        node.gate = node if can_hide else node.parent.gate if node.parent else None


def is_typed(condition: Component) -> bool:
    """Whether `conditions[]` is the condition that counts."""
    return truthy(condition.get("conjunction", UNDEFINED)) and truthy(
        condition.get("conditions", UNDEFINED)
    )


def is_rule(condition: Component) -> bool:
    """Whether there is a JSONLogic rule."""
    return isinstance(condition.get("json"), dict | list)


def paths_named(component: Component) -> list[str]:
    """The paths of the effective condition's triggers, as they are written."""
    condition = member_of(component, "conditional")
    if is_typed(condition):
        named = [each.get("component") for each in entries_of(condition)]
        return [path for path in named if isinstance(path, str) and path]
    if when := condition.get("when"):
        return [to_string(when)]
    if is_rule(condition):
        return [path for path in map(_in_scope, variables(condition["json"])) if path]
    return []


def names_its_triggers(component: Component) -> bool:
    """Whether all that the effective condition reads stands among `paths_named`."""
    condition = member_of(component, "conditional")
    if is_typed(condition) or condition.get("when") or not is_rule(condition):
        return True
    return names_what_it_reads(condition["json"])


def scopes_named(component: Component) -> set[str]:
    """The first parts of every variable of the effective JSONLogic rule: `data`, `row`, …"""
    condition = member_of(component, "conditional")
    if is_typed(condition) or condition.get("when") or not is_rule(condition):
        return set()
    return {path.partition(".")[0] for path in variables(condition["json"])}


def _in_scope(variable: str) -> str:
    scope, _, path = variable.partition(".")
    return path if scope in ("data", "row") else ""


def entries_of(condition: Component) -> list[Component]:
    """The lines of `conditions[]`."""
    entries = condition.get("conditions")
    return [each for each in entries if isinstance(each, dict)] if isinstance(entries, list) else []


def _when(condition: Component, trigger: Trigger) -> Shows:
    equal = to_string(from_json(condition.get("eq", UNDEFINED)))
    show = to_string(from_json(condition.get("show", UNDEFINED)))
    shown, read = show == "true", trigger.read

    def shows(data: object, scope: object, rows: tuple[int, ...]) -> bool:
        value = read(data, rows)
        if isinstance(value, str):
            return (value == equal) is shown
        value = from_json(value)
        if isinstance(value, dict | list) and has(value, equal):
            return to_string(member(value, equal)) == show
        if isinstance(value, list) and equal in map(to_string, value):
            return shown
        return (to_string(value) == equal) is shown

    return shows


def _rule(rule: object, node: Node) -> Shows:
    rule, container = from_json(rule), container_of(node)

    def shows(data: object, scope: object, rows: tuple[int, ...]) -> bool:
        row = get(scope, container) if container else scope
        try:
            show = apply(rule, {"data": data, "row": None if row is UNDEFINED else row})
        except (RuleFailed, RecursionError):
            return True
        return show is None or show is UNDEFINED or truthy(show)

    return shows


def _typed(condition: Component, node: Node, places: Places) -> Shows | None:
    entries = [each for each in entries_of(condition) if truthy(each.get("component", UNDEFINED))]
    if not entries_of(condition):
        return None
    tests = [_Entry(each, node, places) for each in entries]
    show, any_of = _show(condition.get("show", True)), condition.get("conjunction") == "any"

    def shows(data: object, scope: object, rows: tuple[int, ...]) -> bool:
        # A null result counts neither way: core filters it out.
        results = [r for test in tests if (r := test(data, rows)) is not None]
        result = any(map(truthy, results)) if any_of else all(map(truthy, results))
        return result is show

    return shows


def _show(show: object) -> bool:
    if isinstance(show, str):
        try:
            show = decode_strictly(show.encode("utf-8", "replace"))
        except FormRefused:
            return bool(show)
    return truthy(from_json(show))


class _Entry:
    """One line of `conditions[]`."""

    __slots__ = ("blank", "found", "path", "read", "test")

    def __init__(self, entry: Component, node: Node, places: Places) -> None:
        self.path = to_string(entry.get("component"))
        self.found = component_for(self.path, places)
        self.read = trigger_for(self.path, node, places).read
        operator = to_string(entry.get("operator"))
        self.blank = {"isEmpty": True, "isNotEmpty": False}.get(operator)
        boxes = self.found is not None and self.found.type == "selectboxes"
        self.test = compiled(operator, from_json(entry.get("value", UNDEFINED)), boxes)

    def __call__(self, data: object, rows: tuple[int, ...]) -> object:
        value = from_json(self.read(data, rows)) if self.found else None
        if self.blank is not None:
            return is_blank(self.found, value, self.path, data) is self.blank
        return self.test(value)
