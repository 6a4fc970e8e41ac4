import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from gateway.domain.errors import RecordRefused
from gateway.records._contents import check_value
from gateway.records.kinds import Kinds, read_kinds

ROOT = Path(__file__).parents[2]


def test_required_kinds_are_present(kinds: Kinds) -> None:
    assert {
        "identity_card",
        "birth_certificate",
        "marriage_certificate",
        "divorce_judgment",
        "death_certificate",
        "residence_confirmation",
        "birth_notice",
        "death_notice",
        "business_registration",
        "insurance_card",
        "driving_licence",
        "land_certificate",
        "tax_notice",
        "disability_certificate",
        "general",
    } <= set(kinds.by_name)


def test_every_member_type_is_checkable(kinds: Kinds) -> None:
    for kind in kinds.by_name.values():
        for member in kind.members.values():
            with pytest.raises(RecordRefused):
                check_value(member.type, object(), member.name)


def test_every_answered_attribute_is_in_dictionary(kinds: Kinds) -> None:
    known = json.loads((ROOT / "schemas" / "attributes.json").read_bytes())["attributes"]
    for kind in kinds.by_name.values():
        named = {member.attribute for member in kind.members.values() if member.attribute}
        assert named | set(kind.implies) <= set(known)


def test_unknown_kind_is_refused_without_echo(kinds: Kinds) -> None:
    with pytest.raises(RecordRefused, match="unknown_kind") as raised:
        kinds["003084709313"]
    assert "003084709313" not in str(raised.value)


@pytest.mark.parametrize(
    "entry",
    [
        {"title": "Giấy", "members": {"a": {"type": "text", "atribute": "person.sex"}}},
        {"title": "Giấy", "members": {}, "only_if": "somebody likes it"},
        {"members": {}},
    ],
    ids=["a misspelt member", "a rule that nobody wrote", "no title"],
)
def test_malformed_file_of_kinds_is_refused(tmp_path: Path, entry: dict[str, Any]) -> None:
    path = tmp_path / "kinds.json"
    path.write_text(json.dumps({"kinds": {"paper": entry}}), encoding="utf-8")

    with pytest.raises(ValidationError):
        read_kinds(path)
