"""Which fields does a form ask of this citizen? Every declarable instance, and whether it shows.

At submission each one is visible or hidden, by the data as given: nothing is defaulted, calculated
or cleared first. Before submission one may be open: what decides it has not been answered yet.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from gateway.forms.definition import FieldTemplate, FormDefinition
from gateway.forms.javascript import UNDEFINED, get, truthy
from gateway.forms.paths import put_value, remove_value, template_of, value_at
from gateway.forms.tree import Kind, Node, is_row

__all__ = [
    "Decision",
    "FieldInstance",
    "drop_invisible",
    "instances_at_submission",
    "instances_before_submission",
    "put_value",
    "remove_value",
    "template_of",
    "value_at",
]


class Decision(StrEnum):
    """Whether a field shows (hiển thị của trường thông tin)."""

    VISIBLE = "visible"
    HIDDEN = "hidden"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class FieldInstance:
    """One declarable place in given data: `path` is `grid[1].key`, `rows` its row numbers."""

    template: FieldTemplate
    path: str
    rows: tuple[int, ...]
    decision: Decision


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the walk stands: the data scope, its path up to there, and the row of each group."""

    scope: object
    prefix: str
    rows: tuple[int, ...]


def instances_at_submission(
    form: FormDefinition, data: dict[str, object]
) -> tuple[FieldInstance, ...]:
    """Every declarable instance of the data as given, hidden ones included, in form order."""
    found: list[FieldInstance] = []
    _decide(form.roots, data, _Place(data, "", ()), True, found)
    return tuple(found)


def drop_invisible(form: FormDefinition, data: dict[str, object]) -> dict[str, object]:
    """A copy of the data without the values of fields that do not show, repeated until it is still.

    A component that says `clearOnHide: false` keeps its value. Components that are no fields
    (hidden or calculated ones) lose theirs only where a condition hides them, as in Form.io.
    """
    kept = _copy(data)
    dropped: set[str] = set()
    while True:
        gone = set(_droppable(form.roots, kept, _Place(kept, "", ()), True, True)) - dropped
        if not gone:
            return kept
        dropped |= gone
        for path in gone:
            remove_value(kept, path)


def _copy(data: dict[str, object]) -> dict[str, object]:
    return {key: _copied(value) for key, value in data.items()}


def _copied(value: object) -> object:
    if isinstance(value, dict):
        return _copy(value)
    return [_copied(item) for item in value] if isinstance(value, list) else value


def _decide(
    nodes: tuple[Node, ...] | list[Node],
    data: object,
    place: _Place,
    shown: bool,
    found: list[FieldInstance],
) -> None:
    for node in nodes:
        now = shown and not node.hidden and _holds(node, data, place)
        for template in node.templates:
            if not template.addressee:
                found.append(_instance(template, node, place, _AS_DECIDED[now]))
        if not node.children:
            continue
        for inside in _inside(node, place):
            _decide(node.children, data, inside, now, found)


_AS_DECIDED = {True: Decision.VISIBLE, False: Decision.HIDDEN}


def _holds(node: Node, data: object, place: _Place) -> bool:
    return node.shows is None or node.shows(data, _scope(node, place), place.rows)


def _scope(node: Node, place: _Place) -> object:
    """The data scope that JSONLogic calls `row`: the innermost container or row around a node."""
    parent = node.parent
    while parent is not None and parent.kind is Kind.LAYOUT:
        parent = parent.parent
    if parent is None or parent.kind is Kind.GROUP:
        return place.scope
    held = get(place.scope, parent.local)
    return None if held is UNDEFINED else held


def _inside(node: Node, place: _Place) -> Iterator[_Place]:
    """Where the children of a node stand: once, or once per row that the data hold."""
    if node.kind is not Kind.GROUP:
        yield place
        return
    held = get(place.scope, node.local)
    for number, row in enumerate(held if isinstance(held, list) else ()):
        if is_row(row):
            prefix = f"{place.prefix}{node.local}[{number}]."
            yield _Place(row, prefix, (*place.rows, number))


def _instance(
    template: FieldTemplate, node: Node, place: _Place, decision: Decision
) -> FieldInstance:
    local = node.local + template.path[len(node.path) :]
    return FieldInstance(template, place.prefix + local, place.rows, decision)


def _droppable(
    nodes: tuple[Node, ...] | list[Node],
    data: object,
    place: _Place,
    shown: bool,
    wanted: bool,
) -> Iterator[str]:
    """Paths of values to drop; `wanted` says that no condition hides the place."""
    for node in nodes:
        holds = wanted and _holds(node, data, place)
        now = shown and not node.hidden and holds
        stays = now or (holds and not node.templates)
        if not stays and node.holds_data and not _keeps(node):
            if get(place.scope, node.local) is not UNDEFINED:
                yield place.prefix + node.local
            continue
        for inside in _inside(node, place):
            yield from _droppable(node.children, data, inside, now, holds)


def _keeps(node: Node) -> bool:
    """Whether the value, or one below it, outlives hiding."""
    return any(below.holds_data and not below.clear for below in node.walk())


def instances_before_submission(
    form: FormDefinition, data: dict[str, object]
) -> tuple[FieldInstance, ...]:
    """Every declarable instance before submission: visible, hidden, or open.

    Open is a field that nothing hides for certain, while a trigger of its own or an ancestor's
    condition has no value in the data and is not itself hidden.
    """
    return tuple(_Outlook(data).instances(form.roots, _Place(data, "", ())))


class _Outlook:
    """What is decided so far, each component once per row, in whatever order triggers need it."""

    def __init__(self, data: object) -> None:
        self._data = data
        self._known: dict[tuple[Node, tuple[int, ...]], Decision] = {}

    def instances(
        self, nodes: tuple[Node, ...] | list[Node], place: _Place
    ) -> Iterator[FieldInstance]:
        for node in nodes:
            for template in node.templates:
                if not template.addressee:
                    yield _instance(template, node, place, self._decision(node, place.rows))
            for inside in _inside(node, place):
                yield from self.instances(node.children, inside)

    def _decision(self, node: Node, rows: tuple[int, ...]) -> Decision:
        known = self._known.get((node, rows))
        if known is None:
            # Components that hang on each other in a circle are open until one has a value.
            self._known[node, rows] = Decision.OPEN
            known = self._known[node, rows] = self._decide(node, rows)
        return known

    def _decide(self, node: Node, rows: tuple[int, ...]) -> Decision:
        above = Decision.VISIBLE
        if node.parent is not None:
            above = self._decision(node.parent, rows[: len(node.parent.groups)])
        if node.hidden or node.type == "hidden" or above is Decision.HIDDEN:
            return Decision.HIDDEN
        if any(self._unanswered(trigger, node, rows) for trigger in node.triggers):
            return Decision.OPEN
        place = self._place(node, rows)
        holds = place is not None and _holds(node, self._data, place)
        return above if holds else Decision.HIDDEN

    def _unanswered(self, trigger: Node | None, node: Node, rows: tuple[int, ...]) -> bool:
        if trigger is None or not trigger.holds_data:
            return False
        at = _rows_of(trigger, node, rows)
        place = self._place(trigger, at)
        value = None if place is None else get(place.scope, trigger.local)
        return _no_value(trigger, value) and self._decision(trigger, at) is not Decision.HIDDEN

    def _place(self, node: Node, rows: tuple[int, ...]) -> _Place | None:
        scope: object = self._data
        for group, number in zip(node.groups, rows, strict=False):
            held = get(scope, group.local)
            if not isinstance(held, list) or number >= len(held):
                return None
            scope = held[number]
        return _Place(scope, "", rows)


def _rows_of(trigger: Node, node: Node, rows: tuple[int, ...]) -> tuple[int, ...]:
    """The rows at which a condition reads its trigger: its own as far as they share groups."""
    shared = 0
    for one, two in zip(trigger.groups, node.groups, strict=False):
        if one is not two:
            break
        shared += 1
    return rows[:shared] + (0,) * (len(trigger.groups) - shared)


def _no_value(trigger: Node, value: object) -> bool:
    if value is None or value is UNDEFINED or value in ("", [], {}):
        return True
    if isinstance(value, str):
        return not value.strip()
    if trigger.type == "selectboxes" and isinstance(value, dict):
        return not any(map(truthy, value.values()))
    return False
