"""Points in time as moment and V8 read them, without node; by chance in `test_against_formio.py`."""

from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.forms._showing.moments import moment_of

from .building import form_of, part, shown, text, typed

READ: dict[str, str | None] = {
    "2024-09-26T10:30:00Z": "2024-09-26T10:30:00",
    "2024-09-26T10:30:00.123456+0700": "2024-09-26T03:30:00.123",
    "2024-09-26": "2024-09-25T17:00:00",
    "20240926": "2024-09-25T17:00:00",
    "2024-W39-4": "2024-09-25T17:00:00",
    "2024-270": "2024-09-25T17:00:00",
    "2024-09-26T24:00": "2024-09-26T17:00:00",
    "2024-02-30": None,
    "2024-09-26T10:30+14:01": None,
    "Thu, 26 Sep 2024 10:30 +0700": "2024-09-26T03:30:00",
    "Fri, 26 Sep 2024 10:30 +0700": None,
    "09/26/2024": "2024-09-25T17:00:00",
    "26/09/2024": None,
    "00/00/2024": None,
    "09/00/2024": None,
    "09/2024": None,
    "04/31/2024": "2024-04-30T17:00:00",
    "26 September 2024 10:30 PM": "2024-09-26T15:30:00",
    "9-26-24": "2024-09-25T17:00:00",
    "1974-01-01": "1973-12-31T16:00:00",
    "01/01/1900": "1899-12-31T16:53:30",
    "nữ": None,
    "": None,
}


@pytest.mark.parametrize("written", READ)
def test_text_is_read_as_moment(written: str) -> None:
    moment = moment_of(written)
    read = None if moment is None else datetime.fromtimestamp(moment / 1000, UTC)
    stated = READ[written]
    assert read == (stated and datetime.fromisoformat(stated).replace(tzinfo=UTC))


def test_clock_dependent_text_is_no_date() -> None:
    none: list[Any] = [None, True, {}, {"year": 2024}, [], [2024], "1" * 1001]
    assert [moment_of(value) for value in none] == [None] * len(none)
    assert moment_of(-1.5) == -1.0


DAY = part("day", "d", dayFirst=True)
COMPARED: dict[str, tuple[str, str, Any, bool]] = {
    "the same day": ("isDateEqual", "09/26/2024", "09/26/2024", True),
    "another day": ("isDateEqual", "09/26/2024", "09/27/2024", False),
    "an empty day": ("isNotDateEqual", "09/26/2024", "", True),
    "a day before": ("dateLessThan", "09/26/2024", "09/25/2024", True),
    "a day after": ("dateGreaterThan", "09/26/2024", "09/27/2024", True),
    "the day itself": ("dateGreaterThanOrEqual", "09/26/2024", "09/26/2024", True),
    "the day itself, from above": ("dateLessThanOrEqual", "09/26/2024", "09/26/2024", True),
    "a partial day": ("dateLessThan", "09/26/2024", "00/00/2020", False),
    "a day written day first": ("isDateEqual", "09/26/2024", "26/09/2024", False),
}


@pytest.mark.parametrize("case", COMPARED)
def test_day_is_compared_as_by_core(case: str) -> None:
    operator, compared, value, visible = COMPARED[case]
    for inside, path in ((None, "d"), ("container", "k.d"), ("datagrid", "k.d")):
        below = [DAY, text("a", conditional=typed((path, operator, compared)))]
        form = form_of(*below) if inside is None else form_of(part(inside, "k", components=below))
        held = {"d": value}
        data: Any = held if inside is None else {"k": [held] if inside == "datagrid" else held}
        found = list(shown(form, data).values())
        assert (found[-1] == "visible") is visible
