"""How people act on a filled form. Most accept; some correct, contest, skip or go away."""

import random
from enum import StrEnum


class Behaviour(StrEnum):
    """What one citizen does with what was filled."""

    ACCEPT = "accept"
    CORRECT = "correct"
    CONTEST = "contest"
    SKIP = "skip"
    TAMPER = "tamper"
    ABANDON = "abandon"


_OF_FIFTY = {
    Behaviour.ACCEPT: 40,
    Behaviour.CORRECT: 3,
    Behaviour.CONTEST: 2,
    Behaviour.SKIP: 2,
    Behaviour.TAMPER: 1,
    Behaviour.ABANDON: 2,
}


def behaviours(count: int, seed: int) -> tuple[Behaviour, ...]:
    """The behaviours of so many citizens, mixed by the seed, in the same shares for every fifty."""
    chance = random.Random(f"behaviours {seed}")
    drawn: list[Behaviour] = []
    while len(drawn) < count:
        fifty = [kind for kind, share in _OF_FIFTY.items() for _ in range(share)]
        chance.shuffle(fifty)
        drawn += fifty
    return tuple(drawn[:count])
