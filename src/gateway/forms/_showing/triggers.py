"""Find the value that a condition means by a path, as Form.io's core searches for it.

Core compares the path with every component's data path, then full path, path and key, and takes
the first that is found, row 0 of a group unless the condition stands in a row itself: then the row
of the same number. Nested groups are read row by row: every group that the trigger and the
condition have in common is read at the condition's own row. Where no component is found, the path
is read from the data as it stands.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TypeAlias

from gateway.forms._reading.tree import Node, Trigger, is_row
from gateway.forms._showing.javascript import UNDEFINED, get

Read: TypeAlias = Callable[[object, tuple[int, ...]], object]


class _NoMatch:
    __slots__ = ()


_NO_MATCH = _NoMatch()


class Places:
    """The components of a form by every name that a path can mean them by."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._named: dict[str, dict[int, Node]] = defaultdict(dict)
        self._owners: dict[str, Node] = {}
        for order, node in enumerate(nodes):
            for name in (node.first, node.full, node.flat, node.name):
                self._named[name][order] = node
            if node.holds_data:
                self._owners[node.flat] = node

    def candidates(self, path: str, without_data: bool = False) -> list[tuple[int, Node]]:
        """Components that a path can mean, with the rank of the name they are found by."""
        boxes = path.rpartition(".")[0]
        named = {**self._named.get(path, {}), **self._named.get(boxes, {})}
        found: list[tuple[int, Node]] = []
        for _, node in sorted(named.items()):
            sought = _without_box(path, node)
            for rank, own in enumerate((node.first, node.full, node.flat, node.name)):
                if own == sought and (rank or without_data or not node.groups):
                    found.append((rank, node))
                    break
        # A stable sort: within one rank core keeps the first in form order.
        return sorted(found, key=lambda match: match[0])

    def owner(self, path: str) -> Node | None:
        """The component below whose value a path leads, as in `tinh.value` or `survey.q1`."""
        while path:
            path = path.rpartition(".")[0]
            if path in self._owners:
                return self._owners[path]
        return None


def trigger_for(path: str, asking: Node, places: Places) -> Trigger:
    """Resolve a path named by a condition of `asking` among all components of the form."""
    found = places.candidates(path)
    owner = found[0][1] if found else places.owner(path)
    return Trigger(path, _reader(path, asking, found), owner)


def component_for(path: str, places: Places) -> Node | None:
    """The component that core's `getComponent` finds for a path, searching without data."""
    found = places.candidates(path, without_data=True)
    return found[0][1] if found else None


def _without_box(path: str, node: Node) -> str:
    if node.type == "selectboxes":
        boxes, dot, box = path.rpartition(".")
        if dot and box and boxes.endswith(node.key):
            return boxes
    return path


def _reader(path: str, asking: Node, found: list[tuple[int, Node]]) -> Read:
    if not found or found[0][0] == 0:
        return lambda data, rows: get(data, path)
    if not found[0][1].groups:
        return _plain(found[0][1].flat)
    readers = [
        _in_rows(node, asking, rank < 3) if node.groups else _plain(node.flat)
        for rank, node in found
    ]

    def read(data: object, rows: tuple[int, ...]) -> object:
        for reader in readers:
            value = reader(data, rows)
            if value is not _NO_MATCH:
                return value
        return get(data, path)

    return read


def _plain(flat: str) -> Read:
    # A layout outside of any scope has no value, and core then says null.
    return (lambda data, rows: get(data, flat)) if flat else (lambda data, rows: None)


def _in_rows(node: Node, asking: Node, by_row: bool) -> Read:
    shared = _shared(node.groups, asking.groups) if by_row else 0
    local = node.local

    def read(data: object, rows: tuple[int, ...]) -> object:
        for level, group in enumerate(node.groups):
            held = get(data, group.local)
            if held is UNDEFINED:
                return UNDEFINED
            wanted = rows[level] if level < shared else rows[-1] if by_row and rows else None
            number = _row(held, wanted if level <= shared else None)
            if number is None or not isinstance(held, list):
                return _NO_MATCH
            data = held[number]
        return get(data, local) if local else data

    return read


def _row(held: object, wanted: int | None) -> int | None:
    """The number of the row to read: the wanted one if it is there, else the first that is."""
    if not isinstance(held, list):
        return None
    if wanted is not None and wanted < len(held) and is_row(held[wanted]):
        return wanted
    return next((number for number, row in enumerate(held) if is_row(row)), None)


def _shared(groups: tuple[Node, ...], other: tuple[Node, ...]) -> int:
    count = 0
    for one, two in zip(groups, other, strict=False):
        if one is not two:
            break
        count += 1
    return count
