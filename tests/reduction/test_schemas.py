"""Do the schemas of case bodies, their chapters and the made bodies say the same?"""

import json
import re
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gateway.domain.verdicts import (
    CLASS_LETTERS,
    REASON_LETTERS,
    VERDICT_LETTERS,
    Verdict,
)
from gateway.log.entries import CASE_KINDS
from tests.reduction.bodies import (
    MANUAL,
    abandoned,
    confirmation,
    correction,
    filled,
    prefill,
    refusal,
    reuse,
    submission,
    sync,
)

ROOT = Path(__file__).parents[2]
CHAPTERS = {
    heading: set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
    for heading, text in re.findall(
        r"^## `([\w-]+)`\n(.*?)(?=^## |\Z)",
        (ROOT / "docs" / "log-leaves.md").read_text(),
        re.MULTILINE | re.DOTALL,
    )
}
DIGEST = "A" * 43 + "="
KEY = "sha256:" + "0" * 64
ABOUT_NO_CASE: dict[str, Any] = {"case": None, "h": 498_000}
ALARM = {"why": "misses_of_tenant", "of": "prefill", "n": 100}
ASKED = {
    "rg": [0, 99],
    "size": 103,
    "root": DIGEST,
    "st": "asked",
    "n": 299,
    "cm": DIGEST,
    "wr": None,
    "rq": None,
}


def _schema(kind: str) -> dict[str, Any]:
    file = ROOT / "schemas" / "leaves" / f"{kind}.schema.json"
    schema: dict[str, Any] = json.loads(file.read_text())
    Draft202012Validator.check_schema(schema)
    return schema


def _made() -> dict[str, dict[str, Any]]:
    rows = {"hoTen": filled(Verdict.AUTO), "thanhVien[0].so": MANUAL}
    bodies = {
        "prefill": prefill("a", "b", states={"hoTen": "F", "thanhVien[0].so": "n"}),
        "submission": submission("a", rows, "b", att={"uploaded": 1}),
        "refusal": refusal("a", "hoTen", "thanhVien[10].so", chain="b"),
        "abandoned": abandoned("a", "b"),
        "confirmation": confirmation("a"),
        "correction": correction("a"),
        "sync": sync("a"),
        "reuse": reuse("a", ("GT.01", "file-1", "C")),
        "alarm": {"k": "alarm", "case": "a", "ten": "h99", "h": 1, **ALARM},
        "access": {
            "k": "access",
            "by": KEY,
            "log": "gateway.example/log/2026",
            "rg": [0, 511],
            "size": 600,
            **ABOUT_NO_CASE,
        },
        "sample": {"k": "sample", "by": KEY, "month": "2026-11", **ASKED, **ABOUT_NO_CASE},
    }
    digests = ("rd", "kc", "cc")
    return {
        kind: {name: DIGEST if name in digests else value for name, value in body.items()}
        for kind, body in bodies.items()
    }


@pytest.mark.parametrize("kind", sorted(CASE_KINDS))
def test_chapter_lists_the_schemas_members(kind: str) -> None:
    schema = _schema(kind)

    assert CHAPTERS[kind] == schema["properties"].keys() >= set(schema["required"])
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("kind", sorted(CASE_KINDS))
def test_payload_keeps_strictly_to_schema(kind: str) -> None:
    body, schema = _made()[kind], Draft202012Validator(_schema(kind))

    assert [problem.message for problem in schema.iter_errors(body)] == []
    assert not schema.is_valid({**body, "name": "Nguyễn Văn An"})
    assert not schema.is_valid({**body, "case": "Nguyễn Văn An"})
    assert not schema.is_valid({**body, "h": 1.5})


@pytest.mark.parametrize(
    ("kind", "member", "letters"),
    [
        ("prefill", "st", [*CLASS_LETTERS.values(), *REASON_LETTERS.values()]),
        ("prefill", "so", ascii_lowercase[:-2]),
        ("submission", "vd", VERDICT_LETTERS.values()),
        ("submission", "cl", CLASS_LETTERS.values()),
        ("submission", "so", ascii_lowercase),
    ],
)
def test_schema_takes_only_known_letters(kind: str, member: str, letters: list[str]) -> None:
    body, schema = _made()[kind], Draft202012Validator(_schema(kind))
    known = {*letters, "-", "."}

    taken = {chr(code) for code in range(33, 127) if schema.is_valid({**body, member: chr(code)})}
    assert taken == known
