"""The check that every component can hold what a submission gives it.

Checked is all that shows and is not locked: a value of another JSON type than the component's, a text
that no date or number is read from, a choice that the component does not offer, a group that is no
list of rows. Such a value would be lost or count as something else. A value that the receipt filled
here and that is unchanged fits. A locked value is compared instead (`locked.py`); one that is said to
be incorrect is taken as it is, and kept in its ticket.
"""

from collections.abc import Iterator

from gateway.domain.errors import FieldProblem
from gateway.domain.verdicts import EditPolicy
from gateway.forms import NotAnOption
from gateway.forms.choosing import chosen_values
from gateway.forms.definition import FieldTemplate
from gateway.forms.fields import (
    Decision,
    FieldInstance,
    bent_places,
    drop_invisible,
    instances_at_submission,
    value_at,
)
from gateway.forms.texts import is_empty, parts_of, refused_in, same_text
from gateway.forms.values import NotOfType
from gateway.judging.locked import Pairing
from gateway.judging.opened import FormData, OpenedReceipt
from gateway.receipts.claims import FilledClaim

NOT_OF_TYPE, NOT_AN_OPTION = "not_of_type", "not_an_option"


def unfit(
    receipt: OpenedReceipt,
    data: FormData,
    contested: frozenset[str],
    pairings: tuple[Pairing, ...],
    untold: frozenset[str] = frozenset(),
) -> tuple[FieldProblem, ...]:
    """Every visible place whose value its component cannot hold, in form order.

    Of the places `untold` no option of the form is asked: their choices come from another list.
    """
    kept = drop_invisible(receipt.form.definition, dict(data))
    bent = [
        FieldProblem(path, NOT_OF_TYPE)
        for path in bent_places(receipt.form.definition, kept)
        if not _is_locked_group(receipt, path, contested)
    ]
    untold_options = {(path, NOT_AN_OPTION) for path in untold}
    fields = _Fields(receipt, kept, contested, pairings)
    problems = (one for one in fields.problems() if (one.path, one.code) not in untold_options)
    return (*bent, *problems)


def _is_locked_group(receipt: OpenedReceipt, path: str, contested: frozenset[str]) -> bool:
    """Whether a group, or a row of one, is judged as locked already."""
    group = path.partition("[")[0]
    cells = [one for row in receipt.rows_of(group).values() for one in row.values()]
    return group not in contested and any(one.edit is EditPolicy.LOCKED for one in cells)


class _Fields:
    def __init__(
        self,
        receipt: OpenedReceipt,
        kept: FormData,
        contested: frozenset[str],
        pairings: tuple[Pairing, ...],
    ) -> None:
        self.receipt = receipt
        self.kept = kept
        self.contested = contested
        self.pairings = {pairing.group: pairing for pairing in pairings}

    def problems(self) -> Iterator[FieldProblem]:
        for instance in instances_at_submission(self.receipt.form.definition, dict(self.kept)):
            value = value_at(self.kept, instance.path)
            if instance.decision is not Decision.VISIBLE or is_empty(value):
                continue
            if self._is_settled(instance, value):
                continue
            code = self._misfit(instance, value)
            if code is not None:
                sign = refused_in(value) if code == NOT_OF_TYPE else None
                yield FieldProblem(instance.path, code, sign)

    def _is_settled(self, instance: FieldInstance, value: object) -> bool:
        """Whether the place is contested, was checked as locked, or holds what was filled there."""
        if {instance.path, instance.path.partition("[")[0]} & self.contested:
            return True
        filled = self._filled(instance)
        if filled is None or filled.edit is EditPolicy.LOCKED:
            return filled is not None
        canon = self.receipt.texts.at(instance.template, self.kept, instance.path)
        return self.receipt.opens(filled, canon)

    def _filled(self, instance: FieldInstance) -> FilledClaim | None:
        pairing = self.pairings.get(instance.template.path.partition("[]")[0])
        return self.receipt.filled_at(instance, None if pairing is None else pairing.number_of)

    def _misfit(self, instance: FieldInstance, value: object) -> str | None:
        template = instance.template
        if template.is_file:
            files = value if isinstance(value, list) else [value]
            return None if all(isinstance(one, dict) for one in files) else NOT_OF_TYPE
        try:
            self.receipt.texts.canon(template, value)
            chosen = list(self._chosen(template, value))
        except NotAnOption:
            return NOT_AN_OPTION
        except NotOfType:
            return NOT_OF_TYPE
        row = value_at(self.kept, instance.path[: instance.path.rfind("]") + 1])
        offered = all(self._offers(part, one, row) for part, one in chosen)
        return None if offered else NOT_AN_OPTION

    def _chosen(
        self, template: FieldTemplate, value: object
    ) -> Iterator[tuple[FieldTemplate, str]]:
        """Every choice that a value makes, with the component that offers it."""
        yield from ((template, one) for one in chosen_values(template, value))
        if isinstance(value, dict):
            held = parts_of(value)
            for part in template.parts:
                yield from ((part, one) for one in chosen_values(part, held.get(part.path)))

    def _offers(self, template: FieldTemplate, value: str, row: object) -> bool:
        if template.remote is not None:
            lists = self.receipt.texts.options
            return lists is None or lists.offers(template.remote, value, self.kept, row)
        if template.options is None:
            return True
        return any(same_text(option.value, exact=False) == value for option in template.options)
