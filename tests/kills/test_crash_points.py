"""A fall at every step from a leaf to its published checkpoint, and at every statement of a change."""

import asyncio
import random
import signal
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from gateway_verify.evidence import open_checkpoint
from gateway_verify.locations import Folder
from gateway_verify.text.policy import read_policy
from mocks.igate import IGate
from mocks.people import Population
from mocks.witness import WitnessMock
from tests.kills.clerks import PREFILL, SUBMISSION, Call, Desk
from tests.kills.conftest import FORMS
from tests.kills.gateways import Gateway, client
from tests.kills.ledger import Ledger

TIMEOUT_SECONDS = 60


class ClosingContext:
    """A gateway with one desk that works step by step, and the ledger that watches."""

    def __init__(self, gateway: Gateway, http: httpx.AsyncClient, token: str) -> None:
        self.gateway = gateway
        self.http = http
        self.token = token
        self.desk = Desk(Population(), FORMS, random.Random(7))
        self.ledger = Ledger(gateway.data, self.desk, random.Random(7))

    async def ask(self, path: str) -> bool:
        """Ask the next thing of this kind; False when the gateway fell over it."""
        call = self.desk.fresh(path)
        self.desk.unanswered.append(call)
        return await self.desk.ask(self.http, self.token, call)

    def want_checkpoint(self) -> None:
        (self.gateway.data / "log" / "publish").touch()

    async def published(self, size: int) -> None:
        """Until a checkpoint of more than `size` leaves stands there."""
        async with asyncio.timeout(TIMEOUT_SECONDS):
            while not self.ledger.seen or self.ledger.seen[-1].size <= size:
                self.want_checkpoint()
                await self.ledger.look_at_checkpoint(self.http)
                await asyncio.sleep(0.05)

    async def redeemed(self, call: Call) -> None:
        """Until the leaf of a call is proved under a checkpoint."""
        async with asyncio.timeout(TIMEOUT_SECONDS):
            while not await self.ledger.redeem(self.http, [call]):
                self.want_checkpoint()
                await asyncio.sleep(0.05)
        await self.ledger.look_at_checkpoint(self.http)

    async def fell(self) -> None:
        assert await asyncio.wait_for(self.gateway.gone(), TIMEOUT_SECONDS) == -signal.SIGKILL

    async def come_back(self) -> None:
        """Start again; everything holds, and what nobody answered is answered now."""
        await self.gateway.start()
        self.ledger.check_database()
        await self.desk.ask_again(self.http, self.token)
        assert self.desk.strange == []
        self.ledger.check_database()
        self.ledger.check_once_each()


@asynccontextmanager
async def office(gateway: Gateway) -> AsyncIterator[ClosingContext]:
    await gateway.start()
    try:
        admitted = await gateway.admit()
        async with client(gateway.address) as http:
            igate = IGate(http)
            await igate.sign_in(admitted.client_id, admitted.secret)
            assert igate.token is not None
            yield ClosingContext(gateway, http, igate.token)
    finally:
        await gateway.kill()


STEPS = {
    "between integrating and the first tile": "before */tile/entries/*",
    "between the entries and the tile of their hashes": "before */tile/0/*",
    "between integrating and about to sign": "before */signer/last",
    "between about to sign and the signature": "after */signer/last",
    "between the signature and the checkpoint": "before */public/checkpoint",
    "when the checkpoint has just appeared": "after */public/checkpoint",
}


@pytest.mark.threat(22)
async def test_crash_in_publishing_leaves_usable_log(
    tmp_path: Path, source: Mapping[str, str], schemas: Path
) -> None:
    async with office(Gateway(tmp_path, source, schemas)) as at_work:
        assert await at_work.ask(PREFILL)
        await at_work.published(0)
        for point in STEPS.values():
            await at_work.gateway.kill()
            await at_work.gateway.start(crash_at=[point])
            at_work.gateway.armed.touch()
            await at_work.ask(PREFILL)
            at_work.want_checkpoint()
            await at_work.fell()
            at_work.gateway.armed.unlink()

            await at_work.come_back()
            await at_work.redeemed(at_work.desk.asked(PREFILL)[-1])
        await at_work.gateway.stop()
        assert at_work.ledger.check_published() > 0


@pytest.mark.threat(24)
async def test_crash_leaves_change_and_leaf_together(
    tmp_path: Path, source: Mapping[str, str], schemas: Path
) -> None:
    """Prefill and submission with their tickets, cut off at the first statement, the second, …"""
    async with office(Gateway(tmp_path, source, schemas)) as at_work:
        for path in (PREFILL, SUBMISSION):
            for statement in range(1, 60):
                assert path == PREFILL or await at_work.ask(PREFILL)
                await at_work.gateway.kill()
                await at_work.gateway.start(crash_at=[f"statement {statement}"])
                at_work.gateway.armed.touch()
                answered = await at_work.ask(path)
                at_work.gateway.armed.unlink()
                if answered:
                    break
                await at_work.fell()
                await at_work.come_back()
            assert answered, "there is no end of statements"
            assert statement > 8
        at_work.ledger.check_once_each()


class HoldingWitness:
    """A witness that lets somebody wait: before it has signed, or before it says so."""

    def __init__(self) -> None:
        self.mock = WitnessMock()
        self.holds: str | None = None
        self.holding = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan" or self.holds is None:
            await self.mock(scope, receive, send)
        elif self.holds == "before":
            await self._hold()
        else:
            await self.mock(scope, receive, self._hold)

    async def _hold(self, _: Any = None) -> None:
        self.holding.set()
        await asyncio.Event().wait()


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(
            app, log_level="critical", access_log=False, timeout_graceful_shutdown=0
        )
        server = _Server(config)
        task = asyncio.create_task(server.serve(sockets=[listening]))
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        await task


@pytest.mark.threat(22, 23)
async def test_crash_near_witness_leaves_one_history(
    tmp_path: Path, source: Mapping[str, str], schemas: Path
) -> None:
    witness = HoldingWitness()
    async with served(witness) as address:
        policy = tmp_path / "policy"
        policy.write_text(f"witness w {witness.mock.vkey} {address}\nquorum w\n")
        gateway = Gateway(tmp_path, source, schemas, GATEWAY_LOG_POLICY=str(policy))
        async with office(gateway) as at_work:
            await at_work.published(0)  # the witness has not been told of the log: unwitnessed
            witness.mock.trust((gateway.data / "log/public/key").read_text().strip())
            for holds in ("before", "behind"):
                assert await at_work.ask(PREFILL)
                witness.holds = holds
                witness.holding.clear()
                at_work.want_checkpoint()
                await asyncio.wait_for(witness.holding.wait(), TIMEOUT_SECONDS)
                await gateway.kill()
                witness.holds = None

                before = at_work.ledger.seen[-1].size
                await at_work.come_back()
                await at_work.published(before)
            await gateway.stop()
            assert at_work.ledger.check_published() > 0
        seen, root = witness.mock.seen[at_work.ledger.seen[-1].origin]
        signed = open_checkpoint(
            Folder(gateway.data / "log/public"), read_policy(policy.read_bytes())
        )
        assert (signed.checkpoint.size, signed.checkpoint.root) == (seen, root)
        assert signed.witnesses == ("w",)
