"""Find person n, and the holder of a number. Nobody is stored: a person is computed when asked for."""

from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any

from mocks.people import personas
from mocks.people.calendar import DRAWN_UP, Calendar
from mocks.people.households import Families
from mocks.people.numbers import PEOPLE_PER_PREFIX, PREFIXES, Numbering
from mocks.people.person import Person, Relative
from mocks.people.portrait import Portraits

_REMEMBERED = 1024
"""Who was just worked out is kept at hand: a relative, a paper, the next question asks again."""


class Population:
    """Nearly four million invented people of one seed; the first 999,960 have numbers under 003.

    Every date follows from `today`, see `calendar.py`.
    """

    def __init__(self, seed: int = 2026, today: date = DRAWN_UP) -> None:
        self.seed = seed
        self.calendar = Calendar(today)
        self._numbering = Numbering(seed)
        self._families = Families(seed)
        self._portraits = Portraits(seed, self._families, self._numbering, self.calendar)
        self._portrait = lru_cache(_REMEMBERED)(self._portraits.of)
        self._changes: dict[int, dict[str, Any]] = {}

    def __len__(self) -> int:
        return PEOPLE_PER_PREFIX * len(PREFIXES)

    def person(self, n: int) -> Person:
        """Person n; IndexError outside 0 to len - 1."""
        if not 0 <= n < len(self):
            raise IndexError("nobody lives there")
        person = self._portrait(n)
        changes = self._changes.get(n)
        return replace(person, **changes) if changes else person

    def persona(self, name: str) -> Person:
        """The persona of that name; KeyError if there is none."""
        return self.person(personas.PERSONAS[name])

    def by_number(self, number: str) -> Person | None:
        """Whoever holds this 12-digit number or this old 9-digit number."""
        n = self._numbering.candidate(number)
        if n is None:
            return None
        person = self.person(n)
        return person if number in (person.personal_id, person.old_number) else None

    def number_of(self, n: int) -> str:
        """Person n's personal number, without working out the rest."""
        return self._portraits.number(self._families.sketch(n))

    def died_on(self, n: int) -> str | None:
        """The day on which person n died, if they have."""
        died_on = self._families.sketch(n).died_on
        return None if died_on is None else self.calendar.on(died_on)

    def relative(self, n: int) -> Relative:
        """Person n as another's record names them."""
        return self._portraits.relative(self._families.sketch(n))

    def with_change(self, n: int, field: str, value: Any) -> "Population":
        """The same people on a later day, one field of person n changed; TypeError for no field.

        Relatives keep their own records as they were, as registers do.
        """
        replace(self.person(n), **{field: value})
        later = Population(self.seed, self.calendar.today)
        later._changes = {k: dict(v) for k, v in self._changes.items()}
        later._changes.setdefault(n, {})[field] = value
        return later
