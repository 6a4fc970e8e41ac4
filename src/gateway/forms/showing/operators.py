"""What do the operators of `conditions[]` say? As Form.io's core evaluates them.

Each takes the trigger's value (for a list: each item, one match is enough), the value to compare
with, and whether the trigger is a set of select boxes. Dates without a zone are read in Vietnam.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TypeAlias

from gateway.domain.errors import FormRefused
from gateway.forms.reading.decoding import decode_strictly
from gateway.forms.reading.mistakes import NotOfType
from gateway.forms.reading.tree import Kind, Node, is_row
from gateway.forms.showing.instants import instant_of
from gateway.forms.showing.javascript import (
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

Test: TypeAlias = Callable[[object, object, bool], object]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def holds(operator: str, value: object, compared: object, boxes: bool) -> object:
    """Whether the operator holds, with JavaScript's truth; an unknown operator always does."""
    test = _TESTS.get(operator)
    if test is None:
        return True
    if isinstance(value, list):
        return any(truthy(test(item, compared, boxes)) for item in value)
    return test(value, compared, boxes)


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
        return _nothing(value) or all(is_blank(below, inner, "", None) for below, inner in held)
    if node.type == "selectboxes":
        return _nothing(value) or not _ticked(value)
    if node.type == "textarea":
        return _nothing(value.strip() if isinstance(value, str) else value, empty="")
    if node.type in ("textfield", "phoneNumber"):
        return value is None or value is UNDEFINED or not to_string(value).strip()
    if node.type == "datetime":
        return _nothing(value, empty="") or to_string(value) == "Invalid date"
    return _nothing(value, empty="" if node.type in ("day", "time") else None)


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


def _equal(value: object, compared: object, boxes: bool) -> object:
    if boxes and isinstance(value, dict | list):
        ticked = get(value, to_string(compared))
        return False if ticked is UNDEFINED else ticked
    asked = truthy(value) or value is False
    if asked and isinstance(compared, str) and compared and type_of(value) != "string":
        try:
            compared = from_json(decode_strictly(compared.encode()))
        except (FormRefused, UnicodeEncodeError):
            return same(value, compared)
    return same(value, compared)


def _not_equal(value: object, compared: object, boxes: bool) -> object:
    return not truthy(_equal(value, compared, boxes))


def _ordered(
    value: object, compared: object, boxes: bool, *, above: bool, or_equal: bool
) -> object:
    if not is_number(value):
        return False
    beyond = less(compared, value) if above else less(value, compared)
    return beyond is True or (or_equal and same(value, compared))


def _includes(value: object, compared: object, boxes: bool) -> object:
    if isinstance(value, str):
        return to_string(compared) in value
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(strict_equal(item, compared) for item in items)


def _begins(value: object, compared: object, boxes: bool) -> object:
    return _lodash_text(value).startswith(to_string(compared))


def _ends(value: object, compared: object, boxes: bool) -> object:
    return _lodash_text(value).endswith(to_string(compared))


def _lodash_text(value: object) -> str:
    return "" if value is None or value is UNDEFINED else to_string(value)


def _dated(
    value: object, compared: object, boxes: bool, *, test: Callable[[float, float], bool]
) -> bool:
    if not truthy(value):
        return False
    left, right = _milliseconds(value), _milliseconds(compared)
    return left is not None and right is not None and test(left, right)


def _not_same_date(value: object, compared: object, boxes: bool) -> object:
    return not _dated(value, compared, boxes, test=lambda left, right: left == right)


def _milliseconds(value: object) -> float | None:
    if is_number(value):
        return float(Decimal(to_string(value)))
    if not isinstance(value, str):
        return None
    try:
        return (instant_of(value) - _EPOCH) / timedelta(milliseconds=1)
    except NotOfType:
        return None


_TESTS: Mapping[str, Test] = {
    "isEqual": _equal,
    "isNotEqual": _not_equal,
    "greaterThan": partial(_ordered, above=True, or_equal=False),
    "greaterThanOrEqual": partial(_ordered, above=True, or_equal=True),
    "lessThan": partial(_ordered, above=False, or_equal=False),
    "lessThanOrEqual": partial(_ordered, above=False, or_equal=True),
    "includes": _includes,
    "notIncludes": lambda value, compared, boxes: not _includes(value, compared, boxes),
    "startsWith": _begins,
    "endsWith": _ends,
    "dateGreaterThan": partial(_dated, test=lambda left, right: left > right),
    "dateGreaterThanOrEqual": partial(_dated, test=lambda left, right: left >= right),
    "dateLessThan": partial(_dated, test=lambda left, right: left < right),
    "dateLessThanOrEqual": partial(_dated, test=lambda left, right: left <= right),
    "isDateEqual": partial(_dated, test=lambda left, right: left == right),
    "isNotDateEqual": _not_same_date,
}
