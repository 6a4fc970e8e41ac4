"""What did the caller know already, before anything was handed out?

A fact that the caller sent, in `data` of any call of the chain, comes back as class `known`: it is
filled, and it is no gain of any register.
"""

from gateway.domain.identifiers import AttributeName, RoleName
from gateway.forms.attributes import Attribute
from gateway.forms.fields import value_at
from gateway.prefill.asking.people import People
from gateway.prefill.filling.desk import Desk
from gateway.prefill.filling.shaping import is_typed

SUBJECT = RoleName("(subject)")
"""Stands for the person that the question is about, whichever roles of the form that may be."""


def told_by_data(desk: Desk) -> frozenset[tuple[RoleName, AttributeName]]:
    """Role and attribute of what the caller said in this call or an earlier one of the chain.

    In `data`, in whatever bound field it stood before we filled it, or of the `SUBJECT` beside it.
    """
    definition, bindings = desk.form.definition, desk.form.bindings
    typed = {
        (b.role, b.attribute)
        for b in bindings.bindings
        if "[]" not in b.field
        and b.field not in desk.earlier.filled
        and is_typed(definition.field(b.field), value_at(desk.data, b.field))
    }
    vouched = {(SUBJECT, name) for name in desk.subject.told}
    return frozenset(typed | vouched) | desk.earlier.known


def is_told(
    told: frozenset[tuple[RoleName, AttributeName]],
    role: RoleName,
    attribute: Attribute,
    people: People,
) -> bool:
    """Whether this fact, or the whole that it is part of, was told of the person behind the role."""
    wholes = {attribute.name, attribute.part_of, *attribute.derived_from}
    return any(
        name in wholes and (told_role == role or _same_person(people, told_role, role))
        for told_role, name in told
    )


def _same_person(people: People, one: RoleName, other: RoleName) -> bool:
    first = (people.subject,) if one == SUBJECT else people.behind(one)
    second = people.behind(other)
    if not (isinstance(first, tuple) and isinstance(second, tuple)):
        return False
    return first[0].number is not None and first[0].number == second[0].number
