"""One day of the demo, and its result."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from demo._citizen import day_in_the_life
from demo._deployment import Deployment
from demo._outcome.funnel import Counted, funnel_of, lost_in
from demo._outcome.held import held_document
from demo._outcome.index_766 import compare
from demo._outcome.proof import close_and_prove
from demo._outcome.released import Released, read_released
from demo._portal import Portal, SyncOutcome, file_dossiers, wait_for_the_portal
from mocks.igate import (
    Appointment,
    Behaviour,
    Holdings,
    IGate,
    Outcome,
    appointments,
    file_records,
    not_brought_along,
    receive,
)
from mocks.people import Population

VISITS_AT_ONCE = 4
RECORDS_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Day:
    """What one run came to: how every visit ended, what the portal knows, what was released."""

    outcomes: Sequence[Outcome]
    portal: Mapping[str, Any]
    citizen: Mapping[str, Any]
    index: Mapping[str, Any]
    funnel: Mapping[str, Any]
    released: Released | None
    proof: Mapping[str, Any]
    unexpected: Sequence[str]

    @property
    def held(self) -> dict[str, Any]:
        """How much of what records hold came as facts (`_outcome/held.py`)."""
        return held_document(
            (one.form, [item.fact for item in one.held])
            for one in self.outcomes
            if one.submitted and one.behaviour is Behaviour.ACCEPT
        )


async def play(running: Deployment, igate: IGate, count: int, seed: int, folder: Path) -> Day:
    """Let everybody have their turn, tell the portal, count, and prove; evidence goes to the folder."""
    population, today = Population(today=running.today), running.today
    officer = running.population["officer"]
    turns = appointments(population, count, seed, officer, today)
    with _progress() as progress:
        outcomes, refused = await _visits(running, igate, population, turns, today, seed, progress)
        async with _beside(running.portal["url"]) as http:
            portal = Portal(http, running.clock)
            outcome = await _tell(igate, portal, turns, outcomes, progress)
            figures = await igate.figures()
            lived = await day_in_the_life(
                igate, portal, population, seed, officer, progress, running.store_earlier
            )
            index = await compare(igate, portal, today)
    unexpected = [*refused, *(f"{o.form}: {what}" for o in outcomes for what in o.unexpected)]
    unexpected += (*outcome.unexpected, *lived.unexpected, *index.unexpected)
    if figures.status != httpx.codes.OK:
        unexpected.append(f"figures: {figures.status} {figures.code}")
    elif figures.body.get("balances") != "ok":
        unexpected.append("figures: a submission does not balance")
    with _progress() as progress, _pulse(progress, "Chốt tháng, kiểm chứng / close, prove"):
        proof = await close_and_prove(running, folder)
    released = await read_released(igate.http, proof.document["month"])
    document = None if released is None else released.document
    counts = len(outcomes), *_handed_in(outcomes)
    funnel = funnel_of(Counted(*counts, outcome.document, lived.document["portal"], document))
    unexpected += (*proof.unexpected, *lost_in(funnel, proof.document, today))
    return Day(
        outcomes=outcomes,
        portal=outcome.document,
        citizen=lived.document,
        index=index.document,
        funnel=funnel,
        released=released,
        proof=proof.document,
        unexpected=unexpected,
    )


def _handed_in(outcomes: Sequence[Outcome]) -> tuple[int, int]:
    """How many were handed in by citizens who accept what was filled, and by others."""
    accept = [one.behaviour is Behaviour.ACCEPT for one in outcomes if one.submitted]
    return sum(accept), len(accept) - sum(accept)


async def _visits(
    running: Deployment,
    igate: IGate,
    population: Population,
    turns: Sequence[Appointment],
    today: date,
    seed: int,
    progress: Progress,
) -> tuple[Sequence[Outcome], Sequence[str]]:
    people = [n for turn in turns for n in turn.story.owners]
    with _pulse(progress, "Giấy tờ vào kho / papers"):
        _, refused = await file_records(
            igate, population, people, RECORDS_AT_ONCE, not_brought_along
        )
    await running.open_dossiers([turn.dossier for turn in turns])
    bar = progress.add_task("Lượt khách / visits", total=len(turns))
    async with _beside(running.population["url"]) as mock:
        outcomes = await receive(
            igate,
            mock,
            turns,
            Holdings(population, people, today.isoformat(), stores=True),
            at_once=VISITS_AT_ONCE,
            seed=seed,
            done=lambda _: progress.advance(bar),
        )
    return outcomes, refused


async def _tell(
    igate: IGate,
    portal: Portal,
    turns: Sequence[Appointment],
    outcomes: Sequence[Outcome],
    progress: Progress,
) -> SyncOutcome:
    """Tell the gateway of every dossier that was handed in, and wait until the portal knows."""
    handed_in = {one.dossier for one in outcomes if one.submitted}
    filed = [turn for turn in turns if turn.dossier in handed_in]
    codes, refused = await file_dossiers(igate, portal.clock, filed, progress)
    outcome = await wait_for_the_portal(igate, portal, codes, progress)
    return SyncOutcome(outcome.document, [*refused, *outcome.unexpected])


@contextmanager
def _pulse(progress: Progress, name: str) -> Iterator[None]:
    """A bar for work of which nobody counts the steps."""
    bar = progress.add_task(name, total=None)
    yield
    progress.update(bar, total=1, completed=1)


@asynccontextmanager
async def _beside(url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Where a mock is steered and asked."""
    parts = urlsplit(url)
    async with httpx.AsyncClient(base_url=f"{parts.scheme}://{parts.netloc}") as http:
        yield http


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
