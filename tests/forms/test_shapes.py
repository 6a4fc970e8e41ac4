"""A fact takes the shape that the form's own browser would send, or none at all."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.facts import Coded, PartialDate, Value
from gateway.forms.definition import FieldTemplate, Option
from gateway.forms.shapes import NotConvertible, shape_value
from gateway.forms.values import EMPTY, NotOfType, canonical

SEX = (Option("1", "Nam"), Option("0", "Nữ"))
YES_NO = (Option("co", "Có"), Option("khong", "Không"))


def place(kind: str, **more: Any) -> FieldTemplate:
    return FieldTemplate(path="a", type=kind, label="a", required=False, **more)


DAY = place("day", day_parts=("day", "month", "year"))
ITEM = place("select", options=SEX, item_shape=True)
REMOTE = place("select", remote="/catalogue/communes", item_shape=True)
BIRTH = PartialDate(1990, 1, 15)
FEMALE = Coded("sex", "2", "Nữ")
COMMUNE = Coded("commune", "00004", "Phường Ba Đình")

SHAPED: dict[str, tuple[FieldTemplate, Value, object]] = {
    "a date for a calendar": (place("datetime"), BIRTH, "1990-01-14T17:00:00.000+0000"),
    "a date under another offset": (
        place("datetime"), PartialDate(1965, 3, 1), "1965-02-28T16:00:00.000+0000"),
    "a date for a day component": (DAY, BIRTH, "15/01/1990"),
    "a day component, month first": (
        place("day", day_parts=("month", "day", "year")), BIRTH, "01/15/1990"),
    "a year for a day component": (DAY, PartialDate(1990), "00/00/1990"),
    "a month for a day component": (DAY, PartialDate(1990, 1), "00/01/1990"),
    "a day component of years": (place("day", day_parts=("year",)), BIRTH, "1990"),
    "a date in words": (place("textfield"), BIRTH, "15/01/1990"),
    "a year in words": (place("textfield"), PartialDate(1990), "1990"),
    "a month in words": (place("textfield"), PartialDate(1990, 1), "01/1990"),
    "a label for a bare select": (place("select", options=SEX), FEMALE, "0"),
    "a label for a radio": (place("radio", options=SEX), Coded("sex", "1", "nam "), "1"),
    "a label for check boxes of one name": (
        place("radio", options=SEX, boxes=(1, 0)), FEMALE, 0),
    "a label for an item": (ITEM, FEMALE, {"label": "Nữ", "value": "0"}),
    "a text for a select": (ITEM, "NỮ", {"label": "Nữ", "value": "0"}),
    "a code where the option has no label": (
        place("select", options=(Option("VN", ""),)), Coded("country", "VN", "Việt Nam"), "VN"),
    "a commune for a remote select": (
        REMOTE, COMMUNE, {"label": "Phường Ba Đình", "value": "00004"}),
    "yes for a box": (place("checkbox"), True, True),
    "no for a radio": (place("radio", options=YES_NO), False, "khong"),
    "a label for select boxes": (
        place("selectboxes", options=SEX), FEMALE, {"1": False, "0": True}),
    "a whole number": (place("number"), Decimal("3.0"), 3),
    "a fraction": (place("number"), Decimal("3.50"), Decimal("3.5")),
    "digits for a number": (place("number"), "12", 12),
    "a number in words": (place("textfield"), Decimal("3.50"), "3.5"),
    "a code's label in words": (place("textfield"), COMMUNE, "Phường Ba Đình"),
    "a text in the component's case": (
        place("textfield", case="uppercase"), "Nguyễn  văn\nAn", "NGUYỄN VĂN AN"),
    "lines for a text area": (place("textarea"), "a\r\nb", "a\nb"),
    "one of several": (place("select", options=SEX, multiple=True), FEMALE, ["0"]),
}  # fmt: skip


@pytest.mark.parametrize("case", SHAPED)
def test_value_has_shape_form_sends(case: str) -> None:
    template, value, shape = SHAPED[case]
    shaped = shape_value(template, value)
    assert (shaped, type(shaped)) == (shape, type(shape))
    assert canonical(template, shaped) != EMPTY


UNSHAPED: dict[str, tuple[FieldTemplate, Value]] = {
    "a year for a calendar": (place("datetime"), PartialDate(1990)),
    "a month for a calendar": (place("datetime"), PartialDate(1990, 1)),
    "a date for a point in time": (place("datetime", with_time=True), BIRTH),
    "a date for a choice": (place("radio", options=SEX), BIRTH),
    "a date for a number": (place("number"), BIRTH),
    "a code that means something else in the form's list": (
        place("select", options=SEX),
        Coded("sex", "1", "Không rõ"),
    ),
    "an unknown label": (ITEM, "Khác"),
    "a label of another remote list": (REMOTE, Coded("country", "VN", "Việt Nam")),
    "a text for a box": (place("checkbox"), "true"),
    "a text for a number": (place("number"), "ba"),
    "an empty text": (place("textfield"), " "),
    "an invisible sign": (place("textfield"), "a\u200b"),
    "a text for a file": (place("file"), "a"),
    "a text for an address": (place("address"), "Số 1"),
}


@pytest.mark.parametrize("case", UNSHAPED)
def test_not_convertible_is(case: str) -> None:
    with pytest.raises(NotConvertible):
        shape_value(*UNSHAPED[case])


def test_readable_remote_list_is_joined_by_label() -> None:
    asked: list[str] = []

    def options(address: str) -> tuple[Option, ...]:
        asked.append(address)
        return (Option("x9", "Phường Ba Đình"),)

    bare = place("select", remote="/catalogue/communes")
    assert shape_value(REMOTE, COMMUNE, options=options) == {
        "label": "Phường Ba Đình",
        "value": "x9",
    }
    assert shape_value(bare, "phường ba đình", options=options) == "x9"
    assert asked == ["/catalogue/communes"] * 2


KINDS = ["textfield", "textarea", "number", "currency", "checkbox", "datetime", "day", "email"]
VALUES = st.one_of(
    st.text(max_size=30),
    st.booleans(),
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9),
    st.dates().map(lambda day: PartialDate(day.year, day.month, day.day)),
    st.integers(1, 9999).map(PartialDate),
    st.sampled_from([FEMALE, COMMUNE]),
)


@settings(max_examples=300)
@given(kind=st.sampled_from(KINDS), case=st.sampled_from([None, "uppercase"]), value=VALUES)
def test_shaped_value_is_not_empty_and_fits(kind: str, case: str | None, value: Value) -> None:
    template = place(kind, case=case, day_parts=("day", "month", "year"))
    try:
        shaped = shape_value(template, value)
    except NotConvertible:
        return
    try:
        assert canonical(template, shaped) != EMPTY
    except NotOfType:
        # An e-mail field takes any text; whether it is an address is the source's affair.
        assert kind == "email"
