"""Do two sources say the same, though each says it in its own manner?

Texts agree without regard to case and blanks, code-list values by their label, persons by number or,
where one has none, by name and whole birth date. A date that is known less exactly agrees with every
date that it leaves open.
"""

from gateway.domain.codelists import folded
from gateway.domain.facts import Coded, Held, PartialDate, PersonRef
from gateway.sources.identity import same_person


def agree(one: Held, other: Held) -> bool:
    """Whether neither value contradicts the other; values of two types always do."""
    match one, other:
        case str(), str():
            return folded(one) == folded(other)
        case Coded(), Coded():
            return one.list == other.list and folded(one.label) == folded(other.label)
        case PartialDate(), PartialDate():
            return all(
                known is None or also is None or known == also
                for known, also in zip(_parts(one), _parts(other), strict=True)
            )
        case PersonRef(), PersonRef():
            return same_person(one, other)
        case tuple(), tuple():
            return len(one) == len(other) and all(
                any(same_person(person, also) for also in other) for person in one
            )
    return type(one) is type(other) and one == other


def _parts(date: PartialDate) -> tuple[int, int | None, int | None]:
    return date.year, date.month, date.day
