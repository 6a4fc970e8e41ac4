"""Evaluate the operators of `conditions[]`, as Form.io's core does.

An operator is compiled with the value it compares with, once for a form; the result takes the
trigger's value (for a list: each item, one match is enough). Points in time are those that moment
reads of a value, see `moments.py`: a `day` component's `09/26/2024` is month first to the core,
whatever the component says of its order.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from gateway.domain.errors import FormRefused
from gateway.forms._reading.decoding import decode_strictly
from gateway.forms._reading.tree import Kind, Node, is_row
from gateway.forms._showing.javascript import (
    SPACE,
    UNDEFINED,
    from_json,
    get,
    is_number,
    less,
    same,
    strict_equal,
    to_string,
    truthy,
    type_of,
)
from gateway.forms._showing.moments import moment_of

Test: TypeAlias = Callable[[object], object]
"""One line of a condition: the trigger's value -> whether it holds, with JavaScript's truth."""

DATE_OPERATORS: Final = frozenset(
    [
        "isDateEqual",
        "isNotDateEqual",
        "dateGreaterThan",
        "dateGreaterThanOrEqual",
        "dateLessThan",
        "dateLessThanOrEqual",
    ]
)
"""Operators that compare points in time."""

_EDITOR_BLANKS = re.compile(
    r"^<p>&nbsp;</p>|<p>&nbsp;</p>\Z|^<p><br></p>|<p><br></p>\Z|^<p><br>&nbsp;</p>|<p><br>&nbsp;</p>\Z"
)


def compiled(operator: str, compared: object, boxes: bool) -> Test:
    """The test of an operator against a value; an unknown operator always holds.

    `boxes` says that the trigger is a set of select boxes.
    """
    make = _MADE_BY.get(operator)
    if make is None:
        return lambda value: True
    test = _ticked_box(compared, operator) if boxes and operator in _EQUALS else make(compared)

    def holds(value: object) -> object:
        if isinstance(value, list):
            return any(truthy(test(item)) for item in value)
        return test(value)

    return holds


def is_blank(node: Node | None, value: object, path: str, data: object) -> bool:
    """Core's `isEmpty`: blank text, an unticked box, rows that hold nothing."""
    if value is None or value is UNDEFINED:
        value = from_json(get(data, path))
    if node is None:
        return _nothing(value)
    if node.type == "checkbox":
        return _nothing(value) or value is False
    if node.type == "address":
        return _blank_address(value)
    if node.kind in (Kind.GROUP, Kind.CONTAINER) or "components" in node.component:
        # Core looks below a scope from the form's own data, wherever the scope stands.
        held = _held_below([node], data)
        inside = (is_blank(one, inner, "", None) for one, inner in held if one.name != node.name)
        return _nothing(value) or all(inside)
    if node.type == "selectboxes":
        return _nothing(value) or not _ticked(value)
    if node.type == "textarea":
        return _nothing(_without_blanks(node, value), empty="")
    if node.type in ("textfield", "phoneNumber"):
        return value is None or value is UNDEFINED or not to_string(value).strip(SPACE)
    if node.type == "datetime":
        return _nothing(value, empty="") or to_string(value) == "Invalid date"
    return _nothing(value, empty="" if node.type in ("day", "time") else None)


def _without_blanks(node: Node, value: object) -> object:
    """A text area's value without blanks at its ends; with an editor, without its empty lines."""
    if not (node.component.get("wysiwyg") or node.component.get("editor")):
        return value.strip(SPACE) if isinstance(value, str) else value
    if isinstance(value, list):
        return [_without_empty_lines(each) for each in value]
    return _without_empty_lines(value)


def _without_empty_lines(value: object) -> object:
    return _EDITOR_BLANKS.sub("", value).strip(SPACE) if isinstance(value, str) else value


def _nothing(value: object, empty: object = None) -> bool:
    if value is None or value is UNDEFINED or value in ("", []):
        return True
    return isinstance(value, list) and len(value) == 1 and same(value[0], empty)


def _blank_address(value: object) -> bool:
    if not isinstance(value, dict):
        return _nothing(value)
    parts = [part for key, part in value.items() if key not in ("mode", "address")]
    return not any(map(truthy, parts))


def _ticked(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(truthy, value.values()))
    return isinstance(value, str) or (isinstance(value, list) and any(map(truthy, value)))


def _held_below(nodes: Sequence[Node], scope: object) -> Iterator[tuple[Node, object]]:
    """Every input below a scope, with the value that stands there."""
    for node in nodes:
        held = get(scope, node.key) if node.holds_data else scope
        if node.kind is Kind.INPUT:
            yield node, from_json(held)
        elif node.kind is not Kind.GROUP:
            yield from _held_below(node.children, held)
        elif isinstance(held, list):
            for row in filter(is_row, held):
                yield from _held_below(node.children, row)


def _equal(compared: object) -> Test:
    parsed = _parsed(compared)

    def test(value: object) -> object:
        asked = truthy(value) or value is False
        retyped = asked and type_of(value) != "string"
        return same(value, parsed if retyped else compared)

    return test


def _parsed(compared: object) -> object:
    """A text as the JSON that it holds, what is none as it is."""
    if not isinstance(compared, str) or not compared:
        return compared
    try:
        return from_json(decode_strictly(compared.encode()))
    except (FormRefused, UnicodeEncodeError):
        return compared


def _ticked_box(compared: object, operator: str) -> Test:
    box, plain, equal = to_string(compared), _equal(compared), operator == "isEqual"

    def test(value: object) -> object:
        if not isinstance(value, dict | list):
            return truthy(plain(value)) is equal
        ticked = get(value, box)
        return (ticked is not UNDEFINED and truthy(ticked)) is equal

    return test


def _less(compared: object) -> Test:
    return lambda value: is_number(value) and less(value, compared) is True


def _greater(compared: object) -> Test:
    return lambda value: is_number(value) and less(compared, value) is True


def _or_equal(make: Callable[[object], Test]) -> Callable[[object], Test]:
    def made(compared: object) -> Test:
        beyond = make(compared)
        return lambda value: beyond(value) or (is_number(value) and same(value, compared))

    return made


def _includes(compared: object) -> Test:
    text = to_string(compared)

    def test(value: object) -> object:
        if isinstance(value, str):
            return text in value
        items = (
            value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        )
        return any(strict_equal(item, compared) for item in items)

    return test


def _begins(compared: object) -> Test:
    text = to_string(compared)
    return lambda value: _lodash_text(value).startswith(text)


def _ends(compared: object) -> Test:
    text = to_string(compared)
    return lambda value: _lodash_text(value).endswith(text)


def _lodash_text(value: object) -> str:
    return "" if value is None or value is UNDEFINED else to_string(value)


def _not(make: Callable[[object], Test]) -> Callable[[object], Test]:
    def made(compared: object) -> Test:
        test = make(compared)
        return lambda value: not truthy(test(value))

    return made


def _dated(compare: Callable[[float, float], bool]) -> Callable[[object], Test]:
    def made(compared: object) -> Test:
        right = moment_of(compared)

        def test(value: object) -> object:
            if right is None or not truthy(value):
                return False
            left = moment_of(value)
            return left is not None and compare(left, right)

        return test

    return made


_EQUALS = frozenset({"isEqual", "isNotEqual"})
_MADE_BY: Mapping[str, Callable[[object], Test]] = {
    "isEqual": _equal,
    "isNotEqual": _not(_equal),
    "greaterThan": _greater,
    "greaterThanOrEqual": _or_equal(_greater),
    "lessThan": _less,
    "lessThanOrEqual": _or_equal(_less),
    "includes": _includes,
    "notIncludes": _not(_includes),
    "startsWith": _begins,
    "endsWith": _ends,
    "dateGreaterThan": _dated(lambda left, right: left > right),
    "dateGreaterThanOrEqual": _dated(lambda left, right: left >= right),
    "dateLessThan": _dated(lambda left, right: left < right),
    "dateLessThanOrEqual": _dated(lambda left, right: left <= right),
    "isDateEqual": _dated(lambda left, right: left == right),
    "isNotDateEqual": _not(_dated(lambda left, right: left == right)),
}
