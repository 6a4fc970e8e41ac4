"""A tag opens for the value that was handed out, in whatever dress it comes back, and for no other."""

import hashlib
import hmac
import itertools
import json
import secrets
import unicodedata
from base64 import urlsafe_b64encode
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.facts import PartialDate
from gateway.forms.definition import FieldTemplate, read_definition
from gateway.forms.shapes import shape_value
from gateway.forms.values import canonical
from gateway.receipts.tags import FieldMark, Tagger, length_prefixed, row_bytes, same_tag

KEY = bytes(range(32))
LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
FORM = read_definition(
    json.dumps(
        {
            "components": [
                {"type": "datetime", "key": "moment", "input": True, "enableTime": False},
                {"type": "day", "key": "day", "input": True, "dayFirst": True},
                {"type": "textfield", "key": "text", "input": True},
                {"type": "number", "key": "number", "input": True},
                {
                    "type": "select",
                    "key": "choice",
                    "input": True,
                    "data": {"values": [{"label": "Nam", "value": "1"}]},
                },
            ]
        }
    ).encode()
)


def tagger(**other: str) -> Tagger:
    usual = {"chain": "ch_1", "tenant": "h99", "form_digest": "f", "bindings_digest": "b"}
    return Tagger.of(KEY, **{**usual, **other})


def mark(field: FieldTemplate, **other: Any) -> FieldMark:
    usual: dict[str, Any] = {
        "template": field.path,
        "rows": (),
        "role": "applicant",
        "attribute": "person.birth_date",
        "edit": "locked",
        "type": field.type,
    }
    return FieldMark(**{**usual, **other})


@pytest.mark.threat(61)
@pytest.mark.parametrize("key", ["moment", "day"])
def test_every_day_encodes_uniquely(key: str) -> None:
    template, tags = FORM.field(key), tagger()
    place = mark(template)
    seen: set[str] = set()
    day = date(1930, 1, 1)
    while day < date(2031, 1, 1):
        shown = shape_value(template, PartialDate(day.year, day.month, day.day))
        tag = tags.field_tag(place, canonical(template, shown))
        dress = dresses(day)[day.toordinal() % 4]  # each day one, each dress a quarter of the days
        assert same_tag(tags.field_tag(place, canonical(template, dress)), tag), day
        assert tag not in seen
        seen.add(tag)
        day += timedelta(days=1)
    assert len(seen) == 36890


def dresses(day: date) -> tuple[str, ...]:
    """One day as forms and browsers send it."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=LOCAL)
    utc = midnight.astimezone(UTC)
    return (
        day.isoformat(),
        f"{day:%d/%m/%Y}",
        midnight.isoformat(),
        f"{utc:%Y-%m-%dT%H:%M:%S}.000Z",
    )


def test_year_differs_from_its_first_day() -> None:
    template, tags = FORM.field("day"), tagger()
    year = tags.field_tag(mark(template), canonical(template, "00/00/1990"))
    for other in ("01/01/1990", "00/01/1990", "00/00/1991"):
        assert not same_tag(year, tags.field_tag(mark(template), canonical(template, other)))


SAME: list[tuple[str, list[Any]]] = [
    ("text", ["Nguyễn Đức Thắng", unicodedata.normalize("NFD", "Nguyễn  Đức Thắng"), " Nguyễn Đức Thắng\t"]),
    ("number", [1, "1", "1.0", " 1 ", "01", "1e0", "+1"]),
    ("number", [0, "-0", "0.00"]),
    ("choice", ["1", 1, {"value": "1"}, {"value": 1, "label": "Nam"}, {"label": "", "value": "1"}]),
]  # fmt: skip


@pytest.mark.threat(32)
@pytest.mark.parametrize(("key", "dresses"), SAME)
def test_notations_of_a_value_share_tag(key: str, dresses: list[Any]) -> None:
    template, tags = FORM.field(key), tagger()
    opened = {tags.field_tag(mark(template), canonical(template, dress)) for dress in dresses}
    assert len(opened) == 1


@given(st.text(st.characters(categories=["L", "M", "N", "P", "Zs"]), max_size=30))
def test_decomposed_text_has_same_tag(text: str) -> None:
    template, tags = FORM.field("text"), tagger()
    one = canonical(template, text)
    assert one == canonical(template, unicodedata.normalize("NFD", text))
    tag = tags.field_tag(mark(template), one)
    assert same_tag(tag, tags.field_tag(mark(template), canonical(template, f" {text} ")))
    assert not same_tag(tag, tags.field_tag(mark(template), one + "x"))


def test_tag_holds_in_its_place_only() -> None:
    template = FORM.field("text")
    places = [
        mark(template),
        mark(template, template="other"),
        mark(template, rows=(0,)),
        mark(template, rows=(1,)),
        mark(template, rows=(0, 0)),
        mark(template, role="father"),
        mark(template, attribute="person.full_name"),
        mark(template, edit="free"),
        mark(template, type="textarea"),
    ]
    taggers = [
        tagger(),
        tagger(chain="ch_2"),
        tagger(tenant="h11"),
        tagger(form_digest="g"),
        tagger(bindings_digest="c"),
        Tagger.of(secrets.token_bytes(32), "ch_1", "h99", "f", "b"),
    ]
    tags = {t.field_tag(place, "An") for t, place in itertools.product(taggers, places)}
    assert len(tags) == len(taggers) * len(places)


def test_row_tag_covers_number_group_and_cells() -> None:
    tags = tagger()
    cells = [("g[].a", "1"), ("g[].b", "2")]
    rows = {
        tags.row_tag("g", (0,), cells),
        tags.row_tag("g", (1,), cells),
        tags.row_tag("h", (0,), cells),
        tags.row_tag("g", (0,), cells[::-1]),
        tags.row_tag("g", (0,), cells[:1]),
        tags.row_tag("g", (0,), [("g[].a", "12"), ("g[].b", "")]),
        tagger(chain="ch_2").row_tag("g", (0,), cells),
    }
    assert len(rows) == 7


def test_persons_and_dossiers_have_own_keys() -> None:
    tags = tagger()
    texts = {
        tags.person_tag("applicant", (), "003090000123"),
        tags.person_tag("father", (), "003090000123"),
        tags.person_tag("applicant", (0,), "003090000123"),
        tags.dossier_tag("003090000123"),
        tagger(tenant="h11").dossier_tag("003090000123"),
        tagger(chain="ch_2").person_tag("applicant", (), "003090000123"),
    }
    assert len(texts) == 6


@given(st.lists(st.binary(max_size=6), max_size=5), st.lists(st.binary(max_size=6), max_size=5))
def test_different_part_lists_are_different_messages(one: list[bytes], other: list[bytes]) -> None:
    assert (length_prefixed(one) == length_prefixed(other)) == (one == other)


def test_field_tag_follows_the_written_formula() -> None:
    """What an auditor writes from the document alone gives the same tag."""

    def lp(*parts: bytes) -> bytes:
        return b"".join(len(p).to_bytes(4, "big") + p for p in parts)

    info = b"eform-gateway/receipt/field/v1"
    field_key = hmac.new(KEY, info + b"\x01", hashlib.sha256).digest()
    message = lp(
        b"ch_1", b"h99", b"f", b"b", b"g[].a", (2).to_bytes(4, "big"),
        b"household_member", b"person.sex", b"locked", b"select", b"1",
    )  # fmt: skip
    expected = urlsafe_b64encode(hmac.new(field_key, message, hashlib.sha256).digest())
    place = FieldMark("g[].a", (2,), "household_member", "person.sex", "locked", "select")
    assert tagger().field_tag(place, "1") == expected.decode().rstrip("=")
    assert row_bytes((1, 2)) == b"\x00\x00\x00\x01\x00\x00\x00\x02"
