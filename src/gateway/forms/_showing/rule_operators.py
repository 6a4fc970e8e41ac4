"""Apply JSONLogic's operators to evaluated arguments, as json-logic-js 2.0.5 does."""

import math
from collections.abc import Callable, Mapping
from functools import reduce

from gateway.forms._showing.javascript import (
    UNDEFINED,
    is_number,
    less,
    loose_equal,
    parse_float,
    strict_equal,
    to_number,
    to_string,
    truthy,
)


class RuleFailed(ValueError):
    """The rule cannot be evaluated; json-logic-js throws, and Form.io then shows."""


def as_true(value: object) -> bool:
    """JSONLogic's own truth: as JavaScript's, but an empty list is false."""
    return truthy(value) and value != []


def argument(arguments: list[object], place: int) -> object:
    """The argument at a place, UNDEFINED beyond the last."""
    return arguments[place] if place < len(arguments) else UNDEFINED


def _compare(arguments: list[object], strictly: bool, upwards: bool) -> bool:
    left, right = argument(arguments, 0), argument(arguments, 1)
    if not upwards:
        left, right = right, left
    if strictly:
        return less(left, right) is True
    return less(right, left) is False


def _between(arguments: list[object], strictly: bool) -> bool:
    return _compare(arguments, strictly, True) and (
        argument(arguments, 2) is UNDEFINED or _compare(arguments[1:], strictly, True)
    )


def _in(arguments: list[object]) -> bool:
    sought, place = argument(arguments, 0), argument(arguments, 1)
    if isinstance(place, str):
        return bool(place) and to_string(sought) in place
    return isinstance(place, list) and any(strict_equal(sought, item) for item in place)


def _cat(arguments: list[object]) -> str:
    return "".join("" if i is None or i is UNDEFINED else to_string(i) for i in arguments)


def _substr(arguments: list[object]) -> str:
    source = to_string(argument(arguments, 0))
    start, length = _integer(argument(arguments, 1)), argument(arguments, 2)
    begin = max(len(source) + start, 0) if start < 0 else min(start, len(source))
    rest = source[int(begin) :]
    if length is UNDEFINED:
        return rest
    if not less(length, 0):
        count = _integer(length)
    elif is_number(length):
        count = _integer(len(rest) + to_number(length))
    else:
        count = 0  # a text is hung on the number, and "5-1" is none
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
    left, right = argument(arguments, 0), argument(arguments, 1)
    if right is UNDEFINED:
        return -float(to_number(left))
    return float(to_number(left)) - float(to_number(right))


def _quotient(arguments: list[object]) -> float:
    left, right = (float(to_number(argument(arguments, place))) for place in (0, 1))
    if right == 0:
        signed = math.copysign(1, left) * math.copysign(1, right)
        return math.nan if left == 0 or left != left else math.copysign(math.inf, signed)
    return left / right


def _remainder(arguments: list[object]) -> float:
    left, right = (float(to_number(argument(arguments, place))) for place in (0, 1))
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


PLAIN: Mapping[str, Callable[[list[object]], object]] = {
    "==": lambda a: loose_equal(argument(a, 0), argument(a, 1)),
    "!=": lambda a: not loose_equal(argument(a, 0), argument(a, 1)),
    "===": lambda a: strict_equal(argument(a, 0), argument(a, 1)),
    "!==": lambda a: not strict_equal(argument(a, 0), argument(a, 1)),
    ">": lambda a: _compare(a, strictly=True, upwards=False),
    ">=": lambda a: _compare(a, strictly=False, upwards=False),
    "<": lambda a: _between(a, strictly=True),
    "<=": lambda a: _between(a, strictly=False),
    "!!": lambda a: as_true(argument(a, 0)),
    "!": lambda a: not as_true(argument(a, 0)),
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
    "log": lambda a: argument(a, 0),
}
"""Operator -> what it makes of its arguments."""
