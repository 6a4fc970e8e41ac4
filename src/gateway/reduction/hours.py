"""Do the hours of bodies lie in the months that their range of the log was closed for?

A close covers the months after the one before it, up to its own; the first of a log begins with the
month that the log's first definition names. Two hours are let pass at either end, since clocks differ.
By the first edition of the measure every hour is let pass.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.reduction.definitions import Definitions
from gateway.reduction.months import Month

TOLERATED_HOURS = 2


@dataclass(frozen=True, slots=True)
class Covered:
    """The range of one close, by its last leaf, and its first and last hour; None for no bound."""

    last: int
    first_hour: int | None
    last_hour: int | None


def covered(definitions: Definitions, last: int, month: Month, before: Month | None) -> Covered:
    """What a close of `month` covers, `before` being the month that was closed before it."""
    if definitions.of_month(last + 1, str(month)).edition == 1:
        return Covered(last, None, None)
    begin = before.following if before else _begin(definitions)
    first = None if begin is None else begin.first_hour - TOLERATED_HOURS
    return Covered(last, first, month.last_hour + TOLERATED_HOURS)


def _begin(definitions: Definitions) -> Month | None:
    first = definitions.measures[0].month
    return None if first is None else Month.read(first)


def lies_outside(closes: Sequence[Covered], leaf: int, hour: int) -> bool:
    """Whether a body's hour lies outside the months of the close in whose range it stands."""
    at = bisect_left([close.last for close in closes], leaf)
    if at == len(closes):
        return False
    first, last = closes[at].first_hour, closes[at].last_hour
    return (first is not None and hour < first) or (last is not None and hour > last)
