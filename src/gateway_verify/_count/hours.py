"""Between which hours can a body have been written that stands at an entry?

1. Within the months that its close covers, by two hours at either end. 2. Not before the time at which
witnesses saw the log without the entry, and not after the time at which they saw it with the entry, by two
hours again: clocks differ.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

TOLERATED = 2
"""Hours by which two clocks may differ."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A size at which witnesses saw the log, and the first and last hour that they state."""

    size: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Hours:
    """The first and last hour of the bodies of a close, and what witnesses saw, by size."""

    first: int
    last: int
    seen: Sequence[Seen] = field(default=(), repr=False)
    sizes: Sequence[int] = field(default=(), repr=False)

    def lies_outside(self, index: int, hour: int) -> bool:
        """Whether a body at an entry states an hour at which it cannot have been written."""
        if not self.first <= hour <= self.last:
            return True
        if not self.sizes:
            return False
        with_it = bisect_right(self.sizes, index)
        return (with_it > 0 and hour < self.seen[with_it - 1].first - TOLERATED) or (
            with_it < len(self.sizes) and hour > self.seen[with_it].last + TOLERATED
        )
