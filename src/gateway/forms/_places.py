"""Find where a field stands in given data, and whether it shows there.

What the two readings of a form share: as it is submitted (`fields.py`), and before (`outlook.py`).
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import lru_cache

from gateway.domain.value import value
from gateway.forms._reading.tree import Node, is_row
from gateway.forms._showing.javascript import get
from gateway.forms.definition import FieldTemplate


class Decision(StrEnum):
    """Whether a field shows (hiển thị của trường thông tin)."""

    VISIBLE = "visible"
    HIDDEN = "hidden"
    OPEN = "open"


@value
class FieldInstance:
    """One declarable place in given data: `path` is `grid[1].key`, `rows` its row numbers."""

    template: FieldTemplate
    path: str
    rows: tuple[int, ...]
    decision: Decision


@value
class Place:
    """The position of a walk: the data scope, its path, and the row of each group."""

    scope: object
    prefix: str
    rows: tuple[int, ...]


def holds(node: Node, data: object, place: Place) -> bool:
    """Whether a component's own condition lets it show."""
    return node.shows is None or node.shows(data, place.scope, place.rows)


def rows_of(group: Node, place: Place) -> Iterator[Place]:
    """Every row that the data hold of a group."""
    held = get(place.scope, group.local)
    for number, row in enumerate(held if isinstance(held, list) else ()):
        if is_row(row):
            prefix = f"{place.prefix}{group.local}[{number}]."
            yield Place(row, prefix, (*place.rows, number))


def instance_at(
    template: FieldTemplate, node: Node, place: Place, decision: Decision
) -> FieldInstance:
    """The instance of a component's field at the position of a walk."""
    if not place.rows:
        return outside_rows(template, decision)
    local = node.local + template.path[len(node.path) :]
    return FieldInstance(template, place.prefix + local, place.rows, decision)


def one_per_place(found: Iterable[FieldInstance]) -> list[FieldInstance]:
    """Each place once: visible when a check box of its name is, else open when one is."""
    best: dict[str, FieldInstance] = {}
    for instance in found:
        held = best.get(instance.path)
        if held is None or _RANK[instance.decision] > _RANK[held.decision]:
            best[instance.path] = instance
    return list(best.values())


_RANK = {Decision.HIDDEN: 0, Decision.OPEN: 1, Decision.VISIBLE: 2}


@lru_cache(maxsize=20_000)
def outside_rows(template: FieldTemplate, decision: Decision) -> FieldInstance:
    """The one instance of a field outside all rows; its path is the template's."""
    return FieldInstance(template, template.path, (), decision)
