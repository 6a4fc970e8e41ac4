import copy
from decimal import Decimal
from typing import Any

import pytest

from gateway.domain.errors import RecordRefused
from gateway.records.codec import read_document, write_document
from gateway.records.kinds import Kinds
from gateway.records.record import read_record, stored_record
from mocks.people import PERSONAS, Population
from mocks.people.knowledge import records_of


def altered(record: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    changed = copy.deepcopy(record)
    *parents, last = path.split(".")
    place = changed
    for name in parents:
        place = place.setdefault(name, {})
    place[last] = value
    return changed


def test_persona_papers_are_stored_unchanged(people: Population, kinds: Kinds) -> None:
    seen = set()
    for n in PERSONAS.values():
        for paper in records_of(people, n):
            record = read_record(paper, kinds)
            again = stored_record(read_document(write_document(record.document())))
            assert again == record
            assert again.document() == paper
            seen.add(paper["kind"])
    assert len(seen) >= 15


REFUSALS: dict[str, tuple[str, object, str, str]] = {
    "a member that no record has": ("colour", "red", "unknown_member", "colour"),
    "no number": ("number", None, "missing", "number"),
    "a blank issuer": ("issuer", "  ", "blank", "issuer"),
    "a kind that is a number": ("kind", 3, "wrong_type", "kind"),
    "an owner that is a text": ("owner", "003", "wrong_type", "owner"),
    "an owner of eleven digits": (
        "owner.personal_id",
        "00308470931",
        "malformed_personal_id",
        "owner.personal_id",
    ),
    "an owner in Arabic-Indic digits": (
        "owner.personal_id",
        "٠٠٣٠٨٤٧٠٩٣١٣",
        "malformed_personal_id",
        "owner.personal_id",
    ),
    "an owner without number": (
        "owner.personal_id",
        None,
        "malformed_personal_id",
        "owner.personal_id",
    ),
    "an owner with a member too many": ("owner.sex", "male", "unknown_member", "owner.sex"),
    "30 February": ("issued_on", "2024-02-30", "impossible_date", "issued_on"),
    "a date the other way round": ("issued_on", "27/04/2024", "impossible_date", "issued_on"),
    "a date that is a number": ("issued_on", 20240427, "wrong_type", "issued_on"),
    "an end before the beginning": ("valid_until", "2001-01-01", "impossible_date", "valid_until"),
    "a dossier that is none": ("dossier", "H99", "malformed_dossier", "dossier"),
    "content that is a list": ("content", [], "wrong_type", "content"),
    "a member that the kind has not": (
        "content.shoe_size",
        "42",
        "unknown_member",
        "content.shoe_size",
    ),
    "29 February 2023 inside": (
        "content.issue_date",
        "2023-02-29",
        "impossible_date",
        "content.issue_date",
    ),
    "a text that is a number": ("content.issuer", 7, "wrong_type", "content.issuer"),
    "a text without end": ("content.issuer", "x" * 2001, "too_long", "content.issuer"),
    "a digest in capitals": ("file.sha256", "A" * 64, "malformed_digest", "file.sha256"),
    "a file without name": ("file.name", None, "missing", "file.name"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_refused_record_names_place_and_reason(
    card: dict[str, Any], kinds: Kinds, case: str
) -> None:
    path, value, code, member = REFUSALS[case]

    with pytest.raises(RecordRefused) as raised:
        read_record(altered(card, path, value), kinds)
    assert (raised.value.code, raised.value.member) == (code, member)


CONTENTS: dict[str, tuple[str, str, object, str, str]] = {
    "a father without name": (
        "birth_certificate",
        "father",
        {"personal_id": None, "birth_date": "1950"},
        "missing",
        "content.father.full_name",
    ),
    "a mother's number cut short": (
        "birth_certificate",
        "mother",
        {"personal_id": "0031", "full_name": "Lê Thị Mẫu"},
        "malformed_personal_id",
        "content.mother.personal_id",
    ),
    "a sex of no register": ("birth_certificate", "sex", "Nam", "wrong_type", "content.sex"),
    "a country by name": (
        "birth_certificate",
        "nationality",
        "Việt Nam",
        "wrong_type",
        "content.nationality",
    ),
    "an address with a district": (
        "birth_certificate",
        "hometown",
        {"country": "VN", "district": {"code": "1", "label": "Huyện"}},
        "unknown_member",
        "content.hometown.district",
    ),
    "members that are no list": (
        "residence_confirmation",
        "members",
        {"full_name": "Lê Văn Mẫu"},
        "wrong_type",
        "content.members",
    ),
    "a second member born on no day": (
        "residence_confirmation",
        "members",
        [{"full_name": "Lê Văn Mẫu"}, {"full_name": "Lê Thị Mẫu", "birth_date": "1990-13-01"}],
        "impossible_date",
        "content.members[1].birth_date",
    ),
    "an amount below nothing": (
        "insurance_card",
        "pension_amount",
        -1,
        "negative",
        "content.pension_amount",
    ),
    "an amount that is no number": (
        "insurance_card",
        "pension_amount",
        Decimal("NaN"),
        "wrong_type",
        "content.pension_amount",
    ),
    "an amount beyond all": (
        "insurance_card",
        "pension_amount",
        Decimal("1e400"),
        "wrong_type",
        "content.pension_amount",
    ),
    "an amount that is true": (
        "insurance_card",
        "pension_amount",
        True,
        "wrong_type",
        "content.pension_amount",
    ),
    "a truth value in words": (
        "driving_licence",
        "pending_violation",
        "false",
        "wrong_type",
        "content.pending_violation",
    ),
    "a business line of numbers": (
        "business_registration",
        "lines",
        [{"code": 4711}],
        "wrong_type",
        "content.lines[0].code",
    ),
    "an object in a free member": ("general", "more", {"a": "b"}, "wrong_type", "content.more"),
}


@pytest.mark.parametrize("case", CONTENTS)
def test_unfit_content_names_place_and_reason(
    card: dict[str, Any], kinds: Kinds, case: str
) -> None:
    kind, name, value, code, member = CONTENTS[case]

    with pytest.raises(RecordRefused) as raised:
        read_record(card | {"kind": kind, "content": {name: value}}, kinds)
    assert (raised.value.code, raised.value.member) == (code, member)


def test_refusal_echoes_no_value_or_name(card: dict[str, Any], kinds: Kinds) -> None:
    secret = "TRẦN ĐỨC NAM 003084709313"
    for path in ("content.issue_date", "owner.personal_id", f"content.{secret}", secret):
        with pytest.raises(RecordRefused) as raised:
            read_record(altered(card, path, secret), kinds)
        said = f"{raised.value!s} {raised.value.member} {raised.value.detail}"
        assert "003084709313" not in said and "NAM" not in said


def test_null_stands_for_absent_everywhere(card: dict[str, Any], kinds: Kinds) -> None:
    content = dict.fromkeys(kinds["identity_card"].members)
    sent = card | {"content": content, "file": None, "issued_on": None, "valid_until": None}

    assert read_record(sent, kinds).content == content


def test_open_kind_accepts_extra_members(card: dict[str, Any], kinds: Kinds) -> None:
    content = {"title": "Giấy khám", "conclusion": "Đủ", "score": Decimal("9.50"), "valid": True}

    assert read_record(card | {"kind": "general", "content": content}, kinds).content == content


def test_date_may_be_partly_known(card: dict[str, Any], kinds: Kinds) -> None:
    for born in ("1950", "1950-04", "1950-04-30"):
        father = {"full_name": "Lê Văn Mẫu", "birth_date": born}
        read_record(card | {"kind": "birth_certificate", "content": {"father": father}}, kinds)


def test_record_hides_its_owner(card: dict[str, Any], kinds: Kinds) -> None:
    printed = repr(read_record(card, kinds))

    assert card["owner"]["personal_id"] not in printed
    assert card["owner"]["full_name"] not in printed
    assert card["number"] not in printed
