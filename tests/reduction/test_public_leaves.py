"""Do the schemas of tallies, counts and audits leave room for a person?"""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gateway.domain.verdicts import FieldClass, Reason, Verdict

LEAVES = Path(__file__).parents[2] / "schemas" / "leaves"
DIGEST = "sha256:" + "0" * 64
CELL = {
    "level": "series",
    "procedure": "1.004222",
    "form": "residence",
    "series": DIGEST,
    "channel": "online",
}
TALLY: dict[str, Any] = {
    "kind": "tally",
    "v": 1,
    "month": "2026-11",
    "partial": False,
    "range": [0, 99],
    "definition": 0,
    "cell": CELL,
    "leaves": 40,
    "cases": 20,
    "versions": [1],
    "median_left": [7, 2],
    "sums": {"dossiers": 12, "verdict/auto": 40, "late/submissions": 1},
}
RECONCILE: dict[str, Any] = {
    "kind": "reconcile",
    "v": 1,
    "month": "2026-11",
    "source": "igate",
    "counts": [{"procedure": "1.004222", "channel": None, "dossiers": 130}],
    "reads": None,
    "digest": DIGEST,
}
AUDIT: dict[str, Any] = {
    "kind": "audit",
    "v": 1,
    "month": "2026-11",
    "range": [0, 99],
    "size": 103,
    "root": "A" * 43 + "=",
    "auditor": "thanhtra.example/audit+0123abcd+" + "A" * 44,
    "result": "sampled",
    "differences": 0,
    "sample": {"drawn": 299, "wrong": 0, "bound": [1, 100], "entered": 104},
    "signature": "A" * 86 + "==",
}


def _schema(kind: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((LEAVES / f"{kind}.schema.json").read_text()))


@pytest.mark.parametrize("leaf", [TALLY, RECONCILE, AUDIT], ids=lambda leaf: leaf["kind"])
def test_the_example_keeps_to_its_schema(leaf: dict[str, Any]) -> None:
    assert [p.message for p in _schema(leaf["kind"]).iter_errors(leaf)] == []


@pytest.mark.threat(26)
@pytest.mark.parametrize(
    ("leaf", "change"),
    [
        (TALLY, {"sums": {"verdict/Nguyễn Văn An": 1}}),
        (TALLY, {"sums": {"conflict/Lan": 1}}),
        (TALLY, {"sums": {"dossiers": 0}}),
        (TALLY, {"cases": 9}),
        (TALLY, {"cell": {**CELL, "form": "Nguyễn Văn An"}}),
        (TALLY, {"cell": {**CELL, "level": "class"}}),
        (TALLY, {"note": "for Lan"}),
        (TALLY, {"month": "2026-13"}),
        (RECONCILE, {"source": "my own count"}),
        (RECONCILE, {"counts": [{"procedure": "1.004222", "channel": None, "dossiers": 9}]}),
        (RECONCILE, {"counts": [{"procedure": "=1+1", "channel": None, "dossiers": 1}]}),
        (AUDIT, {"auditor": "chị Lan"}),
        (AUDIT, {"result": "fine, I think"}),
        (AUDIT, {"sample": {"drawn": 1, "wrong": 0, "bound": [1, 2], "entered": 4, "who": "Lan"}}),
    ],
)
def test_public_leaf_admits_no_text_or_small_cell(
    leaf: dict[str, Any], change: dict[str, Any]
) -> None:
    assert not _schema(leaf["kind"]).is_valid({**leaf, **change})


def test_every_verdict_class_and_reason_is_summed() -> None:
    keys = [
        *(f"verdict/{verdict}" for verdict in Verdict),
        *(f"A/{kind}" for kind in FieldClass),
        *(f"reason/{reason}" for reason in Reason),
    ]

    assert _schema("tally").is_valid({**TALLY, "sums": dict.fromkeys(keys, 1)})
