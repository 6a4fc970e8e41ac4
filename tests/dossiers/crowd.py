"""A crowd of dossiers that end in every state."""

from gateway.dossiers.dossier import Step

from .world import World, dossier, step

WAYS: tuple[tuple[int, ...], ...] = (
    (),
    (4,),
    (4, 9, 10),
    (5, 4, 9),
    (7,),
    (4, 6, 4, 9, 10),
    (4, 8),
)


def way_of(number: int) -> tuple[Step, ...]:
    """The rows of progress of the dossier of this number."""
    return tuple(step(state, 1.0 + place) for place, state in enumerate(WAYS[number % len(WAYS)]))


def states_wanted(many: int) -> dict[str, str]:
    """The state in which each dossier must be in the end."""
    ends = {number: (2, *WAYS[number % len(WAYS)])[-1] for number in range(1, many + 1)}
    return {dossier(number).code: str(state) for number, state in ends.items()}


async def file_crowd(world: World, many: int) -> None:
    """Register them all, with their progress."""
    await world.register(*(dossier(number) for number in range(1, many + 1)))
    for number in range(1, many + 1):
        if steps := way_of(number):
            await world.go_on(dossier(number).code, *steps)
