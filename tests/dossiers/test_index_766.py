"""The gateway's indicators are those of the portal, to the last digit."""

import random
import tracemalloc
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select

from gateway.domain.identifiers import TenantId
from gateway.dossiers.dossier import Attachment, Dossier, Fee, File, Result
from gateway.dossiers.index_766 import index_766
from gateway.receipts.cases import register_dossier
from gateway.storage.schema import dossier_steps, dossiers
from mocks.portal.app import Report
from tests.log.writing import append_body, prefill_body

from .world import KEY, TENANT, World, dossier, open_world, step

NOVEMBER = ("2026-11-01", "2026-11-30")
PROCEDURES = ("1.004222", "1.001193", "1.000894", "1.013225", "9.000104")
PROGRESS: list[list[tuple[int, float]]] = [
    [],
    [(4, 1)],
    [(4, 1), (9, 24 * 3), (10, 24 * 9)],
    [(4, 1), (9, 24 * 12)],
    [(4, 1), (5, 2), (4, 24 * 6), (9, 24 * 11)],
    [(5, 2), (4, 3), (5, 4), (4, 5), (9, 6)],
    [(7, 3)],
    [(4, 1), (8, 24 * 8)],
    [(9, 24 * 2), (10, 24 * 20)],
]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = open_world(tmp_path)
    yield world
    world.close()


async def prefilled(world: World, code: str, **members: Any) -> None:
    """A prefill in the log, as the figures need it."""

    def change(connection: Any) -> None:
        case = register_dossier(connection, TENANT, code, world.clock(), KEY)
        body = prefill_body(ten=TENANT, case=case, **members)
        append_body(connection, body, world.clock())

    await world.database.write(change)


def figures(world: World, reported: Any, first: str, last: str) -> dict[str, Any]:
    period = date.fromisoformat(first), date.fromisoformat(last)
    definition = world.portal.protocol.index_766
    return world.database.read(
        lambda c: index_766(c, definition, TENANT, period, reported, "POP-DB")
    )


def drawn(number: int, chance: random.Random) -> Dossier:
    """A dossier with or without files, links and results, received some days before or after."""
    days = chance.randrange(-40, 3)
    told = dossier(number)
    files = tuple(
        Attachment(
            f"TP-{n}",
            "Giấy tờ",
            File(f"f-{number}-{n}", "a.pdf", "a" * 64, chance.choice([None, "https://x.test/1"])),
            from_store=chance.random() < 0.3,
        )
        for n in range(chance.randrange(3))
    )
    results = (
        (Result("r-1", "Kết quả", url=chance.choice([None, "https://x.test/r"])),)
        if chance.random() < 0.5
        else ()
    )
    return dossier(
        number,
        procedure=chance.choice(PROCEDURES),
        submitted=told.submitted + days * 86400,
        received=(told.received or 0) + days * 86400,
        due=told.due + days * 86400,
        attachments=files,
        results=results,
        fees=chance.choice([(), (Fee("Lệ phí", 0),), (Fee("Lệ phí", 0), Fee("Phí", 5000))]),
        payment=chance.choice([None, "none", "portal", "province", "unpaid"]),
    )


async def test_both_sides_count_alike_exactly(world: World) -> None:
    chance = random.Random(766)
    await world.procedures.refresh(PROCEDURES)
    for number in range(1, 121):
        one = drawn(number, chance)
        if chance.random() < 0.5:
            reads = [
                [source, chance.choice(["found", "no_record", "unavailable"]), 1, 0]
                for source in ("population", "personal_papers")
            ]
            vouched = chance.choice(["vneid", "not stated"])
            await prefilled(world, one.code, q=reads, vb=vouched)
        await world.register(one)
        rows = chance.choice(PROGRESS)
        if rows:
            await world.go_on(one.code, *(step(state, hours) for state, hours in rows))
    await world.settle()
    for number, count in (("1.004222", 60), ("1.000894", 3), ("1.001776", 5)):
        said = Report(procedure=number, month="202611", count=count)
        world.mock.state.reported[said.procedure, said.month] = said.count

    reported = await world.portal.reported("202611", "202611")
    ours = figures(world, reported, *NOVEMBER)

    assert ours == world.mock.index_766(*NOVEMBER)
    assert 0 < ours["dossiers"] < 120
    shares = {name: one["numerator"] for name, one in ours["indicators"].items()}
    assert all(
        shares[name] > 0
        for name in ("1.4", "2.1", "3.3", "3.6", "4.1", "4.2", "4.4", "4.5a", "4.5b")
    )


MONTHS = {
    "202610": ("2026-10-01", "2026-10-31"),
    "202611": NOVEMBER,
    "202612": ("2026-12-01", "2026-12-31"),
}


async def test_three_months_sum_exactly_on_both_sides(
    world: World,
) -> None:
    await world.procedures.refresh(PROCEDURES)
    for number in range(1, 31):
        told, days = dossier(number), (number % 3 - 1) * 30
        moved = {
            name: getattr(told, name) + days * 86400 for name in ("submitted", "received", "due")
        }
        await world.register(dossier(number, procedure=PROCEDURES[number % 2], **moved))
    await world.settle()
    # more than were sent in one month, fewer in another, and a procedure of which none was sent
    for procedure, month, count in (
        (PROCEDURES[0], "202610", 40),
        (PROCEDURES[0], "202611", 1),
        (PROCEDURES[1], "202612", 9),
        ("1.000894", "202611", 3),
    ):
        world.mock.state.reported[procedure, month] = count

    async def both(first: str, last: str, days: tuple[str, str]) -> dict[str, Any]:
        ours = figures(world, await world.portal.reported(first, last), *days)
        assert ours == world.mock.index_766(*days)
        return ours

    whole = await both("202610", "202612", ("2026-10-01", "2026-12-31"))
    single = [await both(month, month, days) for month, days in MONTHS.items()]

    assert [one["dossiers"] for one in single] == [10, 10, 10]
    for id_ in ("1.4", "2.1", "4.1", "4.2", "4.3", "4.4", "4.5b"):
        for part in ("numerator", "denominator"):
            parts = [one["indicators"][id_][part] for one in single]
            assert whole["indicators"][id_][part] == sum(parts), id_
    assert whole["indicators"]["1.4"] == {
        "numerator": 30,
        "denominator": 45 + 13 + 14,
    }


async def test_without_reuse_its_indicators_are_zero(world: World) -> None:
    await world.procedures.refresh(PROCEDURES)
    await world.register(*(dossier(n) for n in range(1, 21)))
    for number in range(1, 21):
        await prefilled(world, dossier(number).code, q=[["population", "unavailable", 2, 0]])
    await world.settle()

    ours = figures(world, {}, *NOVEMBER)["indicators"]
    theirs = world.mock.index_766(*NOVEMBER)["indicators"]
    for counted in (ours, theirs):
        assert [counted[i]["numerator"] for i in ("4.3", "4.4", "4.5a", "4.5b")] == [0, 0, 0, 0]


async def test_undelivered_dossiers_count_in_no_indicator(world: World) -> None:
    world.faults.add(status=503)
    await world.register(dossier())
    await world.sender.drain()

    assert figures(world, {}, *NOVEMBER)["dossiers"] == 0


async def test_paid_online_dossier_counts_with_result(
    world: World,
) -> None:
    await world.procedures.refresh(PROCEDURES)
    priced = (Fee("Lệ phí", 20000),)
    await world.register(dossier(1, fees=priced), dossier(2, fees=priced, payment="unpaid"))
    for number in (1, 2):
        await world.happen(dossier(number).code, "submission", ch="online")
    await world.settle()
    before = figures(world, {}, *NOVEMBER)
    result = (Result("R-1", "Kết quả", url="https://x.test/r"),)
    await world.go_on(dossier().code, step(9), results=result, payment="province")
    await world.settle()
    after = figures(world, {}, *NOVEMBER)

    shares = [
        [one["indicators"][i]["numerator"] for i in ("3.3", "3.6")] for one in (before, after)
    ]
    assert shares == [[0, 0], [1, 1]]
    assert after["indicators"]["3.6"]["denominator"] == 2
    assert after == world.mock.index_766(*NOVEMBER)


def peak_of(world: World) -> tuple[int, int]:
    """Dossiers counted, and the most memory that counting them took."""
    tracemalloc.start()
    counted = figures(world, {}, *NOVEMBER)["dossiers"]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return counted, peak


async def test_memory_does_not_grow_with_dossiers(world: World) -> None:
    await world.register(dossier())
    await world.go_on(dossier().code, step(4), step(9, 2))
    await world.settle()
    peaks = []
    for many in (600, 4000):
        await world.database.write(lambda c, many=many: multiply(c, many))
        counted, peak = peak_of(world)
        assert counted == many
        peaks.append(peak)

    assert peaks[1] < peaks[0] * 1.2


def multiply(connection: Connection, many: int) -> None:
    """So many dossiers, all told as the first one was."""
    for table in (dossiers, dossier_steps):
        rows = connection.execute(select(table).where(table.c.code == dossier().code)).all()
        connection.execute(delete(table).where(table.c.code != dossier().code))
        for row in rows:
            copies = [{**row._mapping, "code": f"{row.code}{n}"} for n in range(1, many)]
            connection.execute(insert(table), copies)


async def test_another_tenants_dossiers_are_not_counted(world: World) -> None:
    await world.register(dossier())
    await world.settle()
    period = date(2026, 11, 1), date(2026, 11, 30)
    other = world.database.read(
        lambda c: index_766(
            c, world.portal.protocol.index_766, TenantId("h98"), period, {}, "POP-DB"
        )
    )

    assert other["dossiers"] == 0
