"""Entries and payloads keep the bytes in which the first releases wrote them.

`entries.jsonl` holds texts that were written before entries had types, or by other means than those: of
every kind and version at least one, in every combination of members that turned up. That of a newer
kind stands in its schema (`examples`).
"""

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.log.entries import (
    _LEAVES,
    _PAYLOADS,
    CASE_KINDS,
    PUBLIC_KINDS,
    AbandonedPayload,
    AccessPayload,
    AlarmPayload,
    CasePayload,
    Cell,
    ConfirmationPayload,
    CorrectionPayload,
    EntryUnreadable,
    GrantLeaf,
    LeafRange,
    MetricDefinitionLeaf,
    Offence,
    Offered,
    Place,
    PrefillPayload,
    PublicLeaf,
    Quotient,
    RaisedFlag,
    Read,
    RefusalPayload,
    ReusedComponent,
    ReusePayload,
    SamplePayload,
    ShredLeaf,
    SubmissionLetters,
    SubmissionPayload,
    SyncPayload,
    TallyLeaf,
    Vouch,
    decode_leaf,
    decode_payload,
)
from tests.log.writing import prefill_body

SCHEMAS = Path(__file__).parents[2] / "schemas" / "leaves"
WRITTEN = [
    *(Path(__file__).parent / "entries.jsonl").read_bytes().splitlines(),
    *(
        json.dumps(one, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
        for path in sorted(SCHEMAS.glob("*.schema.json"))
        for one in json.loads(path.read_bytes()).get("examples", ())
    ),
]


def read(text: bytes) -> CasePayload | PublicLeaf:
    return decode_payload(text) if "k" in json.loads(text) else decode_leaf(text)


@pytest.mark.parametrize("text", WRITTEN)
def test_earlier_text_is_encoded_to_same_bytes(text: bytes) -> None:
    assert read(text).encode() == text


def test_every_kind_and_version_has_earlier_text() -> None:
    written = [json.loads(text) for text in WRITTEN]

    assert {one["k"] for one in written if "k" in one} == CASE_KINDS
    assert {(one["kind"], one["v"]) for one in written if "k" not in one} == set(_LEAVES)


LETTERS = SubmissionLetters("AM.", "F-.", "p-.", {"r[0]": "A"}, {"r[0]": "F"}, {"r[0]": "p"})
BY_HAND: dict[str, tuple[CasePayload | PublicLeaf, dict[str, Any]]] = {
    "a prefill": (
        PrefillPayload(
            case="c",
            chain="x",
            form_version=3,
            grant=2,
            tenant="h99",
            procedure=None,
            channel="desk",
            hour=498_000,
            previous=7,
            receipt_digest="R=",
            key_commitment="K=",
            verified_by="vneid",
            reads=(Read("population", "found", 2, 4),),
            states="Fb.",
            sources="p-.",
            offered=Offered(3, 1),
            state_rows={"r[0]": "b"},
            source_rows={},
        ),
        {"k": "prefill", "case": "c", "chain": "x", "fv": 3, "gr": 2, "ten": "h99", "proc": None}
        | {"ch": "desk", "h": 498_000, "prev": 7, "rd": "R=", "kc": "K=", "vb": "vneid"}
        | {"q": [["population", "found", 2, 4]], "st": "Fb.", "so": "p-.", "n": [3, 1]}
        | {"sr": {"r[0]": "b"}, "or": {}},
    ),
    "a submission": (
        SubmissionPayload(
            case="c",
            chain="x",
            prefill=7,
            form_version=3,
            tenant="h99",
            procedure="1.004222",
            channel="online",
            hour=498_001,
            seconds=90,
            content_commitment="C=",
            letters=LETTERS,
            attachments={"reused": 1},
            counts={"auto": 2},
            burst=True,
        ),
        {"k": "submission", "case": "c", "chain": "x", "pf": 7, "fv": 3, "ten": "h99", "bu": 1}
        | {"proc": "1.004222", "ch": "online", "h": 498_001, "sec": 90, "cc": "C=", "vd": "AM."}
        | {"vr": {"r[0]": "A"}, "cl": "F-.", "cr": {"r[0]": "F"}, "so": "p-.", "sr": {"r[0]": "p"}}
        | {"att": {"reused": 1}, "n": {"auto": 2}},
    ),
    "a refusal": (
        RefusalPayload("c", "x", 7, 3, "h99", 9, (Offence("hoTen", "locked_value_changed"),)),
        {"k": "refusal", "case": "c", "chain": "x", "pf": 7, "fv": 3, "ten": "h99", "h": 9}
        | {"f": [["hoTen", "locked_value_changed"]]},
    ),
    "an abandoned chain": (
        AbandonedPayload("c", "x", "h99", 9),
        {"k": "abandoned", "case": "c", "chain": "x", "ten": "h99", "h": 9},
    ),
    "a confirmation": (
        ConfirmationPayload("c", 2, "h99", None, "law", "desk", 9, "GW-1", ()),
        {"k": "confirmation", "case": "c", "gr": 2, "ten": "h99", "proc": None, "lb": "law"}
        | {"ch": "desk", "h": 9, "ref": "GW-1", "q": []},
    ),
    "an alarm": (
        AlarmPayload("c", "h99", 9, "misses_of_all", "prefill", 20),
        {"k": "alarm", "case": "c", "ten": "h99", "h": 9, "why": "misses_of_all"}
        | {"of": "prefill", "n": 20},
    ),
    "a correction": (
        CorrectionPayload("c", 8, "h99", 9, "p", "person.sex", "contested", "open"),
        {"k": "correction", "case": "c", "sub": 8, "ten": "h99", "h": 9, "src": "p"}
        | {"attr": "person.sex", "why": "contested", "st": "open"},
    ),
    "reuse": (
        ReusePayload("c", "h99", "1.004222", 9, (ReusedComponent("TP-1", "f-1", "C"),)),
        {"k": "reuse", "case": "c", "ten": "h99", "proc": "1.004222", "h": 9}
        | {"cp": [["TP-1", "f-1", "C"]]},
    ),
    "a part in sync": (
        SyncPayload("c", "h99", "1.004222", 9, 2, False, (RaisedFlag("DuocSoHoa", 8),), True),
        {"k": "sync", "case": "c", "ten": "h99", "proc": "1.004222", "h": 9, "st": 2, "pre": 0}
        | {"fl": [["DuocSoHoa", 8]], "part": 1},
    ),
    "access": (
        AccessPayload(None, 9, "sha256:a", "g.test/log/2026", LeafRange(0, 255), 300),
        {"k": "access", "case": None, "by": "sha256:a", "log": "g.test/log/2026", "rg": [0, 255]}
        | {"size": 300, "h": 9},
    ),
    "a refused read": (
        AccessPayload(
            "c",
            9,
            tenant="h99",
            call="records",
            channel="desk",
            officer="o=",
            purpose="reuse",
            records=2,
            refused="case_not_open",
        ),
        {"k": "access", "case": "c", "h": 9, "ten": "h99", "of": "records", "ch": "desk"}
        | {"ofc": "o=", "pu": "reuse", "n": 2, "rf": "case_not_open"},
    ),
    "a sample": (
        SamplePayload(
            None, "sha256:a", "2026-11", LeafRange(0, 9), 12, "r=", 9, "asked", 30, "n=", None, None
        ),
        {"k": "sample", "case": None, "by": "sha256:a", "month": "2026-11", "rg": [0, 9]}
        | {"size": 12, "root": "r=", "h": 9, "st": "asked", "n": 30, "cm": "n=", "wr": None}
        | {"rq": None},
    ),
    "a definition of the first edition": (
        MetricDefinitionLeaf("eform-gateway/measure/1", "sha256:d", 20, 1, False, v=1),
        {"kind": "metric-definition", "v": 1, "definition": "eform-gateway/measure/1"}
        | {"digest": "sha256:d", "instant_seconds": 20, "instant_seconds_per_field": 1}
        | {"mock": False},
    ),
    "a grant": (
        GrantLeaf(
            tenant="h99",
            agency="H99",
            is_test=False,
            since="2026-11-01",
            sources=("population",),
            procedures=None,
            officers=(),
            connected=("session",),
            first=Place("g.test/log/2025", 3),
            vouches=(Vouch("sha256:i", "birth_notice"),),
        ),
        {"kind": "grant", "v": 2, "tenant": "h99", "agency": "H99", "is_test": False}
        | {"since": "2026-11-01", "sources": ["population"], "procedures": "*", "officers": []}
        | {"connected": ["session"], "first": {"log": "g.test/log/2025", "leaf": 3}}
        | {"vouches": [{"issuer": "sha256:i", "kind": "birth_notice"}]},
    ),
    "a tally": (
        TallyLeaf(
            month="2026-11",
            partial=False,
            range=LeafRange(0, 9),
            definition=0,
            cell=Cell("province", channel="mixed"),
            leaves=40,
            cases=20,
            versions_counted=(3,),
            median_left=Quotient(5, 2),
            sums={"D": 4},
        ),
        {"kind": "tally", "v": 2, "month": "2026-11", "partial": False, "range": [0, 9]}
        | {"definition": 0, "leaves": 40, "cases": 20, "versions": [3], "median_left": [5, 2]}
        | {"cell": {"level": "province", "procedure": None, "form": None, "series": None}}
        | {"sums": {"D": 4}},
    ),
    "a shred": (
        ShredLeaf("g.test/log/2025", 3, 8, 4, "retention"),
        {"kind": "shred", "v": 1, "origin": "g.test/log/2025", "first": 3, "last": 8, "count": 4}
        | {"reason": "retention"},
    ),
}
BY_HAND["a tally"][1]["cell"]["channel"] = "mixed"


@pytest.mark.parametrize("name", BY_HAND)
def test_each_attribute_is_its_member(name: str) -> None:
    entry, members = BY_HAND[name]

    assert json.loads(entry.encode()) == members
    assert read(entry.encode()) == entry


@pytest.mark.parametrize("kind", sorted(CASE_KINDS | PUBLIC_KINDS))
def test_members_are_those_of_schema(kind: str) -> None:
    schema = json.loads((SCHEMAS / f"{kind}.schema.json").read_text())
    latest = max((v for name, v in _LEAVES if name == kind), default=0)
    codec = _LEAVES[kind, latest] if latest else _PAYLOADS[kind]

    assert codec.members == schema["properties"].keys()


PREFILL = prefill_body()
UNREADABLE: dict[str, object] = {
    "no object": [],
    "no kind": {"case": "c"},
    "an unknown kind": PREFILL | {"k": "remark"},
    "a member of no kind": PREFILL | {"name": "x"},
    "a member is missing": {name: value for name, value in PREFILL.items() if name != "h"},
    "a read is cut short": PREFILL | {"q": [["population"]]},
    "a list is a number": PREFILL | {"q": 3},
    "a public kind": {"k": "shred"},
}


@pytest.mark.parametrize("said", UNREADABLE.values(), ids=UNREADABLE)
def test_other_payloads_are_unreadable(said: object) -> None:
    with pytest.raises(EntryUnreadable):
        decode_payload(json.dumps(said).encode())


SHRED = BY_HAND["a shred"][1]
NO_LEAVES: dict[str, dict[str, Any]] = {
    "a sealed leaf": {"kind": "case", "seal": "s=", "v": 1},
    "an unknown kind": SHRED | {"kind": "remark"},
    "no version": {name: value for name, value in SHRED.items() if name != "v"},
    "a version that is no number": SHRED | {"v": True},
    "a version to come": SHRED | {"v": 3},
    "a member of a later version": BY_HAND["a definition of the first edition"][1] | {"month": "x"},
    "a member is missing": {name: value for name, value in SHRED.items() if name != "count"},
}


@pytest.mark.parametrize("leaf", NO_LEAVES.values(), ids=NO_LEAVES)
def test_other_leaves_are_unreadable(leaf: dict[str, Any]) -> None:
    with pytest.raises(EntryUnreadable):
        decode_leaf(json.dumps(leaf).encode())


@pytest.mark.parametrize("text", [b"", b"{", b"null", b'"prefill"', b"\xff"])
def test_no_json_is_unreadable(text: bytes) -> None:
    for decode in (decode_leaf, decode_payload):
        with pytest.raises(EntryUnreadable):
            decode(text)
