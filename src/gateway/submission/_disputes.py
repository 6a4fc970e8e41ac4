"""Marks of a submission: which official values it disputes, and who entered what."""

import re
from collections.abc import Collection, Iterator, Mapping

from gateway.domain.errors import FieldProblem, ReceiptRefused
from gateway.domain.identifiers import SESSION
from gateway.domain.verdicts import EditPolicy, Verdict
from gateway.forms.fields import places_in, value_at
from gateway.judging.judge import JudgedField, Judgement
from gateway.judging.opened import Marks, OpenedReceipt
from gateway.receipts.tickets import Disputed

CONTESTED, OVERRIDE = "contested", "override"


_PLAIN_PATH = re.compile(r"(?!.*[0-9]{6})[A-Za-z_][A-Za-z0-9_.\[\]-]*")


def check_marks(
    receipt: OpenedReceipt,
    data: Mapping[str, object],
    contested: Collection[str],
    entered_by: Collection[str],
) -> None:
    """Only places of the submitted form can be marked, and only what was filled be contested.

    Raises ReceiptRefused `unknown_place` or `contested_not_filled`, with every entry by its place in
    the request.
    """
    places = places_in(receipt.form.definition, data)
    problems = [*_contested_wrongly(receipt, places, contested)]
    problems += [
        FieldProblem(f"entered_by.{path if _PLAIN_PATH.fullmatch(path) else '?'}", "unknown_place")
        for path in entered_by
        if path not in places
    ]
    if problems:
        first = problems[0]
        raise ReceiptRefused(first.code, _DETAILS[first.code], tuple(problems), first.path)


def _contested_wrongly(
    receipt: OpenedReceipt, places: Collection[str], contested: Collection[str]
) -> Iterator[FieldProblem]:
    groups = receipt.form.definition.groups
    for number, path in enumerate(contested):
        if path not in places and path not in groups:
            yield FieldProblem(f"contested[{number}]", "unknown_place")
        elif not receipt.may_be_contested(path):
            yield FieldProblem(f"contested[{number}]", "contested_not_filled")


_DETAILS = {
    "unknown_place": "the submitted form has no such place",
    "contested_not_filled": "only a value that was filled can be contested",
}


def disputed_in(
    judgement: Judgement, marks: Marks, data: Mapping[str, object]
) -> Iterator[Disputed]:
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
