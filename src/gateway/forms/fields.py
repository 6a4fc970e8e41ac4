"""Which fields does a form ask of this citizen? Every declarable instance, and whether it shows.

At submission each one is visible or hidden, by the data as given: nothing is defaulted, calculated
or cleared first. Before submission one may be open: what decides it has not been answered yet.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TypeAlias

from gateway.forms.definition import FieldTemplate, FormDefinition
from gateway.forms.reading.paths import put_value, remove_value, template_of, value_at
from gateway.forms.reading.tree import Kind, Node, Trigger, is_row
from gateway.forms.showing.javascript import UNDEFINED, get, truthy

__all__ = [
    "Decision",
    "FieldInstance",
    "copy_of",
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


_Nodes: TypeAlias = Sequence[Node]


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
    kept = copy_of(data)
    dropped: set[str] = set()
    while True:
        gone: list[str] = []
        _droppable(form.roots, kept, _Place(kept, "", ()), True, True, gone)
        if dropped.issuperset(gone):
            return kept
        dropped.update(gone)
        for path in gone:
            remove_value(kept, path)


def copy_of(data: Mapping[str, object]) -> dict[str, object]:
    """A copy of a form's data that shares no container with it."""
    return {key: _copied(value) for key, value in data.items()}


def _copied(value: object) -> object:
    if isinstance(value, dict):
        return copy_of(value)
    return [_copied(item) for item in value] if isinstance(value, list) else value


def _decide(
    nodes: _Nodes, data: object, place: _Place, shown: bool, found: list[FieldInstance]
) -> None:
    for node in nodes:
        now = shown and not node.hidden and _holds(node, data, place)
        for template in node.templates:
            if not template.addressee:
                found.append(_instance(template, node, place, _AS_DECIDED[now]))
        if node.kind is Kind.GROUP:
            for inside in _rows(node, place):
                _decide(node.children, data, inside, now, found)
        elif node.children:
            _decide(node.children, data, place, now, found)


_AS_DECIDED = {True: Decision.VISIBLE, False: Decision.HIDDEN}


def _holds(node: Node, data: object, place: _Place) -> bool:
    return node.shows is None or node.shows(data, place.scope, place.rows)


def _rows(group: Node, place: _Place) -> Iterator[_Place]:
    """Every row that the data hold of a group."""
    held = get(place.scope, group.local)
    for number, row in enumerate(held if isinstance(held, list) else ()):
        if is_row(row):
            prefix = f"{place.prefix}{group.local}[{number}]."
            yield _Place(row, prefix, (*place.rows, number))


def _instance(
    template: FieldTemplate, node: Node, place: _Place, decision: Decision
) -> FieldInstance:
    if not place.rows:
        return _outside_rows(template, decision)
    local = node.local + template.path[len(node.path) :]
    return FieldInstance(template, place.prefix + local, place.rows, decision)


@lru_cache(maxsize=20_000)
def _outside_rows(template: FieldTemplate, decision: Decision) -> FieldInstance:
    """The one instance of a field that stands in no row; its path is the template's."""
    return FieldInstance(template, template.path, (), decision)


def _droppable(
    nodes: _Nodes, data: object, place: _Place, shown: bool, wanted: bool, paths: list[str]
) -> None:
    """Collect paths of values to drop; `wanted` says that no condition hides the place."""
    for node in nodes:
        holds = wanted and _holds(node, data, place)
        now = shown and not node.hidden and holds
        stays = now or (holds and not node.templates)
        if not stays and node.holds_data and not _keeps(node):
            if get(place.scope, node.local) is not UNDEFINED:
                paths.append(place.prefix + node.local)
        elif node.kind is Kind.GROUP:
            for inside in _rows(node, place):
                _droppable(node.children, data, inside, now, holds, paths)
        elif node.children:
            _droppable(node.children, data, place, now, holds, paths)


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
    found: list[FieldInstance] = []
    outlook = _Outlook(data)
    for slot in _slots(form):
        if slot.group is None:
            found.append(slot.decided[outlook.decision(slot.gate, ())])
        else:
            for inside in _rows(slot.group, _Place(data, "", ())):
                outlook.collect(slot.group.children, inside, found)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Slot:
    """One place outside of rows, in form order: a field as it may be decided, or a group."""

    gate: Node | None
    decided: Mapping[Decision, FieldInstance]
    group: Node | None = None


@lru_cache(maxsize=1_000)
def _slots(form: FormDefinition) -> tuple[_Slot, ...]:
    """Worked out once per form: most places stand in no row, and only their decision changes."""
    return tuple(_slots_below(form.roots))


def _slots_below(nodes: _Nodes) -> Iterator[_Slot]:
    for node in nodes:
        for template in node.templates:
            if not template.addressee:
                yield _Slot(node.gate, {d: _outside_rows(template, d) for d in Decision})
        if node.kind is Kind.GROUP:
            yield _Slot(None, {}, node)
        else:
            yield from _slots_below(node.children)


class _Outlook:
    """What is decided so far, each component once per row, in whatever order triggers need it."""

    def __init__(self, data: object) -> None:
        self._data = data
        self._known: dict[tuple[Node, tuple[int, ...]], Decision] = {}

    def collect(self, nodes: _Nodes, place: _Place, found: list[FieldInstance]) -> None:
        for node in nodes:
            for template in node.templates:
                if not template.addressee:
                    decision = self.decision(node.gate, place.rows)
                    found.append(_instance(template, node, place, decision))
            if node.kind is Kind.GROUP:
                for inside in _rows(node, place):
                    self.collect(node.children, inside, found)
            elif node.children:
                self.collect(node.children, place, found)

    def decision(self, gate: Node | None, rows: tuple[int, ...]) -> Decision:
        """What is decided of the components that this one can hide."""
        if gate is None:
            return Decision.VISIBLE
        at = (gate, rows[: len(gate.groups)])
        known = self._known.get(at)
        if known is None:
            # Components that hang on each other in a circle are open until one has a value.
            self._known[at] = Decision.OPEN
            known = self._known[at] = self._decide(*at)
        return known

    def _decide(self, gate: Node, rows: tuple[int, ...]) -> Decision:
        above = Decision.VISIBLE if gate.parent is None else self.decision(gate.parent.gate, rows)
        if gate.hidden or gate.type == "hidden" or above is Decision.HIDDEN:
            return Decision.HIDDEN
        if any(self._unanswered(trigger, gate, rows) for trigger in gate.triggers):
            return Decision.OPEN
        place = self._place(gate, rows)
        holds = place is not None and _holds(gate, self._data, place)
        return above if holds else Decision.HIDDEN

    def _unanswered(self, trigger: Trigger, asking: Node, rows: tuple[int, ...]) -> bool:
        node = trigger.node
        if node is None or not node.holds_data:
            return False
        if not _no_value(node, trigger.read(self._data, rows)):
            return False
        return self.decision(node.gate, _rows_of(node, asking, rows)) is not Decision.HIDDEN

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
