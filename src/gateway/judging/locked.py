"""Was what is locked left alone?"""

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.domain.errors import FieldProblem
from gateway.domain.verdicts import EditPolicy
from gateway.forms.fields import Decision, instances_at_submission, put_value, value_at
from gateway.forms.texts import refused_in
from gateway.forms.values import EMPTY
from gateway.judging.judgement import Marks
from gateway.judging.opened import OpenedReceipt
from gateway.judging.rows import Pairing, pair_rows


def with_switches(receipt: OpenedReceipt, data: Mapping[str, Any]) -> dict[str, Any]:
    """The data with the hidden components as the gateway set them, whatever was sent."""
    pinned = dict(data)
    for path, value in receipt.claims.sets.items():
        put_value(pinned, path, value)
    return pinned


def check_locked(
    receipt: OpenedReceipt, data: Mapping[str, Any], marks: Marks
) -> tuple[tuple[FieldProblem, ...], tuple[Pairing, ...]]:
    """Hold every locked value against its tag, on the data as sent; and pair the rows."""
    instances = instances_at_submission(receipt.form.definition, dict(data))
    visible = frozenset(i.path for i in instances if i.decision is Decision.VISIBLE)
    problems = list(_changed_fields(receipt, data, visible, marks.contested))
    pairings = tuple(
        pair_rows(receipt, group, data, visible, marks.contested) for group in receipt.groups()
    )
    return tuple(problems + [p for pairing in pairings for p in pairing.problems]), pairings


def _changed_fields(
    receipt: OpenedReceipt,
    data: Mapping[str, Any],
    visible: frozenset[str],
    contested: frozenset[str],
) -> Iterator[FieldProblem]:
    for path, filled in receipt.filled.items():
        if filled.rows or filled.edit is not EditPolicy.LOCKED or path in contested:
            continue
        canon = receipt.text_at(receipt.template_of(filled), data, path, exact=True)
        if canon == EMPTY and path not in visible:
            continue
        if not receipt.opens(filled, canon):
            yield FieldProblem(path, "locked_value_changed", refused_in(value_at(data, path)))
