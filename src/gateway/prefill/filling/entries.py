"""What can be said of one field after filling: a value and where it came from, or why it is empty."""

from dataclasses import field
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from gateway.domain.facts import Fact, RecordRef
from gateway.domain.identifiers import SESSION, AttributeName, RoleName, SourceId
from gateway.domain.value import value
from gateway.domain.verdicts import EditPolicy, FieldClass, Reason
from gateway.forms.attributes import CONSTANT, Attribute
from gateway.forms.bindings import Binding
from gateway.forms.fields import FieldInstance
from gateway.receipts.claims import FilledClaim

YOUNG = timedelta(days=30)
"""Core without young records leaves out what an unvouched paper of less than this age says."""


@value
class Filled:
    """A field that holds a value we handed out, with everything the receipt says of it.

    `young`: it comes from a paper that nobody vouches for and that is younger than `YOUNG`.
    """

    instance: FieldInstance
    role: RoleName
    attribute: AttributeName
    value: Any = field(repr=False)
    canon: str = field(repr=False)
    source: SourceId
    confirmed_by: SourceId | None
    field_class: FieldClass
    edit: EditPolicy
    as_of: datetime
    record: RecordRef | None
    young: bool


@value
class Empty:
    """A field that was left empty, and why."""

    instance: FieldInstance
    reason: Reason
    role: RoleName | None = None
    attribute: AttributeName | None = None


@value
class Carried:
    """A field that an earlier receipt of this chain filled; its claim goes over unchanged."""

    instance: FieldInstance
    claim: FilledClaim


Entry: TypeAlias = Filled | Empty | Carried


def class_of(
    attribute: Attribute,
    binding: Binding,
    edit: EditPolicy,
    *,
    known: bool,
    repeated: bool,
    same_case: bool,
) -> FieldClass:
    """The first class that fits, in the order of `FieldClass` (design of the measure, 3.2)."""
    if same_case:
        return FieldClass.SAME_CASE
    if binding.item is None:
        return FieldClass.EXTRA
    if attribute.computed:
        constant = attribute.name.startswith(CONSTANT)
        return FieldClass.CONSTANT if constant else FieldClass.DERIVED
    if repeated:
        return FieldClass.REPEAT
    if known:
        return FieldClass.KNOWN
    if edit is EditPolicy.FREE or attribute.inferred:
        return FieldClass.SUGGESTED
    return FieldClass.FACT


def edit_of(attribute: Attribute, binding: Binding, official: SourceId | None) -> EditPolicy:
    """The binding's own policy, else locked where an official source gave or confirmed the value."""
    if binding.edit is not None:
        return binding.edit
    if official is None or official == SESSION or attribute.inferred:
        return EditPolicy.FREE
    return EditPolicy.LOCKED


def is_same_case(fact: Fact, dossier: str | None, opened_at: datetime, youngest: datetime) -> bool:
    """Whether the paper behind a value came in with this dossier, not before it, or just now.

    `youngest` is the moment after which a paper is younger than the measure's least age. One that is
    vouched for is nobody's typing, whenever it came (design of the measure, 3.2).
    """
    record = fact.record
    if record is None or record.vouched:
        return False
    brought = dossier is not None and record.dossier == dossier
    return brought or record.stored_at >= opened_at or record.stored_at > youngest


def is_young(fact: Fact, now: datetime) -> bool:
    """Whether a paper that nobody vouches for and that is younger than `YOUNG` is behind a value."""
    record = fact.record
    return record is not None and not record.vouched and record.stored_at > now - YOUNG
