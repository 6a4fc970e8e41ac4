"""Every day of a century, there and back: iGate writes days as UTC instants of local midnight."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gateway.domain.facts import PartialDate
from gateway.forms.definition import FieldTemplate
from gateway.forms.shapes import shape_value
from gateway.forms.values import canonical
from gateway.igate.mapping import Family, Wrapper
from gateway.igate.wrapper import applicant_of

BROWSER = ZoneInfo("Asia/Ho_Chi_Minh")
COMPONENT = FieldTemplate("ngaySinh", "datetime", "", False)
KEYS = Family("identityNumber", "fullname", "birthday", None, None)
WRAPPER = Wrapper("owner", KEYS, KEYS, (), (), frozenset(), ())


def every_day() -> Iterator[date]:
    day = date(1930, 1, 1)
    while day < date(2031, 1, 1):
        yield day
        day += timedelta(days=1)


def another_dress(instant: str, turn: int) -> str:
    """The same instant as iGate's services and browsers write it, turn about."""
    moment = datetime.fromisoformat(instant)
    local = moment.astimezone(BROWSER)
    return (f"{moment:%Y-%m-%dT%H:%M:%S}Z", local.isoformat(), f"{local:%Y-%m-%d}")[turn % 3]


@pytest.mark.threat(61)
def test_no_day_moves_through_igate_for_century() -> None:
    moved = []
    for turn, day in enumerate(every_day()):
        sent = str(shape_value(COMPONENT, PartialDate(day.year, day.month, day.day)))
        back = (sent, another_dress(sent, turn))
        if any(canonical(COMPONENT, dress) != f"D {day}" for dress in back):
            moved.append(day)
    assert moved == []


@pytest.mark.threat(61)
def test_birthday_is_day_of_instant_in_vietnam() -> None:
    moved = [
        day
        for day in every_day()
        if applicant_of(
            WRAPPER, {"birthday": str(shape_value(COMPONENT, PartialDate(*day.timetuple()[:3])))}
        ).birth_date
        != day.isoformat()
    ]
    assert moved == []


def test_fixed_offset_would_lose_days() -> None:
    assert shape_value(COMPONENT, PartialDate(1965, 3, 1)) == "1965-02-28T16:00:00.000+0000"
    assert shape_value(COMPONENT, PartialDate(1990, 1, 15)) == "1990-01-14T17:00:00.000+0000"
