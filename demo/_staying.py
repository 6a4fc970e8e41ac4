"""`gateway demo --serve`: keep the deployment running so that programs and people can try it."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import typer

from demo._deployment import TRIAL_OFFICER, TRIAL_QUOTA, Deployment, deployment
from demo._igate import signed_in
from demo._processes import DidNotStart
from gateway.cli.clock import next_second
from gateway.domain.clock import Clock
from gateway.forms import local_date
from mocks.igate import FORMS, IGate, Story, case_stories, file_records, not_brought_along
from mocks.igate.crowd import dossier_code
from mocks.igate.filing import opening_of
from mocks.people import Population

ENDED_BY_ITSELF = 1
AT_ONCE = 16


async def stay_up(clock: Clock, seed: int, info: Path | None, keep: bool) -> int:
    """Tell programs and people how to try the house, and stay until a signal comes; exit status."""
    asked_to_stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked_to_stop.set)
    population = Population(today=local_date(clock()))
    cast = asyncio.create_task(asyncio.to_thread(_stories, population, seed))
    async with (
        deployment(clock, population.calendar.today, keep=keep, papers=True) as running,
        signed_in(running) as igate,
    ):
        told = await _cases(running, igate, population, await cast)
        if info is not None:
            _put_in_place(info, told)
        _say_how_to_try(told)
        stopping = asyncio.create_task(asked_to_stop.wait())
        falling = asyncio.create_task(running.fallen())
        await asyncio.wait((stopping, falling), return_when=asyncio.FIRST_COMPLETED)
        if stopping.done():
            falling.cancel()
            return 0
        stopping.cancel()
        typer.echo(f"unexpected: {falling.result()} ended by itself", err=True)
    return ENDED_BY_ITSELF


def _stories(population: Population, seed: int) -> list[Story]:
    """Who comes for each form; worked out while the processes start."""
    return [story for form in FORMS for story in case_stories(population, form, seed)]


async def _cases(
    running: Deployment, igate: IGate, population: Population, stories: Sequence[Story]
) -> dict[str, Any]:
    """Everything a program needs to try every form: the contract of `--info`."""
    owners = [n for story in stories for n in story.owners]
    _, refused = await file_records(igate, population, owners, AT_ONCE, not_brought_along)
    if refused:
        raise DidNotStart(refused[0])
    officer = running.population["officer"]
    codes = [dossier_code(running.today, number) for number in range(1, len(stories) + 1)]
    await running.store_earlier()
    await _register(igate, running.clock, stories, codes)
    cases = [_case(*one, officer) for one in zip(stories, codes, strict=True)]
    token = igate.token
    return {"gateway": running.address, "token": token, "mocks": running.mocks, "cases": cases}


async def _register(
    igate: IGate, clock: Clock, stories: Sequence[Story], codes: Sequence[str]
) -> None:
    """Register every case's dossier as a province does; raises DidNotStart where one is refused."""
    places = asyncio.Semaphore(AT_ONCE)

    async def register(story: Story, code: str) -> None:
        async with places:
            answer = await igate.register(opening_of(story, code, next_second(clock)))
        if answer.status != httpx.codes.CREATED:
            raise DidNotStart(f"dossier of {story.form}: {answer.status} {answer.code}")

    await asyncio.gather(*(register(*one) for one in zip(stories, codes, strict=True)))


def _case(story: Story, dossier: str, officer: str) -> dict[str, Any]:
    return {
        "form": story.form,
        "procedure": story.procedure,
        "dossier": dossier,
        "officer": officer,
        "subject": dict(story.subject),
        "persona": story.persona,
    }


def _put_in_place(path: Path, document: Mapping[str, Any]) -> None:
    """Write the file whole and for its owner alone, then give it its name."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(document, file, ensure_ascii=False, indent=1)
    draft.replace(path)


def _say_how_to_try(told: Mapping[str, Any]) -> None:
    case = next(one for one in told["cases"] if one["persona"] == "ordinary")
    body = {
        "form": case["form"],
        "procedure": case["procedure"],
        "dossier": case["dossier"],
        "subject": case["subject"],
        "legal_basis": {"kind": "procedure", "reference": case["procedure"] or case["form"]},
    }
    typer.echo(f"gateway     {told['gateway']}   (docs: {told['gateway']}/docs)")
    typer.echo(f"population  {told['mocks']['population']['url']}")
    typer.echo(f"portal      {told['mocks']['portal']['url']}")
    typer.echo(f"token       {told['token']}\n")
    typer.echo(
        f"curl -s {told['gateway']}/v1/prefills -H 'Authorization: Bearer {told['token']}' "
        f"-H 'Content-Type: application/json' -d '{json.dumps(body, ensure_ascii=False)}'\n"
    )
    typer.echo(
        f'With "officer": "{TRIAL_OFFICER}" the same call is answered {TRIAL_QUOTA} times a day, '
        "then 429 with RateLimit and Retry-After.\n"
    )
    typer.echo("Ctrl-C ends it. / Nhấn Ctrl-C để dừng.")
    sys.stdout.flush()
