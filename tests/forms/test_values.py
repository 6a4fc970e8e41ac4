"""One canonical text per value, whatever browsers and forms make of its writing."""

import base64
import hashlib
import unicodedata
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from gateway.domain.facts import PartialDate
from gateway.forms._reading.mistakes import NotAnOption
from gateway.forms.definition import FieldTemplate, Option
from gateway.forms.remote import RemoteLists
from gateway.forms.shapes import shape_value
from gateway.forms.values import EMPTY, LOCAL_ZONE, NotOfType, canonical, local_date

SEX = (Option("1", "Nam"), Option("0", "Nữ"))


def place(kind: str, **more: Any) -> FieldTemplate:
    return FieldTemplate(path="a", type=kind, label="a", required=False, **more)


DATE = place("datetime")
DAY = place("day", day_parts=("day", "month", "year"))

SAME: dict[str, tuple[FieldTemplate, list[Any], str]] = {
    "a text": (
        place("textfield"),
        ["Nguyễn Văn An", unicodedata.normalize("NFD", "Nguyễn Văn An"), "  Nguyễn \u00a0Văn\tAn "],
        "Nguyễn Văn An"),
    "a text of several lines": (
        place("textarea"), ["a\nb c", "a\r\nb  c", "a\rb c ", "a\u2028b c"], "a\nb c"),
    "a text in capitals": (
        place("textfield", case="uppercase"), ["đường", "ĐƯỜNG", "Đường"], "ĐƯỜNG"),
    "a number": (
        place("number"), [1, "1", Decimal("1.0"), "1.00", "+1", "1e0", " 1 ", Decimal("1")], "1"),
    "zero": (place("number"), [0, "-0", Decimal("-0.0"), "0.000"], "0"),
    "a fraction": (place("currency"), [Decimal("1200.50"), "1200.5", "0.12005e4"], "1200.5"),
    "a long number": (place("number"), [10**40, "1" + "0" * 40, "1e40"], "1" + "0" * 40),
    "a ticked box": (place("checkbox"), [True, "true"], "true"),
    "an unticked box": (place("checkbox"), [False, "false"], "false"),
    "a date": (
        DATE,
        ["1990-01-31", "31/01/1990", "31-01-1990", "1990-01-30T17:00:00.000+0000",
         "1990-01-30T17:00:00Z", "1990-01-31T00:00:00+07:00", "1990-01-31T00:00:00.000+0700",
         "1990-01-31T00:00:00", "1990-01-31 00:00", "1990-01-30T17:00:00.123456Z"],
        "D 1990-01-31"),
    "a date under another offset": (
        DATE, ["1965-03-01", "1965-02-28T16:00:00Z", "1965-03-01T00:00:00+08:00"], "D 1965-03-01"),
    "a year": (DAY, ["1990", "00/00/1990"], "Y 1990"),
    "a month": (DAY, ["1990-01", "00/01/1990", "01/1990"], "M 1990-01"),
    "a day component": (DAY, ["31/01/1990", "31/1/1990", "1990-01-31"], "D 1990-01-31"),
    "a day component, month first": (
        place("day", day_parts=("month", "day", "year")), ["01/31/1990", "1990-01-31"],
        "D 1990-01-31"),
    "a day component without days": (
        place("day", day_parts=("month", "year")), ["01/1990", "1990-01"], "M 1990-01"),
    "a point in time": (
        place("datetime", with_time=True),
        ["2026-11-22T08:30:00+07:00", "2026-11-22T01:30:00.000Z", "2026-11-22T08:30"],
        "2026-11-22T01:30:00Z"),
    "a choice": (
        place("select", options=SEX),
        ["1", 1, Decimal("1.0"), {"label": "Nam", "value": "1"}, {"label": " nam".replace("n", "N"),
         "value": 1}, {"value": "1"}],
        "1"),
    "a choice of yes and no": (place("radio"), [True, "true"], "true"),
    "select boxes": (
        place("selectboxes"), [{"b": True, "a": True, "c": False, "": False}, ["a", "b"]],
        '["a", "b"]'),
    "several choices": (
        place("select", options=SEX, multiple=True),
        [["0", "1"], [1, 0], [{"label": "Nữ", "value": "0"}, "1", "1"]], '["0", "1"]'),
    "tags": (place("tags"), [["b", "a"], ["a", " b", "b"]], '["a", "b"]'),
    "a telephone": (
        place("phoneNumber"),
        ["0901234567", "+84901234567", "84901234567", "0084 901 234 567", "(090) 123-45.67"],
        "+84901234567"),
    "an e-mail": (place("email"), ["An@Example.VN", " An@example.vn"], "An@example.vn"),
    "an address": (
        place("address", subkeys=("xa", "so")),
        [{"so": " 1", "xa": {"label": "X", "value": "00004"}, "z": "?"},
         {"mode": "manual", "address": {"xa": "00004", "so": 1}}],
        '{"so": "1", "xa": "00004"}'),
}  # fmt: skip


@pytest.mark.threat(32)
@pytest.mark.parametrize("case", SAME)
def test_every_writing_has_one_canon_of(case: str) -> None:
    template, writings, canon = SAME[case]
    assert {canonical(template, writing) for writing in writings} == {canon}


@pytest.mark.parametrize(
    "kind",
    [
        "textfield",
        "textarea",
        "number",
        "checkbox",
        "datetime",
        "day",
        "select",
        "radio",
        "survey",
        "selectboxes",
        "phoneNumber",
        "email",
        "address",
        "file",
    ],
)
@pytest.mark.parametrize("value", ["", None, {}, []])
def test_everything_empty_is_empty_for(kind: str, value: Any) -> None:
    assert canonical(place(kind), value) == EMPTY


def test_value_that_looks_filled_is_empty() -> None:
    assert canonical(place("textfield"), " \u00a0 ") == EMPTY
    assert canonical(DAY, "00/00/0000") == EMPTY
    assert canonical(place("selectboxes"), {"a": False}) == EMPTY
    assert canonical(place("select"), {"label": "", "value": ""}) == EMPTY
    assert canonical(place("address", subkeys=("xa",)), {"so": "1"}) == EMPTY


UNFIT: dict[str, tuple[FieldTemplate, list[Any]]] = {
    "text": (place("textfield"), [1, True, ["a"], {"a": 1}, "a\u200bb", "\ue000", "\u0378"]),
    "number": (
        place("number"), ["x", "1,5", "٣", True, ["1"], "NaN", "1e400", Decimal("Infinity"), "0x1"]),
    "box": (place("checkbox"), [1, "yes", ["true"]]),
    "date": (
        DATE, ["31/02/1990", "1990-02-30", "x", "99", 19900131, "1990-01-31T25:00", "0000-01-01",
               "1990-13-01", "31/00/1990", "0001-01-01T00:00:00Z"]),
    "point in time": (place("datetime", with_time=True), ["31/01/1990", "1990"]),
    "choice": (
        place("select", options=SEX),
        [{"label": "Nữ", "value": "1"}, {"label": "Nam"}, ["1"], {"value": {"a": 1}},
         {"label": ["Nam"], "value": "1"}, {"label": {"a": 1}, "value": "1"}]),
    "boxes": (place("selectboxes"), ["all", {"a": 1}, [1]]),
    "phone": (place("phoneNumber"), ["call me", "12", 901234567]),
    "e-mail": (place("email"), ["quan", "@example.vn", "quan@"]),
    "file": (place("file"), ["x", [{"name": "a.pdf"}], [{"base64": "*"}]]),
}  # fmt: skip


@pytest.mark.parametrize("case", UNFIT)
def test_unfit_is_refused_without_its_value(case: str) -> None:
    template, values = UNFIT[case]
    for value in values:
        with pytest.raises(NotOfType) as refused:
            canonical(template, value)
        assert str(value) not in str(refused.value)


def test_separator_in_values_keeps_canons_apart() -> None:
    template = place("select", multiple=True)
    assert canonical(template, ['a", "b']) != canonical(template, ["a", "b"])


def test_persons_name_ignores_case() -> None:
    name = place("textfield")
    assert canonical(name, "NGUYỄN VĂN AN", person_name=True) == canonical(
        name, "Nguyễn Văn An", person_name=True
    )
    assert canonical(name, "AN") != canonical(name, "An")


def test_label_is_checked_against_readable_list() -> None:
    remote = place("select", remote="/catalogue/x", item_shape=True)
    chosen = {"label": "Nữ", "value": "1"}
    assert canonical(remote, chosen) == "1"
    own = RemoteLists({}, {}, {"x": {"1": "Nữ"}})
    assert canonical(remote, chosen, options=own) == "1"
    other = RemoteLists({}, {}, {"x": {"1": "Nam", "2": "Nữ"}})
    with pytest.raises(NotAnOption):
        canonical(remote, chosen, options=other)
    with pytest.raises(NotOfType):
        canonical(remote, {"label": "Nữ", "value": "3"}, options=other)
    assert canonical(remote, {"label": "Nữ", "value": "3"}, options=other, exact=False) == "3"


def test_file_is_its_content() -> None:
    digest = hashlib.sha256(b"content").hexdigest()
    inline = base64.b64encode(b"content").decode()
    writings: list[Any] = [
        [{"sha256": digest.upper(), "name": "a.pdf"}],
        [{"base64": inline}],
        {"url": f"data:application/pdf;base64,{inline}", "name": "b.pdf"},
    ]
    assert {canonical(place("file"), writing) for writing in writings} == {digest}
    two = [{"sha256": "b" * 64}, {"sha256": "a" * 64}]
    assert canonical(place("file"), two) == "a" * 64 + "," + "b" * 64


@pytest.mark.threat(61)
def test_day_survives_every_notation_for_century() -> None:
    text, shift = place("textfield"), timedelta(days=1)
    day = date(1930, 1, 1)
    while day < date(2031, 1, 1):
        fact = PartialDate(day.year, day.month, day.day)
        instant = shape_value(DATE, fact)
        assert isinstance(instant, str)
        midnight = datetime(day.year, day.month, day.day, tzinfo=LOCAL_ZONE)
        in_utc = midnight.astimezone(UTC)
        offset = f"{midnight:%z}"
        writings = [
            instant, f"{in_utc:%Y-%m-%dT%H:%M:%S.000Z}", f"{in_utc:%Y-%m-%dT%H:%M:%SZ}",
            f"{in_utc:%Y-%m-%dT%H:%M:%S+0000}", f"{day:%Y-%m-%dT00:00:00}+07:00",
            f"{day:%Y-%m-%dT00:00:00}{offset[:3]}:{offset[3:5]}", f"{day:%Y-%m-%d}",
            f"{day:%d/%m/%Y}",
        ]  # fmt: skip
        expected = f"D {day.isoformat()}"
        assert {canonical(DATE, writing) for writing in writings} == {expected}, day
        assert canonical(DAY, shape_value(DAY, fact)) == expected
        assert shape_value(text, fact) == f"{day:%d/%m/%Y}"
        day += shift


@pytest.mark.threat(61)
def test_day_of_instant_follows_tz_database() -> None:
    assert local_date(datetime(1965, 2, 28, 16, tzinfo=UTC)) == date(1965, 3, 1)
    assert local_date(datetime(1990, 1, 30, 16, 59, tzinfo=UTC)) == date(1990, 1, 30)
