"""How does a form get filled from what is known by now?

Filling answers questions of the form, and answers let fields appear: so filling and deciding what
is visible go on, each time from the data as the caller sent it, until another pass would find
everything that it looks at as the last one did.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gateway.forms.fields import copy_of, put_value
from gateway.prefill.asking.knowledge import Knowledge
from gateway.prefill.filling.desk import Desk, Sheet
from gateway.prefill.filling.memory import Memory
from gateway.prefill.filling.one_pass import OnePass
from gateway.prefill.filling.start import first_guess, switches_of

_MOST_PASSES = 12


class Filling:
    """Fills one form, round by round, as more becomes known.

    What was filled is kept while nothing moves it: the same person, no newer answer about that
    person, and the same decision whether the field shows.
    """

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.memory = Memory(desk)
        self.begin = first_guess(desk, self.memory)

    def merge(self, knowledge: Knowledge) -> Sheet:
        """Fill what can be filled now, and say who would have to be asked for the rest."""
        self.memory.learn(knowledge)
        base = copy_of(self.desk.data)
        sets = switches_of(self.desk, knowledge)
        for path, value in sets.items():
            put_value(base, path, value)
            put_value(self.begin, path, value)
        for _ in range(_MOST_PASSES):
            done, sheet = self._once(knowledge, base, sets)
            self.begin = sheet.data
            if done.would_be_same(sheet.data):
                return replace(sheet, people=replace(done.people, data=sheet.data))
        return replace(sheet, people=self.desk.people(knowledge, sheet.data))

    def _once(
        self, knowledge: Knowledge, base: dict[str, Any], sets: Mapping[str, bool]
    ) -> tuple[OnePass, Sheet]:
        """Decide and fill once; the result starts from `base` again."""
        done = OnePass(self.desk, self.memory, knowledge, copy_of(self.begin))
        filled = copy_of(base)
        for group, count in done.rows.items():
            put_value(filled, group, [{} for _ in range(count)])
        entries = done.fill(filled)
        needs = tuple((role, need) for (role, _, _), need in done.needs.items())
        told = self.memory.told
        return done, Sheet(filled, entries, done.rows, sets, done.people, needs, told)
