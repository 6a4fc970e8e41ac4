"""Parse a point in time as `moment(value)` does, in a process that runs in Vietnam's time zone.

Form.io's core compares dates in conditions by moment 2.31 without a format: ISO 8601 first, then
RFC 2822, then whatever V8's `Date` makes of the text (`legacy_dates.py`). Points in time are
milliseconds since 1970 in UTC, None stands for moment's «Invalid date».
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from gateway.forms._showing.instants import LOCAL_ZONE
from gateway.forms._showing.javascript import SPACE
from gateway.forms._showing.legacy_dates import parse_legacy

_DAY: Final = 86_400_000
_LATEST: Final = 8_640_000_000_000_000
"""The last millisecond of a JavaScript date (ECMA-262, time values)."""
_LONGEST: Final = 1_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CYCLE_YEARS, _CYCLE_DAYS = 400, 146_097

_BLANK = f"[{SPACE}]"
_ZONE = rf"([+-][0-9]{{2}}(?::?[0-9]{{2}})?|{_BLANK}*Z)?"
_EXTENDED = re.compile(
    r"((?:[+-][0-9]{6}|[0-9]{4})"
    r"-(?:[0-9]{2}-[0-9]{2}|W[0-9]{2}-[0-9]|W[0-9]{2}|[0-9]{3}|[0-9]{2}))"
    r"(?:[T ]([0-9]{2}(?::[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?)?)" + _ZONE + r")?"
)
_BASIC = re.compile(
    r"((?:[+-][0-9]{6}|[0-9]{4})(?:[0-9]{4}|W[0-9]{3}|W[0-9]{2}|[0-9]{3}|[0-9]{2}|))"
    r"(?:[T ]([0-9]{2}(?:[0-9]{2}(?:[0-9]{2}(?:[.,][0-9]+)?)?)?)" + _ZONE + r")?"
)
_ASP_NET = re.compile(r"/?date\((-?[0-9]+)", re.I | re.A)
_COMMENT = re.compile(r"\([^()]*\)|[\n\t]")
_BLANKS = re.compile(f"{_BLANK}{{2,}}")
_MAIL_MONTHS = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
)  # fmt: skip
_MAIL_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MAIL = re.compile(
    rf"(?:({'|'.join(_MAIL_DAYS)}),?{_BLANK})?([0-9]{{1,2}}){_BLANK}({'|'.join(_MAIL_MONTHS)})"
    rf"{_BLANK}([0-9]{{2,4}}){_BLANK}([0-9]{{2}}):([0-9]{{2}})(?::([0-9]{{2}}))?{_BLANK}"
    r"(?:(UT|GMT|[ECMP][SD]T)|[Zz]|([+-][0-9]{4}))"
)
_MAIL_ZONES: Mapping[str, int] = {"UT": 0, "GMT": 0, "EDT": -240, "EST": -300, "CDT": -300} | {
    "CST": -360, "MDT": -360, "MST": -420, "PDT": -420, "PST": -480,
}  # fmt: skip


def moment_of(value: object) -> float | None:
    """The point in time of a JSON value, None where moment finds none.

    A list or an object is none: moment would fill what is missing from the clock, and no count
    can rest on the hour in which it is made. Neither is a text longer than any date.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _clipped(value)
    return _of_text(value) if isinstance(value, str) and 0 < len(value) <= _LONGEST else None


def _of_text(text: str) -> float | None:
    if stated := _ASP_NET.match(text):
        return _clipped(float(stated[1]))
    begun = text.lstrip(SPACE)
    match = _EXTENDED.fullmatch(begun) or _BASIC.fullmatch(begun)
    shape = _shape_of(match[1]) if match else None
    if match and shape and (shape.with_time or not match[2]):
        return _iso(shape.days(match[1]), match[2] or "", (match[3] or "").strip(SPACE))
    mail = _MAIL.fullmatch(_folded(text))
    return _mailed(mail) if mail else _guessed(text)


@dataclass(frozen=True, slots=True)
class _Shape:
    """One way to write an ISO date: how it is recognised, and the numbers it is made of."""

    looks: re.Pattern[str]
    numbers: re.Pattern[str]
    read: Callable[..., int | None]
    with_time: bool = True

    def days(self, written: str) -> int | None:
        """Days since 1970, None beyond the calendar."""
        match = self.numbers.search(written)
        return self.read(*(int(number) for number in match.groups())) if match else None


def _shape_of(written: str) -> _Shape | None:
    # moment takes the first shape found anywhere in the date, and its numbers from the left.
    return next((shape for shape in _SHAPES if shape.looks.search(written)), None)


def _calendar(year: int, month: int = 1, day: int = 1) -> int | None:
    if not 1 <= month <= 12 or not 1 <= day <= _days_in(year, month):
        return None
    return days_of(year, month - 1, day)


def _ordinal(year: int, day: int) -> int | None:
    return days_of(year, 0, day) if 1 <= day <= 365 + _leap(year) else None


def _week(year: int, week: int, weekday: int = 1) -> int | None:
    monday, following = _first_monday(year), _first_monday(year + 1)
    if not 1 <= week <= (following - monday) // 7 or not 1 <= weekday <= 7:
        return None
    return monday + 7 * (week - 1) + weekday - 1


def _first_monday(year: int) -> int:
    """The Monday of the week that has 4 January in it (ISO 8601)."""
    fourth = days_of(year, 0, 4)
    return fourth - (fourth + 3) % 7


def _shape(
    looks: str, numbers: str, read: Callable[..., int | None], with_time: bool = True
) -> _Shape:
    return _Shape(re.compile(looks, re.A), re.compile(numbers, re.A), read, with_time)


_SHAPES = (
    _shape(r"[+-]\d{6}-\d\d-\d\d", r"([+-]\d{6})-(\d\d)-(\d\d)", _calendar),
    _shape(r"\d{4}-\d\d-\d\d", r"(\d{4})-(\d\d)-(\d\d)", _calendar),
    _shape(r"\d{4}-W\d\d-\d", r"(\d{4})\d*-W(\d\d)-(\d)", _week),
    _shape(r"\d{4}-W\d\d", r"(\d{4})\d*-W(\d\d)", _week, with_time=False),
    _shape(r"\d{4}-\d{3}", r"(\d{4})\d*-(\d{3})", _ordinal),
    _shape(r"\d{4}-\d\d", r"(\d{4})\d*-(\d\d)", _calendar, with_time=False),
    _shape(r"[+-]\d{10}", r"([+-]\d{6})(\d\d)(\d\d)", _calendar),
    _shape(r"\d{8}", r"(\d{4})(\d\d)(\d\d)", _calendar),
    _shape(r"\d{4}W\d{3}", r"(\d{4})\d*W(\d\d)(\d)", _week),
    _shape(r"\d{4}W\d\d", r"(\d{4})\d*W(\d\d)", _week, with_time=False),
    _shape(r"\d{7}", r"(\d{4})(\d{3})", _ordinal),
    _shape(r"\d{6}", r"(\d{4})(\d\d)", _calendar, with_time=False),
    _shape(r"\d{4}", r"(\d{4})", _calendar, with_time=False),
)


def _iso(days: int | None, clock: str, zone: str) -> float | None:
    if days is None:
        return None
    whole, _, fraction = clock.replace(",", ".").partition(".")
    digits = whole.replace(":", "").ljust(6, "0")
    hour, minute, second = int(digits[:2]), int(digits[2:4]), int(digits[4:6])
    thousandths = int(float(f"0.{fraction or 0}") * 1000)
    if hour > 24 or minute > 59 or second > 59:
        return None
    if hour == 24 and (minute or second or thousandths):
        return None
    wall = days * _DAY + ((hour * 60 + minute) * 60 + second) * 1000 + thousandths
    if not zone:
        return _clipped(local(wall))
    ahead = _offset(zone)
    return None if ahead is None else _clipped(wall - ahead * 60_000)


def _offset(zone: str) -> int | None:
    """Minutes ahead of UTC, None beyond what moment takes for an offset."""
    if zone == "Z":
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    if int(digits[2:]) > 59 or minutes > (840 if zone[0] == "+" else 720):
        return None
    return minutes if zone[0] == "+" else -minutes


def _folded(text: str) -> str:
    """A text without comments and folded blanks, as moment prepares it for RFC 2822."""
    return _BLANKS.sub(" ", _COMMENT.sub(" ", text)).strip(SPACE)


def _mailed(match: re.Match[str]) -> float | None:
    weekday, day, month, written, hour, minute, second, named, offset = match.groups()
    year = int(written) + (0 if int(written) > 999 else 1900 if int(written) > 49 else 2000)
    days = days_of(year, _MAIL_MONTHS.index(month), int(day))
    if weekday and _MAIL_DAYS.index(weekday) != (days + 3) % 7:
        return None
    in_month = 1 <= int(day) <= _days_in(year, _MAIL_MONTHS.index(month) + 1)
    if not in_month or int(minute) > 59 or int(second or 0) > 59:
        return None
    if int(hour) > 24 or (int(hour) == 24 and (int(minute) or int(second or 0))):
        return None
    ahead = _MAIL_ZONES.get(named or "", 0)
    if offset:
        hours, minutes = divmod(abs(int(offset)), 100)
        ahead = (hours * 60 + minutes) * (-1 if offset[0] == "-" else 1)
    wall = days * _DAY + ((int(hour) * 60 + int(minute)) * 60 + int(second or 0)) * 1000
    return _clipped(wall - ahead * 60_000)


def _guessed(text: str) -> float | None:
    read = parse_legacy(text)
    if read is None:
        return None
    wall = days_of(read.year, read.month - 1, read.day) * _DAY + read.clock
    return _clipped(local(wall) if read.ahead is None else wall - read.ahead * 1000)


def days_of(year: int, month: int, day: int) -> int:
    """Days since 1970 of a date of any year; `month` counts from 0, a day may run over."""
    cycles, inside = divmod(year - 1, _CYCLE_YEARS)
    start = date(inside + 1, month + 1, 1).toordinal() - date(1970, 1, 1).toordinal()
    return cycles * _CYCLE_DAYS + start + day - 1


def _days_in(year: int, month: int) -> int:
    return days_of(year + month // 12, month % 12, 1) - days_of(year, month - 1, 1)


def _leap(year: int) -> int:
    return days_of(year + 1, 0, 1) - days_of(year, 0, 1) - 365


def local(wall: float) -> float:
    """The point in time at which the clocks of Vietnam show `wall`, read as if it were UTC.

    A time that clocks show twice is the first, one that they skip is read before the change
    (ECMA-262, LocalTime).
    """
    # The zone's first and last rules go on for ever; Python's calendar does not.
    inside = min(max(wall, -62_000_000_000_000), 253_000_000_000_000)
    shown = (_EPOCH + timedelta(milliseconds=inside)).replace(tzinfo=LOCAL_ZONE)
    ahead = shown.utcoffset() or timedelta()
    return wall - ahead / timedelta(milliseconds=1)


def _clipped(milliseconds: float) -> float | None:
    if not abs(milliseconds) <= _LATEST:
        return None
    return float(math.trunc(milliseconds))
