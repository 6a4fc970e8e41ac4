"""Many lives of one deployment: work, fall, come back, be held against everything that was promised.

A fall is a SIGKILL at a moment drawn at random: while the clerks are asked, while the log is published,
or while the gateway is still starting. The draws follow the seed; the machine adds its own chance.
"""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from bench.processes import cpu_seconds
from mocks.igate import IGate
from mocks.people import Population
from tests.kills.clerks import Desk
from tests.kills.gateways import ROOT, Gateway, client
from tests.kills.ledger import Ledger

CLERKS = 4
MOST_ANSWERS = 6
LONGEST_PAUSE_SECONDS = 0.03
TIMEOUT_SECONDS = 60.0
SHARE_KILLED_AT_START = 0.2
SHARE_PUBLISHING = 0.5
RESTART_BUDGET_SECONDS = 5.0


@dataclass(slots=True)
class Outcome:
    """What the lives of one deployment came to."""

    seed: int
    kills: int = 0
    kills_at_start: int = 0
    answered: int = 0
    prefills: int = 0
    submissions: int = 0
    asked_again: int = 0
    found_done: int = 0
    checkpoints: int = 0
    proofs: int = 0
    leaves: int = 0
    restarts: list[float] = field(default_factory=list)
    restarts_by_command: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    """Seconds that each restart took of the processor."""
    processor_by_command: list[float] = field(default_factory=list)


class Campaign:
    """One deployment over all its lives."""

    def __init__(
        self,
        folder: Path,
        source: Mapping[str, str],
        seed: int,
        forms: Sequence[str],
        schemas: Path = ROOT / "schemas",
        exec_every: int = 0,
    ) -> None:
        folder.mkdir(parents=True)
        self._gateway = Gateway(folder, source, schemas)
        self._chance = random.Random(f"kills {seed}")
        self._desk = Desk(Population(), tuple(forms), self._chance)
        self._ledger = Ledger(self._gateway.data, self._desk, self._chance)
        self._exec_every = exec_every
        self._token = ""
        self.outcome = Outcome(seed)

    async def run(self, kills: int, told: Callable[[int], Any] = lambda kills: None) -> Outcome:
        """So many falls, each checked after; then an orderly end and the last check of all."""
        try:
            await self._first_start()
            async with client(self._gateway.address) as http:
                while self.outcome.kills < kills:
                    await self._live(http)
                    self.outcome.kills += 1
                    if self._chance.random() < SHARE_KILLED_AT_START:
                        await self._fall_at_start()
                    told(self.outcome.kills)
                    await self._come_back(http)
                self._ledger.check_once_each()
            await self._gateway.stop()
        finally:
            await self._gateway.kill()
        return self._sum_up()

    async def _first_start(self) -> None:
        await self._gateway.start()
        admitted = await self._gateway.admit()
        async with client(self._gateway.address) as http:
            igate = IGate(http)
            answer = await igate.sign_in(admitted.client_id, admitted.secret)
            assert answer.status == 200, answer.code
            assert igate.token is not None
            self._token = igate.token

    async def _live(self, http: httpx.AsyncClient) -> None:
        """Work until a moment drawn at random; nobody is told that it comes.

        So many answers, and a little longer: on a slow machine a life is as busy as on a fast one.
        """
        answers = len(self._desk.answered) + self._chance.randint(0, MOST_ANSWERS)
        if self._chance.random() < SHARE_PUBLISHING:
            (self._gateway.data / "log" / "publish").touch()
        clerks = [asyncio.create_task(self._desk.work(http, self._token)) for _ in range(CLERKS)]
        async with asyncio.timeout(TIMEOUT_SECONDS):
            await self._desk.has_answers(answers)
        await asyncio.sleep(self._chance.uniform(0.0, LONGEST_PAUSE_SECONDS))
        with suppress(httpx.TransportError):
            await self._ledger.look_at_checkpoint(http)
        await self._gateway.kill()
        await asyncio.gather(*clerks)

    async def _fall_at_start(self) -> None:
        self._gateway.begin()
        await asyncio.sleep(self._chance.uniform(0.0, 0.3))
        await self._gateway.kill()
        self.outcome.kills += 1
        self.outcome.kills_at_start += 1

    async def _come_back(self, http: httpx.AsyncClient) -> None:
        outcome, ledger, desk = self.outcome, self._ledger, self._desk
        if self._exec_every and len(outcome.restarts) % self._exec_every == 0:
            outcome.restarts_by_command.append(await self._gateway.start("exec"))
            outcome.processor_by_command.append(cpu_seconds([self._gateway.pid]))
            await self._gateway.kill()
            outcome.kills += 1
        outcome.restarts.append(await self._gateway.start())
        outcome.processor.append(cpu_seconds([self._gateway.pid]))
        ledger.check_database()
        await ledger.look_at_checkpoint(http)
        leaves = sum(ledger.counted().values())
        again = await desk.ask_again(http, self._token)
        outcome.asked_again += again
        outcome.found_done += again - (sum(ledger.counted().values()) - leaves)
        assert desk.strange == []
        with_leaf = [call for call in desk.answered if call.leaf]
        some = self._chance.sample(with_leaf, min(2, len(with_leaf)))
        outcome.proofs += await ledger.redeem(http, some)

    def _sum_up(self) -> Outcome:
        outcome, desk = self.outcome, self._desk
        outcome.answered = len(desk.answered)
        outcome.prefills = len(desk.asked("/v1/prefills"))
        outcome.submissions = len(desk.asked("/v1/submissions"))
        outcome.checkpoints = len(self._ledger.seen)
        outcome.leaves = self._ledger.check_published()
        return outcome


def figures(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Several deployments' outcomes in one, as `bench/results/kills.json` holds it."""
    counted = [asdict(outcome) for outcome in outcomes]
    summed = {
        name: sum(one[name] for one in counted)
        for name, value in counted[0].items()
        if isinstance(value, int) and name != "seed"
    }
    listed = {
        name: _spread([second for one in counted for second in one[name]])
        for name, value in counted[0].items()
        if isinstance(value, list)
    }
    return {
        **summed,
        "deployments": len(outcomes),
        "seeds": [outcome.seed for outcome in outcomes],
        **listed,
        "restart_budget_seconds": RESTART_BUDGET_SECONDS,
    }


def _spread(seconds: Sequence[float]) -> dict[str, float]:
    ordered = sorted(seconds) or [0.0]
    return {
        "count": len(seconds),
        "median": round(median(ordered), 3),
        "p99": round(ordered[int(len(ordered) * 0.99)], 3),
        "most": round(ordered[-1], 3),
    }
