"""What is drawn from, how much of it in a year, and what share of that falls to one month.

A **frame** is a list of units of one kind:

    fields        field instances with the verdict `auto`
    submissions   whole submissions, compared with the dossier as it was filed
    records       unvouched records that filled an `auto` field, once for each submission

Of each frame YEARLY units are drawn for a province and year, or all where there are fewer. They are spread
over the closed months in proportion: of a month with `units` of the `year_units` that the auditor expects
the year to have, `share` are drawn. Every month of a year names the same `year_units`; a year that comes
out otherwise only makes the bound of the year wider or narrower (`year.py`), never wrong.

An `audit` or `sample` leaf without a member for the frame was written before there were three: `fields`.
"""

from collections.abc import Mapping
from typing import Any

FIELDS, SUBMISSIONS, RECORDS = "fields", "submissions", "records"
FRAMES = (FIELDS, SUBMISSIONS, RECORDS)

YEARLY = 299
"""So many right ones and none wrong show that fewer than 1 % are wrong, at 95 %."""

MONTHS = 12


def frame_of(said: Mapping[str, Any], member: str = "frame") -> str:
    """The frame that a leaf, body or request is about."""
    return str(said.get(member, FIELDS))


def share(units: int, year_units: int) -> int:
    """How many of a month's units are drawn: YEARLY x units / year_units rounded up, all where fewer.

    A month that alone has more units than were expected of the year gives YEARLY. Raises ValueError
    unless units >= 0 and year_units > 0.
    """
    if units < 0 or year_units < 1:
        raise ValueError("a month has units, and a year at least one")
    expected = max(units, year_units)
    return min(units, -(-YEARLY * units // expected))
