"""Of what the State holds, at least nine tenths come, or it is written beside the form why not."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from mocks.igate import FORMS
from tests.journeys.reach import (
    CITIZENS,
    RESULT,
    FormReach,
    Missed,
    measured,
    result_of,
    show,
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def found() -> Sequence[FormReach]:
    """Six citizens a form, personas first: some thirty seconds for all forms together."""
    return await measured(CITIZENS)


def of(found: Sequence[FormReach], form: str) -> FormReach:
    return next(one for one in found if one.form == form)


@pytest.mark.parametrize("form", FORMS)
def test_low_reach_is_explained_by_item(found: Sequence[FormReach], form: str) -> None:
    one = of(found, form)
    if one.is_low:
        assert one.missed.keys() == one.written
    assert one.written <= one.missed.keys(), "what is written of items that came is stale"


@pytest.mark.parametrize("form", FORMS)
def test_missed_items_are_those_of_figure(found: Sequence[FormReach], form: str) -> None:
    one = of(found, form)
    reach, connected = one.figures["reach"], one.figures["connected_reach"]
    assert one.figures["dossiers"] == CITIZENS
    assert one.figures["instant"]["numerator"] == 0
    items = {item for item, _ in one.missed}
    assert len(items) <= reach["denominator"] - reach["numerator"] <= one.missed.total()
    assert connected == reach, "every source is connected and granted"


def test_kept_result_is_what_is_measured(found: Sequence[FormReach]) -> None:
    kept = json.loads(RESULT.read_text(encoding="utf-8"))
    assert kept == result_of(found, CITIZENS), "run: python -m tests.journeys.reach --out FILE"


def figures(came: int, missed: int) -> dict[str, Any]:
    reach = {"numerator": came, "denominator": came + missed, "value": came / (came + missed)}
    return {"core": reach, "reach": reach, "connected_reach": reach}


NAME, BIRTH = ("name", "not_held"), ("dob", "withheld")
CASES: dict[str, tuple[int, dict[Missed, int], set[Missed], int]] = {
    "nothing missed": (9, {}, set(), 0),
    "a tenth missed": (9, {NAME: 1}, set(), 0),
    "more missed and no reason": (9, {NAME: 2}, set(), 1),
    "more missed and every reason": (9, {NAME: 2, BIRTH: 2}, {NAME, BIRTH}, 0),
    "more missed and another reason": (9, {NAME: 2}, {("name", "withheld")}, 1),
    "a tenth has no reason": (9, {NAME: 1, BIRTH: 5}, {BIRTH}, 0),
    "more than a tenth has none": (9, {NAME: 2, BIRTH: 5}, {BIRTH}, 1),
}


@pytest.mark.parametrize("case", CASES)
def test_status_says_whether_reasons_suffice(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    came, missed, written, status = CASES[case]
    one = FormReach("x", figures(came, sum(missed.values())), Counter(missed), frozenset(written))
    kept = tmp_path / "reach.json"
    assert show([one], 1, as_json=True, out=kept) == status
    said = json.loads(capsys.readouterr().out)
    assert said == json.loads(kept.read_text())
    assert said["forms"][0]["passes"] is (status == 0)
    assert show([one], 1, as_json=False, out=None) == status
    assert ("NO REASON" in capsys.readouterr().out) is (status == 1)
