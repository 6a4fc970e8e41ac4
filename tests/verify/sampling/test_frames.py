"""What each frame holds, how a year is spread over its months, and what a sample finds."""

from hashlib import sha256
from itertools import pairwise
from math import comb
from pathlib import Path
from typing import Any

import pytest

from gateway_verify._count.forms import Form, form_of
from gateway_verify.evidence import Way, verify_log
from gateway_verify.locations import Folder
from gateway_verify.sampling.bound import PARTS, bound_of, upper_bound
from gateway_verify.sampling.draw import (
    FIELDS,
    FRAMES,
    MONTHS,
    RECORDS,
    SUBMISSIONS,
    YEARLY,
    draw_numbers,
    frame_of,
    share,
)
from gateway_verify.sampling.units import Opened, Units, units_of
from gateway_verify.sampling.year import Drawn, year_of
from tests.verify.closing import CASES, FORM_LEAF, closed_log

Json = dict[str, Any]
FORM: Form = form_of(
    1,
    {
        **FORM_LEAF,
        "fields": [
            ["hoTen", "textfield", 1, "name", "person.full_name", ["records"]],
            ["noiSinh", "textfield", 1, "place", "person.birth_place", ["records"]],
            ["dong[].so", "textfield", 0, "number", "person.personal_id", ["records"]],
            ["dong[].ten", "textfield", 0, "names", "person.full_name", ["records"]],
        ],
    },
)


def body(**members: Any) -> Opened:
    said = {"vd": "AA..", "vr": {"dong[0]": "AM", "dong[1]": "AA"}, "so": "rp..", **members}
    said.setdefault("sr", {"dong[0]": "r-", "dong[1]": "yr"})
    return Opened(7, bytes(32), bytes(32), {"k": "submission", **said})


def paths(leaf: Opened) -> list[tuple[str, ...]]:
    return [unit.paths for unit in units_of(RECORDS, leaf, FORM)]


def test_record_is_one_unit_whatever_filled() -> None:
    rows = {"dong[0]": "b-", "dong[1]": "cb"}
    assert paths(body(rc="b-..", rr=rows)) == [
        ("hoTen", "dong[0].so", "dong[1].ten"),
        ("dong[1].so",),
    ]


def test_vouched_and_changed_fields_are_excluded() -> None:
    assert paths(body(rc="--..", rr={"dong[0]": "--", "dong[1]": "--"})) == []
    assert paths(body(vd="MM..", vr={}, rc="b-..", rr={})) == []


def test_unnumbered_records_are_units_per_field() -> None:
    assert paths(body(rc="*-..", rr={"dong[1]": "*b"})) == [
        ("hoTen",),
        ("dong[1].so",),
        ("dong[1].ten",),
    ]


def test_omitted_letters_hide_no_record() -> None:
    """Young and older records alike, each field by itself; another source's field is none."""
    assert paths(body()) == [("hoTen",), ("dong[0].so",), ("dong[1].so",), ("dong[1].ten",)]


def test_frames_of_a_closed_month(tmp_path: Path) -> None:
    place = Folder(closed_log().write(tmp_path / "log"))
    proved = verify_log(place, None, Way())
    (close,) = proved.story.closes()

    def count(frame: str) -> int:
        size = proved.checkpoint.size
        return Units(place, size, proved.story, close, lambda done, of: None, frame).count

    assert {frame: count(frame) for frame in FRAMES} == {
        FIELDS: 2 * CASES,
        SUBMISSIONS: CASES,
        RECORDS: 0,
    }


def test_leaf_without_frame_uses_fields() -> None:
    assert frame_of({"drawn": 1}) == FIELDS
    assert frame_of({"fr": RECORDS}, "fr") == RECORDS


@pytest.mark.parametrize(
    ("units", "year_units", "drawn"),
    [(1_000, 12_000, 25), (12, 144, 12), (12, 900, 4), (0, 10, 0), (5, 299, 5), (9_000, 100, 299)],
)
def test_month_gives_its_share(units: int, year_units: int, drawn: int) -> None:
    assert share(units, year_units) == drawn


def test_even_year_comes_to_yearly_size() -> None:
    for units in (100, 1_000, 12_345):
        assert YEARLY <= MONTHS * share(units, MONTHS * units) < YEARLY + MONTHS


@pytest.mark.parametrize(("units", "year_units"), [(-1, 10), (10, 0), (10, -5)])
def test_share_of_no_year_is_refused(units: int, year_units: int) -> None:
    with pytest.raises(ValueError, match="a month has units"):
        share(units, year_units)


@pytest.mark.parametrize(
    ("units", "drawn", "wrong", "bound"),
    [
        (50, 50, 0, 0),
        (50, 50, 1, 20_000),
        (3, 3, 1, 333_334),
        (300, 299, 0, 9_970),
        (9, 9, 9, PARTS),
    ],
)
def test_bound_is_exact_where_all_opened(units: int, drawn: int, wrong: int, bound: int) -> None:
    assert bound_of(units, drawn, wrong) == bound


def test_overdrawn_sample_has_no_bound() -> None:
    with pytest.raises(ValueError, match="no more is drawn"):
        bound_of(9, 10, 0)
    assert bound_of(None, 10, 0) == upper_bound(10, 0), "a leaf older than its frame"


def months(*numbers: tuple[int, int, int]) -> list[Drawn]:
    return [Drawn(f"2026-{at:02}", *one) for at, one in enumerate(numbers, 1)]


def test_proportional_year_has_the_plain_bound() -> None:
    year = year_of(months(*[(1_000, 25, 0)] * 12))
    assert (year.units, year.drawn, year.bound) == (12_000, 300, upper_bound(300, 0))
    assert year_of(months(*[(1_000, 25, 0)] * 11, (1_000, 25, 1))).bound == upper_bound(300, 1)


def test_lagging_month_widens_the_year() -> None:
    even = year_of(months((1_000, 100, 0), (1_000, 100, 0)))
    lagging = year_of(months((1_000, 100, 0), (1_000, 50, 0)))
    assert even.bound < lagging.bound == -(-upper_bound(150, 0) * 150 * 1_000 // (50 * 2_000))
    assert year_of(months((1_000, 299, 0), (1_000, 0, 0))).bound == PARTS, "a month without a draw"


def test_year_opened_whole_is_exact() -> None:
    year = year_of(months((100, 100, 1), (60, 60, 0)))
    assert (year.units, year.drawn, year.bound) == (160, 160, 6_250)


def test_year_with_unitless_leaf_has_no_bound() -> None:
    year = year_of([Drawn("2026-01", None, 299, 0), Drawn("2026-02", 100, 100, 0)])
    assert (year.units, year.drawn, year.bound) == (None, 399, PARTS)
    assert year_of([]).bound == PARTS


@pytest.mark.parametrize("wrong", [0, 1, 3])
def test_yearly_bound_holds_for_any_distribution(wrong: int) -> None:
    """At the bound, so few wrong ones come up in one year of twenty or fewer: two months, exactly.

    Every way in which that many wrong units can lie in the two months is tried.
    """
    first, second = (400, 60), (200, 24)
    year = year_of([Drawn("2026-01", *first, 0), Drawn("2026-02", *second, wrong)])
    lot = -(-(first[0] + second[0]) * year.bound // PARTS)
    for here in range(max(0, lot - second[0]), min(lot, first[0]) + 1):
        found = convolved(few(*first, here, wrong), few(*second, lot - here, wrong), wrong)
        assert found <= 0.05 + 1e-9


def few(units: int, drawn: int, wrong: int, most: int) -> list[float]:
    """How likely it is that so many of the drawn ones are wrong, up to a number."""
    whole = comb(units, drawn)
    return [comb(wrong, k) * comb(units - wrong, drawn - k) / whole for k in range(most + 1)]


def convolved(one: list[float], other: list[float], most: int) -> float:
    return sum(one[i] * other[j] for i in range(most + 1) for j in range(most + 1 - i))


@pytest.mark.threat(70)
def test_stripping_one_percent_is_usually_found() -> None:
    """By the formula, and by 500 years of twelve draws each with seeds of their own."""
    month, stripped, years = 500, 5, 500
    drawn = share(month, MONTHS * month)
    clean = (comb(month - stripped, drawn) / comb(month, drawn)) ** MONTHS
    assert 1 - (1 - stripped / month) ** YEARLY > 0.95
    assert 1 - clean > 0.95
    found = sum(
        any(
            number < stripped
            for of in range(MONTHS)
            for number in draw_numbers(
                sha256(f"{year}/{of}".encode()).digest(), bytes(32), b"lottery", month, drawn
            )
        )
        for year in range(years)
    )
    assert found > 0.95 * years, "at 1 %"


@pytest.mark.threat(70)
def test_honest_records_raise_no_finding() -> None:
    month = 500
    drawn = share(month, MONTHS * month)
    year = year_of([Drawn(f"2026-{at:02}", month, drawn, 0) for at in range(1, 13)])
    assert year.wrong == 0
    assert 0 < year.bound < PARTS // 100, "fewer than 1 % are wrong, and not none"
    assert all(a.month < b.month for a, b in pairwise(year.months))


def test_unit_names_no_path_of_other_frame() -> None:
    leaf = body(rc="b-..", rr={})
    (whole,) = units_of(SUBMISSIONS, leaf, FORM)
    assert (whole.path, whole.paths) == (None, ())
    first = next(units_of(FIELDS, leaf, FORM))
    assert (first.path, first.paths) == ("hoTen", ())
