"""How does a name fall into its parts, as far as a register that keeps it whole lets one say?

The split is a guess (compound surnames, two-word given names): the dictionary calls it inferred,
and what is filled by it is a suggestion.
"""

import re
import unicodedata
from collections.abc import Mapping

from gateway.domain.identifiers import AttributeName
from gateway.domain.marks import normalized

FULL_NAME = AttributeName("person.full_name")
SURNAME = AttributeName("person.surname")
MIDDLE_NAME = AttributeName("person.middle_name")
GIVEN_NAME = AttributeName("person.given_name")
MIDDLE_AND_GIVEN_NAME = AttributeName("person.middle_and_given_name")
NAME_PARTS = frozenset({SURNAME, MIDDLE_NAME, GIVEN_NAME, MIDDLE_AND_GIVEN_NAME})

_NOT_SENT = re.compile(r"[^A-Za-z0-9]")


def one_blank(text: str) -> str:
    """The text trimmed, runs of blanks as one; otherwise as it was said."""
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
    """Whether two names are one as service 037 compares them; a name that has no such letter is nobody's."""
    compared = normalised_for_sending(one)
    return compared != "" and compared == normalised_for_sending(other)


class _Plain(dict[int, str]):
    """What is sent of each character; worked out once per character."""

    def __missing__(self, code: int) -> str:
        letter = {"Đ": "D", "đ": "d"}.get(chr(code), chr(code))  # these two do not decompose
        decomposed = normalized("NFD", letter)
        bare = "".join(c for c in decomposed if not unicodedata.combining(c))
        sent = self[code] = _NOT_SENT.sub("", bare).upper()
        return sent


_PLAIN = _Plain()


def normalised_for_sending(name: str) -> str:
    """A name as the population database is asked: capitals without marks and blanks."""
    return name.translate(_PLAIN)
