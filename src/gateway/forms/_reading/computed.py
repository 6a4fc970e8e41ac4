"""Find the inputs that the form computes itself, which nobody can type in.

A `calculateValue` takes an input out of the count only as a JSONLogic rule (an object with one
member), without `allowCalculateOverride`, whose every read is written out as `data.…` or `row.…` and
leads neither to the input's own value nor, through other computed inputs, back to it. A script, and
every rule of which less is known, changes nothing: the input counts like any other. `value`,
`data` or `row` as a whole, `instance`, a path that is worked out by the rule, `missing` and what
Form.io's core adds to JSONLogic are such reads.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from gateway.forms._reading.cycles import leads_back
from gateway.forms._reading.templates import Component
from gateway.forms._reading.tree import Node
from gateway.forms._showing.logic import foreign_operators, names_what_it_reads, variables

_Steps: TypeAlias = tuple[str, ...]


def leave_out_computed(nodes: Sequence[Node]) -> None:
    """Take the templates of computed inputs away, and mark the inputs as computed."""
    candidates = [node for node in nodes if node.templates and _is_plain_rule(node.component)]
    places = _Places(candidates)
    reads = {id(node): [*places.read_by(node)] for node in candidates}
    for node in candidates:
        if not leads_back(node, reads):
            node.computed = True
            node.templates = ()


def _is_plain_rule(component: Component) -> bool:
    rule = component.get("calculateValue")
    return (
        isinstance(rule, dict)
        and len(rule) == 1
        and not component.get("allowCalculateOverride")
        and names_what_it_reads(rule)
        and not any(foreign_operators(rule))
    )


class _Places:
    """The computed inputs by every place that a path can mean them by, or stand within."""

    def __init__(self, candidates: Iterable[Node]) -> None:
        self._leading: defaultdict[_Steps, list[Node]] = defaultdict(list)
        self._inner: defaultdict[_Steps, list[Node]] = defaultdict(list)
        self._exact: defaultdict[_Steps, list[Node]] = defaultdict(list)
        self._tails: defaultdict[_Steps, list[Node]] = defaultdict(list)
        for node in candidates:
            own = _steps(node.flat)
            self._exact[own].append(node)
            for end in range(len(own) + 1):
                self._leading[own[:end]].append(node)
            for begin in range(len(own)):
                self._tails[own[begin:]].append(node)
                for end in range(begin, len(own) + 1):
                    self._inner[own[begin:end]].append(node)

    def read_by(self, node: Node) -> Iterator[Node]:
        """The computed inputs whose value the rule of one reads, itself included."""
        for variable in variables(node.component["calculateValue"]):
            scope, _, path = variable.partition(".")
            steps = _steps(path)
            # what stands around a row is not known here: a `row` path may mean any tail
            around, whole = (
                (self._leading, self._exact) if scope == "data" else (self._inner, self._tails)
            )
            yield from around[steps]
            for end in range(1, len(steps)):
                yield from whole[steps[:end]]


def _steps(path: str) -> _Steps:
    """The keys of a path, without the numbers of rows."""
    return tuple(step for step in path.split(".") if step and not step.isdigit())
