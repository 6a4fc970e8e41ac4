"""Dossiers of a ministry's procedures go to its adapter, and hold up nothing that goes to the portal."""

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from gateway.app import create_app
from gateway.dossiers._ministry.client import MinistryAccount, MinistryAdapter, read_paths
from gateway.dossiers._ministry.sending import MinistryDesk, of_procedures
from gateway.dossiers._telling.sending import Sender
from gateway.dossiers.dossier import Dossier, Fee, Owner, Result
from gateway.settings import MinistryAccess, PortalAccess, Settings
from gateway.upstream.breaker import Breaker
from gateway.upstream.transport import Transport
from mocks.adapter import FORWARD
from mocks.ministry import MinistryMock, MinistryMockSettings, create_ministry_mock
from mocks.portal import PortalMockSettings, create_portal_mock
from tests.clock import Clock

from . import conftest
from .conftest import client_of, said
from .test_connected import until_told
from .test_sending import row_of, syncs
from .world import PEOPLE, SCHEMAS, Straight, World, dossier, open_world, step

ADDRESS = "http://bo.test"
THEIRS = "1.001193"
RESULT = Result("R-1", "Giấy phép", None, "KQ.G09.000001", "https://x.test/r")


@dataclass
class Beside:
    """The world, and a ministry beside its portal."""

    world: World
    mock: MinistryMock
    desk: MinistryDesk
    adapter: MinistryAdapter

    async def dossier(self, **changed: Any) -> Dossier:
        """A dossier of the ministry's procedure under a code that it issued."""
        code = await self.adapter.next_code("G09.20")
        return dossier(**{"code": code, "procedure": THEIRS, **changed})

    async def settle(self) -> None:
        for _ in range(200):
            await self.world.sender.drain()
            await self.desk.drain()
            if self.world.sender.next_at() is None:
                return
            self.world.clock.forward(seconds=30)


@pytest.fixture
async def beside(tmp_path: Path) -> AsyncIterator[Beside]:
    world = open_world(tmp_path)
    mock = create_ministry_mock(MinistryMockSettings(clock=world.clock.seconds))
    told = mock.state.settings
    paths = read_paths(SCHEMAS / "portal-protocol.json")
    account = MinistryAccount(ADDRESS, told.client_id, told.client_secret, paths, 5.0)
    transport = Transport([ADDRESS], Straight(mock))
    adapter = MinistryAdapter(account, transport, world.clock.seconds)
    chance = random.Random(4)
    breaker = Breaker(world.clock.seconds, chance.uniform)
    desk = MinistryDesk(
        world.database, adapter, world.registry, frozenset({THEIRS}), breaker, chance.uniform
    )
    world.sender = Sender(
        world.database,
        world.portal,
        world.procedures,
        world.registry,
        world.breaker,
        world.sender._budget,
        chance.uniform,
        elsewhere=of_procedures({THEIRS}),
    )
    yield Beside(world, mock, desk, adapter)
    world.close()


async def test_dossier_reaches_ministry_and_not_portal(
    beside: Beside,
) -> None:
    world, one = beside.world, await beside.dossier(fees=(Fee("Lệ phí", 20000),))
    await world.register(one, dossier(2))
    await beside.settle()
    await world.go_on(one.code, step(4), step(9, 2), results=(RESULT,))
    await beside.settle()
    await world.go_on(one.code, step(10, 3))
    await beside.settle()

    kept = beside.mock.desk.kept[one.code]
    assert (kept.state, kept.said["LoaiDoiTuong"], kept.said["NgayNop"]) == (
        "10",
        "0",
        "2026-11-22 10:00:00",
    )
    assert [row["TrangThai"] for row in kept.progress] == ["4", "9", "10"]
    (done,) = [row for row in kept.states if row["TrangThai"] == "9"]
    assert done["DanhSachGiayToKetQua"][0]["MaGiayToKetQua"] == "KQ.G09.000001"
    assert done["DanhSachLePhi"][0]["Gia"] == "20000"
    assert set(world.held) == {dossier(2).code}
    row = row_of(world, one.code)
    assert (row.sync, row.portal_state, row.sealed, row.told) == ("delivered", None, None, None)
    assert [body["proc"] for body in syncs(world)] == [dossier(2).procedure]


async def test_lost_answer_duplicates_neither_dossier_nor_row(beside: Beside) -> None:
    for call in ("create", "progress", "state"):
        beside.mock.state.faults.add(call=call, lost_answer=True, calls=1)
    one = await beside.dossier()
    await beside.world.register(one)
    await beside.world.go_on(one.code, step(4))
    await beside.settle()

    kept = beside.mock.desk.kept[one.code]
    assert len(beside.mock.desk.kept) == 1 and kept.state == "4"
    assert [len(kept.progress), len(kept.states)] == [1, 2]


async def test_ministry_outage_does_not_delay_portal(
    beside: Beside,
) -> None:
    one = await beside.dossier()
    beside.mock.state.faults.add(status=503)
    await beside.world.register(one, dossier(2))
    for _ in range(40):
        await beside.desk.drain()
        await beside.world.sender.drain()
        beside.world.clock.forward(seconds=30)

    waits = row_of(beside.world, one.code)
    assert (waits.sync, waits.reason) == ("queued", "status_503")
    assert dossier(2).code in beside.world.held and beside.world.breaker.closed

    beside.mock.state.faults.clear()
    beside.world.clock.forward(hours=1)
    await beside.settle()
    assert beside.mock.desk.kept[one.code].state == "2"


PARKED: dict[str, tuple[dict[str, Any], str]] = {
    "an owner whom it has no number for": (
        {"owner": Owner("state_body", "Sở Mẫu", number="H99")},
        "ministry_malformed:LoaiDoiTuong",
    ),
    "an owner without a number": (
        {"owner": Owner("enterprise", "Công ty Mẫu")},
        "ministry_missing:SoDinhDanh",
    ),
    "a code that it never issued": ({"code": "G09.20-20261122-0009999"}, "ministry_refused"),
    "a unit that is not the client's": (
        {"code": "H15.01-20261122-0000001"},
        "ministry_not_permitted",
    ),
}


@pytest.mark.parametrize(("changed", "reason"), PARKED.values(), ids=PARKED)
async def test_refused_by_ministry_is_parked(
    beside: Beside, changed: dict[str, Any], reason: str
) -> None:
    bad, good = await beside.dossier(**changed), await beside.dossier()
    await beside.world.register(bad, good)
    await beside.settle()

    row = row_of(beside.world, bad.code)
    assert (row.sync, row.reason) == ("dead", reason) and row.sealed is not None
    assert good.code in beside.mock.desk.kept


class ByHost(httpx.AsyncBaseTransport):
    """Each address to the application behind it."""

    def __init__(self, **applications: Any) -> None:
        self._behind = {f"{name}.test": Straight(app) for name, app in applications.items()}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._behind[request.url.host].handle_async_request(request)


async def test_deployment_with_ministry_sends_to_it(
    tmp_path: Path, schemas: Path, clock: Clock
) -> None:
    portal = create_portal_mock(PortalMockSettings(), PEOPLE)
    ministry = create_ministry_mock()
    access = PortalAccess(
        url=f"http://portal.test{FORWARD}",
        unit="H99",
        username="H99",
        password=SecretStr(portal.state.settings.password),
    )
    other = MinistryAccess(
        url=ADDRESS,
        client_id=ministry.state.settings.client_id,
        client_secret=SecretStr(ministry.state.settings.client_secret),
        procedures="1.001193,1.000656",
    )
    settings = Settings(data=tmp_path, schemas=schemas, mock=True, portal=access, ministry=other)
    app = create_app(settings, clock, ByHost(portal=portal, bo=ministry))
    code = ministry.desk.next_code("G09.20")
    async with (
        app.router.lifespan_context(app),
        await client_of(app, "h99", agencies=frozenset({"G09.20"})) as client,
    ):
        told = conftest.dossier(code=code, procedure=THEIRS, form=None)
        await said(await client.post("/v1/dossiers", json=told), 201)
        shown = await until_told(client, code)

    assert code in ministry.desk.kept and shown["portal_state"] is None
    assert portal.state.dossiers.held == {}


def test_ministry_needs_portal_settings() -> None:
    other = {"url": ADDRESS, "client_id": "a", "client_secret": "b", "procedures": THEIRS}
    with pytest.raises(ValidationError, match="portal.s settings beside it"):
        Settings.model_validate({"ministry": other})
    with pytest.raises(ValidationError, match="procedures"):
        MinistryAccess.model_validate(other | {"procedures": "1.001193, 1.000656"})
