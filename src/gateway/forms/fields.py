"""The fields that a form asks of this citizen: every declarable instance, and whether it shows.

At submission each one is visible or hidden, by the data as given: nothing is defaulted, calculated
or cleared first. Before submission one may be open: what decides it has not been answered yet
(`outlook.py`).
"""

from collections.abc import Mapping, Sequence

from gateway.forms._places import (
    Decision,
    FieldInstance,
    Place,
    holds,
    instance_at,
    one_per_place,
    rows_of,
)
from gateway.forms._reading.paths import put_value, remove_value, template_of, value_at
from gateway.forms._reading.templates import SURVEY
from gateway.forms._reading.tree import Kind, Node
from gateway.forms._showing.javascript import UNDEFINED, get
from gateway.forms.definition import FormDefinition

__all__ = [
    "Decision",
    "FieldInstance",
    "bent_places",
    "copy_of",
    "drop_invisible",
    "instances_at_submission",
    "places_in",
    "put_value",
    "remove_value",
    "template_of",
    "value_at",
]


def instances_at_submission(
    form: FormDefinition, data: dict[str, object]
) -> tuple[FieldInstance, ...]:
    """Every declarable instance of the data as given, hidden ones included, in form order."""
    found: list[FieldInstance] = []
    _decide(form.roots, data, Place(data, "", ()), True, found)
    return tuple(one_per_place(found) if form.shared else found)


def drop_invisible(form: FormDefinition, data: dict[str, object]) -> dict[str, object]:
    """A copy of the data without the values of fields that do not show, repeated until it is still.

    A component that says `clearOnHide: false` keeps its value. Components that are no fields
    (hidden or calculated ones) lose theirs only where a condition hides them, as in Form.io.
    """
    kept = copy_of(data)
    dropped: set[str] = set()
    while True:
        gone: list[str] = []
        _droppable(form.roots, kept, Place(kept, "", ()), True, True, gone)
        if form.shared:
            gone = _but_shown(form, kept, gone)
        if dropped.issuperset(gone):
            return kept
        dropped.update(gone)
        for path in gone:
            remove_value(kept, path)


def _but_shown(form: FormDefinition, data: dict[str, object], gone: list[str]) -> list[str]:
    """What is to be dropped, but for places that another check box of the same name shows."""
    instances = instances_at_submission(form, data)
    shown = {each.path for each in instances if each.decision is Decision.VISIBLE}
    return [path for path in gone if path not in shown]


def places_in(form: FormDefinition, data: Mapping[str, object]) -> frozenset[str]:
    """Every place of the data that a component has, counted or not, shown or not, but the groups."""
    found: set[str] = set()
    _name_places(form.roots, Place(data, "", ()), found)
    return frozenset(found)


def _name_places(nodes: Sequence[Node], place: Place, found: set[str]) -> None:
    for node in nodes:
        if node.kind is Kind.INPUT:
            found.add(place.prefix + node.local)
            found.update(
                instance_at(template, node, place, Decision.VISIBLE).path
                for template in node.templates
            )
        insides = rows_of(node, place) if node.kind is Kind.GROUP else (place,)
        for inside in insides:
            _name_places(node.children, inside, found)


def bent_places(form: FormDefinition, data: Mapping[str, object]) -> tuple[str, ...]:
    """Where a group is no list, one of its rows no object, or a container no object.

    Nothing in such a place is anybody's answer. Empty values, and entries that Form.io takes for no
    row at all, are none of them.
    """
    found: list[str] = []
    _bent(form.roots, Place(data, "", ()), found)
    return tuple(found)


def _bent(nodes: Sequence[Node], place: Place, found: list[str]) -> None:
    for node in nodes:
        held = get(place.scope, node.local) if node.holds_data else None
        if held is UNDEFINED or held in _EMPTY:
            held = None
        is_object = isinstance(held, dict)
        if node.kind is Kind.GROUP and isinstance(held, list):
            _bent_rows(node, place, found)
        elif node.kind is Kind.GROUP or node.kind is Kind.CONTAINER or node.type == SURVEY:
            if held is not None and (node.kind is Kind.GROUP or not is_object):
                found.append(place.prefix + node.local)
            elif node.kind is Kind.CONTAINER:
                _bent(node.children, place, found)
        else:
            _bent(node.children, place, found)


def _bent_rows(group: Node, place: Place, found: list[str]) -> None:
    for inside in rows_of(group, place):
        if isinstance(inside.scope, dict):
            _bent(group.children, inside, found)
        else:
            found.append(inside.prefix.removesuffix("."))


_EMPTY: tuple[object, ...] = (None, "", {}, [])


def copy_of(data: Mapping[str, object]) -> dict[str, object]:
    """A copy of a form's data that shares no container with it."""
    # most values are texts: to call a function for each would cost more than the copy
    return {k: _copied(v) if isinstance(v, dict | list) else v for k, v in data.items()}


def _copied(value: object) -> object:
    if isinstance(value, dict):
        return copy_of(value)
    return [_copied(item) for item in value] if isinstance(value, list) else value


def _decide(
    nodes: Sequence[Node], data: object, place: Place, shown: bool, found: list[FieldInstance]
) -> None:
    for node in nodes:
        now = shown and not node.hidden and holds(node, data, place)
        for template in node.templates:
            if not template.addressee:
                found.append(instance_at(template, node, place, _AS_DECIDED[now]))
        if node.kind is Kind.GROUP:
            for inside in rows_of(node, place):
                _decide(node.children, data, inside, now, found)
        elif node.children:
            _decide(node.children, data, place, now, found)


_AS_DECIDED = {True: Decision.VISIBLE, False: Decision.HIDDEN}


def _droppable(
    nodes: Sequence[Node], data: object, place: Place, shown: bool, wanted: bool, paths: list[str]
) -> None:
    """Collect paths of values to drop; `wanted` says that no condition hides the place."""
    for node in nodes:
        let = wanted and holds(node, data, place)
        now = shown and not node.hidden and let
        stays = now or (let and not node.templates)
        if not stays and node.holds_data and not _keeps(node):
            if get(place.scope, node.local) is not UNDEFINED:
                paths.append(place.prefix + node.local)
        elif node.kind is Kind.GROUP:
            for inside in rows_of(node, place):
                _droppable(node.children, data, inside, now, let, paths)
        elif node.children:
            _droppable(node.children, data, place, now, let, paths)


def _keeps(node: Node) -> bool:
    """Whether the value, or one below it, outlives hiding."""
    return any(below.holds_data and not below.clear for below in node.walk())
