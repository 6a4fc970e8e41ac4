"""Filling a form, pass after pass, from what is known by now.

Filling answers questions of the form, and answers let fields appear: so filling and deciding what
is visible alternate, each time from the data as the caller sent it, until another pass would find
everything that it looks at as the last one did.
"""

from collections.abc import Mapping
from dataclasses import replace

from gateway.forms.fields import copy_of, put_value, value_at
from gateway.prefill._asking.knowledge import Knowledge
from gateway.prefill._filling.context import FillContext, Memory
from gateway.prefill._filling.one_pass import OnePass
from gateway.prefill.form import FilledForm


def first_guess(context: FillContext, memory: Memory) -> dict[str, object]:
    """Where deciding begins: with the defaults and the login's own facts, which most forms ask."""
    guess = copy_of(context.data)
    for binding in context.form.of_subject:
        fact = context.subject.provided.get(binding.attribute)
        if fact is None or value_at(guess, binding.field) is not None:
            continue
        shaped = memory.shape(binding.field, context.bound[binding.field], fact)
        if shaped is not None:
            put_value(guess, binding.field, shaped[0])
    for path, default in context.form.defaults.items():
        if value_at(guess, path) is None:
            put_value(guess, path, default)
    return guess


def switches_of(context: FillContext, knowledge: Knowledge) -> dict[str, bool]:
    """The hidden components that the gateway sets: true where the source could not be asked.

    Nor may it have been asked at all: what nobody fills, the citizen must find a place to type.
    """
    switches = {}
    for path, source in context.form.bindings.sets.items():
        asked = [a for (_, s), a in knowledge.answers.items() if s == source]
        before = context.earlier.sets.get(path, False)
        failed = all(a.failed for a in asked) if asked else before
        switches[path] = failed or not knowledge.may_ask(source)
    return switches


_MOST_PASSES = 12


class Filling:
    """Fills one form, round by round, as more becomes known.

    What was filled is kept while nothing moves it: the same person, no newer answer about that
    person, and the same decision whether the field shows.
    """

    def __init__(self, context: FillContext) -> None:
        self.context = context
        self.memory = Memory(context)
        self.begin = first_guess(context, self.memory)

    def merge(self, knowledge: Knowledge) -> FilledForm:
        """Fill what can be filled now, and say who would have to be asked for the rest."""
        self.memory.learn(knowledge)
        base = copy_of(self.context.data)
        sets = switches_of(self.context, knowledge)
        for path, value in sets.items():
            put_value(base, path, value)
            put_value(self.begin, path, value)
        for _ in range(_MOST_PASSES):
            done, filled_form = self._once(knowledge, base, sets)
            self.begin = filled_form.data
            if done.would_be_same(filled_form.data):
                return replace(filled_form, people=replace(done.people, data=filled_form.data))
        return replace(filled_form, people=self.context.people(knowledge, filled_form.data))

    def _once(
        self, knowledge: Knowledge, base: dict[str, object], sets: Mapping[str, bool]
    ) -> tuple[OnePass, FilledForm]:
        """Decide and fill once; the result starts from `base` again."""
        done = OnePass(self.context, self.memory, knowledge, copy_of(self.begin))
        filled = copy_of(base)
        for group, count in done.rows.items():
            put_value(filled, group, [{} for _ in range(count)])
        entries = done.fill(filled)
        needs = tuple((role, need) for (role, _, _), need in done.needs.items())
        provided = self.memory.provided
        return done, FilledForm(filled, entries, done.rows, sets, done.people, needs, provided)
