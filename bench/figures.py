"""What does each benchmark measure? One function a figure, each against its peer in the same run."""

import json
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from timeit import timeit
from typing import Any

from bench.driver import Outcome, drive
from bench.house import House, fresh_start, relay
from bench.results import Budget, Figure
from gateway.forms._reading.paths import put_value
from gateway.forms._reading.templates import FieldTemplate
from gateway.forms.catalogue import read_catalogue
from gateway.forms.fields import instances_at_submission

SCHEMAS = Path(__file__).parents[1] / "schemas"
ONE_READ = ("ct01-permanent-residence", 2)
TWO_READS = ("birth-registration", 4)
SLOW_MILLISECONDS = 30.0
LOOKS = 40
MEGABYTE = 2**20


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: people per form, rounds, seconds a round, requests for memory.

    `memory_seconds` ends the memory run earlier where the gateway is too slow for its requests;
    `audited` dossiers stand in the log that is verified, `dossiers` are told to the portal, `leaves`
    are appended in a row, `closed` dossiers stand in the month that is closed.
    """

    people: int = 400
    rounds: int = 6
    seconds: float = 3.0
    submissions: int = 500
    memory: int = 100_000
    memory_seconds: float = 150.0
    starts: int = 3
    audited: int = 2_000_000
    dossiers: int = 10_000
    leaves: int = 5_000
    closed: int = 60_000


QUICK = Size(60, 2, 1.0, 60, 2_000, 8.0, 1, 50_000, 300, 1_000, 6_000)
NIGHTLY = Size(2000, 10, 6.0, 3000, 1_000_000, 4 * 3600.0, 5)


async def pairs(house: House, size: Size, form: str, found: int) -> list[tuple[Outcome, Outcome]]:
    """Gateway and relay in turns with the same people, who goes first changing every round."""
    requests = await house.requests(form, size.people, found)
    measured = []
    for number in range(size.rounds):
        ours = house.prefill_job(requests, found, warm_up=64, seconds=size.seconds)
        theirs = house.relay_job(requests, warm_up=64, seconds=size.seconds)
        if number % 2:
            first, second = await drive(theirs), await drive(ours)
            measured.append((second, first))
        else:
            measured.append((await drive(ours), await drive(theirs)))
    return measured


async def profiles(house: House, size: Size, form: str, found: int) -> Figure:
    """The hardened profile beside the compatible one: the same people in turns, one after the other."""
    requests = await house.requests(form, size.people, found)
    signed: list[float] = []
    plain: list[float] = []
    for number in range(size.rounds):
        ways = [(signed, await house.hardened()), (plain, {})]
        for figures, client in ways if number % 2 else reversed(ways):
            job = house.prefill_job(requests, found, warm_up=64, seconds=size.seconds, **client)
            figures.append((await drive(job)).per_cpu_second)
    return Figure(
        "prefill_hardened",
        "prefills/CPU-s",
        signed,
        plain,
        Budget(0.7, at_least=True, of_ratio=True),
        "private_key_jwt and a DPoP proof of every call; peer: a Bearer in the same run",
    )


def prefill_figure(name: str, measured: list[tuple[Outcome, Outcome]], says: str) -> Figure:
    """Answers per second of processor time of all the server's processes."""
    return Figure(
        name,
        "prefills/CPU-s",
        [ours.per_cpu_second for ours, _ in measured],
        [theirs.per_cpu_second for _, theirs in measured],
        Budget(0.5, at_least=True, of_ratio=True),
        says,
    )


def per_second(measured: list[tuple[Outcome, Outcome]]) -> float:
    """What the gateway does on the clock when it is fully loaded."""
    return median(ours.per_second for ours, _ in measured)


async def latency(house: House, size: Size, per_second: float) -> list[Figure]:
    """What the gateway, and the relay, add to a source of 30 ms at half of the gateway's load.

    The source is asked directly at the same rate in the same round; added is the quantile of all
    minus the median of the source, so that nothing slow is put on the source's account.
    """
    form, found = ONE_READ
    requests = await house.requests(form, size.people, found)
    await house.slow(SLOW_MILLISECONDS)
    ours, theirs = [], []
    for _ in range(max(2, size.rounds // 2)):
        asked: dict[str, Any] = {"rate": per_second / 2, "warm_up": 20, "seconds": size.seconds}
        usual = quantile(await drive(house.source_job(requests, **asked)), 50)
        gateway = await drive(house.prefill_job(requests, found, **asked))
        ours.append(_added(gateway, usual))
        theirs.append(_added(await drive(house.relay_job(requests, **asked)), usual))
    await house.slow(None)
    return [
        Figure(
            f"added_latency_p{percent}",
            "ms",
            [one[place] for one in ours],
            [one[place] for one in theirs],
            Budget(limit),
            f"over a source of 30 ms, at {per_second / 2:.0f} prefills/s",
        )
        for place, (percent, limit) in enumerate(((50, 5.0), (99, 25.0)))
    ]


def _added(outcome: Outcome, usual: float) -> tuple[float, float]:
    return (quantile(outcome, 50) - usual) * 1e3, (quantile(outcome, 99) - usual) * 1e3


def quantile(outcome: Outcome, percent: int) -> float:
    """A percentile of the latencies, in seconds."""
    return quantiles(outcome.latencies, n=100)[percent - 1]


async def submissions(house: House, size: Size) -> Figure:
    """Each receipt handed in once with the data that were filled; the peer echoes the same bytes."""
    form, found = ONE_READ
    requests = await house.requests(form, size.people, found)
    ours, theirs = [], []
    for number in range(max(2, size.rounds // 2)):
        kept = house.folder / f"answers-{number}.jsonl"
        await drive(house.prefill_job(requests, found, count=size.submissions, keep=str(kept)))
        sent = house.folder / f"submissions-{number}.jsonl"
        answers = [json.loads(line) for line in kept.read_bytes().splitlines()]
        sent.write_text("\n".join(_submission(answer) for answer in answers))
        ours.append((await drive(house.submission_job(sent, len(answers)))).per_cpu_second)
        echo = house.relay_job(sent, "/echo", warm_up=64, seconds=size.seconds / 2)
        theirs.append((await drive(echo)).per_cpu_second)
    says = "every field judged, leaf durable; peer: JSON in, JSON out"
    return Figure("submissions", "submissions/CPU-s", ours, theirs, None, says)


def _submission(answer: dict[str, object]) -> str:
    return json.dumps({"receipt": answer["receipt"], "data": answer["data"]}, ensure_ascii=False)


async def memory(house: House, size: Size, per_second: float) -> Figure:
    """Growth of the gateway's memory, by the line through the second half of the run."""
    form, found = ONE_READ
    requests = await house.requests(form, size.people, found)
    count = max(LOOKS, int(min(size.memory, per_second * size.memory_seconds)) // LOOKS * LOOKS)
    outcome = await drive(house.prefill_job(requests, found, warm_up=64, count=count, looks=LOOKS))
    seen = outcome.memory[len(outcome.memory) // 2 :]
    growth = slope(seen) * LOOKS / count * 100_000 / MEGABYTE
    now = seen[-1] / MEGABYTE
    return Figure(
        "memory_growth",
        "MiB/100,000 prefills",
        [growth],
        says=f"second half of {count:,} prefills, {now:.0f} MiB at the end",
    )


def slope(values: list[int]) -> float:
    """Growth per step of the straight line nearest to these values."""
    middle, mean = (len(values) - 1) / 2, sum(values) / len(values)
    spread = sum((place - middle) ** 2 for place in range(len(values)))
    return sum((x - middle) * (y - mean) for x, y in enumerate(values)) / spread


async def starts(size: Size) -> Figure:
    """From nothing to ready: keys and database made, every form read and registered."""
    ours, theirs = [], []
    for _ in range(size.starts):
        ours.append(await fresh_start())
        began = time.perf_counter()
        async with relay({}):
            theirs.append(time.perf_counter() - began)
    says = "process begun to /readyz, all forms registered; peer: the relay"
    return Figure("start_to_ready", "s", ours, theirs, Budget(3.0), says)


def visibility(size: Size) -> list[Figure]:
    """One look at which fields of a filled form are shown, every condition worked out."""
    figures = []
    for form in ("ct01-permanent-residence", "bundle-birth"):
        definition = read_catalogue(SCHEMAS).form_for(form).definition
        data: dict[str, object] = {}
        for template in definition.fields:
            if "[]" not in template.path:
                put_value(data, template.path, _some_value(template))
        shown = len(instances_at_submission(definition, data))
        look = partial(instances_at_submission, definition, data)
        runs = [timeit(look, number=100) / 100 * 1e6 for _ in range(size.rounds)]
        says = f"{len(definition.fields)} fields, {shown} instances"
        figures.append(Figure(f"visibility_{form}", "us", runs, says=says))
    return figures


def _some_value(template: FieldTemplate) -> str:
    return template.options[0].value if template.options else "1"
