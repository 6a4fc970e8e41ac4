import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from gateway.domain.errors import Busy
from gateway.dossiers._telling.outbox import queue
from gateway.storage.database import Database
from gateway.storage.schema import bodies, dossier_steps, dossiers
from gateway.storage.url import DatabaseUrl
from mocks.portal.catalogue import Change

from .world import World, dossier, open_world, step

CODE = dossier().code


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = open_world(tmp_path)
    yield world
    world.close()


def syncs(world: World) -> list[dict[str, Any]]:
    """The bodies of `sync` leaves, oldest first."""
    rows = world.database.read(
        lambda c: (
            c.execute(select(bodies.c.body).where(bodies.c.kind == "sync").order_by(bodies.c.idx))
            .scalars()
            .all()
        )
    )
    return [orjson.loads(row) for row in rows]


def row_of(world: World, code: str = CODE) -> Any:
    return world.database.read(
        lambda c: c.execute(select(dossiers).where(dossiers.c.code == code)).one()
    )


async def test_portal_gets_dossier_then_progress(world: World) -> None:
    await world.register(dossier())
    await world.go_on(CODE, step(4), step(9, 2), step(10, 3))
    await world.settle()

    held = world.held[CODE]
    assert [row["TrangThai"] for row in held.progress] == ["4", "9", "10"]
    assert (held.state, held.said["TenTTHC"], held.said["LoaiDoiTuong"]) == (
        "10",
        "Đăng ký thường trú",
        "1",
    )
    assert held.said["DinhDanhCHS"] == [{"LoaiDinhDanh": "1", "SoDinhDanh": "003090000001"}]
    assert row_of(world).sync == "delivered"


async def test_delivered_content_is_erased_with_confirmation(world: World) -> None:
    await world.register(dossier())
    await world.go_on(CODE, step(4))
    await world.settle()

    steps = world.database.read(lambda c: c.execute(select(dossier_steps.c.sealed)).scalars().all())
    assert row_of(world).sealed is not None and steps == [None]

    await world.go_on(CODE, step(9, 2), step(10, 3))
    await world.settle()
    assert row_of(world).sealed is None


async def test_unaccepted_dossier_is_sent_again_when_accepted(world: World) -> None:
    await world.register(dossier(received=None))
    await world.settle()
    assert world.held[CODE].state == "1" and row_of(world).sealed is not None and syncs(world) == []

    await world.go_on(CODE, step(2, 2))
    await world.settle()

    assert world.held[CODE].state == "2" and world.held[CODE].updates == 1
    assert [body["st"] for body in syncs(world)] == [2]


async def test_log_records_delivery_and_ending(world: World) -> None:
    await world.register(dossier(1), dossier(2), dossier(3, received=None))
    await world.go_on(CODE, step(4), step(5, 2), step(4, 3), step(9, 4), step(10, 5))
    await world.go_on(dossier(2).code, step(7))
    await world.go_on(dossier(3).code, step(3))
    await world.settle()

    by_case: dict[str, list[int]] = {}
    for body in syncs(world):
        by_case.setdefault(body["case"], []).append(body["st"])
    assert sorted(by_case.values()) == [[2, 7], [2, 9, 10]]
    leaf = row_of(world).confirmed_leaf
    assert leaf is not None and row_of(world, dossier(3).code).confirmed_leaf is None


@pytest.mark.threat(38)
@pytest.mark.parametrize("code", ["0", "3", "-3"])
async def test_t38_lost_answer_leaves_one_dossier(tmp_path: Path, code: str) -> None:
    world = open_world(tmp_path, exists_code=code)
    world.faults.add(service="DongBoHoSoMC", lost_answer=True, calls=1)
    world.faults.add(service="CapNhatTienDoHoSoMC", lost_answer=True, calls=1)
    await world.register(dossier())
    await world.go_on(CODE, step(4), step(9, 2))
    await world.settle()
    world.close()

    held = world.held[CODE]
    assert len(world.held) == 1 and held.state == "9"
    assert [row["TrangThai"] for row in held.progress] == ["4", "9"]
    assert world.calls("TraCuuHoSo") == 1


@pytest.mark.parametrize("code", ["0", "3", "-3"])
async def test_dossier_known_to_portal_is_updated_once(tmp_path: Path, code: str) -> None:
    world = open_world(tmp_path, exists_code=code)
    await world.register(dossier())
    await world.settle()
    await world.database.write(  # as after a restore from before the delivery
        lambda c: c.execute(
            dossiers.update().values(
                portal_state=None,
                told_version=0,
                sync="queued",
                sealed=world.registry.seal.lock_dossier(dossier(), 1),
            )
        )
    )
    await world.settle()
    synced = row_of(world).sync
    world.close()

    assert (world.held[CODE].updates, world.held[CODE].state, synced) == (1, "2", "delivered")


async def test_expired_session_is_renewed_once(world: World) -> None:
    await world.register(dossier(1))
    await world.settle()
    world.clock.forward(hours=1)
    await world.register(dossier(2))
    await world.settle()

    assert set(world.held) == {CODE, dossier(2).code}
    assert world.calls("login") == 2


async def test_progress_is_sent_ordered_in_tens(world: World) -> None:
    await world.register(dossier())
    rows = [step(4, 1), *(step(4, 1 + n / 10, title=f"Bước {n}") for n in range(1, 25))]
    await world.go_on(CODE, *rows)
    await world.settle()

    sent = [one.rows for one in world.mock.state.journal if one.service == "CapNhatTienDoHoSoMC"]
    assert sent == [10, 10, 5]
    assert [row.get("ChucDanh") for row in world.held[CODE].progress] == [
        None,
        *(f"Bước {n}" for n in range(1, 25)),
    ]


LASTING: dict[str, tuple[dict[str, Any], str]] = {
    "a code that the portal's format does not have": (
        {"code": "H99.01-20261122-00001"},
        "portal_malformed:MaHoSo",
    ),
    "a dossier of another agency": (
        {"code": "H15.01-20261122-0000001"},
        "portal_not_allowed:MaHoSo",
    ),
    "a procedure that the portal does not have": ({"procedure": "9.999999"}, "unknown_procedure"),
}


@pytest.mark.parametrize(("changed", "reason"), LASTING.values(), ids=LASTING)
async def test_permanent_refusal_is_parked_and_delays_none(
    world: World, changed: dict[str, Any], reason: str
) -> None:
    bad = dossier(**changed)
    await world.register(bad, dossier(2))
    await world.settle()

    assert (row_of(world, bad.code).sync, row_of(world, bad.code).reason) == ("dead", reason)
    assert row_of(world, dossier(2).code).sync == "delivered"
    assert row_of(world, bad.code).sealed is not None


STUCK: dict[str, tuple[dict[str, Any], str]] = {
    "answers that are no JSON": ({"garbage": "html"}, "portal_unreadable"),
    "answers of another shape": ({"garbage": "json"}, "portal_unreadable"),
    "code 0 with a failing message": ({"failing_message": "Có lỗi xảy ra"}, "portal_refused"),
}


@pytest.mark.parametrize(("effect", "reason"), STUCK.values(), ids=STUCK)
async def test_always_failing_dossier_is_parked(
    world: World, effect: dict[str, Any], reason: str
) -> None:
    world.faults.add(service="DongBoHoSoMC", dossier=CODE, **effect)
    await world.register(*(dossier(n) for n in range(1, 40)))
    for number in range(1000, 1200):
        await world.sender.drain()
        world.clock.forward(seconds=30)
        if world.sender.next_at() is None:
            break
        await world.register(dossier(number))

    assert (row_of(world).sync, row_of(world).reason) == ("dead", reason)
    assert CODE not in world.held and len(world.held) >= 38


async def test_concurrent_senders_ask_portal_once(world: World) -> None:
    codes = [dossier(n) for n in range(1, 20)]
    await world.register(*codes)
    await asyncio.gather(world.sender.drain(), world.sender.drain())

    assert world.calls("DongBoHoSoMC") == len(world.held) == len(codes)


async def test_parked_dossier_is_sent_after_release(world: World) -> None:
    await world.register(dossier(procedure="9.999999"))
    await world.settle()
    assert row_of(world).sync == "dead"

    world.mock.state.catalogue.change(Change(code="9.999999"))
    await world.database.write(lambda c: queue(c, CODE, world.clock()))
    await world.settle()

    assert row_of(world).sync == "delivered" and CODE in world.held


async def test_repeated_dossier_is_sent_as_update(world: World) -> None:
    await world.register(dossier())
    await world.go_on(CODE, step(4), step(9, 2))
    await world.settle()
    await world.register(dossier(abstract="Có kết quả", attachments=()))
    await world.settle()

    held = world.held[CODE]
    assert (held.state, held.updates, held.said["TrichYeuHoSo"]) == ("9", 1, "Có kết quả")
    assert [file["IsDeleted"] for file in held.said["TaiLieuNop"]] == ["True"]
    assert [body["st"] for body in syncs(world)] == [2, 9]


@pytest.mark.threat(39)
async def test_t39_only_probes_reach_portal_in_outage(
    world: World,
) -> None:
    world.faults.add(status=503, seconds=86400.0)
    await world.register(*(dossier(n) for n in range(1, 301)))
    await world.settle(timedelta(hours=24))
    while_down = world.mock.state.journal.total
    await world.settle()

    needed = world.mock.state.journal.total - while_down
    assert while_down <= 1.1 * needed
    assert while_down <= 20 + 24 * 3600 / 240
    assert len(world.held) == 300
    assert set(_syncs_of(world)) == {"delivered"}


def _syncs_of(world: World) -> list[str]:
    return world.database.read(lambda c: list(c.execute(select(dossiers.c.sync)).scalars()))


async def test_retries_are_spread_and_paid_for(world: World) -> None:
    world.faults.add(service="DongBoHoSoMC", status=502, probability=0.3, seed=7)
    await world.register(*(dossier(n) for n in range(1, 201)))
    await world.settle()

    assert len(world.held) == 200
    assert set(_syncs_of(world)) == {"delivered"}


class Stubborn(Database):
    """A database that cannot be written for a while."""

    refusals = 0

    async def write(self, change: Any) -> Any:
        if self.refusals:
            self.refusals -= 1
            raise Busy("storage_busy", "locked")
        return await super().write(change)


async def test_locked_database_costs_only_one_turn(tmp_path: Path) -> None:
    world = open_world(tmp_path, database=Stubborn(DatabaseUrl.in_folder(tmp_path)))
    await world.register(dossier(1), dossier(2))
    world.database.refusals = 2  # type: ignore[attr-defined]  # it is a stubborn one
    await world.settle()
    synced = {row_of(world, dossier(n).code).sync for n in (1, 2)}
    world.close()

    assert synced == {"delivered"} and len(world.held) == 2
