from decimal import Decimal

import pytest

from gateway.records.codec import read_document, write_document


def test_numbers_keep_digits_and_avoid_floats() -> None:
    amounts = [Decimal("0.10"), Decimal("123456789012345678901234567890.5"), 10**30, 3]

    again = read_document(write_document({"amounts": amounts[:2] + amounts[3:]}))["amounts"]
    assert again == [amounts[0], amounts[1], 3]
    assert [str(one) for one in again] == ["0.10", "123456789012345678901234567890.5", "3"]


def test_encoding_ignores_member_order() -> None:
    assert write_document({"b": 1, "a": 2}) == write_document({"a": 2, "b": 1}) == b'{"a":2,"b":1}'


def test_non_json_values_are_not_encoded() -> None:
    with pytest.raises(TypeError):
        write_document({"a": object()})
