"""One pass over a form: its rows, then an entry per declarable field, with class and edit policy."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from gateway.domain.facts import Fact
from gateway.domain.identifiers import SESSION, RoleName, SourceId
from gateway.domain.verdicts import EditPolicy, FieldClass, Reason
from gateway.forms.attributes import CONSTANT, Attribute
from gateway.forms.bindings import Binding
from gateway.forms.fields import Decision, FieldInstance, copy_of, put_value, value_at
from gateway.forms.outlook import Outlook
from gateway.prefill._asking.knowledge import Identity, Knowledge, Known, Missing, Person, Unasked
from gateway.prefill._asking.people import People
from gateway.prefill._filling.context import (
    BoundField,
    FillContext,
    Memory,
    ProvidedFacts,
    Shaped,
    as_sent,
    as_sent_to,
    is_typed,
    same_value,
)
from gateway.prefill._filling.derive import Operand, derive
from gateway.prefill.form import (
    Carried,
    Empty,
    Entry,
    Filled,
)

LARGEST_ROW_COUNT = 50

YOUNG = timedelta(days=30)
"""Core without young records leaves out what an unvouched paper of less than this age says."""


def new_rows(
    context: FillContext, outlook: Outlook, people: People, data: dict[str, object]
) -> Iterator[tuple[str, RoleName, int | Unasked]]:
    """Each group to fill, its role, and its number of rows or who must be asked for them.

    A group of which the caller's data holds rows, or which this chain filled before, gets none; nor
    does one that does not show. One that the form itself begins with rows gets these, as a browser
    would place them. One with a sensitive column gets its rows once it is sure to be asked: what was
    withheld in a row could not come later, since nobody then knows whose row it is.
    """
    before = {path.partition("[")[0] for path in context.earlier.filled if "[" in path}
    for group, role in context.form.filled_groups.items():
        if (
            group in before
            or value_at(context.data, group)
            or context.without & {group, f"{group}[]"}
        ):
            continue
        decided = outlook.decided_of(group, data)
        if decided is Decision.HIDDEN:
            continue
        if rows := context.form.definition.default_rows.get(group):
            yield group, role, min(len(rows), LARGEST_ROW_COUNT)
            continue
        if decided is Decision.OPEN and group in context.form.sensitive_groups:
            continue
        behind = people.behind(role)
        if isinstance(behind, Unasked):
            yield group, role, behind
        elif isinstance(behind, tuple):
            yield group, role, min(len(behind), LARGEST_ROW_COUNT)


def with_rows(data: dict[str, object], rows: Mapping[str, int]) -> dict[str, object]:
    """The data with an empty row for each person of a repeating role."""
    for group, count in rows.items():
        if not value_at(data, group):
            put_value(data, group, [{} for _ in range(count)])
    return data


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


def is_young(fact: Fact, now: datetime) -> bool:
    """Whether a paper that nobody vouches for and that is younger than `YOUNG` is behind a value."""
    record = fact.record
    return record is not None and not record.vouched and record.stored_at > now - YOUNG


class OnePass:
    """One pass over `data`, which is its own copy; the memory is read and added to."""

    def __init__(
        self, context: FillContext, memory: Memory, knowledge: Knowledge, data: dict[str, object]
    ) -> None:
        self.context = context
        self.form = context.form
        self.memory = memory
        self.knowledge = knowledge
        self.people = context.people(knowledge, data)
        self.provided_of = ProvidedFacts(memory.provided, self.people)
        self.needs: dict[tuple[RoleName, str | None, frozenset[SourceId]], Unasked] = {}
        self.seen = {
            (claim.role, claim.rows, claim.attribute) for claim in context.earlier.filled.values()
        }
        self.groups = list(new_rows(context, memory.outlook, self.people, data))
        self.rows: dict[str, int] = {}
        for group, role, rows in self.groups:
            if isinstance(rows, Unasked):
                self._need(role, rows)
            else:
                self.rows[group] = rows
        self.data = with_rows(data, self.rows)
        self.instances = memory.outlook.instances(self.data)

    def fill(self, filled: dict[str, object]) -> tuple[Entry, ...]:
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

    def would_be_same(self, data: dict[str, object]) -> bool:
        """Whether a pass over these data would find all that this one looked at as it stands here."""
        bindings = self.form.bindings
        looked_at = self.people.read_paths() | bindings.operands | bindings.repeating.keys()
        if any(value_at(self.data, p) != value_at(data, p) for p in looked_at):
            return False
        if all(value_at(self.data, p) == value_at(data, p) for p in self.form.definition.steering):
            return True
        again, outlook = copy_of(data), self.memory.outlook
        if list(new_rows(self.context, outlook, self.people, again)) != self.groups:
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
        person = self._person(instance, self.context.bound[instance.template.path])
        if not isinstance(person, Person):
            return None
        return self.knowledge.identity_of(person) or Identity("")

    def _entry(self, instance: FieldInstance) -> Entry:
        """What is said of one field: carried over, hidden, typed, refused, filled or missing."""
        context, template = self.context, instance.template
        earlier = context.earlier.filled.get(instance.path)
        if earlier is not None:
            return Carried(instance, earlier)
        if instance.decision is Decision.HIDDEN:
            return Empty(instance, Reason.HIDDEN)
        bound = context.bound.get(template.path)
        if context.data and is_typed(template, value_at(context.data, instance.path)):
            return self._typed(instance, bound)
        if bound is None:
            return Empty(instance, Reason.NOT_BOUND)
        outcome = self._refusal(instance, bound) or self._value(instance, bound)
        if isinstance(outcome, Reason):
            return Empty(instance, outcome, bound.binding.role, bound.binding.attribute)
        return outcome

    def _refusal(self, instance: FieldInstance, bound: BoundField) -> Reason | None:
        """Why a bound field that shows or may show is not even looked for."""
        settled = self.context.earlier.settled.get(instance.path)
        if settled is not None and not self._is_meant_anew(instance, bound):
            return settled
        if instance.path in self.context.earlier.withheld and self._is_kept_back(instance, bound):
            return Reason.WITHHELD
        without = self.context.without
        if without and (instance.path in without or instance.template.path in without):
            return Reason.DECLINED
        if instance.decision is Decision.OPEN and bound.attribute.sensitive:
            return Reason.WITHHELD
        return None

    def _is_meant_anew(self, instance: FieldInstance, bound: BoundField) -> bool:
        """Whether the caller says the person otherwise than when the field was settled."""
        person = None if instance.rows else self._said_person(bound)
        identity = None if person is None else self.knowledge.identity_of(person)
        return identity is not None and not self.context.earlier.was_asked(identity)

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
        said = person is self.context.subject or person.key_path is not None
        return person if said else None

    def _typed(self, instance: FieldInstance, bound: BoundField | None) -> Entry:
        """A value that the caller sent: taken over where the login filled it, else left alone."""
        if bound is None:
            return Empty(instance, Reason.ALREADY_GIVEN)
        shaped = as_sent_to(bound, value_at(self.context.data, instance.path))
        if not bound.login_fills or shaped is None:
            binding = bound.binding
            return Empty(instance, Reason.ALREADY_GIVEN, binding.role, binding.attribute)
        provided = Known(Fact(shaped[1], self.context.now), SESSION, was_provided=True)
        return self._filled(instance, bound, provided, shaped)

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
        if shaped is None or not self.context.can_send(instance.template, shaped[0]):
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
        known = Known(Fact(shaped[1], self.context.now), SESSION, was_provided=False)
        return self._filled(instance, bound, known, shaped)

    def _derived(self, instance: FieldInstance, bound: BoundField) -> Known | Reason:
        """What other values of the form lead to."""
        binding, now = bound.binding, self.context.now
        value = derive(binding.attribute, [self._operand(p, instance) for p in binding.of], now)
        return Reason.NOT_HELD if value is None else Known(Fact(value, now), SESSION, False)

    def _operand(self, path: str, instance: FieldInstance) -> Operand:
        template, bound = self.form.definition.field(path), self.context.bound.get(path)
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
        subject = self.context.subject
        if isinstance(person, Person) and person.number == subject.number:
            said = subject.provided.get(attribute.name)
            if said is not None:
                return not same_value(attribute, said.value, known.fact.value)
        typed = self.memory.told_values.get((bound.binding.role, attribute.name), ())
        kind = bound.template.type
        return any(canon != shaped[1] for type_, canon in typed if type_ == kind)

    def _is_provided(self, bound: BoundField, known: Known) -> bool:
        """Whether the tenant's side held it before it was handed out."""
        provided = not bound.attribute.computed and self.provided_of.of(
            bound.binding.role, bound.attribute
        )
        return known.was_provided or provided

    def _filled(
        self, instance: FieldInstance, bound: BoundField, known: Known, shaped: Shaped
    ) -> Filled:
        """A value with its class and policy; kept unless it hangs on other values of the form."""
        binding, attribute, fact = bound.binding, bound.attribute, known.fact
        official = None if known.source == SESSION else known.source
        provided = self._is_provided(bound, known)
        if (
            provided
            and official is not None
            and self._is_contradicted(instance, bound, known, shaped)
        ):
            provided = False
        taken_over = official is None and known.was_provided
        edit = EditPolicy.FREE if taken_over else edit_of(attribute, binding, official)
        place = (binding.role, instance.rows, binding.attribute)
        field_class = class_of(
            attribute,
            binding,
            edit,
            known=provided,
            repeated=place in self.seen and not attribute.computed,
            same_case=self.context.is_same_case(fact),
        )
        self.seen.add(place)
        filled = Filled(
            instance,
            binding.role,
            binding.attribute,
            shaped[0],
            shaped[1],
            SESSION if provided else known.source,
            official if provided else None,
            field_class,
            edit,
            fact.as_of,
            fact.record,
            is_young(fact, self.context.now),
        )
        if not binding.of:
            about = None if attribute.computed else self._about(instance)
            self.memory.filled[instance.path] = (filled, about)
        return filled
