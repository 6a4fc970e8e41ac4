"""Calendar months in Việt Nam's time zone, and when a month may be closed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Self

from gateway.domain.errors import BadRequest, Conflict
from gateway.forms.values import LOCAL_ZONE

_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
_EARLIEST_YEAR = 1970


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A month by the calendar of Việt Nam (tháng)."""

    year: int
    number: int

    @classmethod
    def read(cls, text: str) -> Self:
        """Read `2026-11`; BadRequest `parameter_unusable` for anything else."""
        found = _MONTH.fullmatch(text)
        if found is None or int(found[1]) < _EARLIEST_YEAR:
            raise BadRequest("parameter_unusable", "a month reads 2026-11", "month")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def at(cls, when: datetime) -> Self:
        """The month that holds a moment."""
        local = when.astimezone(LOCAL_ZONE)
        return cls(local.year, local.month)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"

    @property
    def following(self) -> "Month":
        """The month after it."""
        return Month(self.year + self.number // 12, self.number % 12 + 1)

    @property
    def last_hour(self) -> int:
        """Its last hour, counted since 1970 UTC."""
        return self.following.first_hour - 1

    @property
    def first_hour(self) -> int:
        """Its first hour, counted since 1970 UTC."""
        begin = datetime.combine(date(self.year, self.number, 1), time(), LOCAL_ZONE)
        return int(begin.timestamp()) // 3600

    def up_to(self, last: "Month") -> Iterator["Month"]:
        """This month and all up to and with `last`."""
        month = self
        while month <= last:
            yield month
            month = month.following


def check_closable(month: Month, running: Month, closed: Month | None, *, mock: bool) -> None:
    """Refuse to close a future or running month, or one not after the last that was closed.

    Only a deployment marked as mock may close the running month. Raises Conflict: `month_not_over`,
    `month_closed`.
    """
    if month > running or (month == running and not mock):
        raise Conflict("month_not_over", f"{month} is not over; what it holds may still change")
    if closed is not None and month <= closed:
        raise Conflict("month_closed", f"every leaf up to {closed} was closed with it")
