"""Check the hours that payloads state.

An hour has to lie in the months that its range of the log was closed for: a close covers the months after the
previous one, up to its own; the first of a log begins with the month that the log's first definition names. And
it has to lie between the times at which witnesses saw the log without the payload's leaf, and with it, as
`witnessed` leaves before the close's first tally repeat them. Two hours are tolerated at either end of both,
since clocks differ. The first edition of the measure accepts every hour.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.reduction._definitions import Definitions
from gateway.reduction.months import Month

TOLERATED_HOURS = 2


@dataclass(frozen=True, slots=True)
class Witnessed:
    """A size at which witnesses saw the log, and when, in seconds since 1970; `leaf` repeats it."""

    leaf: int
    size: int
    earliest: int
    latest: int


@dataclass(frozen=True, slots=True)
class Covered:
    """The range of one close, by its last leaf, and its first and last hour; None for no bound.

    `witnessed` are the `witnessed` leaves before its first tally, by size.
    """

    last: int
    first_hour: int | None
    last_hour: int | None
    witnessed: Sequence[Witnessed] = field(default=(), repr=False)


def covered(
    definitions: Definitions,
    last: int,
    month: Month,
    before: Month | None,
    witnessed: Sequence[Witnessed] = (),
) -> Covered:
    """The range that a close of `month` covers; `before` is the month that was closed before it."""
    if definitions.of_month(last + 1, str(month)).edition == 1:
        return Covered(last, None, None)
    begin = before.following if before else _begin(definitions)
    first = None if begin is None else begin.first_hour - TOLERATED_HOURS
    return Covered(last, first, month.last_hour + TOLERATED_HOURS, witnessed)


def _begin(definitions: Definitions) -> Month | None:
    first = definitions.measures[0].month
    return None if first is None else Month.read(first)


def lies_outside(closes: Sequence[Covered], leaf: int, hour: int) -> bool:
    """Whether a payload cannot have been written in its hour, by the range of its close."""
    at = bisect_left(closes, leaf, key=lambda close: close.last)
    if at == len(closes):
        return False
    close, first, last = closes[at], closes[at].first_hour, closes[at].last_hour
    if (first is not None and hour < first) or (last is not None and hour > last):
        return True
    seen = close.witnessed
    with_it = bisect_right(seen, leaf, key=lambda one: one.size)
    return (with_it > 0 and hour < seen[with_it - 1].earliest // 3600 - TOLERATED_HOURS) or (
        with_it < len(seen) and hour > seen[with_it].latest // 3600 + TOLERATED_HOURS
    )
