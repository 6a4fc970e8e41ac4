"""What becomes true of a dossier after it was delivered is told by itself."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from gateway.dossiers._telling.following import Follower
from gateway.dossiers.dossier import Fee, Result, Supplement
from gateway.dossiers.index_766 import index_766
from gateway.retention.rotation import begin_next_log
from gateway.storage.schema import leaves_followed
from tests.clock import NOON

from .test_sending import row_of, syncs
from .world import TENANT, World, dossier, open_world, step

CODE = dossier().code
READ = {"q": [["population", "found", 1, 0]]}
SUBMITTED: dict[str, Any] = {"ch": "desk"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = open_world(tmp_path)
    yield world
    world.close()


def sent(world: World) -> int:
    return world.calls("DongBoHoSoMC")


async def test_flag_raised_after_delivery_is_sent(
    world: World,
) -> None:
    await world.register(dossier(), dossier(2))
    await world.settle()
    assert "DSKetNoiCSDL" not in world.held[CODE].said

    await world.happen(CODE, "prefill", **READ)
    await world.settle()

    held = world.held[CODE]
    assert held.said["DSKetNoiCSDL"] == [{"MaCSDL": "POP-DB"}] and held.said["KenhThucHien"] == "2"
    assert (held.updates, world.held[dossier(2).code].updates) == (1, 0)
    assert {mark.flag for mark in world.status(CODE).sent} == {"DSKetNoiCSDL", "KenhThucHien"}
    assert world.status(CODE).raised == ()


async def test_leaves_without_new_flags_are_not_sent(world: World) -> None:
    await world.register(dossier())
    await world.happen(CODE, "prefill", **READ)
    await world.settle()
    before = sent(world)
    await world.happen(CODE, "prefill", **READ)
    await world.happen(CODE, "prefill", q=[["records", "found", 1, 0]])
    await world.settle()

    assert sent(world) == before


async def test_leaf_during_delivery_is_sent_afterwards(
    world: World,
) -> None:
    await world.register(dossier())
    tell = world.portal.tell_dossier

    async def tell_slowly(row: Any, *, updating: bool) -> Any:
        if not updating:
            await world.happen(CODE, "prefill", **READ)
            await world.follower.follow()
        return await tell(row, updating=updating)

    object.__setattr__(world.sender, "_portal", _Slow(world.portal, tell_slowly))
    await world.settle()

    assert world.held[CODE].said["DSKetNoiCSDL"] == [{"MaCSDL": "POP-DB"}]


class _Slow:
    """The portal's client, with something in between."""

    def __init__(self, portal: Any, tell: Any) -> None:
        self._portal = portal
        self.tell_dossier = tell

    def __getattr__(self, name: str) -> Any:
        return getattr(self._portal, name)


async def test_position_in_log_survives_restart(world: World) -> None:
    await world.register(dossier())
    await world.settle()
    await world.happen(CODE, "prefill", **READ)
    world.follower = Follower(world.database, world.registry)  # as after a restart
    await world.settle()

    assert world.held[CODE].updates == 1
    kept = world.database.read(lambda c: c.execute(select(leaves_followed.c.leaf)).scalar_one())
    assert kept >= 1


async def test_result_with_progress_reaches_portal(
    world: World,
) -> None:
    await world.register(dossier())
    await world.settle()
    result = Result("R-1", "Kết quả", None, "KQ.G02.004222", "https://x.test/r")
    await world.go_on(CODE, step(4), step(9, 2), results=(result,))
    await world.settle()
    assert row_of(world).sealed is not None
    await world.go_on(CODE, step(10, 3))
    await world.settle()

    held = world.held[CODE]
    assert (held.state, held.updates, held.flags) == ("10", 1, [])
    assert held.said["DanhSachGiayToKetQua"] == [
        {
            "TenGiayTo": "Kết quả",
            "GiayToId": "R-1",
            "DuongDanTepTinKetQua": "https://x.test/r",
            "MaGiayToKetQua": "KQ.G02.004222",
        }
    ]
    assert held.said["ChuHoSo"] == "Bùi Thị Bí Mật"
    assert row_of(world).sealed is None
    assert [body["st"] for body in syncs(world)] == [2, 9, 10]


async def test_fees_payments_supplements_stay_when_omitted(
    world: World,
) -> None:
    asked = int(NOON.timestamp())
    await world.register(dossier(fees=(Fee("Lệ phí", 20000, "LP-1", "receipt", "ordinary"),)))
    more = Supplement("BS-1", "Cán bộ", "Bổ sung", asked, due_after=asked + 86400)
    await world.go_on(CODE, step(5), payment="province", supplements=(more,))
    await world.settle()
    await world.register(dossier(abstract="Nói lại"))
    await world.settle()

    said = world.held[CODE].said
    assert said["DuocThanhToanTrucTuyen"] == "2"
    assert said["DanhSachLePhi"] == [
        {
            "TenPhiLePhi": "Lệ phí",
            "MaPhiLePhi": "LP-1",
            "HinhThucThu": "1",
            "Gia": "20000",
            "LoaiPhiLePhi": "1",
        }
    ]
    (told,) = said["DanhSachHoSoBoSung"]
    assert told["HoSoBoSungId"] == "BS-1" and told["NgayHenTraMoi"] == "20261123120000"


async def test_repeated_row_and_result_are_skipped(world: World) -> None:
    await world.register(dossier())
    result = Result("R-1", "Kết quả", url="https://x.test/r")
    for _ in range(2):
        await world.go_on(CODE, step(4), step(9, 2), step(10, 3), results=(result,))
        await world.settle()

    assert world.held[CODE].updates == 0 and row_of(world).sync == "delivered"


async def test_next_log_does_not_rely_on_previous(world: World) -> None:
    await world.register(dossier())
    await world.settle()
    await world.happen(CODE, "prefill", **READ)
    await world.settle()
    before = row_of(world, CODE)
    assert before.told is not None and before.confirmed_leaf is not None
    assert world.database.read(lambda c: c.execute(select(leaves_followed)).first())

    log, following = "gateway.test/log/2026", "gateway.test/log/2027"
    private = Ed25519PrivateKey.from_private_bytes(bytes(32))
    await world.database.write(lambda c: begin_next_log(c, log, following, private, None))

    after = row_of(world, CODE)
    assert after.confirmed_leaf is None
    assert {leaf for _, _, leaf, _ in orjson.loads(after.told)["marks"]} == {-1}
    assert world.database.read(lambda c: c.execute(select(leaves_followed)).first()) is None
    await world.go_on(CODE, step(4))
    await world.settle()
    assert world.held[CODE].state == "4"


async def test_flags_of_closed_log_stay_counted(world: World) -> None:
    await world.procedures.refresh(("1.004222",))
    await world.happen(CODE, "prefill", vb="vneid", **READ)
    await world.register(dossier())
    await world.settle()
    november = date(2026, 11, 1), date(2026, 11, 30)

    def counted() -> dict[str, Any]:
        definition = world.portal.protocol.index_766
        return world.database.read(
            lambda c: index_766(c, definition, TENANT, november, {}, "POP-DB")
        )

    before = counted()
    private = Ed25519PrivateKey.generate()
    await world.database.write(lambda c: begin_next_log(c, "log/2026", "log/2027", private, None))
    after = counted()
    result = (Result("R-1", "Kết quả", url="https://x.test/r"),)
    await world.go_on(CODE, step(4), step(9, 2), results=result)
    await world.settle()

    assert before == after and before["indicators"]["4.5b"]["numerator"] == 1
    held = world.held[CODE]
    assert held.updates == 1 and held.said["DSKetNoiCSDL"] == [{"MaCSDL": "POP-DB"}]
    assert held.said["TaiKhoanDuocXacThucVoiVNeID"] == "1"
    assert counted()["indicators"]["4.5b"]["numerator"] == 1
    assert {mark.leaf for mark in world.status(CODE).sent} == {-1}
    assert syncs(world)[-1]["fl"] == []
