"""The verifier knows every kind that the gateway writes, and of each body what counts of it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.log.entries import CASE_KINDS, PUBLIC_KINDS
from gateway.reduction.releases._counting import _OF_A_CASE
from gateway_verify._count.forms import Misspelt
from gateway_verify._count.parts import Parts, _take_apart_slowly, take_apart
from gateway_verify._count.patterns import KINDS as BODY_KINDS
from gateway_verify._count.patterns import OF_A_CASE
from gateway_verify.leaves import KINDS, SECOND
from gateway_verify.text import canonical as canonical_text
from tests.verify.building import canonical
from tests.verify.closing import prefill, submission

SCHEMAS = Path(__file__).parents[2] / "schemas" / "leaves"


def test_every_leaf_kind_has_known_members() -> None:
    assert KINDS.keys() == PUBLIC_KINDS
    assert set(BODY_KINDS) >= CASE_KINDS
    for kind, members in {**KINDS, **SECOND}.items():
        schema = json.loads((SCHEMAS / f"{kind}.schema.json").read_text())
        assert {"kind", "v", *members} == set(schema["required"])


def test_both_sides_agree_on_case_kinds() -> None:
    assert set(BODY_KINDS[:OF_A_CASE]) == {cls.kind for cls in _OF_A_CASE}


ROWS = {"thanhVien[0]": "AM"}
REFUSAL = {"k": "refusal", "case": "c", "chain": "x", "pf": 1, "fv": 1, "ten": "t", "h": 1}
BODIES = {
    "a prefill": prefill("c"),
    "a prefill with rows": prefill("c", sr=ROWS, **{"or": ROWS}),
    "a prefill that reads nothing": prefill("c", q=[], proc=None, prev=7),
    "a prefill that reads twice": prefill("c", q=[["population", "found", 1, 0]] * 2),
    "a submission": submission("c"),
    "a submission with rows": submission("c", vr=ROWS, cr=ROWS, sr=ROWS, att={"reused": 1}),
    "a refusal": {**REFUSAL, "f": [["hoTen", "locked_value_changed"], ["x[0]", "row_added"]]},
    "a refusal of nothing": {**REFUSAL, "f": []},
    "an abandoned chain": {"k": "abandoned", "case": "c", "chain": "x", "ten": "t", "h": 1},
}


@pytest.mark.parametrize("name", BODIES)
def test_fast_reading_agrees_with_slow_one(name: str) -> None:
    """A backslash in a commitment that no sum depends on sends a body the slow way."""
    body = BODIES[name]
    slow = {**body, "cc": "\\", "kc": "\\"}
    fast_text, *fast = take_apart(b"salt" + canonical(body), 4)
    slow_text, *slowly = take_apart(canonical(slow))
    assert (json.loads(fast_text), fast) == (json.loads(slow_text), slowly)
    assert json.loads(fast_text)["k"] == body["k"]


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("odd", [b"\x01", b"\x7f", b"\xc3\xa9", b'"', b"}", b"{"])
def test_altered_body_reads_alike_both_ways(name: str, odd: bytes) -> None:
    """Every position of a body, replaced by a character that JSON writes otherwise."""
    body = canonical(BODIES[name])
    for at in range(len(body)):
        altered = body[:at] + odd + body[at + 1 :]
        assert _result(take_apart, b"salt" + altered, 4) == _result(_take_apart_slowly, altered)


def _result(read: Callable[..., Parts], *given: object) -> object:
    """What is read, the pattern as `Patterns` reads it; None where either refuses."""
    try:
        text, *rest = read(*given)
        return canonical_text.read(text), rest
    except (Misspelt, ValueError):
        return None
