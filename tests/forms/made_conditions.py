"""Forms made by chance with every operator of Form.io's builder on every type of component.

The triggers stand at the top, in layout, in containers and in the rows of both kinds of grid; the
values to compare with are those that the builder stores, and odd ones. Left out is what the
gateway decides otherwise on purpose: groups within groups, conditional layout within a row, and
objects where a condition compares dates.
"""

import json
from random import Random
from typing import Any

from .made_forms import Json, box_of, data_key

OPERATORS = [
    "isEqual", "isNotEqual", "isEmpty", "isNotEmpty", "includes", "notIncludes", "startsWith",
    "endsWith", "lessThan", "lessThanOrEqual", "greaterThan", "greaterThanOrEqual", "isDateEqual",
    "isNotDateEqual", "dateLessThan", "dateLessThanOrEqual", "dateGreaterThan",
    "dateGreaterThanOrEqual",
]  # fmt: skip
DATES = [operator for operator in OPERATORS if "ate" in operator and "Than" in operator] + [
    "isDateEqual",
    "isNotDateEqual",
]
LEAVES = [
    "textfield", "textarea", "number", "checkbox", "selectboxes", "select", "radio", "datetime",
    "day", "time", "currency", "survey", "email", "phoneNumber", "address", "file", "password",
    "tags", "url", "signature", "hidden",
]  # fmt: skip
_LAYOUTS = ["panel", "fieldset", "well", "columns", "tabs", "table"]
_OBJECTS = ["selectboxes", "survey", "address", "file"]
_DAYS = [
    "09/26/2024", "09/27/2024", "26/09/2024", "12/09/2024", "09/12/2024", "00/00/2024",
    "00/26/2024", "09/00/2024", "09/2024", "26/2024", "2024", "09/26", "9/26/2024", "", "00/00/0000",
]  # fmt: skip
_INSTANTS = [
    "2024-09-26T00:00:00+07:00", "2024-09-26T00:00:00.000Z", "2024-09-25T17:00:00.000Z",
    "2024-09-26", "2024-09-26T12:30:00", "2024-09-26 00:00", "2024-09-27T00:00:00.000+0700", "",
    "2024-09-26 12:30 PM", "1970-02-28T16:00:00.000Z", "1975-06-12T00:00:00", "Invalid date",
]  # fmt: skip
_TIMES = ["12:30:00", "12:31", "", "00:00:00", "23:59"]
_TEXTS = [
    "1",
    "2",
    "a",
    "b",
    "A",
    " a",
    "ab",
    "true",
    "false",
    "",
    " ",
    "3.5",
    "null",
    "<p><br></p>",
]
_NUMBERS: list[Any] = [0, 1, 2, -1, 3.5, 100, 1e21, "1", "2", "", "3.5"]
_ODD: list[Any] = [
    ["1"], [1, "2"], [None], [[1]], {"value": "1", "label": "a"}, {"a": None}, {"1": True}, [], {},
    [{"value": "1"}], 1e-7, 12345678901234567890, "\ufeff", "\x1c", "<p>&nbsp;</p>", ["<p><br></p>"],
]  # fmt: skip
_CHOICES = [{"value": value, "label": value.upper()} for value in ("1", "2", "a", "b")]


class BuilderForms:
    """Makes one form and data for it."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._made: list[tuple[Json, str, str]] = []
        self._conditioned: list[Json] = []
        self._dated: set[str] = set()
        self.asked: set[tuple[str, str]] = set()

    def pair(self) -> tuple[Json, Json]:
        """A form whose components hang on each other by `conditions[]`, and data for it."""
        components = self._several("", "", 4, 8, in_row=False, depth=0)
        for component in self._conditioned:
            if self._chance.random() < 0.6:
                component["conditional"] = self._condition()
        return {"components": components}, self._data(components)

    def _several(
        self, flat: str, full: str, least: int, most: int, *, in_row: bool, depth: int
    ) -> list[Json]:
        count = self._chance.randint(least, most)
        several = (self._one(flat, full, in_row, depth) for _ in range(count))
        return [component for one in several for component in one]

    def _one(self, flat: str, full: str, in_row: bool, depth: int) -> list[Json]:
        if self._chance.random() < 0.9:
            return [self._component(flat, full, in_row, depth)]
        return self._boxes(flat, full)

    def _boxes(self, flat: str, full: str) -> list[Json]:
        """Check boxes that share a name; some stand in a panel of their own."""
        name, placed = f"n{len(self._made)}", []
        for value in ("1", "2", "a")[: self._pick([2, 2, 3])]:
            box = box_of(name, f"k{len(self._made)}", value)
            panel = f"p{len(self._made)}" if self._chance.random() < 0.3 else ""
            inside = _join(full, panel) if panel else full
            self._made.append((box, _join(flat, name), _join(inside, name)))
            self._conditioned.append(box)
            around = {"type": "panel", "key": panel, "input": False, "components": [box]}
            placed.append(around if panel else box)
        return placed

    def _component(self, flat: str, full: str, in_row: bool, depth: int) -> Json:
        key, draw = f"k{len(self._made)}", self._chance.random()
        if depth < 3 and draw < 0.2:
            return self._layout(key, flat, full, in_row, depth)
        if depth < 3 and draw < 0.3:
            return self._scope("container", key, flat, full, in_row, depth)
        if depth < 3 and draw < 0.42 and not in_row:
            kind = self._pick(["datagrid", "editgrid"])
            return self._scope(kind, key, flat, full, True, depth)
        made = self._leaf(key)
        self._made.append((made, _join(flat, key), _join(full, key)))
        self._conditioned.append(made)
        return made

    def _leaf(self, key: str) -> Json:
        kind, chance = self._pick([*LEAVES, "day", "day", "datetime"]), self._chance
        made: Json = {"type": kind, "key": key, "label": key, "input": True}
        if kind == "survey":
            made |= {"questions": _CHOICES[:2], "values": _CHOICES}
        elif kind in ("radio", "selectboxes"):
            made["values"] = _CHOICES
        elif kind == "select":
            made |= {"data": {"values": _CHOICES}, "multiple": chance.random() < 0.3}
        elif kind == "day":
            made |= {"dayFirst": chance.random() < 0.5, "fields": self._day_fields()}
        elif kind == "textarea" and chance.random() < 0.4:
            made["editor"] = "ckeditor"
        elif kind in ("textfield", "datetime", "number") and chance.random() < 0.15:
            made["multiple"] = True
        if chance.random() < 0.2:
            made["defaultValue"] = self._value(made)
        return made

    def _day_fields(self) -> Json:
        return {
            part: {"hide": self._chance.random() < 0.15, "type": "number"}
            for part in ("day", "month", "year")
        }

    def _scope(self, kind: str, key: str, flat: str, full: str, in_row: bool, depth: int) -> Json:
        made: Json = {"type": kind, "key": key, "label": key, "input": True, "tree": True}
        self._made.append((made, _join(flat, key), _join(full, key)))
        if kind != "container" or not in_row:
            self._conditioned.append(made)
        made["components"] = self._several(
            _join(flat, key), _join(full, key), 1, 3, in_row=in_row, depth=depth + 1
        )
        return made

    def _layout(self, key: str, flat: str, full: str, in_row: bool, depth: int) -> Json:
        kind, inside = self._pick(_LAYOUTS), _join(full, key)
        made: Json = {"type": kind, "key": key, "input": False}
        self._made.append((made, flat, inside))
        if not in_row:
            self._conditioned.append(made)

        def below(at: str) -> list[Json]:
            return self._several(flat, at, 1, 2, in_row=in_row, depth=depth + 1)

        if kind == "columns":
            made["columns"] = [{"components": below(inside)} for _ in range(2)]
        elif kind == "table":
            made["rows"] = [[{"components": below(inside)}, {"components": below(inside)}]]
        elif kind == "tabs":
            tab = f"t{key}"
            made["components"] = [
                {"key": tab, "label": "t", "components": below(f"{inside}.{tab}")}
            ]
        else:
            made["components"] = below(inside)
        return made

    def _condition(self) -> Json:
        lines = [self._line() for _ in range(self._pick([1, 1, 1, 2, 3]))]
        return {
            "show": self._pick([True, False, True, "true", "false"]),
            "conjunction": self._pick(["all", "any"]),
            "conditions": lines,
        }

    def _line(self) -> Json:
        target, flat, full = self._pick(self._made)
        if target["type"] in _LAYOUTS:
            flat = full
        path = self._pick([flat, flat, flat, flat, full, target["key"]])
        operator = self._pick(OPERATORS)
        if target["type"] in ("day", "datetime", "time") and self._chance.random() < 0.6:
            operator = self._pick(DATES)
        elif target["type"] not in LEAVES or target["type"] in _OBJECTS:
            operator = self._pick([each for each in OPERATORS if each not in DATES])
        if "Empty" in operator and '"address"' in json.dumps(target) and target["key"] != flat:
            operator = "isEqual"  # core throws where an address is not there
        self.asked.add((operator, "boxes" if target.get("name") else target["type"]))
        if operator in DATES:
            self._dated.add(target["key"])
        line = {"component": path, "operator": operator, "value": self._compared(target)}
        if operator in ("isEmpty", "isNotEmpty"):
            del line["value"]
        return line

    def _compared(self, target: Json) -> Any:
        if self._chance.random() < 0.1:
            return self._pick(
                [None, "", 0, "[1]", '"a"', "true", True, 1727283600000, "26 Sep 2024"]
            )
        if target["type"] in (*_OBJECTS, "checkbox", "radio", "select", "tags"):
            return self._pick(["1", "2", "a", "true", "false", True, False, 1])
        return self._value(target, plain=True)

    def _data(self, components: list[Json]) -> Json:
        data: Json = {}
        for component in components:
            self._fill(component, data)
        return data

    def _fill(self, component: Json, data: Json) -> None:
        kind = component.get("type")
        if kind is None or kind in _LAYOUTS:
            for below in _lists_below(component):
                for each in below:
                    self._fill(each, data)
        elif kind == "container":
            if self._chance.random() < 0.9:
                data[component["key"]] = self._data(component["components"])
        elif kind in ("datagrid", "editgrid"):
            if self._chance.random() < 0.9:
                rows = [
                    self._data(component["components"]) for _ in range(self._pick([0, 1, 1, 2, 3]))
                ]
                data[component["key"]] = rows
        elif kind == "address" or self._chance.random() < 0.85:
            data[data_key(component)] = self._value(component)

    def _value(self, component: Json, plain: bool = False) -> Any:
        if component.get("multiple") and not plain:
            single = component | {"multiple": False}
            return [self._value(single) for _ in range(self._pick([0, 1, 2]))]
        chance, kind = self._chance, component["type"]
        # an object where a date should stand is today to the core, and no date here
        odd = (
            kind != "address"
            and not component.get("name")
            and component["key"] not in self._dated
            and not plain
        )
        if odd and chance.random() < 0.04:
            return self._pick(_ODD)
        if kind in ("datetime", "day") and chance.random() < 0.05:
            return self._pick([None, 0, 1727283600000, "a", True])
        match kind:
            case "datetime":
                return self._pick(_INSTANTS)
            case "day":
                return self._pick(_DAYS)
            case "time":
                return self._pick(_TIMES)
            case "number" | "currency":
                return self._pick(_NUMBERS)
            case "checkbox" if component.get("name"):
                return self._pick(["1", "2", "a", "", False, None])
            case "checkbox":
                return self._pick([True, False, True, False, None, ""])
            case "selectboxes":
                return {box: chance.random() < 0.5 for box in ("1", "2", "a", "b")}
            case "survey":
                return {"1": self._pick(["1", "2"]), "2": self._pick(["a", ""])}
            case "address":
                return self._pick([{"city": "a"}, {}, {"mode": "manual", "address": {"city": "a"}}])
            case "file":
                return self._pick([[], [{"name": "a", "url": "b"}]])
            case "select" | "radio":
                return self._pick(["1", "a", "", "2", 1])
            case "tags":
                return self._pick([["1", "a"], [], "1,a", ["a"]])
        return self._pick([*_TEXTS, "2024-09-26", "09/26/2024"])

    def _pick(self, among: list[Any]) -> Any:
        return self._chance.choice(among)


def _lists_below(component: Json) -> list[list[Json]]:
    cells = [*component.get("columns", []), *(c for row in component.get("rows", []) for c in row)]
    return [cell["components"] for cell in cells] + [component.get("components", [])]


def _join(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key
