"""How does a fact look in this field, and what is its canonical text?"""

from collections.abc import Callable, Sequence
from typing import Any

from gateway.domain.facts import Fact, PersonRef
from gateway.forms.bindings import Binding
from gateway.forms.catalogue import RegisteredForm
from gateway.forms.definition import FieldTemplate, Option
from gateway.forms.shapes import NotConvertible, shape_value
from gateway.forms.values import EMPTY, NotOfType, canonical

OptionsAt = Callable[[str], Sequence[Option]]

_NOT_TYPED = (EMPTY, "false", "[]")


class Shaping:
    """Shapes facts for one form; a fact that was shaped for a field once is not shaped again."""

    def __init__(self, form: RegisteredForm, options_at: OptionsAt) -> None:
        self._form = form
        self._options_at = options_at
        self._shaped: dict[str, tuple[Fact, tuple[Any, str] | None]] = {}

    def shape(
        self, path: str, template: FieldTemplate, binding: Binding, fact: Fact
    ) -> tuple[Any, str] | None:
        """The value in the component's shape with its canonical text; None when it has no such shape."""
        before = self._shaped.get(path)
        if before is None or before[0] is not fact:
            self._shaped[path] = before = (fact, self._made(template, binding, fact))
        return before[1]

    def as_sent(
        self, template: FieldTemplate, binding: Binding | None, value: Any
    ) -> tuple[Any, str] | None:
        """A value that is in the component's shape already; None when it is empty or does not fit."""
        try:
            canon = self.canon(template, binding, value)
        except NotOfType:
            return None
        return None if canon == EMPTY else (value, canon)

    def canon(self, template: FieldTemplate, binding: Binding | None, value: Any) -> str:
        """The canonical text by which values of this field are compared; raises NotOfType."""
        if binding is None:
            return canonical(template, value)
        named = self._form.dictionary[binding.attribute].type == "name"
        return canonical(template, value, person_name=named, subkeys=binding.subkeys)

    def _made(
        self, template: FieldTemplate, binding: Binding, fact: Fact
    ) -> tuple[Any, str] | None:
        if isinstance(fact.value, PersonRef | tuple):
            return None
        try:
            value = shape_value(template, fact.value, options=self._options_at)
        except NotConvertible:
            return None
        return self.as_sent(template, binding, value)


def is_typed(template: FieldTemplate, value: Any) -> bool:
    """Whether the caller gave a value here; a box left unticked is none."""
    if value is None:
        return False
    try:
        return canonical(template, value) not in _NOT_TYPED
    except NotOfType:
        return True
