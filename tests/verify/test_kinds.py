"""The verifier knows every kind that the gateway writes, and of each body what counts of it."""

import json
from pathlib import Path

import pytest

from gateway.log.entries import CASE_KINDS, PUBLIC_KINDS
from gateway.reduction.releases._counting import _OF_A_CASE
from gateway_verify._count.parts import take_apart
from gateway_verify._count.patterns import KINDS as BODY_KINDS
from gateway_verify._count.patterns import OF_A_CASE
from gateway_verify.leaves import KINDS, SECOND
from tests.verify.building import canonical
from tests.verify.closing import prefill, submission

SCHEMAS = Path(__file__).parents[2] / "schemas" / "leaves"


def test_every_kind_of_leaf_is_known_with_its_members() -> None:
    assert KINDS.keys() == PUBLIC_KINDS
    assert set(BODY_KINDS) >= CASE_KINDS
    for kind, members in {**KINDS, **SECOND}.items():
        schema = json.loads((SCHEMAS / f"{kind}.schema.json").read_text())
        assert {"kind", "v", *members} == set(schema["required"])


def test_the_same_kinds_belong_to_the_cell_of_their_case() -> None:
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
def test_a_body_is_taken_apart_alike_by_the_fast_way_and_by_the_slow_one(name: str) -> None:
    """A backslash in a commitment that no sum depends on sends a body the slow way."""
    body = BODIES[name]
    slow = {**body, "cc": "\\", "kc": "\\"}
    fast_text, *fast = take_apart(b"salt" + canonical(body), 4)
    slow_text, *slowly = take_apart(canonical(slow))
    assert (json.loads(fast_text), fast) == (json.loads(slow_text), slowly)
    assert json.loads(fast_text)["k"] == body["k"]
