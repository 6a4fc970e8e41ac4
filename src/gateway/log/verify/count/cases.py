"""What do the cases of a log add up to, close by close?

Most cases look like many others: a case is known by its **shape**, the patterns of its bodies with the
closes they stand in, and every shape is counted once.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from gateway.log.verify.count.one_case import CaseStory, Cell, Rules, Total
from gateway.log.verify.count.patterns import OF_A_CASE, SUBMISSION, Patterns
from gateway.log.verify.count.records import Record, Records

_MOST_SHAPES = 10_000

Step: TypeAlias = tuple[int, int, int, bool]
"""One body in a shape: close, pattern, number of its chain in the case, whether it is instant."""


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
    shapes: dict[tuple[Step, ...], tuple[Totals, int]] = {}
    reader = _StepReader(records.patterns, rules)
    for case in records.cases(progress):
        shape = reader.shape(case)
        known = shapes.get(shape)
        if known is None:
            if len(shapes) >= _MOST_SHAPES:
                _pour(shapes, totals)
            known = _count_shape(shape, case, records.patterns, rules), 0
        shapes[shape] = known[0], known[1] + 1
    _pour(shapes, totals)
    return totals


def _pour(shapes: dict[tuple[Step, ...], tuple[Totals, int]], totals: Totals) -> None:
    for one, times in shapes.values():
        for key, total in one.cells.items():
            totals.cells[key].add(total, times)
        for close, leaves in one.outside.items():
            totals.outside[close] += leaves * times
    shapes.clear()


class _StepReader:
    """Makes shapes out of records."""

    def __init__(self, patterns: Patterns, rules: Rules) -> None:
        self._patterns = patterns
        self._ends = rules.ends
        self._measures = rules.measures
        self._leaves = [leaf for leaf, *_ in rules.measures]
        self._limits: dict[tuple[int, int], int] = {}

    def shape(self, case: list[Record]) -> tuple[Step, ...]:
        """The shape of one case; bodies behind the last close are left away."""
        chains: dict[int, int] = {}
        ends, many = self._ends, len(self._ends)
        steps = []
        for _, index, chain, pattern, seconds in case:
            close = bisect_left(ends, index)
            if close == many:
                break
            ordinal = chains.setdefault(chain, len(chains))
            instant = pattern & 15 == SUBMISSION and seconds < self._limit(pattern, index)
            steps.append((close, pattern, ordinal, instant))
        return tuple(steps)

    def _limit(self, pattern: int, index: int) -> int:
        measure = bisect_right(self._leaves, index) - 1
        limit = self._limits.get((pattern, measure))
        if limit is None:
            submission = self._patterns.read(pattern).submission
            assert submission is not None  # noqa: S101 - its number says so
            _, seconds, per_field = self._measures[measure]
            limit = seconds + per_field * submission.declared
            if len(self._limits) > _MOST_SHAPES:
                self._limits.clear()
            self._limits[pattern, measure] = limit
        return limit


def _count_shape(
    shape: tuple[Step, ...], case: list[Record], patterns: Patterns, rules: Rules
) -> Totals:
    totals = Totals()
    told = [
        (close, patterns.read(number), chain, instant) for close, number, chain, instant in shape
    ]
    indices = [index for _, index, *_ in case]
    own, places = [], []
    for (close, pattern, chain, instant), index in zip(told, indices, strict=False):
        if pattern.kind < OF_A_CASE and pattern.tenant not in rules.test_tenants:
            own.append((close, pattern, chain, instant))
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
