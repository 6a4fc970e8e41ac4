"""`gateway demo`: what does a day at the counter come to, from filling to the figures?

Exit status: 0 all as it should be, 1 something unexpected happened (it is named), 2 mocks or gateway
did not start, 130 stopped half-way.
"""

import asyncio
import json
import os
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx
import typer
from httpx_aiohttp import AiohttpTransport
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from gateway.cli.demo_held import held_document, held_table
from gateway.cli.deployment import Deployment, DidNotStart, deployment
from gateway.forms.showing.instants import local_date
from gateway.reduction.exports.sheet import sheet_of_report
from gateway.reduction.exports.text import csv_of
from gateway.reduction.table import NARROWEST, show
from mocks.igate import (
    FORMS,
    Behaviour,
    Holdings,
    IGate,
    Outcome,
    Story,
    appointments,
    case_stories,
    file_records,
    receive,
)
from mocks.igate.crowd import dossier_code
from mocks.people import Population

UNEXPECTED = 1
NOT_STARTED = 2
STOPPED = 130
VISITS_AT_ONCE = 4
RECORDS_AT_ONCE = 16


def demo(
    dossiers: Annotated[int, typer.Option(min=8, max=4000, help="How many visits.")] = 400,
    seed: Annotated[int, typer.Option(help="Another seed, other people and choices.")] = 2026,
    out: Annotated[Path | None, typer.Option(help="Where the figures go; a new folder.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave database and logs.")] = False,
    serve: Annotated[bool, typer.Option("--serve", help="Stay up; simulate nothing.")] = False,
    info: Annotated[Path | None, typer.Option(help="With --serve: addresses for programs.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Fill, sign, judge and count: mocks and gateway on loopback, driven as iGate would."""
    work = _serve(seed, info, keep) if serve else _run(dossiers, seed, out, keep, as_json)
    try:
        status = asyncio.run(work)
    except DidNotStart as error:
        typer.echo(f"did not start: {error}", err=True)
        status = NOT_STARTED
    except (asyncio.CancelledError, KeyboardInterrupt):
        status = STOPPED
    raise typer.Exit(status)


@dataclass(frozen=True, slots=True)
class _Day:
    """What one run came to: how every visit ended, and the gateway's own figures."""

    outcomes: Sequence[Outcome]
    unexpected: Sequence[str]
    report: Mapping[str, Any]

    @property
    def held(self) -> dict[str, Any]:
        """How much of what records hold came as facts (`demo_held.py`)."""
        return held_document(
            (one.form, [item.fact for item in one.held])
            for one in self.outcomes
            if one.submitted and one.behaviour is Behaviour.ACCEPT
        )


async def _run(count: int, seed: int, out: Path | None, keep: bool, as_json: bool) -> int:
    whole = asyncio.current_task()
    if whole is not None:  # else mocks and gateway would outlive a SIGTERM
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, whole.cancel)
    async with deployment(keep=keep) as running, _igate(running) as igate:
        day = await _drive(running, igate, count, seed)
    folder = out or Path(tempfile.mkdtemp(prefix="eform-gateway-figures-"))
    _write(folder, day)
    if as_json:
        typer.echo(json.dumps(_document(day), ensure_ascii=False))
    else:
        if "forms" in day.report:
            _print_figures(day)
        _say_how_it_went(day, folder, running.folder if keep else None)
    return UNEXPECTED if day.unexpected else 0


@asynccontextmanager
async def _igate(running: Deployment) -> AsyncIterator[IGate]:
    """iGate, signed in as the demo's tenant."""
    client = await running.admit_tenant()
    async with httpx.AsyncClient(
        base_url=running.address, transport=AiohttpTransport(), timeout=60.0
    ) as http:
        igate = IGate(http)
        answer = await igate.sign_in(client.client_id, client.secret)
        if igate.token is None:
            raise DidNotStart(f"sign-in: {answer.status}")
        yield igate


async def _drive(running: Deployment, igate: IGate, count: int, seed: int) -> _Day:
    population = Population()
    today = local_date(datetime.now(UTC))
    turns = appointments(population, count, seed, running.population["officer"], today)
    people = [n for turn in turns for n in turn.story.owners]
    _, refused = await file_records(igate, population, people, RECORDS_AT_ONCE)
    await running.open_dossiers([turn.dossier for turn in turns])
    holdings = Holdings(population, people, today.isoformat())
    url = urlsplit(running.population["url"])
    with _progress() as progress:
        bar = progress.add_task("Hồ sơ / dossiers", total=count)
        async with httpx.AsyncClient(base_url=f"{url.scheme}://{url.netloc}") as mock:
            outcomes = await receive(
                igate,
                mock,
                turns,
                holdings,
                at_once=VISITS_AT_ONCE,
                seed=seed,
                done=lambda _: progress.advance(bar),
            )
    figures = await igate.figures()
    unexpected = [*refused, *(f"{o.form}: {what}" for o in outcomes for what in o.unexpected)]
    if figures.status != httpx.codes.OK:
        unexpected.append(f"figures: {figures.status} {figures.code}")
    elif figures.body.get("balances") != "ok":
        unexpected.append("figures: a submission does not balance")
    return _Day(outcomes, unexpected, figures.body)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )


def _document(day: _Day) -> dict[str, Any]:
    """The run for programs: the gateway's report, and how the visits ended; no value of anybody."""
    behaved = Counter(str(outcome.behaviour) for outcome in day.outcomes)
    return {
        "report": day.report,
        "held": day.held,
        "visits": {
            "held": len(day.outcomes),
            "submitted": sum(outcome.submitted for outcome in day.outcomes),
            "prefills": sum(outcome.prefills for outcome in day.outcomes),
            "refused": sum(bool(outcome.refused) for outcome in day.outcomes),
            "behaviour": dict(sorted(behaved.items())),
        },
        "unexpected": list(day.unexpected),
    }


def _write(folder: Path, day: _Day) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(_document(day), ensure_ascii=False, indent=1)
    (folder / "figures.json").write_text(text + "\n", encoding="utf-8")
    if "forms" in day.report:
        (folder / "figures.csv").write_text(csv_of(sheet_of_report(day.report)), encoding="utf-8")


def _print_figures(day: _Day) -> None:
    console = Console()
    console = console if console.width >= NARROWEST else Console(width=NARROWEST)
    show(day.report, console)
    console.print(held_table(day.held))


def _say_how_it_went(day: _Day, folder: Path, kept: Path | None) -> None:
    visits = _document(day)["visits"]
    typer.echo(
        f"{visits['held']} lượt / visits · {visits['submitted']} đã nộp / submitted · "
        f"{visits['prefills']} lần điền / prefills · {visits['refused']} lần từ chối / refused"
    )
    typer.echo(f"JSON, CSV: {folder}")
    if kept is not None:
        typer.echo(f"Dữ liệu, nhật ký / data, logs: {kept}")
    for what in day.unexpected:
        typer.echo(f"unexpected: {what}", err=True)


async def _serve(seed: int, info: Path | None, keep: bool) -> int:
    asked_to_stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked_to_stop.set)
    async with deployment(keep=keep) as running, _igate(running) as igate:
        told = await _cases(running, igate, seed)
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
    return UNEXPECTED


async def _cases(running: Deployment, igate: IGate, seed: int) -> dict[str, Any]:
    """Everything a program needs to try every form: the contract of `--info`."""
    population = Population()
    stories = [story for form in FORMS for story in case_stories(population, form, seed)]
    owners = [n for story in stories for n in story.owners]
    _, refused = await file_records(igate, population, owners, RECORDS_AT_ONCE)
    if refused:
        raise DidNotStart(refused[0])
    today = local_date(datetime.now(UTC))
    officer = running.population["officer"]
    cases = [
        _case(story, dossier_code(today, number), officer)
        for number, story in enumerate(stories, start=1)
    ]
    await running.open_dossiers([case["dossier"] for case in cases])
    token = igate.token
    return {"gateway": running.address, "token": token, "mocks": running.mocks, "cases": cases}


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
    typer.echo(f"token       {told['token']}\n")
    typer.echo(
        f"curl -s {told['gateway']}/v1/prefills -H 'Authorization: Bearer {told['token']}' "
        f"-H 'Content-Type: application/json' -d '{json.dumps(body, ensure_ascii=False)}'\n"
    )
    typer.echo("Ctrl-C ends it. / Nhấn Ctrl-C để dừng.")
    sys.stdout.flush()
