"""What lies on the desk when a form is filled, and what the filled sheet holds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gateway.domain.facts import Fact
from gateway.domain.identifiers import AttributeName, RoleName
from gateway.domain.verdicts import Reason
from gateway.forms.catalogue import RegisteredForm
from gateway.forms.remote import RemoteLists
from gateway.prefill.asking.answers import Identity
from gateway.prefill.asking.knowledge import Knowledge, Person, Unasked
from gateway.prefill.asking.people import People
from gateway.prefill.filling.bound import BoundFields
from gateway.prefill.filling.entries import Entry, is_same_case
from gateway.prefill.request import CanSend
from gateway.receipts.claims import FilledClaim


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the receipt that is extended says: filled entries, and fields that stay as they are."""

    filled: Mapping[str, FilledClaim] = field(default_factory=dict)
    settled: Mapping[str, Reason] = field(default_factory=dict)
    withheld: frozenset[str] = frozenset()
    known: frozenset[tuple[RoleName, AttributeName]] = frozenset()
    sets: Mapping[str, bool] = field(default_factory=dict)
    was_asked: Callable[[Identity], bool] = field(default=lambda _: True, repr=False)


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that filling works from; nothing here is changed."""

    form: RegisteredForm
    bound: BoundFields
    data: Mapping[str, Any] = field(repr=False)
    subject: Person
    without: frozenset[str]
    dossier: str | None
    opened_at: datetime
    youngest: datetime
    now: datetime
    earlier: Earlier
    options_at: RemoteLists
    can_send: CanSend

    def is_same_case(self, fact: Fact) -> bool:
        """Whether the paper behind a value came in with this dossier, not before it, or just now."""
        return is_same_case(fact, self.dossier, self.opened_at, self.youngest)

    def people(self, knowledge: Knowledge, data: Mapping[str, Any]) -> People:
        """The persons behind the roles, by what is known and as the form's data stand."""
        return People(self.form.definition, self.form.bindings, knowledge, self.subject, data)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form as far as it is filled.

    `data` is the form's data with what was filled, `rows` the number of rows placed per group,
    `needs` the persons who would have to be read before more can be filled, `told` what the caller
    said in this chain, by role and attribute.
    """

    data: dict[str, Any] = field(repr=False)
    entries: tuple[Entry, ...]
    rows: Mapping[str, int]
    sets: Mapping[str, bool]
    people: People
    needs: tuple[tuple[RoleName, Unasked], ...]
    told: frozenset[tuple[RoleName, AttributeName]]
