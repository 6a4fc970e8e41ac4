"""How does a fact look in this field, and what is its canonical text?"""

from typing import Any

from gateway.domain.facts import Fact, PersonRef
from gateway.forms.definition import FieldTemplate
from gateway.forms.remote import RemoteLists
from gateway.forms.shapes import NotConvertible, shape_value
from gateway.forms.values import EMPTY, NotOfType, canonical

Shaped = tuple[Any, str]
"""A value in its component's shape, and its canonical text."""

_NOT_TYPED = (EMPTY, "false", "[]")


def as_sent(
    template: FieldTemplate, value: Any, is_name: bool = False, subkeys: tuple[str, ...] = ()
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


def is_typed(template: FieldTemplate, value: Any) -> bool:
    """Whether the caller gave a value here; a box left unticked is none."""
    if value is None:
        return False
    try:
        return canonical(template, value) not in _NOT_TYPED
    except NotOfType:
        return True
