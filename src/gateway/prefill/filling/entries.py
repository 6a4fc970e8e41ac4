"""What can be said of one field after filling: a value and where it came from, or why it is empty."""

from dataclasses import field
from datetime import datetime
from typing import Any, TypeAlias

from gateway.domain.facts import Fact, RecordRef
from gateway.domain.identifiers import SESSION, AttributeName, RoleName, SourceId
from gateway.domain.value import value
from gateway.domain.verdicts import EditPolicy, FieldClass, Reason
from gateway.forms.attributes import CONSTANT, Attribute
from gateway.forms.bindings import Binding
from gateway.forms.fields import FieldInstance


@value
class Filled:
    """A field that holds a value we handed out, with everything the receipt says of it."""

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


@value
class Empty:
    """A field that was left empty, and why."""

    instance: FieldInstance
    reason: Reason
    role: RoleName | None = None
    attribute: AttributeName | None = None


@value
class Carried:
    """A field that an earlier receipt of this chain filled; its entry goes over unchanged."""

    instance: FieldInstance
    entry: dict[str, Any]


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


def is_same_case(fact: Fact, dossier: str | None, opened_at: datetime) -> bool:
    """Whether the record behind a value came in with this dossier, or not before it was opened.

    A record that its issuer's signature or a register vouches for is nobody's typing, whenever it
    came (design of the measure, 3.2).
    """
    record = fact.record
    if record is None or record.vouched:
        return False
    return record.stored_at >= opened_at or (dossier is not None and record.dossier == dossier)
