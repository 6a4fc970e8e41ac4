"""Find components shown only by what they show themselves: loops of conditions, which no answer settles.

A component hangs on the components that its condition names; those hang on their own conditions
and, since nothing shows under something hidden, on those of every component above them. A
condition is not answerable for what merely stands beside it in a panel that it shows.
"""

from collections.abc import Iterator, Mapping, Sequence

from gateway.forms._reading.tree import Node


def in_cycles(nodes: Sequence[Node]) -> Iterator[Node]:
    """Every component whose own condition leads back to itself, in form order; needs triggers."""
    hangs_on = {id(node): tuple(_governing(node)) for node in nodes if node.triggers}
    for node in nodes:
        if node.triggers and leads_back(node, hangs_on):
            yield node


def _governing(node: Node) -> Iterator[Node]:
    """The components with a condition that decide whether a trigger of this one shows."""
    for trigger in node.triggers:
        for place in trigger.node.sharing if trigger.node else ():
            yield from _conditioned_above(place)


def _conditioned_above(node: Node) -> Iterator[Node]:
    place: Node | None = node
    while place is not None:
        if place.triggers:
            yield place
        place = place.parent


def leads_back(start: Node, hangs_on: Mapping[int, Sequence[Node]]) -> bool:
    """Whether a component depends on itself, by the components that each `id` depends on."""
    seen: set[int] = set()
    waiting = list(hangs_on[id(start)])
    while waiting:
        node = waiting.pop()
        if node is start:
            return True
        if id(node) not in seen:
            seen.add(id(node))
            waiting += hangs_on[id(node)]
    return False
