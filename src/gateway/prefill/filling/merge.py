"""How does a form get filled from what is known by now?

Filling answers questions of the form, and answers let fields appear: so filling and deciding what
is visible go on, each time from the data as the caller sent it, until another pass would find
everything that it looks at as the last one did.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gateway.domain.identifiers import SourceId
from gateway.forms.fields import copy_of, put_value
from gateway.prefill.asking.knowledge import Knowledge
from gateway.prefill.filling.desk import Desk, Sheet
from gateway.prefill.filling.one_pass import Kept, OnePass
from gateway.prefill.filling.shaping import Shaping
from gateway.prefill.filling.start import first_guess, switches_of
from gateway.prefill.filling.told import told_by_data

_MOST_PASSES = 12


class Filling:
    """Fills one form, round by round, as more becomes known.

    What was filled is kept while nothing moves it: the same person, no newer answer about that
    person, and the same decision whether the field shows.
    """

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.shaping = Shaping(desk.form, desk.options_at)
        self.told = told_by_data(desk)
        self.kept: Kept = {}
        self.answered: frozenset[tuple[str, SourceId]] = frozenset()
        self.begin = first_guess(desk, self.shaping)

    def merge(self, knowledge: Knowledge) -> Sheet:
        """Fill what can be filled now, and say who would have to be asked for the rest."""
        fresh = {number for number, _ in knowledge.answers.keys() - self.answered}
        self.kept = {p: (f, n) for p, (f, n) in self.kept.items() if n not in fresh}
        self.answered = frozenset(knowledge.answers)
        base = copy_of(self.desk.data)
        sets = switches_of(self.desk, knowledge)
        for path, value in sets.items():
            put_value(base, path, value)
            put_value(self.begin, path, value)
        for _ in range(_MOST_PASSES):
            sheet = self._once(knowledge, base, sets)
            self.begin = sheet.data
            if self.done.would_be_same(sheet.data):
                break
        return replace(sheet, people=self.desk.people(knowledge, sheet.data))

    def _once(self, knowledge: Knowledge, base: dict[str, Any], sets: Mapping[str, bool]) -> Sheet:
        """Decide and fill once; the result starts from `base` again."""
        self.done = OnePass(
            self.desk, self.shaping, knowledge, self.told, self.kept, copy_of(self.begin)
        )
        filled = copy_of(base)
        for group, count in self.done.rows.items():
            put_value(filled, group, [{} for _ in range(count)])
        entries = self.done.fill(filled)
        needs = tuple((role, need) for (role, _, _), need in self.done.needs.items())
        return Sheet(filled, entries, self.done.rows, sets, self.done.people, needs, self.told)
