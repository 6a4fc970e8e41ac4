"""The persons of a form's roles, as far as they are known by now.

A role's rules are tried in order; the first that gives somebody wins. A rule that waits for an answer
holds back the rules after it: nobody is taken for the mother because the better rule was slow.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from gateway.domain.facts import Fact, PartialDate, PersonKey, PersonRef
from gateway.domain.identifiers import AttributeName, PersonalId, RoleName, SourceId
from gateway.domain.verdicts import Reason
from gateway.forms.bindings import Bindings, Way
from gateway.forms.definition import FormDefinition
from gateway.forms.fields import value_at
from gateway.forms.roles import holds
from gateway.forms.values import EMPTY, NotOfType, canonical
from gateway.prefill._asking.knowledge import (
    BIRTH_DATE,
    Knowledge,
    Known,
    Missing,
    Naming,
    Person,
    Unasked,
)

PERSONAL_ID = AttributeName("person.personal_id")
FULL_NAME = AttributeName("person.full_name")
BIRTH_DATE_MEMBER = "birth_date"
_NEEDED_PARTS = ("surname", "given_name")
_NAME_PARTS = ("surname", "middle_name", "given_name")

Resolved: TypeAlias = tuple[Person, ...] | Unasked | Missing


@dataclass(frozen=True, slots=True)
class People:
    """Finds the persons of one form's roles from what is known and from the form's data."""

    definition: FormDefinition
    bindings: Bindings
    knowledge: Knowledge
    subject: Person
    data: Mapping[str, object] = field(repr=False)
    _found: dict[RoleName, Resolved] = field(default_factory=dict, repr=False)
    _ways: dict[RoleName, int] = field(default_factory=dict, repr=False)

    def behind(self, role: RoleName) -> Resolved:
        """The persons of a role, one but for a repeating role; or what it waits for; or why not."""
        found = self._found.get(role)
        if found is None:
            found = self._found[role] = self._search(role)
        return found

    def _search(self, role: RoleName) -> Resolved:
        found: Resolved = Missing(Reason.NOT_HELD)
        for number, way in enumerate(self.bindings.roles[role]):
            if way.when is not None and not holds(way, self.definition, self.data):
                continue
            found = self._by(way)
            if not isinstance(found, Missing):
                self._ways[role] = number
                return found
        return found

    def read_paths(self) -> set[str]:
        """Where the values stand that led to those who were looked for until now, or to nobody."""
        paths: set[str] = set()
        for role in self._found:
            ways = self.bindings.roles[role]
            for way in ways[: self._ways.get(role, len(ways)) + 1]:
                paths.update((way.given or {}).values(), way.when or ())
        return paths

    def ways(self) -> dict[RoleName, int]:
        """The number of the way that found somebody, for each role that hangs on an answer."""
        return {
            role: number
            for role, number in self._ways.items()
            if self.bindings.roles[role][number].when and isinstance(self._found[role], tuple)
        }

    def is_repeating(self, role: RoleName) -> bool:
        """Whether the role stands for a row of a repeating group each."""
        return role in self.bindings.repeating.values()

    def _by(self, way: Way) -> Resolved:
        if way.subject:
            return (self.subject,)
        if way.given is not None:
            return self._given(way.given)
        assert way.start is not None and way.by is not None  # noqa: S101 - forms/bindings.py checks
        return self._related(way.start, way.by)

    def _given(self, given: Mapping[str, str]) -> Resolved:
        """A person whom the citizen names by number and name, and by birth date where that is asked."""
        provided = {
            name: fact
            for name, member in (
                (PERSONAL_ID, "personal_id"),
                (FULL_NAME, "full_name"),
                (BIRTH_DATE, BIRTH_DATE_MEMBER),
            )
            if member in given and (fact := self._told(name, given[member])) is not None
        }
        if PERSONAL_ID not in provided:
            return Missing(Reason.NOT_HELD)
        name = self._joined_name(given)
        if name is not None:
            provided[FULL_NAME] = name
        person = provided_person(provided)
        asked = BIRTH_DATE_MEMBER in given
        return (replace(person, key_path=given["personal_id"], date_asked=asked),)

    def _joined_name(self, given: Mapping[str, str]) -> Fact | None:
        """A name that the form asks for in parts, put together once surname and given name are there."""
        needed = [given[part] for part in _NEEDED_PARTS if part in given]
        if "given_name" not in given or any(self._told(FULL_NAME, p) is None for p in needed):
            return None
        parts = [self._told(FULL_NAME, given[part]) for part in _NAME_PARTS if part in given]
        words = [str(part.value) for part in parts if part is not None]
        return Fact(" ".join(words), self.knowledge.now)

    def _told(self, name: AttributeName, path: str) -> Fact | None:
        template = self.definition.field(path)
        try:
            canon = canonical(template, value_at(self.data, path))
            if canon == EMPTY:
                return None
            if name == PERSONAL_ID:
                return Fact(PersonalId(canon).digits, self.knowledge.now)
            if name == BIRTH_DATE:
                return Fact(_date_of(canon), self.knowledge.now)
        except (NotOfType, ValueError):
            return None
        return Fact(canon, self.knowledge.now)

    def _related(self, start: RoleName, by: AttributeName) -> Resolved:
        origin = self.behind(start)
        if not isinstance(origin, tuple):
            return origin
        state = self.knowledge.state_of(origin[0], by)
        if isinstance(state, Unasked):
            return replace(state, role=start)
        if isinstance(state, Missing):
            return state
        held = state.fact.value
        refs = held if isinstance(held, tuple) else (held,)
        named = [self._named(ref, state) for ref in refs if isinstance(ref, PersonRef)]
        if isinstance(held, tuple):  # a list of members: the applicant stands on the form already
            named = [person for person in named if person is not self.subject]
        return tuple(named) or Missing(Reason.NOT_HELD)

    def _named(self, ref: PersonRef, state: Known) -> Person:
        """A person whom an answer names; the applicant is the applicant, whoever names him."""
        if ref.personal_id is not None and ref.personal_id.digits == self.subject.number:
            return self.subject
        return person_named(ref, state.source, state.fact)


def provided_person(provided: Mapping[AttributeName, Fact]) -> Person:
    """A person known by what the caller said: readable once number and name are there."""
    number, name, born = (provided.get(n) for n in (PERSONAL_ID, FULL_NAME, BIRTH_DATE))
    if number is None or name is None:
        return Person(None, provided)
    born_on = born.value if born is not None and isinstance(born.value, PartialDate) else None
    return Person(PersonKey(PersonalId(str(number.value)), str(name.value), born_on), provided)


def person_named(ref: PersonRef, source: SourceId, by: Fact) -> Person:
    """A person whom a source's answer about somebody else names."""
    named = Naming(source, by, ref)
    if ref.personal_id is None or ref.full_name is None:
        return Person(None, {}, named)
    return Person(PersonKey(ref.personal_id, ref.full_name, ref.birth_date), {}, named)


def _date_of(canon: str) -> PartialDate:
    """Read the canonical text of a date field: `D 1990-01-31`, `M 1990-01`, `Y 1990`."""
    return PartialDate.parse(canon.partition(" ")[2])
