"""Encode a person's place in the population in the personal number, without showing it.

A number is prefix (3), century and sex (1), year of birth (2), serial (6). The serial is a keyed
permutation of the person's place among the people of the prefix, so it can be undone by table.
Prefixes 003, 005, 007, 009 belong to no province: no living person holds such a number.
"""

import random
import re

PREFIXES = ("003", "005", "007", "009")
HOUSEHOLD_SIZE = 6
KIN_CIRCLE = 10
PEOPLE_PER_PREFIX = 999_960
"""The most that six serial digits hold in whole circles of ten households of six."""

_PERSONAL_NUMBER = re.compile(r"[0-9]{12}")
_OLD_NUMBER = re.compile(r"[0-9]{9}")


class Permutation:
    """A keyed one-to-one shuffle of 0 to 999,999: a Feistel network on two halves of three digits."""

    def __init__(self, key: str) -> None:
        source = random.Random(key)
        self._rounds = [[source.randrange(1000) for _ in range(1000)] for _ in range(4)]

    def shuffled(self, place: int) -> int:
        """Where `place` goes."""
        left, right = divmod(place, 1000)
        for table in self._rounds:
            left, right = right, (left + table[right]) % 1000
        return left * 1000 + right

    def restored(self, place: int) -> int:
        """Which place went to `place`."""
        left, right = divmod(place, 1000)
        for table in reversed(self._rounds):
            left, right = (right - table[left]) % 1000, left
        return left * 1000 + right


class Numbering:
    """The numbers of one population: 12-digit personal numbers and 9-digit old card numbers."""

    def __init__(self, seed: int) -> None:
        self._serials = Permutation(f"{seed} personal numbers")
        self._old_cards = Permutation(f"{seed} old cards")

    def personal_id(self, n: int, sex: str, birth_year: int) -> str:
        """Person n's twelve digits (Decree 137/2015 art. 13)."""
        prefix, place = divmod(n, PEOPLE_PER_PREFIX)
        century = (birth_year - 1900) // 100 * 2 + (sex == "female")
        serial = self._serials.shuffled(place)
        return f"{PREFIXES[prefix]}{century}{birth_year % 100:02d}{serial:06d}"

    def old_number(self, n: int) -> str:
        """Person n's nine digits; the leading 00 was never given to a province's police."""
        prefix, place = divmod(n, PEOPLE_PER_PREFIX)
        return f"{PREFIXES[prefix]}{self._old_cards.shuffled(place):06d}"

    def candidate(self, number: str) -> int | None:
        """The only n that can hold this number of either kind, not yet checked against the person."""
        if _PERSONAL_NUMBER.fullmatch(number):
            place = self._serials.restored(int(number[6:]))
        elif _OLD_NUMBER.fullmatch(number):
            place = self._old_cards.restored(int(number[3:]))
        else:
            return None
        if number[:3] not in PREFIXES or place >= PEOPLE_PER_PREFIX:
            return None
        return PREFIXES.index(number[:3]) * PEOPLE_PER_PREFIX + place
