"""What is said of each field when a form is gone through once, and would it be said again?"""

from collections.abc import Mapping
from typing import Any, TypeAlias

from gateway.domain.facts import Fact
from gateway.domain.identifiers import SESSION, RoleName, SourceId
from gateway.domain.verdicts import EditPolicy, FieldClass, Reason
from gateway.forms.attributes import CONSTANT, Attribute
from gateway.forms.bindings import Binding
from gateway.forms.fields import (
    Decision,
    FieldInstance,
    copy_of,
    instances_before_submission,
    put_value,
    value_at,
)
from gateway.prefill.asking.knowledge import Knowledge, Known, Missing, Person, Unasked
from gateway.prefill.filling.derive import Operand, derive
from gateway.prefill.filling.desk import Desk
from gateway.prefill.filling.entries import (
    Carried,
    Circumstances,
    Empty,
    Entry,
    Filled,
    class_of,
    edit_of,
    is_same_case,
)
from gateway.prefill.filling.rows import new_rows
from gateway.prefill.filling.shaping import Shaping, is_typed
from gateway.prefill.filling.told import Told, ToldOf

Kept: TypeAlias = dict[str, tuple[Filled, str | None]]
"""What was filled before, by path, and the number of the person whom it is about."""


class OnePass:
    """One pass over `data`, which is its own copy; `kept` is read and added to."""

    def __init__(
        self,
        desk: Desk,
        shaping: Shaping,
        knowledge: Knowledge,
        told: Told,
        kept: Kept,
        data: dict[str, Any],
    ) -> None:
        self.desk = desk
        self.form = desk.form
        self.shaping = shaping
        self.knowledge = knowledge
        self.kept = kept
        self.people = desk.people(knowledge, data)
        self.told_of = ToldOf(told, self.people)
        self.needs: dict[tuple[RoleName, str | None, frozenset[SourceId]], Unasked] = {}
        self.seen = {
            (entry["role"], tuple(entry["rows"]), entry["attribute"])
            for entry in desk.earlier.filled.values()
        }
        self.groups = list(new_rows(desk, self.people, data))
        self.rows: dict[str, int] = {}
        for group, role, rows in self.groups:
            if isinstance(rows, Unasked):
                self._need(role, rows)
            else:
                self.rows[group] = rows
        self.data = _with_rows(data, self.rows)
        self.instances = instances_before_submission(self.form.definition, self.data)

    def fill(self, filled: dict[str, Any]) -> tuple[Entry, ...]:
        """An entry per declarable field; the values that are handed out go into `filled`."""
        entries: list[Entry] = []
        for instance in self.instances:
            if instance.template.is_file:
                continue
            entry = self._kept(instance) or self._entry(instance)
            if isinstance(entry, Filled):
                put_value(filled, instance.path, entry.value)
            entries.append(entry)
        return tuple(entries)

    def would_be_same(self, data: dict[str, Any]) -> bool:
        """Whether a pass over these data would find all that this one looked at as it stands here."""
        bindings = self.form.bindings
        looked_at = self.people.read_paths() | bindings.operands | bindings.repeating.keys()
        if any(value_at(self.data, p) != value_at(data, p) for p in looked_at):
            return False
        if all(value_at(self.data, p) == value_at(data, p) for p in self.form.definition.steering):
            return True
        again = copy_of(data)
        if list(new_rows(self.desk, self.people, again)) != self.groups:
            return False
        again = _with_rows(again, self.rows)
        return instances_before_submission(self.form.definition, again) == self.instances

    def _kept(self, instance: FieldInstance) -> Filled | None:
        """What was filled here before, while it would be filled alike."""
        before = self.kept.get(instance.path)
        if before is None or before[0].instance.decision is not instance.decision:
            return None
        kept, number = before
        if number is not None and number != self._number(instance, kept.role):
            return None
        place = (kept.role, instance.rows, kept.attribute)
        if (place in self.seen) != (kept.field_class is FieldClass.REPEAT):
            return None
        self.seen.add(place)
        return kept

    def _keep(self, instance: FieldInstance, filled: Filled) -> Filled:
        """Keep a value for the rounds to come, unless it hangs on other values of the form."""
        binding = self.form.bindings.by_field[instance.template.path]
        if not binding.of:
            computed = self.form.dictionary[binding.attribute].computed
            number = None if computed else self._number(instance, binding.role)
            self.kept[instance.path] = (filled, number)
        return filled

    def _number(self, instance: FieldInstance, role: RoleName) -> str | None:
        person = self._person(instance, role)
        return person.number or "" if isinstance(person, Person) else None

    def _entry(self, instance: FieldInstance) -> Entry:
        """What is said of one field: carried over, hidden, typed, refused, filled or missing."""
        earlier = self.desk.earlier.filled.get(instance.path)
        if earlier is not None:
            return Carried(instance, earlier)
        if instance.decision is Decision.HIDDEN:
            return Empty(instance, Reason.HIDDEN)
        binding = self.form.bindings.by_field.get(instance.template.path)
        if is_typed(instance.template, value_at(self.desk.data, instance.path)):
            return self._typed(instance, binding)
        if binding is None:
            return Empty(instance, Reason.NOT_BOUND)
        attribute = self.form.dictionary[binding.attribute]
        outcome = self._refusal(instance, attribute) or self._value(instance, binding, attribute)
        if isinstance(outcome, Reason):
            return Empty(instance, outcome, binding.role, binding.attribute)
        return outcome

    def _refusal(self, instance: FieldInstance, attribute: Attribute) -> Reason | None:
        """Why a bound field that shows or may show is not even looked for."""
        settled = self.desk.earlier.settled.get(instance.path)
        if settled is not None:
            return settled
        without = self.desk.without
        if without and (instance.path in without or instance.template.path in without):
            return Reason.DECLINED
        if instance.decision is Decision.OPEN and attribute.sensitive:
            return Reason.WITHHELD
        return None

    def _typed(self, instance: FieldInstance, binding: Binding | None) -> Entry:
        """A value that the caller sent: taken over where the login filled it, else left alone."""
        if binding is None:
            return Empty(instance, Reason.ALREADY_GIVEN)
        value = value_at(self.desk.data, instance.path)
        shaped = self.shaping.as_sent(instance.template, binding, value)
        if instance.template.path not in self.form.bindings.login_fills or shaped is None:
            return Empty(instance, Reason.ALREADY_GIVEN, binding.role, binding.attribute)
        told = Known(Fact(shaped[1], self.desk.now), SESSION, was_told=True)
        attribute = self.form.dictionary[binding.attribute]
        return self._filled(instance, binding, attribute, told, shaped)

    def _value(
        self, instance: FieldInstance, binding: Binding, attribute: Attribute
    ) -> Filled | Reason:
        if binding.attribute.startswith(CONSTANT):
            return self._constant(instance, binding, attribute)
        known = (
            self._derived(instance, binding)
            if attribute.computed
            else self._fact(instance, binding)
        )
        if isinstance(known, Reason):
            return known
        shaped = self.shaping.shape(instance.path, instance.template, binding, known.fact)
        if shaped is None or not self.desk.can_send(instance.template, shaped[0]):
            return Reason.NOT_CONVERTIBLE
        return self._filled(instance, binding, attribute, known, shaped)

    def _constant(
        self, instance: FieldInstance, binding: Binding, attribute: Attribute
    ) -> Filled | Reason:
        """The component's own default value, or what the form's own row of the group holds."""
        default = instance.template.default
        group, _, local = instance.template.path.partition("[].")
        own = self.form.definition.default_rows.get(group)
        if own and group in self.rows:
            default = own[instance.rows[0]].get(local, default)
        shaped = self.shaping.as_sent(instance.template, binding, default)
        if shaped is None:
            return Reason.NOT_HELD
        known = Known(Fact(shaped[1], self.desk.now), SESSION, was_told=False)
        return self._filled(instance, binding, attribute, known, shaped)

    def _derived(self, instance: FieldInstance, binding: Binding) -> Known | Reason:
        """What other values of the form lead to."""
        now = self.desk.now
        value = derive(binding.attribute, [self._operand(p, instance) for p in binding.of], now)
        return Reason.NOT_HELD if value is None else Known(Fact(value, now), SESSION, False)

    def _operand(self, path: str, instance: FieldInstance) -> Operand:
        template = self.form.definition.field(path)
        for number in instance.rows:
            path = path.replace("[]", f"[{number}]", 1)
        binding = self.form.bindings.by_field.get(template.path)
        value = value_at(self.data, path)
        shaped = self.shaping.as_sent(template, binding, value)
        return Operand(template, value, "" if shaped is None else shaped[1])

    def _fact(self, instance: FieldInstance, binding: Binding) -> Known | Reason:
        """What is known of the person behind the field's role, or why nothing is."""
        person = self._person(instance, binding.role)
        if isinstance(person, Reason):
            return person
        state = self.knowledge.state_of(person, binding.attribute)
        if isinstance(state, Unasked):
            return self._need(binding.role, state)
        return state.reason if isinstance(state, Missing) else state

    def _person(self, instance: FieldInstance, role: RoleName) -> Person | Reason:
        people = self.people.behind(role)
        if isinstance(people, Unasked):
            return self._need(role, people)
        if isinstance(people, Missing):
            return people.reason
        if not self.people.is_repeating(role):
            return people[0]
        group = instance.template.path.partition("[]")[0]
        if group not in self.rows or instance.rows[0] >= len(people):
            return Reason.NOT_HELD
        return people[instance.rows[0]]

    def _need(self, role: RoleName, need: Unasked) -> Reason:
        """Remember who has to be asked; until then it is as if the source had not answered."""
        asked = need.role or role
        self.needs[(asked, need.person.number, need.sources)] = need
        return Reason.SOURCE_UNAVAILABLE

    def _filled(
        self,
        instance: FieldInstance,
        binding: Binding,
        attribute: Attribute,
        known: Known,
        shaped: tuple[Any, str],
    ) -> Filled:
        told = known.was_told or (
            not attribute.computed and self.told_of.of(binding.role, attribute)
        )
        official = None if known.source == SESSION else known.source
        taken_over = known.source == SESSION and known.was_told
        edit = EditPolicy.FREE if taken_over else edit_of(attribute, binding, official)
        case = Circumstances(
            known=told,
            repeated=self._repeated(binding, instance, attribute),
            same_case=is_same_case(known.fact, self.desk.dossier, self.desk.opened_at),
        )
        filled = Filled(
            instance,
            binding.role,
            binding.attribute,
            shaped[0],
            shaped[1],
            SESSION if told else known.source,
            official if told else None,
            class_of(attribute, binding, edit, case),
            edit,
            known.fact.as_of,
            known.fact.record,
        )
        return self._keep(instance, filled)

    def _repeated(self, binding: Binding, instance: FieldInstance, attribute: Attribute) -> bool:
        """Whether the same fact of the same role and row stands elsewhere in this declaration."""
        place = (binding.role, instance.rows, binding.attribute)
        repeated = place in self.seen
        self.seen.add(place)
        return repeated and not attribute.computed


def _with_rows(data: dict[str, Any], rows: Mapping[str, int]) -> dict[str, Any]:
    """The data with an empty row for each person of a repeating role."""
    for group, count in rows.items():
        if not value_at(data, group):
            put_value(data, group, [{} for _ in range(count)])
    return data
