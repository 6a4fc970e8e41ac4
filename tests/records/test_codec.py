from decimal import Decimal

import pytest

from gateway.domain.identifiers import TenantId
from gateway.records.codec import Place, PlainCodec, read_document, write_document


def test_numbers_keep_every_digit_and_are_never_floats() -> None:
    amounts = [Decimal("0.10"), Decimal("123456789012345678901234567890.5"), 10**30, 3]

    again = read_document(write_document({"amounts": amounts[:2] + amounts[3:]}))["amounts"]
    assert again == [amounts[0], amounts[1], 3]
    assert [str(one) for one in again] == ["0.10", "123456789012345678901234567890.5", "3"]


def test_the_same_document_is_written_alike_in_whatever_order_its_members_came() -> None:
    assert write_document({"b": 1, "a": 2}) == write_document({"a": 2, "b": 1}) == b'{"a":2,"b":1}'


def test_what_is_no_json_is_not_written() -> None:
    with pytest.raises(TypeError):
        write_document({"a": object()})


def test_the_plain_codec_gives_back_what_it_was_given() -> None:
    place = Place(TenantId("h99"), b"index", "rec_1")

    assert PlainCodec().decode(place, PlainCodec().encode(place, b"{}")) == b"{}"
