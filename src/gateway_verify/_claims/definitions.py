"""By which definition is a month counted, and is it one that this verifier knows?

A `metric-definition` leaf names a definition whose edition is 1 or 2. Its numbers hold from its entry on;
what it counts holds from the month that it names, one of edition 1 from its entry on. This verifier has its
own copy of the numbers, and of the digests of the definitions' texts (schemas/measure.json); where a log
goes by others, that is remarked.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from gateway_verify._count.hours import TOLERATED
from gateway_verify.leaves import Leaf

FIRST_EDITION = "eform-gateway/measure/1"
LOWER_BOUNDS = {"instant_seconds": 20, "instant_seconds_per_field": 1}
LEAST_AGE = 24
"""Hours after which a record that nobody vouches for may be a fact."""

_ANY_HOUR = 0, 2**32 - 1
_HERE = timezone(timedelta(hours=7))
"""The time of Việt Nam since 1975."""

DIGESTS: Mapping[int, str] = {
    1: "sha256:efa09bd6e2a8850dcc6197318202bf07b85f2470ad57eedfa49ab638839c6350",
    2: "sha256:75e62f65b8911d6ed80bf0efc9181234d5afcee82d917025ce47707f9d72fa9a",
}
"""Of schemas/measure.json, by edition."""


def edition_of(definition: Leaf) -> int:
    """The edition of a definition by its name."""
    name: str = definition["definition"]
    return 1 if name.removesuffix("/confirmed") == FIRST_EDITION else 2


def of_month(
    definitions: Iterable[tuple[int, Leaf]], last: int, month: str
) -> tuple[int, Leaf] | None:
    """The definition by which a month is counted whose range ends at entry `last`."""
    fit = [
        (index, leaf)
        for index, leaf in definitions
        if index <= last and leaf.get("month", "") <= month
    ]
    return fit[-1] if fit else None


def hours_of(definition: Leaf, month: str, before: str | None, first: Leaf) -> tuple[int, int]:
    """The first and last hour that a body of a close may state.

    `before` is the month of the close before, `first` the log's first definition.
    """
    if edition_of(definition) == 1:
        return _ANY_HOUR
    begin = _following(before) if before else first.get("month")
    low = max(0, _first_hour(begin) - TOLERATED) if begin else 0
    return low, _first_hour(_following(month)) - 1 + TOLERATED


def _following(month: str) -> str:
    year, number = map(int, month.split("-"))
    return f"{year + number // 12:04d}-{number % 12 + 1:02d}"


def _first_hour(month: str) -> int:
    year, number = map(int, month.split("-"))
    begin = datetime(min(max(year, 1970), 9999), number, 1, tzinfo=_HERE)
    return max(0, int(begin.timestamp()) // 3600)


def remarks_on(definitions: Iterable[tuple[int, Leaf]]) -> Iterator[str]:
    """Where the definitions of a log differ from this verifier's own copy."""
    for index, leaf in definitions:
        named = _differing(leaf)
        if named:
            yield (
                f"entry {index}: định nghĩa khác bản của trình kiểm tra / the definition differs from this "
                f"verifier's own copy: {', '.join(named)}"
            )


def _differing(leaf: Mapping[str, Any]) -> list[str]:
    own = {**LOWER_BOUNDS, "least_age_hours": LEAST_AGE, "digest": DIGESTS[edition_of(leaf)]}
    return [name for name, value in own.items() if name in leaf and leaf[name] != value]
