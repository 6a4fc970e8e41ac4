"""Which field gets which value, and why do the others stay empty?

Filling opens questions, and questions let fields appear: so filling and deciding what is visible go
on, each time from the data as the caller sent it, until nothing changes.
"""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gateway.domain.facts import Fact, PersonRef
from gateway.domain.identifiers import SESSION, AttributeName, RoleName, SourceId
from gateway.domain.verdicts import EditPolicy, FieldClass, Reason
from gateway.forms.attributes import CONSTANT, Attribute
from gateway.forms.bindings import Binding
from gateway.forms.catalogue import RegisteredForm
from gateway.forms.definition import FieldTemplate
from gateway.forms.fields import (
    Decision,
    FieldInstance,
    instances_before_submission,
    put_value,
    value_at,
)
from gateway.forms.shapes import NotConvertible, shape_value
from gateway.forms.values import EMPTY, NotOfType, canonical
from gateway.prefill.derive import Operand, derive
from gateway.prefill.entries import (
    Carried,
    Circumstances,
    Empty,
    Entry,
    Filled,
    class_of,
    edit_of,
    is_same_case,
)
from gateway.prefill.knowledge import Knowledge, Known, Missing, Person, Unasked
from gateway.prefill.people import People

LARGEST_ROW_COUNT = 50
_MOST_PASSES = 12
_NOT_TYPED = (EMPTY, "false", "[]")


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the receipt that is extended says: filled entries, and fields that stay as they are."""

    filled: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    settled: Mapping[str, Reason] = field(default_factory=dict)
    known: frozenset[tuple[RoleName, AttributeName]] = frozenset()
    sets: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that merging works from; nothing here is changed."""

    form: RegisteredForm
    data: Mapping[str, Any] = field(repr=False)
    subject: Person
    without: frozenset[str]
    dossier: str | None
    opened_at: datetime
    knowledge: Knowledge
    earlier: Earlier


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form as far as it is filled: data, one entry per field, rows, switches, and what it waits for."""

    data: dict[str, Any] = field(repr=False)
    entries: tuple[Entry, ...]
    rows: Mapping[str, int]
    sets: Mapping[str, bool]
    people: People
    needs: tuple[tuple[RoleName, Unasked], ...]


def merge(desk: Desk) -> Sheet:
    """Fill what can be filled now, and say what would have to be asked for the rest."""
    return _Merge(desk).run()


class _Merge:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.form = desk.form
        self.bindings = desk.form.bindings
        self.needs: dict[tuple[RoleName, str | None, frozenset[SourceId]], Unasked] = {}
        self.shaped: dict[str, tuple[Fact, Any, str]] = {}
        self.told = self._told_by_data()
        self.people = self._people(desk.data)

    def run(self) -> Sheet:
        sets = self._switches()
        base = copy.deepcopy(dict(self.desk.data))
        for path, value in sets.items():
            put_value(base, path, value)
        data, entries, rows = base, (), {}  # type: dict[str, Any], tuple[Entry, ...], dict[str, int]
        for _ in range(_MOST_PASSES):
            self.needs.clear()
            self.people = self._people(data)
            filled, entries, rows = self._pass(base, data)
            if filled == data:
                break
            data = filled
        needs = tuple((role, need) for (role, _, _), need in self.needs.items())
        return Sheet(data, entries, rows, sets, self.people, needs)

    def _people(self, data: Mapping[str, Any]) -> People:
        desk = self.desk
        return People(self.form.definition, self.bindings, desk.knowledge, desk.subject, data)

    def _pass(
        self, base: dict[str, Any], data: dict[str, Any]
    ) -> tuple[dict[str, Any], tuple[Entry, ...], dict[str, int]]:
        """Decide and fill once; the result starts from the caller's data again."""
        rows = dict(self._new_rows(data))
        filled = copy.deepcopy(base)
        for group, count in rows.items():
            put_value(filled, group, [{} for _ in range(count)])
            if not value_at(data, group):
                put_value(data, group, [{} for _ in range(count)])
        entries = []
        seen: set[tuple[RoleName, tuple[int, ...], AttributeName]] = set()
        for instance in instances_before_submission(self.form.definition, data):
            if instance.template.is_file:
                continue
            entry = self._entry(instance, data, rows, seen)
            if isinstance(entry, Filled):
                put_value(filled, instance.path, entry.value)
            entries.append(entry)
        return filled, tuple(entries), rows

    def _entry(
        self,
        instance: FieldInstance,
        data: Mapping[str, Any],
        rows: Mapping[str, int],
        seen: set[tuple[RoleName, tuple[int, ...], AttributeName]],
    ) -> Entry:
        desk, template, path = self.desk, instance.template, instance.path
        if path in desk.earlier.filled:
            return Carried(instance, desk.earlier.filled[path])
        if instance.decision is Decision.HIDDEN:
            return Empty(instance, Reason.HIDDEN)
        binding = self.bindings.by_field.get(template.path)
        if self._is_typed(template, value_at(desk.data, path)):
            return self._typed(instance, binding, seen)
        if binding is None:
            return Empty(instance, Reason.NOT_BOUND)
        attribute = self.form.dictionary[binding.attribute]
        reason = self._refusal(instance, attribute)
        outcome = reason or self._fact(instance, binding, attribute, data, rows)
        if isinstance(outcome, Reason):
            return Empty(instance, outcome, binding.role, binding.attribute)
        return self._filled(instance, binding, attribute, outcome, seen)

    def _refusal(self, instance: FieldInstance, attribute: Attribute) -> Reason | None:
        """Why a bound, visible or open field is not even looked for."""
        settled = self.desk.earlier.settled.get(instance.path)
        if settled is not None:
            return settled
        if self.desk.without & {instance.path, instance.template.path}:
            return Reason.DECLINED
        if instance.decision is Decision.OPEN and attribute.sensitive:
            return Reason.WITHHELD
        return None

    def _typed(
        self,
        instance: FieldInstance,
        binding: Binding | None,
        seen: set[tuple[RoleName, tuple[int, ...], AttributeName]],
    ) -> Entry:
        """A value that the caller sent: taken over where the login filled it, else left alone."""
        if binding is None:
            return Empty(instance, Reason.ALREADY_GIVEN)
        if instance.template.path in self.bindings.login_fills:
            value = value_at(self.desk.data, instance.path)
            try:
                canon = self._canon(instance.template, binding, value)
            except NotOfType:
                return Empty(instance, Reason.ALREADY_GIVEN, binding.role, binding.attribute)
            attribute = self.form.dictionary[binding.attribute]
            case = Circumstances(True, self._repeated(binding, instance, seen), False)
            return Filled(
                instance,
                binding.role,
                binding.attribute,
                value,
                canon,
                SESSION,
                None,
                class_of(attribute, binding, EditPolicy.FREE, case),
                EditPolicy.FREE,
                self.desk.knowledge.now,
                None,
            )
        return Empty(instance, Reason.ALREADY_GIVEN, binding.role, binding.attribute)

    def _fact(
        self,
        instance: FieldInstance,
        binding: Binding,
        attribute: Attribute,
        data: Mapping[str, Any],
        rows: Mapping[str, int],
    ) -> Known | Reason:
        """The value of a bound field as a fact, or the reason why there is none."""
        if attribute.computed:
            return self._computed(instance, binding, data)
        person = self._person(binding.role, instance, rows)
        if not isinstance(person, Person):
            return person
        state = self.desk.knowledge.state_of(person, binding.attribute)
        if isinstance(state, Unasked):
            return self._need(binding.role, state)
        if isinstance(state, Missing):
            return state.reason
        return state

    def _person(
        self, role: RoleName, instance: FieldInstance, rows: Mapping[str, int]
    ) -> Person | Reason:
        people = self.people.behind(role)
        if isinstance(people, Unasked):
            return self._need(role, people)
        if isinstance(people, Missing):
            return people.reason
        if not self.people.is_repeating(role):
            return people[0]
        group = instance.template.groups[0].removesuffix("[]") if instance.template.groups else ""
        if group not in rows or instance.rows[0] >= len(people):
            return Reason.NOT_HELD
        return people[instance.rows[0]]

    def _need(self, role: RoleName, need: Unasked) -> Reason:
        self.needs[(role, need.person.number, need.sources)] = need
        return Reason.SOURCE_UNAVAILABLE

    def _computed(
        self, instance: FieldInstance, binding: Binding, data: Mapping[str, Any]
    ) -> Known | Reason:
        now = self.desk.knowledge.now
        if binding.attribute.startswith(CONSTANT):
            default = instance.template.default
            if not self._is_typed(instance.template, default) and default is not False:
                return Reason.NOT_HELD
            return Known(Fact(_Default(default), now), SESSION, False)  # type: ignore[arg-type]
        operands = [self._operand(path, instance, data) for path in binding.of]
        value = derive(binding.attribute, operands, now)
        return Reason.NOT_HELD if value is None else Known(Fact(value, now), SESSION, False)

    def _operand(self, path: str, instance: FieldInstance, data: Mapping[str, Any]) -> Operand:
        template = self.form.definition.field(path)
        value = value_at(data, _in_row(path, instance.rows))
        binding = self.bindings.by_field.get(path)
        try:
            canon = self._canon(template, binding, value)
        except NotOfType:
            canon = EMPTY
        return Operand(template, value, canon)

    def _filled(
        self,
        instance: FieldInstance,
        binding: Binding,
        attribute: Attribute,
        known: Known,
        seen: set[tuple[RoleName, tuple[int, ...], AttributeName]],
    ) -> Entry:
        shaped = self._shape(instance, binding, known.fact)
        if shaped is None:
            return Empty(instance, Reason.NOT_CONVERTIBLE, binding.role, binding.attribute)
        told = known.was_told or self._is_told(binding.role, attribute)
        official = None if attribute.computed or known.source == SESSION else known.source
        edit = edit_of(attribute, binding, official)
        case = Circumstances(
            known=told,
            repeated=self._repeated(binding, instance, seen),
            same_case=is_same_case(known.fact, self.desk.dossier, self.desk.opened_at),
        )
        field_class = class_of(attribute, binding, edit, case)
        from_session = told and not attribute.computed
        return Filled(
            instance,
            binding.role,
            binding.attribute,
            shaped[0],
            shaped[1],
            SESSION if from_session else known.source,
            official if from_session else None,
            field_class,
            edit,
            known.fact.as_of,
            known.fact.record,
        )

    def _shape(
        self, instance: FieldInstance, binding: Binding, fact: Fact
    ) -> tuple[Any, str] | None:
        """The value in the component's own shape with its canonical text; None when it has no such shape."""
        before = self.shaped.get(instance.path)
        if before is not None and before[0] == fact:
            return before[1], before[2]
        held, template = fact.value, instance.template
        if isinstance(held, PersonRef | tuple):
            return None
        try:
            value = held.value if isinstance(held, _Default) else shape_value(template, held)
            canon = self._canon(template, binding, value)
        except (NotConvertible, NotOfType):
            return None
        if canon == EMPTY:
            return None
        self.shaped[instance.path] = (fact, value, canon)
        return value, canon

    def _canon(self, template: FieldTemplate, binding: Binding | None, value: Any) -> str:
        if binding is None:
            return canonical(template, value)
        named = self.form.dictionary[binding.attribute].type == "name"
        return canonical(template, value, person_name=named, subkeys=binding.subkeys)

    def _repeated(
        self,
        binding: Binding,
        instance: FieldInstance,
        seen: set[tuple[RoleName, tuple[int, ...], AttributeName]],
    ) -> bool:
        place = (binding.role, instance.rows, binding.attribute)
        repeated = place in seen
        seen.add(place)
        return repeated and not self.form.dictionary[binding.attribute].computed

    def _told_by_data(self) -> frozenset[tuple[RoleName, AttributeName]]:
        """Role and attribute of every bound field that the caller's data held before we filled it."""
        desk = self.desk
        typed = {
            (b.role, b.attribute)
            for b in self.bindings.bindings
            if "[]" not in b.field
            and b.field not in desk.earlier.filled
            and self._is_typed(self.form.definition.field(b.field), value_at(desk.data, b.field))
        }
        return frozenset(typed) | desk.earlier.known

    def _is_told(self, role: RoleName, attribute: Attribute) -> bool:
        """Whether the caller's data held this fact, or the whole that it is part of."""
        wholes = {attribute.name, attribute.part_of, *attribute.derived_from}
        return any(
            (told_role == role or self._same_person(told_role, role)) and told in wholes
            for told_role, told in self.told
        )

    def _same_person(self, one: RoleName, other: RoleName) -> bool:
        first, second = self.people.behind(one), self.people.behind(other)
        if not (isinstance(first, tuple) and isinstance(second, tuple)):
            return False
        return first[0].number is not None and first[0].number == second[0].number

    def _is_typed(self, template: FieldTemplate, value: Any) -> bool:
        try:
            return canonical(template, value) not in _NOT_TYPED
        except NotOfType:
            return True

    def _new_rows(self, data: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
        """How many rows each group gets: none where the caller's data holds rows already."""
        for group, role in self._repeating_groups().items():
            if value_at(self.desk.data, group) or not self._is_asked(group, data):
                continue
            people = self.people.behind(role)
            if isinstance(people, Unasked):
                self._need(role, people)
            elif isinstance(people, tuple):
                yield group, min(len(people), LARGEST_ROW_COUNT)

    def _repeating_groups(self) -> dict[str, RoleName]:
        return {
            b.field.partition("[]")[0]: b.role
            for b in self.bindings.bindings
            if "[]" in b.field and self.people.is_repeating(b.role)
        }

    def _is_asked(self, group: str, data: Mapping[str, Any]) -> bool:
        """Whether a row of the group would hold a field to fill: try with one row."""
        if self.desk.without & {group, f"{group}[]"}:
            return False
        tried = copy.deepcopy(dict(data))
        put_value(tried, group, [{}])
        return any(
            instance.template.groups[:1] in ((f"{group}[]",), (group,))
            and instance.decision is not Decision.HIDDEN
            for instance in instances_before_submission(self.form.definition, tried)
        )

    def _switches(self) -> dict[str, bool]:
        """The hidden components that the gateway sets: true where the source could not be asked."""
        return {path: self._is_down(source, path) for path, source in self.bindings.sets.items()}

    def _is_down(self, source: SourceId, path: str) -> bool:
        asked = [a for (_, s), a in self.desk.knowledge.answers.items() if s == source]
        if not asked:
            return self.desk.earlier.sets.get(path, False)
        return all(self.desk.knowledge.failed(answer) for answer in asked)


@dataclass(frozen=True, slots=True)
class _Default:
    """A component's own default value, already in the component's shape."""

    value: Any


def _in_row(path: str, rows: tuple[int, ...]) -> str:
    """A template path with the numbers of a row put in, outermost first."""
    for number in rows:
        path = path.replace("[]", f"[{number}]", 1)
    return path


def filled_class(entry: Entry) -> FieldClass | None:
    """The class of a filled or carried entry, None for an empty one."""
    if isinstance(entry, Filled):
        return entry.field_class
    return FieldClass(entry.entry["class"]) if isinstance(entry, Carried) else None
