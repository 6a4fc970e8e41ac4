"""The checks of locked values, and the pairing of submitted rows with the rows that were filled.

A group is locked when one of its bindings is. Each submitted row of a locked group is tried against
the row tags, a tag serving one row; rows without a match are paired in order with the numbers left
over and checked cell by cell. A locked group that is no list, and a row of it that is no object, are
changed. Other groups match by the tag of their row key, then by position.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.domain.errors import FieldProblem
from gateway.domain.verdicts import EditPolicy
from gateway.forms.fields import Decision, instances_at_submission, put_value, value_at
from gateway.forms.texts import is_empty, refused_in
from gateway.forms.values import EMPTY, NotOfType
from gateway.judging.opened import Marks, OpenedReceipt
from gateway.receipts.claims import FilledClaim
from gateway.receipts.tags import same_tag


@dataclass(frozen=True, slots=True)
class Pairing:
    """One group: filled row number by submitted row, and what is refused."""

    group: str
    number_of: Mapping[int, int]
    problems: tuple[FieldProblem, ...]


def pair_rows(
    receipt: OpenedReceipt,
    group: str,
    data: Mapping[str, Any],
    visible: frozenset[str],
    contested: frozenset[str],
) -> Pairing:
    """Pair the submitted rows of one group with the filled ones, and check those that are locked."""
    filled = receipt.rows_of(group)
    held = value_at(data, group)
    submitted = list(held) if isinstance(held, list) else []
    locked = any(f.edit is EditPolicy.LOCKED for row in filled.values() for f in row.values())
    if not locked:
        return Pairing(group, _by_key(receipt, group, filled, submitted), ())
    if not (isinstance(held, list) or is_empty(held) or group in contested):
        return Pairing(group, {}, (FieldProblem(group, "locked_value_changed"),))
    pairs = _by_row_tag(receipt, group, filled, submitted)
    paired = _by_position(filled, submitted, pairs)
    problems: list[FieldProblem] = []
    if group not in contested:
        for index, number in paired.items():
            problems += _check_row(receipt, group, filled, number, index, data, visible, contested)
        if len(submitted) > len(filled):
            problems.append(FieldProblem(group, "row_added"))
    return Pairing(group, pairs | paired, tuple(problems))


def _by_row_tag(
    receipt: OpenedReceipt,
    group: str,
    filled: Mapping[int, Mapping[str, FilledClaim]],
    submitted: list[Any],
) -> dict[int, int]:
    pairs: dict[int, int] = {}
    for index, row in enumerate(submitted):
        for number, cells in filled.items():
            tag = receipt.claims.row_tags.get((group, number))
            if number in pairs.values() or tag is None:
                continue
            locked = _locked_canons(receipt, cells, row)
            if locked and same_tag(receipt.tagger.row_tag(group, (number,), locked), tag):
                pairs[index] = number
                break
    return pairs


def _locked_canons(
    receipt: OpenedReceipt, cells: Mapping[str, FilledClaim], row: Any
) -> list[tuple[str, str]]:
    """Template and canon of the locked cells, in the order of the bindings; [] when one is unreadable."""
    canons = []
    for binding in receipt.form.bindings.bindings:
        cell = cells.get(binding.field)
        if cell is None or cell.edit is not EditPolicy.LOCKED:
            continue
        canon = _cell_canon(receipt, cell, row, exact=True)
        if canon is None:
            return []
        canons.append((binding.field, canon))
    return canons


def _cell_canon(receipt: OpenedReceipt, cell: FilledClaim, row: Any, *, exact: bool) -> str | None:
    """The canonical value of a cell in a submitted row; None when it, or the row, is of no type."""
    if not isinstance(row, dict):
        return None
    template = receipt.template_of(cell)
    key = template.path.rpartition("[].")[2]
    try:
        return receipt.canon(template, value_at(row, key), exact=exact)
    except NotOfType:
        return None


def _check_row(
    receipt: OpenedReceipt,
    group: str,
    filled: Mapping[int, Mapping[str, FilledClaim]],
    number: int,
    index: int,
    data: Mapping[str, Any],
    visible: frozenset[str],
    contested: frozenset[str],
) -> Iterator[FieldProblem]:
    """The cells of a paired row whose own tag does not open."""
    row = value_at(data, f"{group}[{index}]")
    for template, cell in filled[number].items():
        path = f"{group}[{index}].{template.rpartition('[].')[2]}"
        if cell.edit is not EditPolicy.LOCKED or path in contested:
            continue
        canon = _cell_canon(receipt, cell, row, exact=True)
        if canon == EMPTY and path not in visible:
            continue
        if canon is not None and receipt.opens(cell, canon):
            continue
        mixed = canon is not None and any(
            receipt.opens(other[template], canon)
            for elsewhere, other in filled.items()
            if elsewhere != number and template in other
        )
        sign = refused_in(value_at(data, path))
        yield FieldProblem(path, "row_mixed" if mixed else "locked_value_changed", sign)


def _by_key(
    receipt: OpenedReceipt,
    group: str,
    filled: Mapping[int, Mapping[str, FilledClaim]],
    submitted: list[Any],
) -> dict[int, int]:
    """By the tag of the row key, then by position among the rest."""
    pairs: dict[int, int] = {}
    key = receipt.form.bindings.row_key.get(group)
    column = f"{group}[].{key}"
    for index, row in enumerate(submitted):
        for number, cells in filled.items():
            cell = cells.get(column)
            if cell is None or number in pairs.values():
                continue
            canon = _cell_canon(receipt, cell, row, exact=False)
            if canon is not None and receipt.opens(cell, canon):
                pairs[index] = number
                break
    return pairs | _by_position(filled, submitted, pairs)


def _by_position(
    filled: Mapping[int, Any], submitted: list[Any], pairs: Mapping[int, int]
) -> dict[int, int]:
    """Rows without a match, paired in order with the numbers left over."""
    left = [number for number in filled if number not in pairs.values()]
    unmatched = [index for index in range(len(submitted)) if index not in pairs]
    return dict(zip(unmatched, left, strict=False))


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
