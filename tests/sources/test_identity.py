import unicodedata

import pytest

from gateway.sources.identity import FULL_NAME, name_facts, normalised_for_sending

SPLITS = {
    "Thương": {"given": "Thương", "rest": "Thương"},
    "Lê Mẫu": {"surname": "Lê", "given": "Mẫu", "rest": "Mẫu"},
    "Nguyễn Thị Minh Mẫu": {
        "surname": "Nguyễn",
        "middle": "Thị Minh",
        "given": "Mẫu",
        "rest": "Thị Minh Mẫu",
    },
}
ATTRIBUTES = {
    "surname": "person.surname",
    "middle": "person.middle_name",
    "given": "person.given_name",
    "rest": "person.middle_and_given_name",
}


@pytest.mark.parametrize("name", SPLITS)
def test_name_splits_into_first_middle_last(name: str) -> None:
    parts = {ATTRIBUTES[part]: text for part, text in SPLITS[name].items()}

    assert name_facts(f"  {name.replace(' ', '   ')} ") == {"person.full_name": name, **parts}


def test_name_keeps_its_stated_form() -> None:
    decomposed = unicodedata.normalize("NFD", "NGUYỄN ĐỨC THẮNG")

    assert name_facts(decomposed)[FULL_NAME] == decomposed


def test_name_is_sent_in_plain_capitals() -> None:
    name = "Nguyễn Văn Đức-Hiếu ơi"
    composed, decomposed = unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name)

    assert composed != decomposed
    assert normalised_for_sending(composed) == "NGUYENVANDUCHIEUOI"
    assert normalised_for_sending(decomposed) == "NGUYENVANDUCHIEUOI"
