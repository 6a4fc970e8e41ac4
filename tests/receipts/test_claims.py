"""The claims of a receipt: byte for byte as they are signed, and read back as they were."""

import json
from dataclasses import replace
from typing import Any

import orjson
import pytest

from gateway.domain.errors import ReceiptRefused
from gateway.domain.identifiers import (
    POPULATION,
    RECORDS,
    SESSION,
    AttributeName,
    ChainId,
    RoleName,
)
from gateway.domain.verdicts import EditPolicy, FieldClass, Reason
from gateway.receipts.claims import (
    EmptyClaim,
    FilledClaim,
    PersonClaim,
    ReadClaim,
    ReceiptClaims,
    RecordClaim,
    RowClaim,
    decode,
    encode,
)

APPLICANT = RoleName("applicant")

FILLED = FilledClaim(
    path="hoTen",
    rows=(),
    source=SESSION,
    role=APPLICANT,
    attribute=AttributeName("person.full_name"),
    field_class=FieldClass.KNOWN,
    as_of="2026-01-05T08:00:00+07:00",
    edit=EditPolicy.LOCKED,
    confirmed_by=POPULATION,
    record=None,
    young=False,
    tag="t-name",
)
IN_ROW = FilledClaim(
    path="giayTo[1].so",
    rows=(1,),
    source=RECORDS,
    role=RoleName("paper"),
    attribute=AttributeName("record.number"),
    field_class=FieldClass.FACT,
    as_of="2026-01-04T08:00:00+07:00",
    edit=EditPolicy.CORRECTABLE,
    confirmed_by=None,
    record="r1",
    young=True,
    tag="t-number",
)

CLAIMS = ReceiptClaims(
    tenant="h99",
    jti="j2",
    chain=ChainId("ch_1"),
    previous="j1",
    issued_at=1000,
    expires_at=2000,
    form="TK01",
    version="1:abc",
    procedure="1.004222",
    channel="online",
    dossier="t-dossier",
    subject="t-subject",
    persons=(PersonClaim("child", (0,), "soCon", False, "t-child"),),
    reads=(ReadClaim("population", "applicant", "found", "GW-1"),),
    asked=frozenset({"b", "a"}),
    matched=frozenset({"a"}),
    tied=frozenset({"d", "c"}),
    heads=frozenset(),
    sets={"nhapTay": True},
    rules={RoleName("father"): 1},
    provided=frozenset(
        {
            (RoleName("(subject)"), AttributeName("person.sex")),
            (RoleName("(subject)"), AttributeName("person.full_name")),
        }
    ),
    rows=(RowClaim("giayTo", (1,), "t-row"),),
    records=(RecordClaim("r1", False, "t-record"), RecordClaim("r2", True, "t-other")),
    fields=(
        FILLED,
        EmptyClaim("ghiChu", Reason.NOT_BOUND),
        EmptyClaim(
            "ngayCap",
            Reason.DEFERRED,
            APPLICANT,
            AttributeName("record.issued"),
            "2026-01-06T08:00:00+07:00",
        ),
        IN_ROW,
    ),
)

SIGNED = (
    '{"aud":"h99","jti":"j2","chain":"ch_1","prev":"j1","iat":1000,"exp":2000,"form":"TK01",'
    '"version":"1:abc","procedure":"1.004222","channel":"online","dossier":"t-dossier",'
    '"subject":"t-subject","persons":[{"role":"child","row":[0],"key":"soCon","applicant":false,'
    '"tag":"t-child"}],"reads":[{"source":"population","role":"applicant","outcome":"found",'
    '"ref":"GW-1"}],"asked":["a","b"],"matched":["a"],"tied":["c","d"],"heads":[],'
    '"sets":{"nhapTay":true},"ways":{"father":1},"told":[["(subject)","person.full_name"],'
    '["(subject)","person.sex"]],"rows":[{"group":"giayTo","row":[1],"tag":"t-row"}],'
    '"records":[{"id":"r1","vouched":false,"tag":"t-record"},{"id":"r2","vouched":true,'
    '"tag":"t-other"}],"fields":[{"path":"hoTen","rows":[],"source":"session","role":"applicant",'
    '"attribute":"person.full_name","class":"known","as_of":"2026-01-05T08:00:00+07:00",'
    '"edit":"locked","confirmed_by":"population","record":null,"tag":"t-name"},'
    '{"path":"ghiChu","reason":"not_bound"},{"path":"ngayCap","reason":"deferred",'
    '"role":"applicant","attribute":"record.issued","retry_at":"2026-01-06T08:00:00+07:00"},'
    '{"path":"giayTo[1].so","rows":[1],"source":"records","role":"paper",'
    '"attribute":"record.number","class":"fact","as_of":"2026-01-04T08:00:00+07:00",'
    '"edit":"correctable","confirmed_by":null,"record":"r1","young":true,"tag":"t-number"}]}'
)
"""`CLAIMS` as they are signed: another text here would be another format of receipts."""


def test_claims_are_encoded_byte_for_byte() -> None:
    assert orjson.dumps(encode(CLAIMS)).decode() == SIGNED


def test_encoded_claims_are_decoded_unchanged() -> None:
    assert decode(orjson.loads(SIGNED)) == CLAIMS


def test_claims_of_earlier_release_are_read() -> None:
    said = json.loads(SIGNED)
    for name in ("asked", "matched", "tied", "heads", "records"):
        del said[name]
    claims = decode(said)
    assert claims.asked is None  # it is not known whom that call asked about
    assert (claims.matched, claims.tied, claims.heads) == (frozenset(), frozenset(), frozenset())
    assert claims.records == ()


def test_filled_fields_are_found_by_path() -> None:
    assert CLAIMS.filled == {"hoTen": FILLED, "giayTo[1].so": IN_ROW}


def test_unvouched_record_is_named() -> None:
    vouched = RecordClaim("r1", True, "t-record")
    again = decode({**json.loads(SIGNED), "records": [encode(CLAIMS)["records"][1]]})
    assert CLAIMS.unvouched_record(IN_ROW) == "r1"
    assert CLAIMS.unvouched_record(FILLED) is None
    assert again.unvouched_record(IN_ROW) == "r1"  # of no claim: nobody is known to vouch for it
    by_vouched = replace(CLAIMS, records=(vouched,))
    assert by_vouched.unvouched_record(IN_ROW) is None


DEFECTS: dict[str, tuple[str, Any]] = {
    "no chain": ("chain", None),
    "fields are no list": ("fields", 7),
    "a field is no object": ("fields", ["hoTen"]),
    "an unknown class": ("fields", [{**encode(CLAIMS)["fields"][0], "class": "gift"}]),
    "an unknown reason": ("fields", [{"path": "x", "reason": "moon"}]),
    "a person with another member": ("persons", [{"role": "x", "row": [], "name": "y"}]),
    "provided in threes": ("told", [["a", "b", "c"]]),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_other_claims_are_refused(defect: str) -> None:
    name, value = DEFECTS[defect]
    said = json.loads(SIGNED)
    if value is None:
        del said[name]
    else:
        said[name] = value
    with pytest.raises(ReceiptRefused) as refused:
        decode(said)
    assert refused.value.code == "receipt_unreadable"
