"""What is settled of each bound field before anybody comes? Worked out once per form version."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.forms.attributes import CONSTANT, Attribute
from gateway.forms.bindings import Binding
from gateway.forms.catalogue import RegisteredForm
from gateway.forms.definition import FieldTemplate
from gateway.prefill.filling.shaping import as_sent


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
    default: tuple[Any, str] | None


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
