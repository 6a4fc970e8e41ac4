"""Which official values does a submission say are wrong?"""

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.domain.errors import BadRequest
from gateway.domain.identifiers import SESSION
from gateway.domain.verdicts import EditPolicy, Verdict
from gateway.forms.fields import value_at
from gateway.receipts.disputes import Disputed
from gateway.submission.judging.judgement import JudgedField, Judgement, Marks
from gateway.submission.judging.opened import OpenedReceipt

CONTESTED, OVERRIDE = "contested", "override"


def check_marks(receipt: OpenedReceipt, data: Mapping[str, Any], marks: Marks) -> None:
    """Only what was filled can be contested; raises BadRequest `contested_not_filled`."""
    if not all(receipt.may_be_contested(path, data) for path in marks.contested):
        raise BadRequest(
            "contested_not_filled", "only a value that was filled can be contested", "contested"
        )


def disputed_in(judgement: Judgement, marks: Marks, data: Mapping[str, Any]) -> Iterator[Disputed]:
    """What the citizen marked as wrong, and what was corrected where that is allowed.

    A refusal over a field is no dispute, nor is a value changed that was only suggested, or that no
    register but the sign-in gave.
    """
    for judged in judgement.fields:
        why = _why(judged, marks)
        filled = judged.filled
        if why is None or filled is None or filled.source == SESSION:
            continue
        value = value_at(data, judged.path)
        yield Disputed(judged.path, filled.role, filled.attribute, filled.source, why, value)


def _why(judged: JudgedField, marks: Marks) -> str | None:
    if judged.filled is None:
        return None
    if judged.verdict is Verdict.CONTESTED:
        named = {judged.path, judged.path.partition("[")[0]}
        return CONTESTED if named & marks.contested else None
    corrected = judged.verdict is Verdict.OVERRIDE and judged.filled.edit is EditPolicy.CORRECTABLE
    return OVERRIDE if corrected else None
