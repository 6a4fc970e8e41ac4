"""The checks of locked values, and the pairing of submitted rows with the rows that were filled.

A group is locked when one of its bindings is. Each submitted row of a locked group is tried against
the row tags, a tag serving one row; rows without a match are paired in order with the numbers left
over and checked cell by cell. A locked group that is no list, and a row of it that is no object, are
changed. Other groups match by the tag of their row key, then by position.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gateway.domain.errors import FieldProblem
from gateway.domain.verdicts import EditPolicy
from gateway.forms.fields import Decision, instances_at_submission, put_value, value_at
from gateway.forms.texts import is_empty, refused_in
from gateway.forms.values import EMPTY, NotOfType
from gateway.judging.opened import FormData, Marks, OpenedReceipt
from gateway.receipts.claims import FilledClaim, ReceiptClaims
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
    data: FormData,
    visible: frozenset[str],
    contested: frozenset[str],
) -> Pairing:
    """Pair the submitted rows of one group with the filled ones, and check those that are locked."""
    rows = _Rows(receipt, group, receipt.rows_of(group), value_at(data, group))
    if not rows.are_locked():
        return Pairing(group, rows.by_key(), ())
    if not (isinstance(rows.held, list) or is_empty(rows.held) or group in contested):
        return Pairing(group, {}, (FieldProblem(group, "locked_value_changed"),))
    pairs = rows.by_tag()
    paired = rows.by_position(pairs)
    problems: list[FieldProblem] = []
    if group not in contested:
        for index, number in paired.items():
            problems += rows.changed_cells(index, number, visible, contested)
        if len(rows.submitted) > len(rows.filled):
            problems.append(FieldProblem(group, "row_added"))
    return Pairing(group, pairs | paired, tuple(problems))


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of one group: filled ones by number, each cell by its template's path, and what was sent."""

    receipt: OpenedReceipt
    group: str
    filled: Mapping[int, Mapping[str, FilledClaim]]
    held: object

    @property
    def submitted(self) -> list[object]:
        return self.held if isinstance(self.held, list) else []

    def are_locked(self) -> bool:
        cells = (cell for row in self.filled.values() for cell in row.values())
        return any(cell.edit is EditPolicy.LOCKED for cell in cells)

    def by_tag(self) -> dict[int, int]:
        """Filled row by submitted row, where the tag of the whole row opens; each serves once."""
        pairs: dict[int, int] = {}
        for index, row in enumerate(self.submitted):
            for number, cells in self.filled.items():
                tag = self.receipt.claims.row_tags.get((self.group, number))
                if number in pairs.values() or tag is None:
                    continue
                locked = self._locked_canons(cells, row)
                opened = self.receipt.tagger.row_tag(self.group, (number,), locked)
                if locked and same_tag(opened, tag):
                    pairs[index] = number
                    break
        return pairs

    def by_key(self) -> dict[int, int]:
        """By the tag of the row key, then by position among the rest."""
        pairs: dict[int, int] = {}
        key = self.receipt.form.bindings.row_key.get(self.group)
        column = f"{self.group}[].{key}"
        for index, row in enumerate(self.submitted):
            for number, cells in self.filled.items():
                cell = cells.get(column)
                if cell is None or number in pairs.values():
                    continue
                canon = self._canon(cell, row, exact=False)
                if canon is not None and self.receipt.opens(cell, canon):
                    pairs[index] = number
                    break
        return pairs | self.by_position(pairs)

    def by_position(self, pairs: Mapping[int, int]) -> dict[int, int]:
        """Rows without a match, paired in order with the numbers left over."""
        left = [number for number in self.filled if number not in pairs.values()]
        unmatched = [index for index in range(len(self.submitted)) if index not in pairs]
        return dict(zip(unmatched, left, strict=False))

    def changed_cells(
        self, index: int, number: int, visible: frozenset[str], contested: frozenset[str]
    ) -> Iterator[FieldProblem]:
        """The locked cells of a paired row whose own tag does not open."""
        row = self.submitted[index]
        for template, cell in self.filled[number].items():
            column = template.rpartition("[].")[2]
            path = f"{self.group}[{index}].{column}"
            if cell.edit is not EditPolicy.LOCKED or path in contested:
                continue
            canon = self._canon(cell, row, exact=True)
            if canon == EMPTY and path not in visible:
                continue
            if canon is not None and self.receipt.opens(cell, canon):
                continue
            mixed = canon is not None and self._is_of_another_row(template, number, canon)
            yield FieldProblem(
                path,
                "row_mixed" if mixed else "locked_value_changed",
                refused_in(value_at(row, column)),
            )

    def _is_of_another_row(self, template: str, number: int, canon: str) -> bool:
        return any(
            self.receipt.opens(other[template], canon)
            for elsewhere, other in self.filled.items()
            if elsewhere != number and template in other
        )

    def _locked_canons(
        self, cells: Mapping[str, FilledClaim], row: object
    ) -> list[tuple[str, str]]:
        """Template and canon of the locked cells, as the bindings order them; [] if one is unreadable."""
        canons = []
        for binding in self.receipt.form.bindings.bindings:
            cell = cells.get(binding.field)
            if cell is None or cell.edit is not EditPolicy.LOCKED:
                continue
            canon = self._canon(cell, row, exact=True)
            if canon is None:
                return []
            canons.append((binding.field, canon))
        return canons

    def _canon(self, cell: FilledClaim, row: object, *, exact: bool) -> str | None:
        """The canonical value of a cell in a submitted row; None when it, or the row, is of no type."""
        if not isinstance(row, dict):
            return None
        template = self.receipt.template_of(cell)
        key = template.path.rpartition("[].")[2]
        try:
            return self.receipt.texts.canon(template, value_at(row, key), exact=exact)
        except NotOfType:
            return None


def with_switches(claims: ReceiptClaims, data: FormData) -> dict[str, object]:
    """The data with the hidden components as the gateway set them, whatever was sent."""
    pinned = dict(data)
    for path, value in claims.sets.items():
        put_value(pinned, path, value)
    return pinned


def check_locked(
    receipt: OpenedReceipt, data: FormData, marks: Marks
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
    data: FormData,
    visible: frozenset[str],
    contested: frozenset[str],
) -> Iterator[FieldProblem]:
    for path, filled in receipt.filled.items():
        if filled.rows or filled.edit is not EditPolicy.LOCKED or path in contested:
            continue
        canon = receipt.texts.at(receipt.template_of(filled), data, path, exact=True)
        if canon == EMPTY and path not in visible:
            continue
        if not receipt.opens(filled, canon):
            yield FieldProblem(path, "locked_value_changed", refused_in(value_at(data, path)))
