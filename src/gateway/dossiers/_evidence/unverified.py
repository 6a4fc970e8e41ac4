"""For which fields of a dossier could no register vouch, by its latest prefill?

Resolution 66.7/2025/NQ-CP: where a read fails, is refused, is out of date or contradicts another, the
paper is asked for after all. A part of a bundle has the fields whose items serve it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from gateway.domain.verdicts import REASON_LETTERS, Reason
from gateway.dossiers._evidence.declared import Declaration, Declared, declaration_of, template_of
from gateway.dossiers._evidence.serving import Case
from gateway.log.entries import PrefillPayload, SubmissionPayload

_UNVOUCHED = {
    REASON_LETTERS[reason]: reason
    for reason in (
        Reason.SOURCE_UNAVAILABLE,
        Reason.NOT_PERMITTED,
        Reason.CONFLICT,
        Reason.STALE,
    )
}


@dataclass(frozen=True, slots=True)
class Unvouched:
    """One required field without a register behind it: its form, path, attribute, and why."""

    form: str
    path: str
    attribute: str
    why: Reason


@dataclass(frozen=True, slots=True)
class UnverifiedFields:
    """What a dossier's latest prefill left open; `concerns` says which fields are the dossier's."""

    unvouched: tuple[Unvouched, ...]
    declaration: Declaration | None
    case: Case

    def concerns(self, path: str) -> bool:
        """Whether a field of the declaration belongs to this dossier, or to another part alone."""
        if self.case.share is None or self.declaration is None:
            return True
        field = self.declaration.fields.get(template_of(path))
        return field is not None and field.item in self.case.share.items


def unverified_fields_of(connection: Connection, case: Case) -> UnverifiedFields:
    """The doubts of the chain that was submitted last, or else was opened last."""
    prefills = {leaf: one for leaf, one in case.events if isinstance(one, PrefillPayload)}
    submitted = [one.prefill for _, one in case.events if isinstance(one, SubmissionPayload)]
    prefill = prefills.get(submitted[-1] if submitted else max(prefills, default=-1))
    if prefill is None:
        return UnverifiedFields((), None, case)
    declaration = declaration_of(connection, prefill.form_version)
    empty = UnverifiedFields((), declaration, case)
    fields = declaration.read(prefill.states, prefill.state_rows)
    return UnverifiedFields(tuple(_unvouched(fields, empty)), declaration, case)


def _unvouched(
    fields: Iterator[tuple[str, str, Declared]], of: UnverifiedFields
) -> Iterator[Unvouched]:
    for path, letter, field in fields:
        why = _UNVOUCHED.get(letter)
        if why and field.required and field.attribute and of.concerns(path):
            yield Unvouched(field.form, path, field.attribute, why)
