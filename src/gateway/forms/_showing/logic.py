"""Evaluate JSONLogic rules with the semantics of json-logic-js 2.0.5, null and empty included.

A rule is an object with one member, operator -> arguments; everything else stands for itself.
What Form.io's core adds (lodash functions, relative dates) is no part of it: `foreign_operators`
names it, so that a form which uses them is refused rather than misread.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import reduce

from gateway.forms._showing.javascript import UNDEFINED, from_json, less, member, to_string
from gateway.forms._showing.rule_operators import PLAIN, RuleFailed, argument, as_true

__all__ = ["RuleFailed", "apply", "foreign_operators", "variables"]


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
    if operator not in PLAIN:
        raise RuleFailed("an operator that JSONLogic does not know")
    return PLAIN[operator](evaluated)


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


def names_what_it_reads(rule: object) -> bool:
    """Whether every read of a rule's own data is by a path that is written out in it."""
    if isinstance(rule, list):
        return all(map(names_what_it_reads, rule))
    if not isinstance(rule, dict) or len(rule) != 1:
        return True
    ((operator, values),) = rule.items()
    arguments = values if isinstance(values, list) else [values]
    if operator == "var":
        path = arguments[0] if arguments else None
        return isinstance(path, str) and path.startswith(("data.", "row."))
    if operator in _OVER_ITEMS:
        arguments = [*arguments[:1], *arguments[2:]]
    return operator not in _BY_LIST and all(map(names_what_it_reads, arguments))


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


_ADDED = frozenset({"getDate", "relativeMinDate", "relativeMaxDate"})
_OVER_ITEMS = frozenset({"filter", "map", "reduce", "all", "some", "none"})
_BY_LIST = frozenset({"missing", "missing_some"})
"""What looks up paths that may be worked out only when the rule is applied."""


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
    scoped = apply(argument(arguments, 0), data)
    return (scoped if isinstance(scoped, list) else None), argument(arguments, 1)


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
    path, default = argument(arguments, 0), argument(arguments, 1)
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
    first = argument(arguments, 0)
    keys = first if isinstance(first, list) else arguments
    return [key for key in keys if (value := _var([key], data)) is None or value == ""]


def _missing_some(arguments: list[object], data: object) -> object:
    options = argument(arguments, 1)
    if not isinstance(options, list):
        raise RuleFailed("missing_some wants a list")
    absent = _missing([options], data)
    enough = less(len(options) - len(absent), argument(arguments, 0))
    return [] if enough is False else absent


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
