"""Values worked out from others: what follows, and where nothing certain follows."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.domain.facts import Coded, Value
from gateway.forms.definition import FieldTemplate
from gateway.prefill._filling.derive import Operand, derive

LISTS = json.loads((Path(__file__).parents[2] / "schemas/code-lists.json").read_text())["lists"]
NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
BEFORE_MIDNIGHT_IN_HANOI = datetime(2026, 11, 21, 16, 59, tzinfo=UTC)
MIDNIGHT_IN_HANOI = datetime(2026, 11, 21, 17, 0, tzinfo=UTC)

FIELD = FieldTemplate(path="truong", type="textfield", label="Trường", required=False)


def derived(name: str, *canons: str, now: datetime = NOW) -> Value | None:
    operands = [Operand(FIELD, canon, canon) for canon in canons]
    return derive(f"derived.{name}", operands, now)


def code_of(value: Value | None) -> str | None:
    if value is None:
        return None
    assert isinstance(value, Coded)
    assert LISTS[value.list][value.code] == value.label
    return value.code


@pytest.mark.parametrize(
    ("died_on", "expected"),
    [
        ("D 2026-11-22", "dung_han"),
        ("D 2026-11-07", "dung_han"),
        ("D 2026-11-06", "qua_han"),
        ("D 1990-01-01", "qua_han"),
        ("M 2026-11", None),
        ("Y 1990", None),
        ("nonsense", None),
    ],
)
def test_death_is_timely_within_fifteen_days(died_on: str, expected: str | None) -> None:
    assert code_of(derived("death_registration_timing", died_on)) == expected


def test_fifteen_days_end_at_hanoi_midnight() -> None:
    for now, expected in ((BEFORE_MIDNIGHT_IN_HANOI, "dung_han"), (MIDNIGHT_IN_HANOI, "qua_han")):
        assert code_of(derived("death_registration_timing", "D 2026-11-06", now=now)) == expected


def test_a_birth_has_sixty_days() -> None:
    assert code_of(derived("birth_registration_timing", "D 2026-09-23")) == "dung_han"
    assert code_of(derived("birth_registration_timing", "D 2026-09-22")) == "qua_han"


@pytest.mark.parametrize(
    ("born", "expected"),
    [
        ("D 2026-11-22", "duoi_9"),
        ("D 2017-11-23", "duoi_9"),
        ("D 2017-11-22", "9_den_15"),
        ("D 2011-11-23", "9_den_15"),
        ("D 2011-11-22", "15_den_18"),
        ("D 2008-11-23", "15_den_18"),
        ("D 2008-11-22", "tu_18"),
        ("D 1950-01-01", "tu_18"),
        ("Y 1985", "tu_18"),
        ("Y 2020", "duoi_9"),
        ("Y 2026", "duoi_9"),
        ("Y 2008", None),
        ("M 2008-10", "tu_18"),
        ("M 2008-11", None),
        ("M 2008-12", "15_den_18"),
        ("D 2008-02-29", "tu_18"),
        ("D 2026-11-23", None),
        ("Y 2027", None),
    ],
)
def test_age_group_is_given_where_certain(born: str, expected: str | None) -> None:
    assert code_of(derived("age_group", born)) == expected


@pytest.mark.parametrize(
    ("born", "expected"),
    [
        ("D 2020-11-23", "true"),
        ("D 2020-11-22", "false"),
        ("Y 2021", "true"),
        ("Y 2020", None),
        ("Y 2019", "false"),
        ("D 2026-12-01", None),
    ],
)
def test_child_under_six_is_distinguished(born: str, expected: str | None) -> None:
    assert code_of(derived("under_six", born)) == expected


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        ("50", "200", "25"),
        ("1", "3", "33.33"),
        ("2", "3", "66.67"),
        ("1", "800", "0.13"),
        ("12.5", "100", "12.5"),
        ("200", "200", "100"),
        ("1000", "10", "10000"),
        ("0", "7", "0"),
    ],
)
def test_a_part_is_told_in_hundredths(part: str, whole: str, expected: str) -> None:
    percent = derived("percent_of", part, whole)
    assert isinstance(percent, Decimal)
    assert percent == Decimal(expected)


@pytest.mark.parametrize(
    ("part", "whole"),
    [("5", "0"), ("0", "0"), ("", "5"), ("5", ""), ("năm", "10"), ("5", "NaN")],
)
def test_missing_number_has_no_parts(part: str, whole: str) -> None:
    assert derived("percent_of", part, whole) is None


def test_longest_accepted_numbers_are_split() -> None:
    percent = derived("percent_of", "9" * 100, "0." + "0" * 98 + "1")
    assert isinstance(percent, Decimal)
    assert percent > 0


def test_unknown_function_is_an_error() -> None:
    with pytest.raises(KeyError):
        derived("unheard_of", "1")
