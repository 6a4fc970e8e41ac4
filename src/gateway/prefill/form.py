"""A filled form: per field a value and where it came from, or why it is empty; its counts and waits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TypeAlias

from gateway.domain.facts import PersonRef, RecordRef, Value
from gateway.domain.identifiers import AttributeName, RoleName, SourceId
from gateway.domain.value import value
from gateway.domain.verdicts import EditPolicy, FieldClass, Reason
from gateway.forms.fields import Decision, FieldInstance
from gateway.forms.values import LOCAL_ZONE
from gateway.prefill._asking.knowledge import Known, Missing, Person, Unasked
from gateway.prefill._asking.people import People
from gateway.receipts.claims import FilledClaim


@value
class Filled:
    """A field that holds a value we handed out, with everything the receipt says of it.

    `young`: it comes from a paper that nobody vouches for and that is younger than `YOUNG`.
    """

    instance: FieldInstance
    role: RoleName
    attribute: AttributeName
    value: object = field(repr=False)
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


@dataclass(frozen=True, slots=True)
class FilledForm:
    """A form as far as it is filled.

    `data` is the form's data with what was filled, `rows` the number of rows placed per group,
    `needs` the persons who would have to be read before more can be filled, `provided` what the caller
    said in this chain, by role and attribute.
    """

    data: dict[str, object] = field(repr=False)
    entries: tuple[Entry, ...]
    rows: Mapping[str, int]
    sets: Mapping[str, bool]
    people: People
    needs: tuple[tuple[RoleName, Unasked], ...]
    provided: frozenset[tuple[RoleName, AttributeName]]

    def subject_value(self, attribute: AttributeName) -> Value | None:
        """What the form was filled with of the person that it is about; no other person's, no list."""
        own = (self.people.subject,)
        if not any(
            isinstance(one, Filled)
            and one.attribute == attribute
            and self.people.behind(one.role) == own
            for one in self.entries
        ):
            return None
        state = self.people.knowledge.state_of(self.people.subject, attribute)
        held = state.fact.value if isinstance(state, Known) else None
        return None if isinstance(held, PersonRef | tuple) else held


@dataclass(frozen=True, slots=True)
class Summary:
    """How many visible fields there are, and how many of them are filled (design 5.1)."""

    declarable: int
    filled: int

    @property
    def to_declare(self) -> int:
        """Visible fields that are left to the citizen."""
        return self.declarable - self.filled

    @property
    def offered(self) -> float:
        """Filled over visible, four decimals."""
        return round(self.filled / self.declarable, 4) if self.declarable else 0.0


def summary_of(filled_form: FilledForm) -> Summary:
    """Count the fields that are decided visible; open ones are counted nowhere yet."""
    visible = [e for e in filled_form.entries if e.instance.decision is Decision.VISIBLE]
    filled = sum(not isinstance(entry, Empty) for entry in visible)
    return Summary(len(visible), filled)


RECEIPT_LIFE = timedelta(hours=72)
LONGEST_LIFE = timedelta(days=30)


def retry_at(filled_form: FilledForm, entry: Entry) -> datetime | None:
    """When a deferred field can be filled; None for every other field."""
    if not isinstance(entry, Empty) or entry.reason is not Reason.DEFERRED:
        return None
    if entry.role is None or entry.attribute is None:
        return None
    behind = filled_form.people.behind(entry.role)
    if isinstance(behind, Missing):
        return behind.retry_at
    if not isinstance(behind, tuple):
        return None
    row = entry.instance.rows[0] if filled_form.people.is_repeating(entry.role) else 0
    return _of(filled_form, behind[row], entry)


def receipt_life(filled_form: FilledForm, now: datetime) -> timedelta:
    """Three days, or three days from when the last deferred field can be filled, at most thirty."""
    deferred = [
        e for e in filled_form.entries if isinstance(e, Empty) and e.reason is Reason.DEFERRED
    ]
    waits = [when - now for entry in deferred if (when := retry_at(filled_form, entry)) is not None]
    return min(max(waits, default=timedelta()) + RECEIPT_LIFE, LONGEST_LIFE)


def _of(filled_form: FilledForm, person: Person, entry: Empty) -> datetime | None:
    if entry.attribute is None:
        return None
    state = filled_form.people.knowledge.state_of(person, entry.attribute)
    return state.retry_at if isinstance(state, Missing) else None


@lru_cache(maxsize=256)
def instant(when: datetime) -> str:
    """RFC 3339 with the local offset, whole seconds."""
    return when.astimezone(LOCAL_ZONE).isoformat(timespec="seconds")
