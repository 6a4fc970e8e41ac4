"""What do the cases of a log add up to, close by close?

Most cases look like many others: a case is known by its **shape**, the patterns of its bodies with the
closes they stand in, and every shape is counted once.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from gateway_verify._count.hours import Hours
from gateway_verify._count.one_case import CaseStory, Cell, Rules, Total
from gateway_verify._count.patterns import BITS, OF_A_CASE, OUTSIDE, Patterns
from gateway_verify._count.records import Record, Records

_MOST_SHAPES = 10_000

Shape: TypeAlias = tuple[int, ...]
"""Per body its pattern, in 32 bits the number of its chain in the case, in 32 bits its close."""


@dataclass(slots=True)
class Totals:
    """The cells of each close, and case leaves that belong to none."""

    cells: defaultdict[tuple[int, Cell], Total] = field(default_factory=lambda: defaultdict(Total))
    outside: Counter[int] = field(default_factory=Counter)


def count_cases(
    records: Records, rules: Rules, progress: Callable[[int, int], None] = lambda done, of: None
) -> Totals:
    """Add up all cases; raises Refuted, naming the entry, for a case that cannot be."""
    totals = Totals()
    shapes: dict[Shape, tuple[Totals, int]] = {}
    for case in records.cases(progress):
        shape = _shape_of(case, rules.ends, rules.hours)
        known = shapes.get(shape)
        if known is None:
            if len(shapes) >= _MOST_SHAPES:
                _pour(shapes, totals)
            known = _count_shape(shape, case, records.patterns, rules), 0
        shapes[shape] = known[0], known[1] + 1
    _pour(shapes, totals)
    return totals


def _pour(shapes: dict[Shape, tuple[Totals, int]], totals: Totals) -> None:
    for one, times in shapes.values():
        for key, total in one.cells.items():
            totals.cells[key].add(total, times)
        for close, leaves in one.outside.items():
            totals.outside[close] += leaves * times
    shapes.clear()


def _shape_of(case: list[Record], ends: Sequence[int], hours: Sequence[Hours]) -> Shape:
    """The shape of one case; bodies behind the last close are left away."""
    many = len(ends)
    if len(case) == 2 and case[0][2] == case[1][2]:
        (_, index, _, pattern, hour), (_, later, _, other, then) = case
        close = bisect_left(ends, later)
        if close < many:
            first = bisect_left(ends, index)
            if hours[first].lies_outside(index, hour):
                pattern |= OUTSIDE
            if hours[close].lies_outside(later, then):
                other |= OUTSIDE
            return (pattern << 64 | first, other << 64 | close)
    chains: dict[int, int] = {}
    steps = []
    for _, index, chain, pattern, hour in case:
        close = bisect_left(ends, index)
        if close == many:
            break
        if hours[close].lies_outside(index, hour):
            pattern |= OUTSIDE
        steps.append(pattern << 64 | chains.setdefault(chain, len(chains)) << 32 | close)
    return tuple(steps)


def _count_shape(shape: Shape, case: list[Record], patterns: Patterns, rules: Rules) -> Totals:
    totals = Totals()
    told = [
        (
            step & 0xFFFFFFFF,
            patterns.read(step >> 64 & ~BITS),
            step >> 32 & 0xFFFFFFFF,
            step >> 64 & BITS,
        )
        for step in shape
    ]
    indices = [index for _, index, *_ in case]
    own, places = [], []
    for (close, pattern, chain, bits), index in zip(told, indices, strict=False):
        if pattern.kind < OF_A_CASE and pattern.tenant not in rules.test_tenants:
            own.append((close, pattern, chain, bits))
            places.append(index)
        else:
            totals.outside[close] += 1
    for close in sorted({step[0] for step in own}):
        upto = [step for step in own if step[0] <= close]
        here = sum(step[0] == close for step in upto)
        story = CaseStory(close, rules)
        for step, index in zip(upto, places, strict=False):
            story.take(*step, index)
        if story.cell is None:
            totals.outside[close] += here
        else:
            total = story.total()
            total.leaves, total.cases = here, 1
            totals.cells[close, story.cell].add(total)
    return totals
