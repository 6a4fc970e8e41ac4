"""What filling works from: the form's bound fields, the facts in their components' shapes, the caller's data.

What the caller provided in `data` of any call of the chain comes back as class `known`: it is filled,
and it is no gain of any register.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gateway.domain.facts import Fact, Held, PersonRef
from gateway.domain.identifiers import AttributeName, RoleName, SourceId
from gateway.domain.verdicts import Reason
from gateway.forms.attributes import CONSTANT, Attribute
from gateway.forms.bindings import Binding
from gateway.forms.catalogue import RegisteredForm
from gateway.forms.definition import FieldTemplate
from gateway.forms.fields import value_at
from gateway.forms.outlook import Outlook
from gateway.forms.remote import RemoteLists
from gateway.forms.shapes import NotConvertible, shape_value
from gateway.forms.values import EMPTY, NotOfType, canonical
from gateway.prefill._asking.knowledge import Answer, Identity, Knowledge, Person, agree
from gateway.prefill._asking.people import People
from gateway.prefill.form import Filled
from gateway.prefill.request import CanSend
from gateway.receipts.claims import FilledClaim
from gateway.sources.identity import same_name

Shaped = tuple[object, str]
"""A value in its component's shape, and its canonical text."""

_NOT_TYPED = (EMPTY, "false", "[]")


def as_sent(
    template: FieldTemplate, value: object, is_name: bool = False, subkeys: tuple[str, ...] = ()
) -> Shaped | None:
    """A value that is in the component's shape already; None when it is empty or does not fit."""
    try:
        canon = canonical(template, value, person_name=is_name, subkeys=subkeys)
    except NotOfType:
        return None
    return None if canon == EMPTY else (value, canon)


def shaped_fact(
    template: FieldTemplate,
    fact: Fact,
    is_name: bool,
    subkeys: tuple[str, ...],
    options_at: RemoteLists,
) -> Shaped | None:
    """A fact in the component's shape; None when it has no such shape."""
    if isinstance(fact.value, PersonRef | tuple):
        return None
    try:
        value = shape_value(template, fact.value, options=options_at)
    except NotConvertible:
        return None
    return as_sent(template, value, is_name, subkeys)


def is_typed(template: FieldTemplate, value: object) -> bool:
    """Whether the caller gave a value here; a box left unticked is none."""
    if value is None:
        return False
    try:
        return canonical(template, value) not in _NOT_TYPED
    except NotOfType:
        return True


@dataclass(frozen=True, slots=True)
class BoundField:
    """One field that a binding fills, and all that no citizen changes about it.

    `is_name`: compared as a person's name; `default`: the component's own default value with its
    canonical text, which a constant is; `repeating` says that its role stands for a row each.
    """

    template: FieldTemplate
    binding: Binding
    attribute: Attribute
    is_name: bool
    constant: bool
    login_fills: bool
    repeating: bool
    default: tuple[object, str] | None


BoundFields = Mapping[str, BoundField]
"""The bound fields of one form version, by template path."""


def bound_fields(form: RegisteredForm) -> BoundFields:
    """Every bound field of a form version."""
    return {b.field: _bound(form, b) for b in form.bindings.bindings}


def _bound(form: RegisteredForm, binding: Binding) -> BoundField:
    template, attribute = form.definition.field(binding.field), form.dictionary[binding.attribute]
    is_name, constant = attribute.type == "name", attribute.name.startswith(CONSTANT)
    own = template.default if constant else None
    return BoundField(
        template,
        binding,
        attribute,
        is_name,
        constant=constant,
        login_fills=binding.field in form.bindings.login_fills,
        repeating=binding.role in form.bindings.repeating.values(),
        default=as_sent(template, own, is_name, binding.subkeys),
    )


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
class FillContext:
    """Everything that filling works from; nothing here is changed."""

    form: RegisteredForm
    bound: BoundFields
    data: Mapping[str, object] = field(repr=False)
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
        """Whether the paper behind a value came in with this dossier, not before it, or just now.

        `youngest` is the moment after which a paper is younger than the measure's least age. One that
        is vouched for is nobody's typing, whenever it came (design of the measure, 3.2).
        """
        record = fact.record
        if record is None or record.vouched:
            return False
        brought = self.dossier is not None and record.dossier == self.dossier
        return brought or record.stored_at >= self.opened_at or record.stored_at > self.youngest

    def people(self, knowledge: Knowledge, data: Mapping[str, object]) -> People:
        """The persons behind the roles, by what is known and as the form's data stand."""
        return People(self.form.definition, self.form.bindings, knowledge, self.subject, data)


SUBJECT = RoleName("(subject)")
"""Stands for the person that the question is about, whichever roles of the form that may be."""


Provided = frozenset[tuple[RoleName, AttributeName]]


def provided_by_data(context: FillContext) -> Provided:
    """Role and attribute of what the caller said in this call or an earlier one of the chain.

    In `data`, in whatever bound field it stood before we filled it, or of the `SUBJECT` beside it.
    """
    vouched = frozenset((SUBJECT, name) for name in context.subject.provided)
    typed = frozenset(_typed(context)) if context.data else frozenset()
    return vouched | typed | context.earlier.known


ToldValues = Mapping[tuple[RoleName, AttributeName], Sequence[tuple[str, str]]]


def told_values(context: FillContext) -> ToldValues:
    """What the data of this call say, by role and attribute: type of component, canonical text."""
    said: dict[tuple[RoleName, AttributeName], list[tuple[str, str]]] = {}
    for path, one in context.bound.items() if context.data else ():
        if "[]" in path or path in context.earlier.filled:
            continue
        value = value_at(context.data, path)
        if is_typed(one.template, value) and (shaped := as_sent(one.template, value, one.is_name)):
            place = one.binding.role, one.binding.attribute
            said.setdefault(place, []).append((one.template.type, shaped[1]))
    return said


def same_value(attribute: Attribute, said: Held, held: Held) -> bool:
    """Whether what was said and what a source holds are one, a date as far as both are known."""
    if attribute.type == "name" and isinstance(said, str) and isinstance(held, str):
        return same_name(said, held)
    return agree(said, held)


def _typed(context: FillContext) -> Iterator[tuple[RoleName, AttributeName]]:
    for path, one in context.bound.items():
        if "[]" in path or path in context.earlier.filled:
            continue
        if is_typed(one.template, value_at(context.data, path)):
            yield one.binding.role, one.binding.attribute


class ProvidedFacts:
    """What the caller provided of each role's person, under whichever role."""

    def __init__(self, provided: Provided, people: People) -> None:
        self._by_role: dict[RoleName, set[AttributeName]] = {}
        self._by_number: dict[str, set[AttributeName]] = {}
        self._people = people
        for role, name in provided:
            self._by_role.setdefault(role, set()).add(name)
        for role, names in self._by_role.items():
            number = people.subject.number if role == SUBJECT else self._number(role)
            if number is not None:
                self._by_number.setdefault(number, set()).update(names)

    def of(self, role: RoleName, attribute: Attribute) -> bool:
        """Whether this fact, or the whole that it is part of, was provided for the role's person."""
        if not attribute.wholes.isdisjoint(self._by_role.get(role, ())):
            return True
        number = self._number(role)
        return number is not None and not attribute.wholes.isdisjoint(
            self._by_number.get(number, ())
        )

    def _number(self, role: RoleName) -> str | None:
        behind = self._people.behind(role)
        return behind[0].number if isinstance(behind, tuple) else None


class Memory:
    """The memory of one form's filling.

    `filled` is what was filled before, by path, with the identity of the person whom it is about
    (None for what is about nobody); `provided` what the caller said in this chain.
    """

    def __init__(self, context: FillContext) -> None:
        self.outlook = Outlook(context.form.definition)
        self.provided = provided_by_data(context)
        self.told_values = told_values(context)
        self.filled: dict[str, tuple[Filled, Identity | None]] = {}
        self._options_at = context.options_at
        self._shaped: dict[str, tuple[Fact, Shaped | None]] = {}
        self._answered: Mapping[tuple[Identity, SourceId], Answer] = {}

    def learn(self, knowledge: Knowledge) -> None:
        """Forget what was filled of people about whom there is a newer answer."""
        before = self._answered
        fresh = {who for (who, s), a in knowledge.answers.items() if before.get((who, s)) != a}
        self.filled = {p: (f, n) for p, (f, n) in self.filled.items() if n not in fresh}
        self._answered = knowledge.answers

    def shape(self, path: str, bound: BoundField, fact: Fact) -> Shaped | None:
        """The fact in the field's shape; one that was shaped for this place is not shaped again."""
        before = self._shaped.get(path)
        if before is None or before[0] is not fact:
            made = shaped_fact(
                bound.template, fact, bound.is_name, bound.binding.subkeys, self._options_at
            )
            self._shaped[path] = before = (fact, made)
        return before[1]


def as_sent_to(bound: BoundField, value: object) -> Shaped | None:
    """A value in a bound field's shape already; None when it is empty or does not fit."""
    return as_sent(bound.template, value, bound.is_name, bound.binding.subkeys)
