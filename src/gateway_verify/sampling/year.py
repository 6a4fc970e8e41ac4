"""What do the samples of a year's months show together?

Of month m with N_m units n_m were drawn, k of all were wrong. Where every unit of the year was opened the
share is k over all. Otherwise the bound is that of Clopper and Pearson for n = sum n_m drawn and k wrong,
times n / (f N): N the units of the year, f the smallest n_m / N_m. With shares in proportion the factor is
1, but for rounding; a month of which less was drawn than of the others widens the bound for all.

Why it holds: the wrong ones found are a sum of independent draws of 0 or 1 (a hypergeometric number is such
a sum) with mean at least f N p, p the share of wrong ones in the year; no sum of n such draws with that
mean has as few as k more often than n equal ones have (Hoeffding, Annals of Mathematical Statistics 27,
1956, theorem 4), as long as k + 1 does not exceed the mean, else the bound is 100 %.

A month whose leaves do not say how many units there were, or of which nothing was drawn, has no f.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway_verify._claims.leaf_order import Story
from gateway_verify.sampling.bound import MOST_DRAWN, PARTS, upper_bound
from gateway_verify.sampling.draw import FRAMES, frame_of


@dataclass(frozen=True, slots=True)
class Drawn:
    """What came of one frame in one month; `units` is None where the leaf is older than its frame."""

    month: str
    units: int | None
    drawn: int
    wrong: int


@dataclass(frozen=True, slots=True)
class Year:
    """The months of one frame and year together; `bound` in millionths."""

    months: tuple[Drawn, ...]
    units: int | None
    drawn: int
    wrong: int
    bound: int


def year_of(months: Iterable[Drawn]) -> Year:
    """Put a frame's months together; raises ValueError where more is drawn than there is."""
    all_ = tuple(sorted(months, key=lambda one: one.month))
    drawn, wrong = sum(one.drawn for one in all_), sum(one.wrong for one in all_)
    known = [(one.units, one.drawn) for one in all_ if one.units is not None]
    if any(one > units for units, one in known):
        raise ValueError("no more is drawn than there is")
    if len(known) < len(all_) or not known:
        return Year(all_, None, drawn, wrong, PARTS)
    units = sum(units for units, _ in known)
    return Year(all_, units, drawn, wrong, _bound(known, units, drawn, wrong))


def _bound(known: list[tuple[int, int]], units: int, drawn: int, wrong: int) -> int:
    if drawn == units:
        return -(-PARTS * wrong // units) if units else PARTS
    least, of = min(((n, number) for number, n in known if number), key=lambda one: one[0] / one[1])
    if not least or drawn > MOST_DRAWN:
        return PARTS
    plain = upper_bound(drawn, wrong)
    if (wrong + 1) * PARTS > plain * drawn:
        return PARTS
    return min(PARTS, -(-plain * drawn * of // (least * units)))


def samples_of(story: Story, year: str) -> Mapping[str, Year]:
    """What the public `audit` leaves of a proved log say of each frame in a year.

    Where a month has several of a frame, the largest counts with the wrong ones of all: they may have
    drawn the same units.
    """
    return {frame: year_of(_months(story, year, frame)) for frame in FRAMES}


def _months(story: Story, year: str, frame: str) -> Iterable[Drawn]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for _, leaf in story.of_kind("audit"):
        sample, month = leaf["sample"], leaf["month"]
        if sample and month.startswith(f"{year}-") and frame_of(sample) == frame:
            found.setdefault(month, []).append(sample)
    for month, samples in found.items():
        largest = max(samples, key=lambda one: one["drawn"])
        wrong = min(largest["drawn"], sum(one["wrong"] for one in samples))
        yield Drawn(month, largest.get("units"), largest["drawn"], wrong)
