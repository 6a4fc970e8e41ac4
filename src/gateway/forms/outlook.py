"""Visibility of a form's fields as far as it is filled: visible, hidden, or still open.

Open is a field that nothing hides for certain, while a trigger of its own or an ancestor's condition
has no value in the data and is not itself hidden.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias, TypeVar

from gateway.forms._places import (
    Decision,
    FieldInstance,
    Place,
    holds,
    instance_at,
    one_per_place,
    outside_rows,
    rows_of,
)
from gateway.forms._reading.paths import put_value
from gateway.forms._reading.tree import Kind, Node, Trigger
from gateway.forms._showing.conditions import names_its_triggers
from gateway.forms._showing.javascript import UNDEFINED, get, truthy
from gateway.forms.definition import FormDefinition
from gateway.forms.fields import copy_of

K = TypeVar("K")
V = TypeVar("V")
_Instances: TypeAlias = tuple[FieldInstance, ...]

_MOST_KEPT = 2_000


class Outlook:
    """One form while it is being filled; conditions are worked out again only when need be.

    What shows hangs on the answers that steer it and on the rows that there are, and on no other
    value: while these stand as they did, the last answer is given again. Where they are all choices
    that the form itself offers, the answer is kept for everybody: nobody's own words are.
    """

    def __init__(self, form: FormDefinition) -> None:
        self._layout = _layout(form)
        self._last: tuple[list[object], _Instances] | None = None
        self._last_asked: dict[str, tuple[list[object], Decision]] = {}

    def instances(self, data: dict[str, object]) -> _Instances:
        """Every declarable instance, in form order; `data` may not change afterwards."""
        hangs_on = self._layout.what_decides(data)
        if self._last is None or self._last[0] != hangs_on:
            self._last = hangs_on, self._layout.instances(hangs_on, data)
        return self._last[1]

    def decided_of(self, group: str, data: dict[str, object]) -> Decision:
        """What is decided of a group's rows: hidden where one would hold no field that may show.

        Tried with one row. Else it is what is decided of the group itself.
        """
        hangs_on = self._layout.what_decides(data)
        last = self._last_asked.get(group)
        if last is None or last[0] != hangs_on:
            decided = self._layout.decided_of(hangs_on, group, data)
            self._last_asked[group] = last = hangs_on, decided
        return last[1]


def instances_before_submission(form: FormDefinition, data: dict[str, object]) -> _Instances:
    """Every declarable instance before submission: visible, hidden, or open."""
    return tuple(_instances(_layout(form), data))


@dataclass(frozen=True, slots=True)
class _Slot:
    """One place outside of rows, in form order: a field as it may be decided, or a group."""

    gate: Node | None
    decided: Mapping[Decision, FieldInstance]
    group: Node | None = None


@dataclass(frozen=True, slots=True)
class _Layout:
    """A form's places, laid out once, and the paths of everything that decides what shows.

    `hangs_on` is None where a condition does not write out what it reads. `choices` are the values
    that the form offers at such a path; for answers among them the two others keep what was decided.
    """

    slots: tuple[_Slot, ...]
    groups: Mapping[str, Node]
    shares: bool
    hangs_on: tuple[str, ...] | None
    choices: tuple[frozenset[str], ...]
    decided: dict[tuple[object, ...], _Instances] = field(default_factory=dict)
    asked: dict[tuple[object, ...], Decision] = field(default_factory=dict)

    def what_decides(self, data: dict[str, object]) -> list[object]:
        """The values on which it hangs what shows; the whole data where these are not known."""
        return [data] if self.hangs_on is None else [get(data, path) for path in self.hangs_on]

    def instances(self, hangs_on: list[object], data: dict[str, object]) -> _Instances:
        """Every declarable instance."""
        if not self._offered(hangs_on):
            return tuple(_instances(self, data))
        key = tuple(hangs_on)
        if key not in self.decided:
            _evict(self.decided)[key] = tuple(_instances(self, data))
        return self.decided[key]

    def decided_of(self, hangs_on: list[object], group: str, data: dict[str, object]) -> Decision:
        """What is decided of a group's rows."""
        if not self._offered(hangs_on):
            return self._tried(group, data)
        key = (group, *hangs_on)
        if key not in self.asked:
            _evict(self.asked)[key] = self._tried(group, data)
        return self.asked[key]

    def _offered(self, values: list[object]) -> bool:
        """Whether each value is nothing, yes or no, or a choice of the form's."""
        return self.hangs_on is not None and all(
            value is UNDEFINED
            or value is None
            or isinstance(value, bool)
            or (isinstance(value, str) and value in offered)
            for value, offered in zip(values, self.choices, strict=False)
        )

    def _tried(self, group: str, data: dict[str, object]) -> Decision:
        tried, node = copy_of(data), self.groups[group]
        put_value(tried, group, [{}])
        found: list[FieldInstance] = []
        decisions = _Decisions(tried)
        for place in rows_of(node, Place(tried, "", ())):
            decisions.collect(node.children, place, found)
        if all(instance.decision is Decision.HIDDEN for instance in found):
            return Decision.HIDDEN
        return decisions.of(node.gate, ())


def _evict(kept: dict[K, V]) -> dict[K, V]:
    """Empty a cache that has reached its limit."""
    if len(kept) >= _MOST_KEPT:
        kept.clear()
    return kept


@lru_cache(maxsize=1_000)
def _layout(form: FormDefinition) -> _Layout:
    slots = tuple(_slots_below(form.roots))
    groups = {slot.group.path: slot.group for slot in slots if slot.group is not None}
    nodes = (node for root in form.roots for node in root.walk())
    told = all(names_its_triggers(node.component) for node in nodes)
    hangs_on = tuple(sorted(form.steering | groups.keys())) if told else None
    return _Layout(
        slots,
        groups,
        bool(form.shared),
        hangs_on,
        tuple(_choices(form, path) for path in hangs_on or ()),
    )


def _choices(form: FormDefinition, path: str) -> frozenset[str]:
    """What the form offers to be chosen at a path; none for a field of free text."""
    options = [f.options for f in form.fields if f.path == path and not f.multiple]
    return frozenset(option.value for one in options for option in one or ())


def _slots_below(nodes: Sequence[Node]) -> Iterator[_Slot]:
    for node in nodes:
        for template in node.templates:
            if not template.addressee:
                yield _Slot(node.gate, {d: outside_rows(template, d) for d in Decision})
        if node.kind is Kind.GROUP:
            yield _Slot(None, {}, node)
        else:
            yield from _slots_below(node.children)


def _instances(layout: _Layout, data: dict[str, object]) -> list[FieldInstance]:
    found: list[FieldInstance] = []
    decisions = _Decisions(data)
    for slot in layout.slots:
        if slot.group is None:
            found.append(slot.decided[decisions.of(slot.gate, ())])
        else:
            for inside in rows_of(slot.group, Place(data, "", ())):
                decisions.collect(slot.group.children, inside, found)
    return one_per_place(found) if layout.shares else found


class _Decisions:
    """What is decided so far, each component once per row, in whatever order triggers need it."""

    def __init__(self, data: object) -> None:
        self._data = data
        self._known: dict[tuple[Node, tuple[int, ...]], Decision] = {}

    def collect(self, nodes: Sequence[Node], place: Place, found: list[FieldInstance]) -> None:
        for node in nodes:
            for template in node.templates:
                if not template.addressee:
                    decision = self.of(node.gate, place.rows)
                    found.append(instance_at(template, node, place, decision))
            if node.kind is Kind.GROUP:
                for inside in rows_of(node, place):
                    self.collect(node.children, inside, found)
            elif node.children:
                self.collect(node.children, place, found)

    def of(self, gate: Node | None, rows: tuple[int, ...]) -> Decision:
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
        above = Decision.VISIBLE if gate.parent is None else self.of(gate.parent.gate, rows)
        if gate.hidden or gate.type == "hidden" or above is Decision.HIDDEN:
            return Decision.HIDDEN
        if any(self._unanswered(trigger, gate, rows) for trigger in gate.triggers):
            return Decision.OPEN
        place = self._place(gate, rows)
        shows = place is not None and holds(gate, self._data, place)
        return above if shows else Decision.HIDDEN

    def _unanswered(self, trigger: Trigger, asking: Node, rows: tuple[int, ...]) -> bool:
        node = trigger.node
        if node is None or not node.holds_data:
            return False
        if not _no_value(node, trigger.read(self._data, rows)):
            return False
        at = _rows_of(node, asking, rows)
        return any(self.of(one.gate, at) is not Decision.HIDDEN for one in node.sharing)

    def _place(self, node: Node, rows: tuple[int, ...]) -> Place | None:
        scope: object = self._data
        for group, number in zip(node.groups, rows, strict=False):
            held = get(scope, group.local)
            if not isinstance(held, list) or number >= len(held):
                return None
            scope = held[number]
        return Place(scope, "", rows)


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
    if value is False:
        return bool(trigger.boxes)
    if trigger.type == "selectboxes" and isinstance(value, dict):
        return not any(map(truthy, value.values()))
    return False
