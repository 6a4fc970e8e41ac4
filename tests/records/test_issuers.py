"""A signature that comes with a record is its issuer's own, of this record, or the record is refused."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey

from gateway.domain.errors import RecordRefused
from gateway.records.issuers import Issuers, read_issuers, vouched_for
from gateway.records.kinds import Kinds
from gateway.records.record import Record, read_record

OLD, NEW, OTHER = (OKPKey.generate_key("Ed25519") for _ in range(3))
EC = ECKey.generate_key("P-256")


def signed(record: Record, key: OKPKey | ECKey, **changed: Any) -> str:
    algorithm = "ES256" if isinstance(key, ECKey) else "Ed25519"
    registry = jws.JWSRegistry(algorithms=[algorithm])
    payload = json.dumps(vouched_for(record) | changed).encode()
    return jws.serialize_compact({"alg": algorithm}, payload, key, registry=registry)


@pytest.fixture
def record(card: dict[str, Any], kinds: Kinds) -> Record:
    return read_record(card, kinds)


@pytest.fixture
def issuers(record: Record, tmp_path: Path) -> Issuers:
    """Two keys of the record's issuer, named in another writing, and one of somebody else's."""
    own, other = f"  {record.issuer.upper()} ", "Cơ quan khác"
    listed = {own: [OLD, NEW, EC], other: [OTHER]}
    keys = {name: [k.as_dict(private=False) for k in keys] for name, keys in listed.items()}
    (tmp_path / "issuers.json").write_text(json.dumps({"issuers": keys}))
    return read_issuers(tmp_path / "issuers.json")


def refused(issuers: Issuers, card: dict[str, Any], kinds: Kinds, signature: str) -> str | None:
    try:
        issuers.check(read_record({**card, "issuer_signature": signature}, kinds))
    except RecordRefused as refusal:
        return refusal.code
    return None


def test_signed_text_matches_issuer_documentation(record: Record) -> None:
    scan = {"name": "a.pdf", "sha256": "0" * 64}
    told = vouched_for(replace(record, file=scan))
    named = ("kind", "owner", "number", "issuer", "issued_on", "valid_until", "content", "file")
    assert set(told) == set(named)
    assert (told["owner"], told["file"]) == (record.owner.digits, "0" * 64)
    assert vouched_for(replace(record, file=None)) == told | {"file": None}


@pytest.mark.parametrize("key", [OLD, NEW, EC], ids=["first", "second", "elliptic"])
def test_any_key_of_the_issuer_vouches(
    issuers: Issuers, record: Record, card: dict[str, Any], kinds: Kinds, key: OKPKey | ECKey
) -> None:
    assert refused(issuers, card, kinds, signed(record, key)) is None


def test_unsigned_record_is_stated_by_province(issuers: Issuers, record: Record) -> None:
    issuers.check(record)


@pytest.mark.parametrize(
    "changed",
    [
        {"owner": "003090000001"},
        {"number": "1"},
        {"issued_on": "2001-01-01"},
        {"content": {}},
        {"file": "0" * 64},
        {"more": None},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_signature_of_another_record_is_refused(
    issuers: Issuers,
    record: Record,
    card: dict[str, Any],
    kinds: Kinds,
    changed: dict[str, Any],
) -> None:
    assert refused(issuers, card, kinds, signed(record, NEW, **changed)) == "signature_refused"


def test_issuer_vouches_for_own_records_only(
    issuers: Issuers, record: Record, card: dict[str, Any], kinds: Kinds
) -> None:
    assert refused(issuers, card, kinds, signed(record, OTHER)) == "signature_refused"
    assert refused(issuers, card, kinds, "a.b.c") == "signature_refused"
    assert refused(Issuers(), card, kinds, signed(record, NEW)) == "issuer_unknown"


def test_issuers_need_file_and_valid_keys(tmp_path: Path) -> None:
    assert read_issuers(tmp_path / "none.json") == Issuers()
    (tmp_path / "issuers.json").write_text('{"issuers": {"A": [{"kty": "OKP"}]}}')
    with pytest.raises(ValueError, match=r"issuers\.json"):
        read_issuers(tmp_path / "issuers.json")
