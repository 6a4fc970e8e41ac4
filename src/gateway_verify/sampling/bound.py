"""How many of all can be wrong when so many of a sample were?

The one-sided upper bound of Clopper and Pearson at 95 %: the share p at which so few wrong ones, or
fewer, come up in one sample of twenty. Counted in whole numbers, as millionths rounded upwards: 0
wrong of 299 is under 1 %, 1 wrong of 299 is 1.58 %. Where every unit was opened nothing is left to chance: the
share is the wrong ones over all, rounded upwards alike.
"""

from math import comb

PARTS = 1_000_000
MOST_DRAWN = 3_000
_ONE_IN = 20


def upper_bound(drawn: int, wrong: int) -> int:
    """The bound in millionths; raises ValueError unless 0 <= wrong <= drawn <= MOST_DRAWN."""
    if not 0 <= wrong <= drawn <= MOST_DRAWN:
        raise ValueError("of what was drawn some are wrong, and no more")
    low, high = 0, PARTS
    while low < high:
        middle = (low + high) // 2
        if _rare(drawn, wrong, middle):
            high = middle
        else:
            low = middle + 1
    return low


def bound_of(units: int | None, drawn: int, wrong: int) -> int:
    """The bound in millionths for a sample out of so many units; None where a leaf does not say how many.

    Raises ValueError unless 0 <= wrong <= drawn, drawn <= units, and drawn <= MOST_DRAWN.
    """
    bound = upper_bound(drawn, wrong)
    if units is None:
        return bound
    if drawn > units:
        raise ValueError("no more is drawn than there is")
    return -(-PARTS * wrong // units) if 0 < drawn == units else bound


def _rare(drawn: int, wrong: int, parts: int) -> bool:
    """Whether at this share so few wrong ones come up in at most one sample of twenty."""
    if wrong == drawn:
        return parts == PARTS
    right = PARTS - parts
    ways: int = 0
    for number in range(wrong + 1):
        ways += comb(drawn, number) * parts**number * right ** (drawn - number)
    return bool(ways * _ONE_IN <= PARTS**drawn)
