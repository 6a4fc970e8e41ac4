"""What did the caller know already, before anything was handed out?

A fact that the caller sent, in `data` of any call of the chain, comes back as class `known`: it is
filled, and it is no gain of any register.
"""

from collections.abc import Iterator, Mapping, Sequence

from gateway.domain.facts import Held
from gateway.domain.identifiers import AttributeName, RoleName
from gateway.forms.attributes import Attribute
from gateway.forms.fields import value_at
from gateway.prefill.asking.agreement import agree
from gateway.prefill.asking.people import People
from gateway.prefill.filling.desk import Desk
from gateway.prefill.filling.shaping import as_sent, is_typed
from gateway.sources.identity import same_name

SUBJECT = RoleName("(subject)")
"""Stands for the person that the question is about, whichever roles of the form that may be."""


Told = frozenset[tuple[RoleName, AttributeName]]


def told_by_data(desk: Desk) -> Told:
    """Role and attribute of what the caller said in this call or an earlier one of the chain.

    In `data`, in whatever bound field it stood before we filled it, or of the `SUBJECT` beside it.
    """
    vouched = frozenset((SUBJECT, name) for name in desk.subject.told)
    typed = frozenset(_typed(desk)) if desk.data else frozenset()
    return vouched | typed | desk.earlier.known


ToldValues = Mapping[tuple[RoleName, AttributeName], Sequence[tuple[str, str]]]


def told_values(desk: Desk) -> ToldValues:
    """What the data of this call say, by role and attribute: type of component, canonical text."""
    said: dict[tuple[RoleName, AttributeName], list[tuple[str, str]]] = {}
    for path, one in desk.bound.items() if desk.data else ():
        if "[]" in path or path in desk.earlier.filled:
            continue
        value = value_at(desk.data, path)
        if is_typed(one.template, value) and (shaped := as_sent(one.template, value, one.is_name)):
            place = one.binding.role, one.binding.attribute
            said.setdefault(place, []).append((one.template.type, shaped[1]))
    return said


def same_value(attribute: Attribute, said: Held, held: Held) -> bool:
    """Whether what was said and what a source holds are one, a date as far as both are known."""
    if attribute.type == "name" and isinstance(said, str) and isinstance(held, str):
        return same_name(said, held)
    return agree(said, held)


def _typed(desk: Desk) -> Iterator[tuple[RoleName, AttributeName]]:
    for path, one in desk.bound.items():
        if "[]" in path or path in desk.earlier.filled:
            continue
        if is_typed(one.template, value_at(desk.data, path)):
            yield one.binding.role, one.binding.attribute


class ToldOf:
    """What was told of each role's person, whichever role it was told under."""

    def __init__(self, told: Told, people: People) -> None:
        self._by_role: dict[RoleName, set[AttributeName]] = {}
        self._by_number: dict[str, set[AttributeName]] = {}
        self._people = people
        for role, name in told:
            self._by_role.setdefault(role, set()).add(name)
        for role, names in self._by_role.items():
            number = people.subject.number if role == SUBJECT else self._number(role)
            if number is not None:
                self._by_number.setdefault(number, set()).update(names)

    def of(self, role: RoleName, attribute: Attribute) -> bool:
        """Whether this fact, or the whole that it is part of, was told of the role's person."""
        if not attribute.wholes.isdisjoint(self._by_role.get(role, ())):
            return True
        number = self._number(role)
        return number is not None and not attribute.wholes.isdisjoint(
            self._by_number.get(number, ())
        )

    def _number(self, role: RoleName) -> str | None:
        behind = self._people.behind(role)
        return behind[0].number if isinstance(behind, tuple) else None
