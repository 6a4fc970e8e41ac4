"""From where does filling begin, and what does the gateway itself set in a form?"""

from typing import Any

from gateway.forms.fields import copy_of, put_value, value_at
from gateway.prefill.asking.knowledge import Knowledge
from gateway.prefill.filling.desk import Desk
from gateway.prefill.filling.memory import Memory


def first_guess(desk: Desk, memory: Memory) -> dict[str, Any]:
    """Where deciding begins: with the defaults and the login's own facts, which most forms ask."""
    guess = copy_of(desk.data)
    for binding in desk.form.of_subject:
        fact = desk.subject.told.get(binding.attribute)
        if fact is None or value_at(guess, binding.field) is not None:
            continue
        shaped = memory.shape(binding.field, desk.bound[binding.field], fact)
        if shaped is not None:
            put_value(guess, binding.field, shaped[0])
    for path, default in desk.form.defaults.items():
        if value_at(guess, path) is None:
            put_value(guess, path, default)
    return guess


def switches_of(desk: Desk, knowledge: Knowledge) -> dict[str, bool]:
    """The hidden components that the gateway sets: true where the source could not be asked.

    Nor may it have been asked at all: what nobody fills, the citizen must find a place to type.
    """
    switches = {}
    for path, source in desk.form.bindings.sets.items():
        asked = [a for (_, s), a in knowledge.answers.items() if s == source]
        before = desk.earlier.sets.get(path, False)
        failed = all(a.failed for a in asked) if asked else before
        switches[path] = failed or not knowledge.may_ask(source)
    return switches
