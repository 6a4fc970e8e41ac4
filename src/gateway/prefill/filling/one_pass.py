"""What is said of each field when a form is gone through once, and would it be said again?"""

from typing import Any

from gateway.domain.facts import Fact
from gateway.domain.identifiers import SESSION, RoleName, SourceId
from gateway.domain.verdicts import EditPolicy, FieldClass, Reason
from gateway.forms.fields import Decision, FieldInstance, copy_of, put_value, value_at
from gateway.prefill.asking.answers import Identity
from gateway.prefill.asking.knowledge import Knowledge, Known, Missing, Person, Unasked
from gateway.prefill.filling.bound import BoundField
from gateway.prefill.filling.derive import Operand, derive
from gateway.prefill.filling.desk import Desk
from gateway.prefill.filling.entries import (
    Carried,
    Empty,
    Entry,
    Filled,
    class_of,
    edit_of,
    is_young,
)
from gateway.prefill.filling.memory import Memory, as_sent_to
from gateway.prefill.filling.rows import new_rows, with_rows
from gateway.prefill.filling.shaping import Shaped, as_sent, is_typed
from gateway.prefill.filling.told import ToldOf, same_value


class OnePass:
    """One pass over `data`, which is its own copy; the memory is read and added to."""

    def __init__(
        self, desk: Desk, memory: Memory, knowledge: Knowledge, data: dict[str, Any]
    ) -> None:
        self.desk = desk
        self.form = desk.form
        self.memory = memory
        self.knowledge = knowledge
        self.people = desk.people(knowledge, data)
        self.told_of = ToldOf(memory.told, self.people)
        self.needs: dict[tuple[RoleName, str | None, frozenset[SourceId]], Unasked] = {}
        self.seen = {
            (claim.role, claim.rows, claim.attribute) for claim in desk.earlier.filled.values()
        }
        self.groups = list(new_rows(desk, memory.outlook, self.people, data))
        self.rows: dict[str, int] = {}
        for group, role, rows in self.groups:
            if isinstance(rows, Unasked):
                self._need(role, rows)
            else:
                self.rows[group] = rows
        self.data = with_rows(data, self.rows)
        self.instances = memory.outlook.instances(self.data)

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
        again, outlook = copy_of(data), self.memory.outlook
        if list(new_rows(self.desk, outlook, self.people, again)) != self.groups:
            return False
        return outlook.instances(with_rows(again, self.rows)) == self.instances

    def _kept(self, instance: FieldInstance) -> Filled | None:
        """What was filled here before, while it would be filled alike."""
        before = self.memory.filled.get(instance.path)
        if before is None or before[0].instance.decision is not instance.decision:
            return None
        kept, about = before
        if about is not None and about != self._about(instance):
            return None
        place = (kept.role, instance.rows, kept.attribute)
        if (place in self.seen) != (kept.field_class is FieldClass.REPEAT):
            return None
        self.seen.add(place)
        return kept

    def _about(self, instance: FieldInstance) -> Identity | None:
        """The person whom a field is about, as meant; empty where that person has no number."""
        person = self._person(instance, self.desk.bound[instance.template.path])
        if not isinstance(person, Person):
            return None
        return self.knowledge.identity_of(person) or Identity("")

    def _entry(self, instance: FieldInstance) -> Entry:
        """What is said of one field: carried over, hidden, typed, refused, filled or missing."""
        desk, template = self.desk, instance.template
        earlier = desk.earlier.filled.get(instance.path)
        if earlier is not None:
            return Carried(instance, earlier)
        if instance.decision is Decision.HIDDEN:
            return Empty(instance, Reason.HIDDEN)
        bound = desk.bound.get(template.path)
        if desk.data and is_typed(template, value_at(desk.data, instance.path)):
            return self._typed(instance, bound)
        if bound is None:
            return Empty(instance, Reason.NOT_BOUND)
        outcome = self._refusal(instance, bound) or self._value(instance, bound)
        if isinstance(outcome, Reason):
            return Empty(instance, outcome, bound.binding.role, bound.binding.attribute)
        return outcome

    def _refusal(self, instance: FieldInstance, bound: BoundField) -> Reason | None:
        """Why a bound field that shows or may show is not even looked for."""
        settled = self.desk.earlier.settled.get(instance.path)
        if settled is not None and not self._is_meant_anew(instance, bound):
            return settled
        if instance.path in self.desk.earlier.withheld and self._is_kept_back(instance, bound):
            return Reason.WITHHELD
        without = self.desk.without
        if without and (instance.path in without or instance.template.path in without):
            return Reason.DECLINED
        if instance.decision is Decision.OPEN and bound.attribute.sensitive:
            return Reason.WITHHELD
        return None

    def _is_meant_anew(self, instance: FieldInstance, bound: BoundField) -> bool:
        """Whether the caller says the person otherwise than when the field was settled."""
        person = None if instance.rows else self._said_person(bound)
        identity = None if person is None else self.knowledge.identity_of(person)
        return identity is not None and not self.desk.earlier.was_asked(identity)

    def _is_kept_back(self, instance: FieldInstance, bound: BoundField) -> bool:
        """Whether a field of a typed person was withheld before, and nothing ties them since."""
        person = self._said_person(bound)
        if person is None or person.key_path is None or person.number is None:
            return False
        is_tied = self.knowledge.may_be_undated(person.number)
        return not is_tied and not self._is_meant_anew(instance, bound)

    def _said_person(self, bound: BoundField) -> Person | None:
        """The person behind a field's role, where it is the caller who says who that is."""
        behind = self.people.behind(bound.binding.role)
        if not isinstance(behind, tuple):
            return None
        person = behind[0]
        said = person is self.desk.subject or person.key_path is not None
        return person if said else None

    def _typed(self, instance: FieldInstance, bound: BoundField | None) -> Entry:
        """A value that the caller sent: taken over where the login filled it, else left alone."""
        if bound is None:
            return Empty(instance, Reason.ALREADY_GIVEN)
        shaped = as_sent_to(bound, value_at(self.desk.data, instance.path))
        if not bound.login_fills or shaped is None:
            binding = bound.binding
            return Empty(instance, Reason.ALREADY_GIVEN, binding.role, binding.attribute)
        told = Known(Fact(shaped[1], self.desk.now), SESSION, was_told=True)
        return self._filled(instance, bound, told, shaped)

    def _value(self, instance: FieldInstance, bound: BoundField) -> Filled | Reason:
        if bound.constant:
            return self._constant(instance, bound)
        if bound.attribute.computed:
            known = self._derived(instance, bound)
        else:
            known = self._known(instance, bound)
        if isinstance(known, Reason):
            return known
        shaped = self.memory.shape(instance.path, bound, known.fact)
        if shaped is None or not self.desk.can_send(instance.template, shaped[0]):
            return Reason.NOT_CONVERTIBLE
        return self._filled(instance, bound, known, shaped)

    def _constant(self, instance: FieldInstance, bound: BoundField) -> Filled | Reason:
        """The component's own default value, or what the form's own row of the group holds."""
        shaped = bound.default
        group, _, local = instance.template.path.partition("[].")
        own = self.form.definition.default_rows.get(group)
        if own and group in self.rows:
            row = own[instance.rows[0]]
            shaped = as_sent_to(bound, row.get(local, instance.template.default))
        if shaped is None:
            return Reason.NOT_HELD
        known = Known(Fact(shaped[1], self.desk.now), SESSION, was_told=False)
        return self._filled(instance, bound, known, shaped)

    def _derived(self, instance: FieldInstance, bound: BoundField) -> Known | Reason:
        """What other values of the form lead to."""
        binding, now = bound.binding, self.desk.now
        value = derive(binding.attribute, [self._operand(p, instance) for p in binding.of], now)
        return Reason.NOT_HELD if value is None else Known(Fact(value, now), SESSION, False)

    def _operand(self, path: str, instance: FieldInstance) -> Operand:
        template, bound = self.form.definition.field(path), self.desk.bound.get(path)
        for number in instance.rows:
            path = path.replace("[]", f"[{number}]", 1)
        value = value_at(self.data, path)
        shaped = as_sent(template, value) if bound is None else as_sent_to(bound, value)
        return Operand(template, value, "" if shaped is None else shaped[1])

    def _known(self, instance: FieldInstance, bound: BoundField) -> Known | Reason:
        """What is known of the person behind the field's role, or why nothing is."""
        person = self._person(instance, bound)
        if isinstance(person, Reason):
            return person
        state = self.knowledge.state_of(person, bound.binding.attribute)
        if isinstance(state, Unasked):
            return self._need(bound.binding.role, state)
        return state.reason if isinstance(state, Missing) else state

    def _person(self, instance: FieldInstance, bound: BoundField) -> Person | Reason:
        people = self.people.behind(bound.binding.role)
        if isinstance(people, Unasked):
            return self._need(bound.binding.role, people)
        if isinstance(people, Missing):
            return people.reason
        if not bound.repeating:
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

    def _is_contradicted(
        self, instance: FieldInstance, bound: BoundField, known: Known, shaped: Shaped
    ) -> bool:
        """Whether the caller said otherwise of the same fact: then it is the source's alone."""
        person, attribute = self._person(instance, bound), bound.attribute
        subject = self.desk.subject
        if isinstance(person, Person) and person.number == subject.number:
            said = subject.told.get(attribute.name)
            if said is not None:
                return not same_value(attribute, said.value, known.fact.value)
        typed = self.memory.told_values.get((bound.binding.role, attribute.name), ())
        kind = bound.template.type
        return any(canon != shaped[1] for type_, canon in typed if type_ == kind)

    def _is_told(self, bound: BoundField, known: Known) -> bool:
        """Whether the tenant's side held it before it was handed out."""
        told = not bound.attribute.computed and self.told_of.of(bound.binding.role, bound.attribute)
        return known.was_told or told

    def _filled(
        self, instance: FieldInstance, bound: BoundField, known: Known, shaped: Shaped
    ) -> Filled:
        """A value with its class and policy; kept unless it hangs on other values of the form."""
        binding, attribute, fact = bound.binding, bound.attribute, known.fact
        official = None if known.source == SESSION else known.source
        told = self._is_told(bound, known)
        if told and official is not None and self._is_contradicted(instance, bound, known, shaped):
            told = False
        taken_over = official is None and known.was_told
        edit = EditPolicy.FREE if taken_over else edit_of(attribute, binding, official)
        place = (binding.role, instance.rows, binding.attribute)
        field_class = class_of(
            attribute,
            binding,
            edit,
            known=told,
            repeated=place in self.seen and not attribute.computed,
            same_case=self.desk.is_same_case(fact),
        )
        self.seen.add(place)
        filled = Filled(
            instance,
            binding.role,
            binding.attribute,
            shaped[0],
            shaped[1],
            SESSION if told else known.source,
            official if told else None,
            field_class,
            edit,
            fact.as_of,
            fact.record,
            is_young(fact, self.desk.now),
        )
        if not binding.of:
            about = None if attribute.computed else self._about(instance)
            self.memory.filled[instance.path] = (filled, about)
        return filled
