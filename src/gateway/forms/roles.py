"""Find the person of a role from a form's data.

A way with `when` holds only while the data give one of the named answers. Which way found somebody
is noted in the receipt: who is meant may not change behind what was filled.
"""

from collections.abc import Iterator, Mapping

from gateway.domain.identifiers import RoleName
from gateway.forms.bindings import Bindings, Way
from gateway.forms.definition import FormDefinition
from gateway.forms.fields import value_at
from gateway.forms.values import EMPTY, NotOfType, canonical


def holds(way: Way, form: FormDefinition, data: Mapping[str, object]) -> bool:
    """Whether the data give every answer that the rule requires, in any notation."""
    return all(_said(form, data, path) in accepted for path, accepted in (way.when or {}).items())


def moved_roles(
    bindings: Bindings,
    form: FormDefinition,
    ways: Mapping[RoleName, int],
    data: Mapping[str, object],
) -> Iterator[RoleName]:
    """The roles whose rule, by its number, no longer holds."""
    for role, number in ways.items():
        if not holds(bindings.roles[role][number], form, data):
            yield role


def _said(form: FormDefinition, data: Mapping[str, object], path: str) -> str:
    value = value_at(data, path)
    if value is None:
        return EMPTY
    try:
        return canonical(form.field(path), value)
    except NotOfType:
        return ""
