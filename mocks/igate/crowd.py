"""The people who come to the office in a day, their order, and what fails meanwhile.

The forms take turns, so that a source that fails for a while fails for all of them. A window of
failure begins and ends between visits: the same seed meets the same failures.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import cycle, islice
from typing import Any, Final

import httpx

from mocks.igate.behaviour import Behaviour, behaviours
from mocks.igate.client import IGate
from mocks.igate.held import Holdings
from mocks.igate.plots import FORMS
from mocks.igate.stories import Story, stories
from mocks.igate.visit import Outcome, Visit
from mocks.papers import only_there
from mocks.people import Population
from mocks.people.knowledge import records_of

FAULTS: Final[tuple[tuple[str, Mapping[str, Any]], ...]] = (
    ("slow", {"delay_ms": 5000}),
    ("down", {"status": 503}),
    ("garbage", {"garbage": "html"}),
)
"""What the population database does wrong, one after the other: a name and a rule of the mock."""

_WINDOW_OF = 33
_WHO_GO_AWAY = 2
_DESK_EVERY = 13
_CLEAN_BEFORE = 3


@dataclass(frozen=True, slots=True)
class Appointment:
    """One person's turn; `officer` where it is at the desk."""

    story: Story
    behaviour: Behaviour
    dossier: str
    officer: str | None


@dataclass(frozen=True, slots=True)
class Window:
    """Turns that pass while one thing is wrong, or nothing."""

    name: str | None
    fault: Mapping[str, Any] | None
    turns: tuple[Appointment, ...]


def appointments(
    population: Population, count: int, seed: int, officer: str, on: date
) -> tuple[Appointment, ...]:
    """So many turns, the forms one after another, every thirteenth at the desk."""
    drawn = behaviours(count, seed)
    forms = _forms_in_turn(drawn)
    queues = {f: iter(stories(population, f, n, seed)) for f, n in Counter(forms).items()}
    return tuple(
        Appointment(
            next(queues[form]),
            behaviour,
            dossier_code(on, number),
            officer if number % _DESK_EVERY == 0 else None,
        )
        for number, (form, behaviour) in enumerate(zip(forms, drawn, strict=True), start=1)
    )


def _forms_in_turn(drawn: Sequence[Behaviour]) -> list[str]:
    """A form for each turn; who goes away leaves the form to the next, so that all are handed in alike."""
    forms, waiting = [], cycle(FORMS)
    form = next(waiting)
    for behaviour in drawn:
        forms.append(form)
        if behaviour is not Behaviour.ABANDON:
            form = next(waiting)
    return forms


def dossier_code(on: date, number: int) -> str:
    """A dossier code in one of the two formats that iGate issues, turn about."""
    if number % 2:
        return f"H99.01-{on:%Y%m%d}-{number:07d}"
    return f"H99.01-{on:%y%m%d}-{number:04d}"


def windows(turns: Sequence[Appointment]) -> Iterator[Window]:
    """A stretch in which all is well, one window of each fault, and all well again.

    On a long day the windows together are one round of the forms, and some more turns for those who
    go away: each form meets a fault once.
    """
    a_round = len(FORMS) // len(FAULTS) + _WHO_GO_AWAY
    size = max(1, min(len(turns) // _WINDOW_OF, a_round))
    rest = iter(turns)
    yield Window(None, None, tuple(islice(rest, len(turns) // _CLEAN_BEFORE)))
    for name, fault in FAULTS:
        yield Window(name, fault, tuple(islice(rest, size)))
    yield Window(None, None, tuple(rest))


def held_here(_n: int, _kind: str) -> bool:
    """The province holds every paper of everybody."""
    return True


def not_brought_along(n: int, kind: str) -> bool:
    """What lies in a person's own store on the portal alone is not held by the province."""
    return not only_there(n, kind)


async def file_records(
    igate: IGate,
    population: Population,
    people: Iterable[int],
    at_once: int,
    held: Callable[[int, str], bool] = held_here,
) -> tuple[int, list[str]]:
    """Hand in what the province holds about these people; the number kept, and what was refused.

    `held` says of a person and a kind of paper whether the province holds any.
    """
    turn = asyncio.Semaphore(at_once)
    refused: list[str] = []

    async def file(record: Mapping[str, Any]) -> None:
        async with turn:
            answer = await igate.store_record(record)
        if answer.status not in (200, 201):
            refused.append(f"record {record['kind']}: {answer.status} {answer.code}".strip())

    records = [
        record
        for n in sorted(set(people))
        for record in records_of(population, n)
        if held(n, record["kind"])
    ]
    await asyncio.gather(*(file(record) for record in records))
    return len(records) - len(refused), refused


async def receive(
    igate: IGate,
    mock: httpx.AsyncClient,
    turns: Sequence[Appointment],
    holdings: Holdings,
    *,
    at_once: int,
    seed: int,
    done: Callable[[Outcome], None],
) -> list[Outcome]:
    """Let everybody have their turn; `mock` is where the population database is steered."""
    turn = asyncio.Semaphore(at_once)

    async def visit(one: Appointment) -> Outcome:
        async with turn:
            outcome = await Visit(
                igate,
                one.story,
                one.behaviour,
                seed=seed,
                dossier=one.dossier,
                officer=one.officer,
                holdings=holdings,
            ).run()
        done(outcome)
        return outcome

    outcomes: list[Outcome] = []
    for window in windows(turns):
        if window.fault is not None:
            (await mock.post("/_mock/faults", json=dict(window.fault))).raise_for_status()
        outcomes += await asyncio.gather(*(visit(one) for one in window.turns))
        if window.fault is not None:
            (await mock.delete("/_mock/faults")).raise_for_status()
    return outcomes
