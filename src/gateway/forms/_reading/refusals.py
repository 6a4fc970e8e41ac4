"""Refuse forms that cannot be counted honestly, naming each place with its code.

=====================  ==========================================================================
not_json, too_deep     no JSON document that is read alike everywhere (`decoding`)
not_a_form             no object with a list `components`
several_forms          a project export: one of its forms is to be named
too_large              more fields than a form-version leaf of 64 KB holds
path_too_long          a path of more than 1,000 characters
bad_component(s)       a place where a component, or a list of them, should stand
bad_key                an input without a key that can stand in a path
duplicate_path         two inputs share one place in the data
unknown_type           a component type that is not understood
script_condition       a condition in JavaScript that bears on what is counted
script_logic           Form.io `logic` in JavaScript that does
unsupported_logic      `logic` without JavaScript that hides, requires or replaces
unsupported_operator   JSONLogic beyond json-logic-js
unsupported_scope      JSONLogic over anything but `data` and `row`
unsupported_date       an operator on dates without a date to compare with, or on what holds none
cycle_of_conditions    a component that shows only by what it shows itself, through others or not
script_value           a script as default value or data source
script_content         a text that brings a script along: an element, a handler, an address
unsupported_source     choices from a place that the gateway does not serve
absolute_address       an address that leads away from the gateway
foreign_address        a relative address outside `/catalogue/`, or one that climbs out of it
bad_options            choices that cannot be read
named_checkbox         a check box with a `name` that is not of `inputType: radio`
addressee_label        an addressee line that is not labelled *Kính gửi*, or is more than one line
addressee_twice        a second addressee line
=====================  ==========================================================================
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from gateway.domain.errors import FieldProblem
from gateway.domain.signs import normalized
from gateway.forms._reading.cycles import in_cycles
from gateway.forms._reading.templates import (
    Component,
    data_source,
    is_box,
    member_of,
    property_of,
    read_json_items,
)
from gateway.forms._reading.tree import Kind, Node
from gateway.forms._showing.conditions import (
    entries_of,
    is_rule,
    is_typed,
    paths_named,
    scopes_named,
)
from gateway.forms._showing.javascript import UNDEFINED, from_json, to_string
from gateway.forms._showing.logic import foreign_operators
from gateway.forms._showing.operators import DATE_OPERATORS
from gateway.forms._showing.triggers import Places, component_for

_ABSOLUTE = re.compile(r"[\s\x00-\x1f]*(?!data:)(?:[A-Za-z][A-Za-z0-9+.\-]*:|[\\/]{2})")
_LOADED_FROM = re.compile(
    r"\b(?:src|srcset|action|data|poster)\s*+=\s*+(?:[\"']\s*+)?(?:[a-z]++:)?//", re.I
)
_SCRIPT = re.compile(r"<script\b|\bjavascript\s*+:", re.I)
_TAG = re.compile(r"<(?:[^>\"']|\"[^\"]*+\"|'[^']*+'|[\"'])*+")
"""What follows a `<`: quoted text may hold a `>`, an unclosed quote is a sign like any other."""
_HANDLER = re.compile(r"[\s/\"']on[a-z]++\s*+=", re.I)
_ADDRESS_KEYS = frozenset({"url", "src", "srcset", "href", "action", "data-src", "downloadUrl"})
_LOADING_ATTRIBUTES = _ADDRESS_KEYS - {"href"}
_ADDRESSEE = "kính gửi"
_OBJECTS = frozenset({"selectboxes", "survey", "address", "file"})
"""Inputs whose value is an object, or a list of them."""
_BELOW = frozenset({"components", "columns", "rows"})
_SCOPES = frozenset(
    [
        "form",
        "component",
        "submission",
        "config",
        "options",
        "instance",
        "value",
        "input",
        "path",
        "paths",
        "scope",
    ]
)
_COUNTING_PROPERTIES = frozenset({"hidden", "validate.required", "multiple", "type", "key"})


def problems_of(nodes: Sequence[Node], shared: frozenset[str]) -> list[FieldProblem]:
    """Every reason to refuse a form whose tree could be built, in form order.

    At the `shared` paths several check boxes make one field.
    """
    named = {
        part for node in nodes for path in paths_named(node.component) for part in _parts(path)
    }
    twice = {
        path
        for path, count in Counter(node.path for node in nodes if node.holds_data).items()
        if count > 1 and path not in shared
    }
    places, found = Places(nodes), list[FieldProblem]()
    addressees = 0
    for node in nodes:
        codes = list(_values(node))
        if node.templates and property_of(node.component, "addressee"):
            addressees += 1
            codes += _addressee(node, addressees)
        if node.holds_data and node.path in twice:
            codes.append("duplicate_path")
        if any(below.templates or {below.key, below.name} & named for below in node.walk()):
            codes += _conditions(node.component, places)
            codes += _logic(node.component)
        found += [FieldProblem(_place(node), code) for code in dict.fromkeys(codes)]
    return found


def loops_of(nodes: Sequence[Node]) -> list[FieldProblem]:
    """Every component in a loop of conditions, in form order; the conditions are compiled before."""
    return [FieldProblem(_place(node), "cycle_of_conditions") for node in in_cycles(nodes)]


def _place(node: Node) -> str:
    return node.path if node.holds_data else node.full


def _parts(path: str) -> set[str]:
    return {path, *re.split(r"[.\[]", path)}


def _conditions(component: Component, places: Places) -> Iterator[str]:
    custom = component.get("customConditional")
    if isinstance(custom, str) and custom.strip():
        yield "script_condition"
    condition = member_of(component, "conditional")
    effective = not is_typed(condition) and not condition.get("when") and is_rule(condition)
    if effective and any(foreign_operators(condition["json"])):
        yield "unsupported_operator"
    if scopes_named(component) & _SCOPES:
        yield "unsupported_scope"
    if is_typed(condition) and not all(
        _can_be_dated(each, places) for each in entries_of(condition)
    ):
        yield "unsupported_date"


def _can_be_dated(entry: Component, places: Places) -> bool:
    """Whether one line of `conditions[]` compares no dates, or dates that the clock has no part in.

    moment reads what is left out, and whatever an object does not say, from the clock.
    """
    if to_string(from_json(entry.get("operator"))) not in DATE_OPERATORS:
        return True
    path, compared = entry.get("component"), entry.get("value", UNDEFINED)
    found = component_for(path, places) if isinstance(path, str) else None
    if compared is UNDEFINED or isinstance(compared, list | dict):
        return False
    return found is None or (
        found.kind is Kind.INPUT
        and found.type not in _OBJECTS
        and not any(template.item_shape for template in found.templates)
    )


def _logic(component: Component) -> Iterator[str]:
    rules = component.get("logic")
    for rule in rules if isinstance(rules, list) else ():
        if isinstance(rule, Mapping):
            yield from _rule(rule)


def _rule(rule: Mapping[str, object]) -> Iterator[str]:
    actions = rule.get("actions")
    counting = [
        action
        for action in (actions if isinstance(actions, list) else ())
        if isinstance(action, Mapping) and _bears(action)
    ]
    if not counting:
        return
    scripted = member_of(rule, "trigger").get("type") == "javascript"
    values = any(action.get("type") in ("value", "customAction") for action in counting)
    yield "script_logic" if scripted or values else "unsupported_logic"


def _bears(action: Mapping[str, object]) -> bool:
    if action.get("type") != "property":
        return True
    return member_of(action, "property").get("value") in _COUNTING_PROPERTIES


def _values(node: Node) -> Iterator[str]:
    component = node.component
    if _is_script(component.get("customDefaultValue")):
        yield "script_value"
    if node.type in ("select", "radio"):
        yield from _source(component)
    if node.type == "checkbox" and component.get("name") and not is_box(component):
        yield "named_checkbox"
    yield from _addresses({k: v for k, v in component.items() if k not in _BELOW})
    for name in ("content", "html"):
        text = component.get(name)
        if isinstance(text, str) and _LOADED_FROM.search(text):
            yield "absolute_address"
        if isinstance(text, str) and _brings_script(text):
            yield "script_content"
    if component.get("tag") == "script" or any(map(_is_handler, _attributes(component))):
        yield "script_content"


def _brings_script(text: str) -> bool:
    tags = _TAG.findall(text)
    return _SCRIPT.search(text) is not None or any(map(_HANDLER.search, tags))


def _attributes(component: Component) -> Iterator[str]:
    attributes = component.get("attrs")
    for one in attributes if isinstance(attributes, list) else ():
        if isinstance(one, Mapping) and isinstance(one.get("attr"), str):
            yield one["attr"]


def _is_handler(attribute: str) -> bool:
    return attribute.strip().lower().startswith("on")


def _is_script(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _source(component: Component) -> Iterator[str]:
    match data_source(component):
        case "values":
            return
        case "json":
            if read_json_items(component) is None:
                yield "bad_options"
        case "custom":
            yield "script_value"
        case "url":
            yield from _remote(member_of(component, "data").get("url"))
        case _:
            yield "unsupported_source"


def _remote(url: object) -> Iterator[str]:
    if not isinstance(url, str) or not url.strip():
        yield "unsupported_source"
    elif not _ABSOLUTE.match(url):
        steps = re.split(r"[/\\?#]", url.replace("%2e", ".").replace("%2E", "."))
        if not url.startswith("/catalogue/") or ".." in steps or "\\" in url:
            yield "foreign_address"


def _addressee(node: Node, number: int) -> Iterator[str]:
    label = normalized("NFC", str(node.component.get("label") or "")).strip().rstrip(":.… ")
    if label.casefold() != _ADDRESSEE or node.groups or len(node.templates) != 1:
        yield "addressee_label"
    if number > 1:
        yield "addressee_twice"


def _addresses(member: object) -> Iterator[str]:
    if isinstance(member, list):
        for each in member:
            yield from _addresses(each)
    elif isinstance(member, dict):
        for key, value in member.items():
            if key in _ADDRESS_KEYS and isinstance(value, str) and _ABSOLUTE.match(value):
                yield "absolute_address"
            elif value and isinstance(value, dict | list):
                yield from _addresses(value)
        attribute, value = member.get("attr"), member.get("value")
        if attribute in _LOADING_ATTRIBUTES and isinstance(value, str) and _ABSOLUTE.match(value):
            yield "absolute_address"
