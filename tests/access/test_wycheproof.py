"""Vectors of the project Wycheproof, through our module: nothing invalid holds, and what is valid does.

`wycheproof.json` names its source and licence. What is valid and refused all the same is refused by
policy: a key of small order is no key. What the project calls acceptable may go either way.
"""

import json
from base64 import b64decode
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from gateway.access.proofs import DoesNotHold, read_jws, read_public_key
from gateway.domain.errors import BadRequest

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "wycheproof.json").read_text())


@pytest.mark.threat(5)
@pytest.mark.parametrize("curve, counts", [("P-256", (173, 89, 0)), ("Ed25519", (117, 64, 21))])
def test_t05_signature_holds_exactly_when_valid(curve: str, counts: tuple[int, int, int]) -> None:
    seen: Counter[str] = Counter()
    for group in VECTORS[curve]:
        try:
            key = read_public_key(group["jwk"])
        except BadRequest as refused:
            assert "small order" in refused.detail
            assert {one[4] for one in group["tests"]} <= {"acceptable", "invalid"}
            continue
        for number, comment, message, signature, result in group["tests"]:
            holds = key.verify(b64decode(message), b64decode(signature))
            assert result == "acceptable" or holds == (result == "valid"), (number, comment)
            seen[result] += 1

    assert tuple(seen[result] for result in ("valid", "invalid", "acceptable")) == counts


@pytest.mark.threat(5)
@pytest.mark.parametrize(
    "text, result",
    [(one[2], one[3]) for one in VECTORS["JWS"][0]["tests"]],
    ids=[one[1] for one in VECTORS["JWS"][0]["tests"]],
)
def test_t05_jws_holds_exactly_when_valid(text: str, result: str) -> None:
    key = read_public_key(VECTORS["JWS"][0]["jwk"])
    try:
        read_jws(text).check_signature(key)
    except DoesNotHold:
        assert result == "invalid"
    else:
        assert result == "valid"
