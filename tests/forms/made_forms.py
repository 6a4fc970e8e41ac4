"""Forms, data and rules made by chance from a seed, within what Form.io's core decides as we do.

Left out, because core decides them otherwise or not at all: groups within groups, conditional
layout within a row, `isEmpty` of an address (core throws when there is none), dates that are none
(core hands them to the browser's own guesswork).
"""

import json
from random import Random
from typing import Any

Json = dict[str, Any]

_LEAVES = [
    "textfield",
    "textarea",
    "number",
    "checkbox",
    "selectboxes",
    "select",
    "radio",
    "datetime",
    "day",
    "currency",
    "survey",
    "email",
    "phoneNumber",
    "address",
    "file",
    "hidden",
]
_LAYOUTS = ["panel", "fieldset", "well", "columns", "tabs", "table"]
_SCALARS: list[Any] = [
    "1", "2", "a", "b", "true", "false", "", " ", "01", "3.5", "null", "a,b", "undefined", "[1]",
    1, 2, 0, -1, 3.5, 1e21, 1e-7, 100, 12345678901234567890, True, False, None,
    "2020-01-31", "2020-01-31T00:00:00.000+07:00", "2020-01-30T17:00:00Z", "31/01/2020", "Nam", "nữ",
]  # fmt: skip
_OPERATORS = [
    "isEqual",
    "isNotEqual",
    "isEmpty",
    "isNotEmpty",
    "includes",
    "notIncludes",
    "startsWith",
    "endsWith",
    "lessThan",
    "lessThanOrEqual",
    "greaterThan",
    "greaterThanOrEqual",
    "someOther",
]
_DATE_OPERATORS = [
    "dateGreaterThan",
    "dateGreaterThanOrEqual",
    "dateLessThan",
    "dateLessThanOrEqual",
    "isDateEqual",
    "isNotDateEqual",
]
_DATES = [
    "2020-01-31", "2020-01-31T00:00:00.000+07:00", "2020-01-30T17:00:00Z", "2020-02-01",
    "1970-03-01T00:00:00", "1970-02-28T16:00:00.000Z", "", None,
]  # fmt: skip


def box_of(name: str, key: str, value: str) -> Json:
    """One of the check boxes that share a name, as Form.io's builder writes it."""
    made = {"type": "checkbox", "inputType": "radio", "key": key, "label": key, "input": True}
    return made | {"name": name, "value": value, "defaultValue": False}


def data_key(component: Json) -> str:
    """Where the value of a component stands in its data."""
    key: str = component.get("name") or component["key"]
    return key


class FormMaker:
    """Makes one form and data for it."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._count = 0
        self._made: list[tuple[Json, str, str, bool]] = []

    def pair(self) -> tuple[Json, Json]:
        """A form with conditions of all three kinds, and data that reach both their sides."""
        several = (self._one("", "", False, 0) for _ in range(self._chance.randint(3, 9)))
        components = [component for one in several for component in one]
        for component, *_, in_row in self._made:
            is_layout = component["type"] in _LAYOUTS
            if self._chance.random() < 0.55 and not (in_row and is_layout):
                self._condition(component)
            if self._chance.random() < 0.05 and not (in_row and is_layout):
                component["hidden"] = True
        return {"components": components}, self._data(components)

    def _one(self, flat: str, full: str, in_row: bool, depth: int) -> list[Json]:
        """One component, or the check boxes that share a name."""
        if self._chance.random() < 0.9:
            return [self._component(flat, full, in_row, depth)]
        name, keys = f"n{self._count}", range(self._count, self._count + 3)
        self._count += 3
        boxes = [
            box_of(name, f"k{key}", value) for key, value in zip(keys, ("1", "2", "a"), strict=True)
        ][: self._chance.randint(2, 3)]
        self._made += [(box, _join(flat, name), _join(full, name), in_row) for box in boxes]
        return boxes

    def _component(self, flat: str, full: str, in_row: bool, depth: int) -> Json:
        key = f"k{self._count}"
        self._count += 1
        draw = self._chance.random()
        if depth < 3 and draw < 0.22:
            return self._layout(key, flat, full, in_row, depth)
        if depth < 3 and draw < 0.30:
            return self._scope("container", key, flat, full, in_row, depth)
        if depth < 3 and draw < 0.42 and not in_row:
            group = self._chance.choice(["datagrid", "editgrid"])
            return self._scope(group, key, flat, full, True, depth)
        return self._leaf(key, flat, full, in_row)

    def _leaf(self, key: str, flat: str, full: str, in_row: bool) -> Json:
        kind = self._chance.choice(_LEAVES)
        made: Json = {"type": kind, "key": key, "label": key, "input": True}
        choices = [{"value": value, "label": value.upper()} for value in ("1", "2", "a", "b")]
        if kind == "survey":
            made |= {"questions": choices[:2], "values": choices}
        elif kind in ("radio", "selectboxes"):
            made["values"] = choices
        elif kind == "select":
            made |= {"data": {"values": choices}, "multiple": self._chance.random() < 0.3}
        self._made.append((made, _join(flat, key), _join(full, key), in_row))
        return made

    def _scope(self, kind: str, key: str, flat: str, full: str, in_row: bool, depth: int) -> Json:
        made: Json = {"type": kind, "key": key, "label": key, "input": True, "tree": True}
        self._made.append(
            (made, _join(flat, key), _join(full, key), in_row and kind == "container")
        )
        made["components"] = self._several(_join(flat, key), _join(full, key), in_row, depth)
        return made

    def _layout(self, key: str, flat: str, full: str, in_row: bool, depth: int) -> Json:
        kind = self._chance.choice(_LAYOUTS)
        made: Json = {"type": kind, "key": key, "input": False}
        self._made.append((made, flat, _join(full, key), in_row))
        inside = _join(full, key)
        if kind == "columns":
            made["columns"] = [
                {"components": self._several(flat, inside, in_row, depth)} for _ in range(2)
            ]
        elif kind == "table":
            made["rows"] = [[{"components": self._several(flat, inside, in_row, depth)}]]
        elif kind == "tabs":
            made["components"] = [
                {"key": f"t{key}", "label": "t", "components":
                 self._several(flat, f"{inside}.t{key}", in_row, depth)}
            ]  # fmt: skip
        else:
            made["components"] = self._several(flat, inside, in_row, depth)
        return made

    def _several(self, flat: str, full: str, in_row: bool, depth: int) -> list[Json]:
        count = self._chance.randint(1, 3)
        several = (self._one(flat, full, in_row, depth + 1) for _ in range(count))
        return [component for one in several for component in one]

    def _condition(self, component: Json) -> None:
        kind = self._chance.randrange(4)
        condition: Json = {"show": None, "when": None, "eq": ""}
        if kind == 0:
            condition = self._when()
        elif kind == 1:
            condition = self._typed()
        elif kind == 2:
            condition |= {"json": self._rule()}
        elif self._chance.random() < 0.3:
            condition = self._when() | self._typed() | {"json": self._rule()}
        component["conditional"] = condition

    def _when(self) -> Json:
        made: Json = {"show": self._pick([True, False, "true", "false", "true", True, "", None])}
        return made | {"when": self._path(), "eq": self._pick([*_SCALARS, "1", "a", "2", "b"])}

    def _typed(self) -> Json:
        lines = [self._line() for _ in range(self._chance.randint(0, 3))]
        show = self._pick([True, False, "true", "false", True, True, None])
        conjunction = self._pick(["all", "any", "all", "any", ""])
        return {"show": show, "conjunction": conjunction, "conditions": lines}

    def _line(self) -> Json:
        target, path = self._target()
        operator = self._pick(_OPERATORS)
        if "Empty" in operator and '"address"' in json.dumps(target):
            operator = "isEqual"
        value = self._pick([*_SCALARS, "1", "a"])
        if target["type"] == "datetime" and self._chance.random() < 0.7:
            operator, value = self._pick(_DATE_OPERATORS), self._pick(_DATES)
        return {"component": path, "operator": operator, "value": value}

    def _rule(self) -> Any:
        scope = self._pick(["data.", "data.", "row."])
        return RuleMaker(self._chance, lambda: scope + self._path()).rule(3)

    def _target(self) -> tuple[Json, str]:
        component, flat, full, _ = self._pick(self._made)
        flat = full if component["type"] in _LAYOUTS else flat
        path = self._pick([flat, flat, flat, flat, full, component["key"]])
        if component["type"] == "selectboxes" and self._chance.random() < 0.5:
            path += "." + self._pick(["1", "a"])
        return component, path

    def _path(self) -> str:
        component, path = self._target()
        draw = self._chance.random()
        if draw < 0.06:
            return path + ".value"
        if component["type"] == "survey" and draw < 0.5:
            return path + ".1"
        if draw > 0.97:
            return path + "[0]"
        return "nowhere" if 0.96 < draw < 0.97 else path

    def _data(self, components: list[Json]) -> Json:
        data: Json = {}
        for component in components:
            self._fill(component, data)
        return data

    def _fill(self, component: Json, data: Json) -> None:
        for below in _layout_lists(component):
            for each in below:
                self._fill(each, data)
        kind = component.get("type")
        if kind is None or kind in _LAYOUTS:
            return
        if self._chance.random() > 0.15:
            data[data_key(component)] = self._value(kind, component)

    def _value(self, kind: str, component: Json) -> Any:
        chance = self._chance
        if kind == "container":
            return self._data(component["components"])
        if kind in ("datagrid", "editgrid"):
            if chance.random() < 0.12:
                return self._pick([[], [None], None, "", "x", {}])
            rows: list[Any] = [
                self._data(component["components"]) for _ in range(chance.randint(1, 3))
            ]
            return [None, *rows] if chance.random() < 0.05 else rows
        if kind == "datetime":
            return self._pick(_DATES)
        if chance.random() < 0.15:
            return self._odd()
        if kind == "selectboxes":
            return {box: chance.random() < 0.5 for box in ("1", "2", "a", "b")}
        if kind == "survey":
            return {"1": self._pick(["1", "2"]), "2": self._pick(["a", ""])}
        if kind == "address":
            return self._pick([{"city": "a"}, {}, {"mode": "manual", "address": {"city": "a"}}])
        if kind == "select":
            return self._pick(["1", "a", {"label": "1", "value": "1"}, {}, "", ["1", "a"], ["b"]])
        return self._pick([*_SCALARS, "1", "a", True, 1])

    def _odd(self) -> Any:
        return self._pick([
            ["1"], ["1", "a"], [1, "2"], [[1]], [None], {"value": "1", "label": "a"}, {"a": None},
            {"1": True}, {"true": False}, [{"value": "1"}], [], {}, *_SCALARS,
        ])  # fmt: skip

    def _pick(self, among: list[Any]) -> Any:
        return self._chance.choice(among)


class RuleMaker:
    """Makes JSONLogic rules of the operators that forms use."""

    _PLAIN = [
        "==",
        "!=",
        "===",
        "!==",
        ">",
        ">=",
        "<",
        "<=",
        "in",
        "cat",
        "substr",
        "+",
        "-",
        "*",
        "/",
        "%",
        "min",
        "max",
        "merge",
        "missing",
    ]

    def __init__(self, chance: Random, path: Any) -> None:
        self._chance = chance
        self._path = path

    def rule(self, depth: int) -> Any:
        """One rule; its leaves are variables and constants."""
        chance = self._chance
        if depth == 0 or chance.random() < 0.15:
            return {"var": self._path()} if chance.random() < 0.6 else self._constant()
        draw = chance.random()
        if draw < 0.35:
            operator = chance.choice(["and", "or", "if", "!", "!!"])
            count = {"!": 1, "!!": 1}.get(operator, chance.randint(1, 4))
            return {operator: [self.rule(depth - 1) for _ in range(count)]}
        if draw < 0.45:
            operator = chance.choice(["some", "all", "none", "filter", "map"])
            inner = {chance.choice(["==", "!=", ">"]): [{"var": ""}, self._constant()]}
            return {operator: [{"var": self._path()}, inner]}
        if draw < 0.5:
            return {"var": [self._path(), self._constant()]}
        if draw < 0.54:
            return {"missing_some": [chance.randint(0, 2), [self._path(), self._path()]]}
        operator = chance.choice(self._PLAIN)
        if operator == "missing":
            return {"missing": [self._path(), self._path()]}
        return {operator: [self.rule(depth - 1) for _ in range(chance.choice([1, 2, 2, 2, 2, 3]))]}

    def _constant(self) -> Any:
        among = [*_SCALARS, [], [1, 2], ["1", "a"], [[]], 0, 5, -2]
        return self._chance.choice(among)


def _layout_lists(component: Json) -> list[list[Json]]:
    if component.get("type") in ("container", "datagrid", "editgrid"):
        return []
    cells = [*component.get("columns", []), *(c for row in component.get("rows", []) for c in row)]
    return [cell["components"] for cell in cells] + [component.get("components", [])]


def _join(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key
