"""What does a JSONLogic rule say? The semantics of json-logic-js 2.0.5, null and empty included.

A rule is an object with one member, operator -> arguments; everything else stands for itself.
`get`, `log` and what Form.io's core adds (lodash functions, relative dates) are no part of it:
`foreign_operators` names them, so that a form which uses them is refused rather than misread.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from functools import reduce

from gateway.forms.javascript import (
    UNDEFINED,
    from_json,
    less,
    loose_equal,
    member,
    parse_float,
    strict_equal,
    to_number,
    to_string,
    truthy,
)


class RuleFailed(ValueError):
    """The rule cannot be evaluated; json-logic-js throws, and Form.io then shows."""


def apply(rule: object, data: object) -> object:
    """The value of a rule over data; UNDEFINED and NaN may come out. Raises RuleFailed."""
    if isinstance(rule, list):
        return [apply(each, data) for each in rule]
    if not isinstance(rule, dict) or len(rule) != 1:
        return rule
    ((operator, values),) = rule.items()
    arguments = values if isinstance(values, list) else [values]
    if operator in _LAZY:
        return _LAZY[operator](arguments, data)
    evaluated = [apply(each, data) for each in arguments]
    if operator in _ON_DATA:
        return _ON_DATA[operator](evaluated, data)
    if operator not in _PLAIN:
        raise RuleFailed("an operator that JSONLogic does not know")
    return _PLAIN[operator](evaluated)


def variables(rule: object) -> Iterator[str]:
    """Every path that a rule reads from its own data by `var`, in order."""
    if isinstance(rule, list):
        for each in rule:
            yield from variables(each)
    elif isinstance(rule, dict) and len(rule) == 1:
        ((operator, values),) = rule.items()
        arguments = values if isinstance(values, list) else [values]
        if operator == "var" and arguments and isinstance(arguments[0], str):
            yield arguments[0]
        # The second argument of these is evaluated over an item, not over the form's data.
        over_items = operator in _OVER_ITEMS
        yield from variables([*arguments[:1], *arguments[2:]] if over_items else arguments)


def foreign_operators(rule: object) -> Iterator[str]:
    """Operators that Form.io's core adds to JSONLogic and this engine does not evaluate."""
    if isinstance(rule, list):
        for each in rule:
            yield from foreign_operators(each)
    elif isinstance(rule, dict) and len(rule) == 1:
        ((operator, values),) = rule.items()
        if operator.startswith("_") or operator in _ADDED:
            yield operator
        yield from foreign_operators(values)


def as_true(value: object) -> bool:
    """JSONLogic's own truth: as JavaScript's, but an empty list is false."""
    return truthy(value) and value != []


_ADDED = frozenset({"getDate", "relativeMinDate", "relativeMaxDate"})
_OVER_ITEMS = frozenset({"filter", "map", "reduce", "all", "some", "none"})


def _argument(arguments: list[object], place: int) -> object:
    return arguments[place] if place < len(arguments) else UNDEFINED


def _if(arguments: list[object], data: object) -> object:
    pairs = len(arguments) - 1
    for place in range(0, max(pairs, 0), 2):
        if as_true(apply(arguments[place], data)):
            return apply(arguments[place + 1], data)
    return apply(arguments[-1], data) if len(arguments) % 2 else None


def _and(arguments: list[object], data: object) -> object:
    current: object = UNDEFINED
    for each in arguments:
        current = apply(each, data)
        if not as_true(current):
            return current
    return current


def _or(arguments: list[object], data: object) -> object:
    current: object = UNDEFINED
    for each in arguments:
        current = apply(each, data)
        if as_true(current):
            return current
    return current


def _items(arguments: list[object], data: object) -> tuple[list[object] | None, object]:
    scoped = apply(_argument(arguments, 0), data)
    return (scoped if isinstance(scoped, list) else None), _argument(arguments, 1)


def _filter(arguments: list[object], data: object) -> object:
    items, rule = _items(arguments, data)
    return [item for item in items or () if as_true(apply(rule, item))]


def _map(arguments: list[object], data: object) -> object:
    items, rule = _items(arguments, data)
    return [apply(rule, item) for item in items or ()]


def _reduce(arguments: list[object], data: object) -> object:
    items, rule = _items(arguments, data)
    initial = apply(arguments[2], data) if len(arguments) > 2 else None
    return reduce(
        lambda total, item: apply(rule, {"current": item, "accumulator": total}),
        items or (),
        initial,
    )


def _all(arguments: list[object], data: object) -> object:
    items, rule = _items(arguments, data)
    return bool(items) and all(as_true(apply(rule, item)) for item in items or ())


def _some(arguments: list[object], data: object) -> object:
    items, rule = _items(arguments, data)
    return any(as_true(apply(rule, item)) for item in items or ())


def _none(arguments: list[object], data: object) -> object:
    return not _some(arguments, data)


def _var(arguments: list[object], data: object) -> object:
    path, default = _argument(arguments, 0), _argument(arguments, 1)
    otherwise = None if default is UNDEFINED else default
    if path is UNDEFINED or path is None or path == "":
        return from_json(data)
    for part in to_string(path).split("."):
        if data is None or data is UNDEFINED:
            return otherwise
        data = member(data, part)
        if data is UNDEFINED:
            return otherwise
    return from_json(data)


def _missing(arguments: list[object], data: object) -> list[object]:
    first = _argument(arguments, 0)
    keys = first if isinstance(first, list) else arguments
    return [key for key in keys if (value := _var([key], data)) is None or value == ""]


def _missing_some(arguments: list[object], data: object) -> object:
    options = _argument(arguments, 1)
    if not isinstance(options, list):
        raise RuleFailed("missing_some wants a list")
    absent = _missing([options], data)
    enough = less(len(options) - len(absent), _argument(arguments, 0))
    return [] if enough is False else absent


def _compare(arguments: list[object], strictly: bool, upwards: bool) -> bool:
    left, right = _argument(arguments, 0), _argument(arguments, 1)
    if not upwards:
        left, right = right, left
    if strictly:
        return less(left, right) is True
    return less(right, left) is False


def _between(arguments: list[object], strictly: bool) -> bool:
    return _compare(arguments, strictly, True) and (
        _argument(arguments, 2) is UNDEFINED or _compare(arguments[1:], strictly, True)
    )


def _in(arguments: list[object]) -> bool:
    sought, place = _argument(arguments, 0), _argument(arguments, 1)
    if isinstance(place, str):
        return bool(place) and to_string(sought) in place
    return isinstance(place, list) and any(strict_equal(sought, item) for item in place)


def _cat(arguments: list[object]) -> str:
    return "".join("" if i is None or i is UNDEFINED else to_string(i) for i in arguments)


def _substr(arguments: list[object]) -> str:
    source = to_string(_argument(arguments, 0))
    start, length = _integer(_argument(arguments, 1)), _argument(arguments, 2)
    begin = max(len(source) + start, 0) if start < 0 else min(start, len(source))
    rest = source[int(begin) :]
    if length is UNDEFINED:
        return rest
    count = _integer(len(rest) + to_number(length) if less(length, 0) else length)
    return rest[: int(min(max(count, 0), len(rest)))]


def _integer(value: object) -> float:
    number = to_number(value)
    if number != number:
        return 0
    return number if math.isinf(number) else math.trunc(number)


def _plus(arguments: list[object]) -> float:
    return sum((parse_float(each) for each in arguments), 0.0)


def _times(arguments: list[object]) -> object:
    if not arguments:
        raise RuleFailed("nothing to multiply")
    return reduce(lambda a, b: parse_float(a) * parse_float(b), arguments)


def _minus(arguments: list[object]) -> float:
    left, right = _argument(arguments, 0), _argument(arguments, 1)
    if right is UNDEFINED:
        return -float(to_number(left))
    return float(to_number(left)) - float(to_number(right))


def _quotient(arguments: list[object]) -> float:
    left, right = (float(to_number(_argument(arguments, place))) for place in (0, 1))
    if right == 0:
        signed = math.copysign(1, left) * math.copysign(1, right)
        return math.nan if left == 0 or left != left else math.copysign(math.inf, signed)
    return left / right


def _remainder(arguments: list[object]) -> float:
    left, right = (float(to_number(_argument(arguments, place))) for place in (0, 1))
    if right == 0 or right != right or left != left or math.isinf(left):
        return math.nan
    return math.fmod(left, right)


def _extreme(arguments: list[object], sign: int) -> float:
    numbers = [float(to_number(each)) for each in arguments]
    if any(number != number for number in numbers):
        return math.nan
    return sign * max((sign * number for number in numbers), default=-math.inf)


def _merge(arguments: list[object]) -> list[object]:
    merged: list[object] = []
    for each in arguments:
        merged.extend(each if isinstance(each, list) else [each])
    return merged


_LAZY: Mapping[str, Callable[[list[object], object], object]] = {
    "if": _if,
    "?:": _if,
    "and": _and,
    "or": _or,
    "filter": _filter,
    "map": _map,
    "reduce": _reduce,
    "all": _all,
    "some": _some,
    "none": _none,
}
_ON_DATA: Mapping[str, Callable[[list[object], object], object]] = {
    "var": _var,
    "missing": _missing,
    "missing_some": _missing_some,
}
_PLAIN: Mapping[str, Callable[[list[object]], object]] = {
    "==": lambda a: loose_equal(_argument(a, 0), _argument(a, 1)),
    "!=": lambda a: not loose_equal(_argument(a, 0), _argument(a, 1)),
    "===": lambda a: strict_equal(_argument(a, 0), _argument(a, 1)),
    "!==": lambda a: not strict_equal(_argument(a, 0), _argument(a, 1)),
    ">": lambda a: _compare(a, strictly=True, upwards=False),
    ">=": lambda a: _compare(a, strictly=False, upwards=False),
    "<": lambda a: _between(a, strictly=True),
    "<=": lambda a: _between(a, strictly=False),
    "!!": lambda a: as_true(_argument(a, 0)),
    "!": lambda a: not as_true(_argument(a, 0)),
    "in": _in,
    "cat": _cat,
    "substr": _substr,
    "+": _plus,
    "*": _times,
    "-": _minus,
    "/": _quotient,
    "%": _remainder,
    "min": lambda a: _extreme(a, -1),
    "max": lambda a: _extreme(a, 1),
    "merge": _merge,
    "log": lambda a: _argument(a, 0),
}
