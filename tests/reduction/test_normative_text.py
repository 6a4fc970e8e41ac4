"""Does the code count by the very text whose digest stands in the log?"""

import json
from pathlib import Path

from gateway.domain.verdicts import DECLARED, FieldClass, Verdict
from gateway.reduction._cases import CHANNELS
from gateway.reduction._dossiers import BEYOND_LOGIN_CLASSES, REDUCTION_CLASSES
from gateway.reduction._submissions import TAKEN_OUT
from gateway.reduction.report import UNIT
from gateway.reduction.table import TARGET

TEXT = json.loads((Path(__file__).parents[2] / "schemas" / "measure.json").read_text())


def test_classes_and_verdicts_follow_the_text() -> None:
    assert TEXT["classes_in_order"] == list(FieldClass)
    assert [*TEXT["verdicts_in_order"], *TEXT["taken_out_before"]] == list(Verdict)
    assert set(TEXT["taken_out_before"]) == TAKEN_OUT
    assert set(TEXT["declared"]) == DECLARED
    assert TEXT["saved"] == [Verdict.AUTO]


def test_figures_use_the_texts_classes() -> None:
    assert set(TEXT["figures"]["reduction"]["classes"]) == REDUCTION_CLASSES
    assert set(TEXT["figures"]["by_source"]["classes"]) == REDUCTION_CLASSES
    assert set(TEXT["figures"]["beyond_login"]["classes"]) == BEYOND_LOGIN_CLASSES
    assert TEXT["figures"]["core"]["classes"] == [FieldClass.FACT]


def test_target_unit_and_channels_follow_the_text() -> None:
    target = TEXT["compared_with_the_target"]
    assert target["at_least"]["numerator"] / target["at_least"]["denominator"] == TARGET
    assert target["figure"] == "core"
    assert TEXT["unit"] == UNIT
    assert {channel: kind for kind, all_ in TEXT["channels"].items() for channel in all_} == (
        CHANNELS
    )
