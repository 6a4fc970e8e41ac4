"""Do two statements of a person's name and birth date speak of one person?

Names are compared as service 037 compares them, `[A-Z0-9]` without marks, case and blanks. Dates
agree when they are equal to the precision of the coarser one: 1990 agrees with every day of 1990.
"""

from gateway.domain.facts import Holder, PartialDate, PersonKey
from gateway.sources.names import same_name

_FIRST = 1


def same_date(one: PartialDate, other: PartialDate) -> bool:
    """Whether two dates are equal as far as both are known."""
    parts = zip((one.year, one.month, one.day), (other.year, other.month, other.day), strict=True)
    return all(known == also for known, also in parts if known is not None and also is not None)


def is_as_precise(said: PartialDate, held: PartialDate) -> bool:
    """Whether a date is said at least as exactly as another is held."""
    return (said.day is not None or held.day is None) and (
        said.month is not None or held.month is None
    )


def is_asked_in_full(said: PartialDate) -> bool:
    """Whether a register is asked by the whole date; else by its year, and the rest is compared here.

    A day is often written as 1 January where only the year is known.
    """
    return said.full and (said.month, said.day) != (_FIRST, _FIRST)


def contradicts(holder: Holder, person: PersonKey) -> bool:
    """Whether what a paper says of its holder is untrue of the person who is meant."""
    said = person.birth_date
    return (
        holder.other_number
        or any(not same_name(name, person.full_name or "") for name in holder.names)
        or (said is not None and any(not same_date(said, held) for held in holder.birth_dates))
    )
