"""A registry, a sender and the portal's mock in one process, under a clock that only tests move."""

import asyncio
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Connection

from gateway.domain.identifiers import TenantId
from gateway.dossiers._portal.client import Portal
from gateway.dossiers._portal.procedures import Procedures
from gateway.dossiers._portal.protocol import read_protocol
from gateway.dossiers._telling.following import Follower
from gateway.dossiers._telling.outbox import Seal
from gateway.dossiers._telling.sending import Sender
from gateway.dossiers.dossier import Added, Attachment, Dossier, File, Owner, Step
from gateway.dossiers.registry import Registry
from gateway.receipts.cases import register_dossier
from gateway.records.kinds import read_kinds
from gateway.records.store import RecordStore
from gateway.storage.database import Database
from gateway.upstream.adapter import Adapter, AdapterAccount
from gateway.upstream.breaker import Breaker, RetryBudget
from gateway.upstream.exchange import Exchange, Timeouts
from gateway.upstream.transport import Transport
from mocks.adapter import DSTCODE, FORWARD
from mocks.people import Population
from mocks.portal import PortalMock, PortalMockSettings, create_portal_mock
from tests.clock import NOON, Clock
from tests.databases import open_database, open_vault
from tests.log.writing import append_body, prefill_body

SCHEMAS = Path(__file__).parents[2] / "schemas"
URL = f"http://portal.test{FORWARD}"
TENANT = TenantId("h99")
PEOPLE = Population()
KEY = bytes(range(32))

_USUAL: dict[str, dict[str, Any]] = {
    "prefill": prefill_body(),
    "submission": {
        **dict.fromkeys(("pf", "fv", "h", "sec"), 0),
        **dict.fromkeys(("cc", "vd", "cl", "so"), ""),
        "chain": "c",
        "proc": None,
        "ch": "online",
        "att": {},
        "n": {},
    },
}


class Straight(httpx.AsyncBaseTransport):
    """Hands requests to an application in this process; httpx's own costs a millisecond a call."""

    def __init__(self, there: Any) -> None:
        self._there = there

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        scope = {
            "type": "http",
            "method": request.method,
            "path": request.url.path,
            "query_string": request.url.query,
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
        }
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await self._there(scope, receive, send)
        content = b"".join(message.get("body", b"") for message in sent[1:])
        return httpx.Response(sent[0]["status"], headers=sent[0]["headers"], content=content)


@dataclass
class World:
    """Everything between a province's call and the portal."""

    clock: Clock
    database: Database
    registry: Registry
    mock: PortalMock
    portal: Portal
    procedures: Procedures
    sender: Sender
    follower: Follower
    breaker: Breaker
    taken: list[str] = field(default_factory=list)

    @property
    def faults(self) -> Any:
        return self.mock.state.faults

    @property
    def held(self) -> dict[str, Any]:
        held: dict[str, Any] = self.mock.state.dossiers.held
        return held

    def calls(self, service: str | None = None) -> int:
        return sum(service in (None, one.service) for one in self.mock.state.journal)

    async def register(self, *dossiers: Dossier) -> None:
        """Register dossiers as a province would, many at a time."""
        registry = self.registry
        await asyncio.gather(
            *(
                self.database.write(lambda c, one=one: registry.register(c, TENANT, one))
                for one in dossiers
            )
        )

    async def go_on(self, code: str, *steps: Step, **added: Any) -> int:
        came = Added(**added)
        return await self.database.write(
            lambda c: self.registry.go_on(c, TENANT, code, steps, came)
        )

    async def happen(self, code: str, kind: str, **members: Any) -> None:
        """A leaf of the dossier's case."""

        def change(connection: Connection) -> None:
            case = register_dossier(connection, TENANT, code, self.clock(), KEY)
            usual = {**_USUAL[kind], "k": kind, "case": case, "ten": TENANT}
            append_body(connection, usual | members, self.clock())

        await self.database.write(change)

    def status(self, code: str) -> Any:
        return self.database.read(lambda c: self.registry.status(c, TENANT, code))

    async def settle(self, within: timedelta = timedelta(days=3)) -> None:
        """Let the sender work and time pass until nothing waits, or until so much time is over."""
        end = self.clock.now + within
        while self.clock.now < end:
            await self.follower.follow()
            await self.sender.drain()
            due = self.sender.next_at()
            if due is None:
                return
            wake = max(due, self.breaker.opens_at or 0.0, self.clock.seconds() + 1)
            self.clock.now = min(datetime.fromtimestamp(wake, UTC), end)

    def close(self) -> None:
        """Close database and vault."""
        self.database.close()
        self.registry.records.vault.database.close()


def open_world(
    folder: Path, seed: int = 1, *, database: Database | None = None, **mock: Any
) -> World:
    """A world of its own; close its database when done."""
    clock = Clock()
    told = PortalMockSettings(password="một mật khẩu", clock=clock.seconds, **mock)
    portal_mock = create_portal_mock(told, PEOPLE)
    database = database or open_database(folder)
    protocol = read_protocol(SCHEMAS / "portal-protocol.json")
    seal = Seal(KEY)
    kinds = read_kinds(SCHEMAS / "record-kinds.json")
    records = RecordStore(database, open_vault(folder, clock, KEY), kinds, KEY, clock)
    registry = Registry(protocol, seal, records, KEY, clock)
    account = AdapterAccount(
        URL, "H99", told.unit, told.password, protocol.login_path, DSTCODE, "header"
    )
    transport = Transport([URL], Straight(portal_mock))
    exchange = Exchange(transport, Timeouts(5.0, 5.0, attempts=1))
    portal = Portal(Adapter(account, exchange), protocol)
    procedures = Procedures(database, portal, clock)
    chance = random.Random(seed)
    breaker = Breaker(clock.seconds, chance.uniform)
    budget = RetryBudget(clock.seconds)
    sender = Sender(database, portal, procedures, registry, breaker, budget, chance.uniform)
    follower = Follower(database, registry)
    return World(
        clock, database, registry, portal_mock, portal, procedures, sender, follower, breaker
    )


def dossier(number: int = 1, **changed: Any) -> Dossier:
    """A dossier of an invented person."""
    submitted = int(NOON.timestamp()) - 7200
    usual: dict[str, Any] = {
        "code": f"H99.01-20261122-{number:07d}",
        "procedure": "1.004222",
        "form": "ct01-permanent-residence",
        "channel": "online",
        "owner": Owner("citizen", "Bùi Thị Bí Mật", f"0030900{number:05d}", None, None, "a@b.test"),
        "abstract": "Đăng ký thường trú",
        "submitted": submitted,
        "received": submitted + 3600,
        "due": submitted + 7 * 86400,
        "unit": "Công an xã Mẫu",
        "return_by_post": False,
        "attachments": (
            Attachment(
                "000.00.00.G01-TP0001",
                "Giấy tờ",
                File(f"f-{number}", "a.pdf", "a" * 64, "https://x.test/1"),
            ),
        ),
        "results": (),
    }
    return Dossier(**{**usual, **changed})


def step(state: int, hours: float = 1.0, **more: Any) -> Step:
    """A row of progress so many hours after the beginning."""
    at = int((NOON + timedelta(hours=hours)).timestamp())
    return Step(state, "Cán bộ Một Cửa", f"Chuyển sang {state}", at, **more)
