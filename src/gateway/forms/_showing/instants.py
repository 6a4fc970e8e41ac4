"""Parse a text as a point in time or a date, and give its day in Vietnam.

Points in time: `YYYY-MM-DD`, with `T` or a blank and `hh:mm`, `hh:mm:ss` or fractions of a second, with
`Z`, `+0000`, `+07:00`, `+07` or no zone at all: then the local one. Dates: `1990`, `1990-01`,
`1990-01-31`, `31/01/1990`, `01/1990`, also with 00 for what is unknown, with dots or hyphens.
"""

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from gateway.domain.facts import PartialDate
from gateway.forms._reading.mistakes import NotOfType

LOCAL_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
"""Where a day begins: +07:00 today, +08:00 until June 1975 and otherwise by the tz database."""

_INSTANT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]+))?)?"
    r" ?(Z|z|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)

_ISO_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_WRITTEN_DATE = re.compile(r"(?:([0-9]{1,2})[/.-])?(?:([0-9]{1,2})[/.-])?([0-9]{4})")


def local_date(instant: datetime) -> date:
    """The calendar day in Vietnam at an instant, by the tz database; never by a fixed offset."""
    return instant.astimezone(LOCAL_ZONE).date()


def names_instant(text: str) -> bool:
    """Whether a text carries a time of day."""
    return _INSTANT.fullmatch(text) is not None


def instant_of(text: str) -> datetime:
    """The point in time that a text names; a bare date is local midnight. Raises NotOfType."""
    match = _INSTANT.fullmatch(text if "T" in text or ":" in text else f"{text}T00:00")
    if not match:
        raise NotOfType("not a point in time")
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    if not 1 < int(year) < 9999:
        raise NotOfType("a year beyond the calendar")
    clock = (int(hour), int(minute), int(second or 0), int((fraction or "0")[:6].ljust(6, "0")))
    try:
        return datetime(int(year), int(month), int(day), *clock, tzinfo=_zone(zone))
    except ValueError as error:
        raise NotOfType("not a point in time") from error


def date_of(text: str, *, month_first: bool = False) -> PartialDate | None:
    """The date that a text names, None for one with no known part. Raises NotOfType.

    `month_first` reads `01/31/1990`, the order of a day component that is not day first.
    """
    if iso := _ISO_DATE.fullmatch(text):
        year, month, day = iso.groups()
    elif written := _WRITTEN_DATE.fullmatch(text):
        first, second, year = written.groups()
        if second is None:
            first, second = None, first
        day, month = (second, first) if month_first and first else (first, second)
    else:
        raise NotOfType("not a date")
    known = [int(part) if part and int(part) else None for part in (year, month, day)]
    if known == [None, None, None]:
        return None
    try:
        return PartialDate(known[0] or 0, known[1], known[2])
    except ValueError as error:
        raise NotOfType("not a date") from error


def _zone(zone: str | None) -> tzinfo:
    if zone is None:
        return LOCAL_ZONE
    if zone in "Zz":
        return UTC
    digits = zone[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if zone[0] == "-" else offset)
