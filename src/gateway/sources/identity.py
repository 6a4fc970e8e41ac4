"""Compare names, birth dates and persons, and take names apart.

Names are compared as service 037 compares them: `[A-Z0-9]` without marks, case and blanks. Dates
agree when they are equal to the precision of the coarser one: 1990 agrees with every day of 1990.
A name is split at its blanks. The split is a guess (compound surnames, two-word given names): the
dictionary calls it inferred, and what is filled by it is a suggestion.
"""

import re
import unicodedata
from collections.abc import Mapping

from gateway.domain.codelists import folded
from gateway.domain.facts import Holder, PartialDate, PersonKey, PersonRef
from gateway.domain.identifiers import AttributeName
from gateway.domain.signs import normalized

FULL_NAME = AttributeName("person.full_name")
SURNAME = AttributeName("person.surname")
MIDDLE_NAME = AttributeName("person.middle_name")
GIVEN_NAME = AttributeName("person.given_name")
MIDDLE_AND_GIVEN_NAME = AttributeName("person.middle_and_given_name")
NAME_PARTS = frozenset({SURNAME, MIDDLE_NAME, GIVEN_NAME, MIDDLE_AND_GIVEN_NAME})

_FIRST = 1
_NOT_SENT = re.compile(r"[^A-Za-z0-9]")


def one_blank(text: str) -> str:
    """The text trimmed, runs of blanks as one; otherwise unchanged."""
    return " ".join(text.split())


def name_facts(full_name: str) -> Mapping[AttributeName, str]:
    """The whole name, and its parts: first word, middle words, last word; one word is a given name."""
    words = full_name.split()
    if len(words) == 1:
        return {FULL_NAME: words[0], GIVEN_NAME: words[0], MIDDLE_AND_GIVEN_NAME: words[0]}
    facts = {
        FULL_NAME: " ".join(words),
        SURNAME: words[0],
        GIVEN_NAME: words[-1],
        MIDDLE_AND_GIVEN_NAME: " ".join(words[1:]),
    }
    if len(words) > 2:
        facts[MIDDLE_NAME] = " ".join(words[1:-1])
    return facts


def same_name(one: str, other: str) -> bool:
    """Whether two names are equal as service 037 compares them; a name without such letters equals none."""
    compared = normalised_for_sending(one)
    return compared != "" and compared == normalised_for_sending(other)


class _Plain(dict[int, str]):
    """The ASCII form of each character; computed once per character."""

    def __missing__(self, code: int) -> str:
        letter = {"Đ": "D", "đ": "d"}.get(chr(code), chr(code))  # these two do not decompose
        decomposed = normalized("NFD", letter)
        bare = "".join(c for c in decomposed if not unicodedata.combining(c))
        sent = self[code] = _NOT_SENT.sub("", bare).upper()
        return sent


_PLAIN = _Plain()


def normalised_for_sending(name: str) -> str:
    """A name as it is sent to the population database: capitals without marks and blanks."""
    return name.translate(_PLAIN)


def same_date(one: PartialDate, other: PartialDate) -> bool:
    """Whether two dates are equal as far as both are known."""
    parts = zip((one.year, one.month, one.day), (other.year, other.month, other.day), strict=True)
    return all(known == also for known, also in parts if known is not None and also is not None)


def is_as_precise(said: PartialDate, held: PartialDate) -> bool:
    """Whether `said` is at least as precise as `held`."""
    return (said.day is not None or held.day is None) and (
        said.month is not None or held.month is None
    )


def is_asked_in_full(said: PartialDate) -> bool:
    """Whether a register is asked by the whole date; else by its year, and the rest is compared here.

    A day is often written as 1 January where only the year is known.
    """
    return said.full and (said.month, said.day) != (_FIRST, _FIRST)


def contradicts(holder: Holder, person: PersonKey) -> bool:
    """Whether a paper's holder cannot be the person in question."""
    said = person.birth_date
    return (
        holder.other_number
        or any(not same_name(name, person.full_name or "") for name in holder.names)
        or (said is not None and any(not same_date(said, held) for held in holder.birth_dates))
    )


def same_person(one: PersonRef, other: PersonRef) -> bool:
    """Compare persons by number where both have one, else by name and whole birth date."""
    if one.personal_id is not None and other.personal_id is not None:
        return one.personal_id == other.personal_id
    return (
        folded(one.full_name or "") == folded(other.full_name or "")
        and one.birth_date == other.birth_date
        and one.birth_date is not None
        and one.birth_date.full
    )
