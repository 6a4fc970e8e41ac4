"""Does a correction ticket keep what the citizen says, and nothing of it once it has ended?"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from gateway.domain.errors import Conflict, NotFound
from gateway.receipts.tickets import LIFE, Disputed, Ticket, Tickets, Whose
from gateway.retention.sweep import sweep
from gateway.storage.database import Database
from gateway.storage.schema import bodies, correction_tickets

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
VALUE = "Thôn Không Ai Biết"
SAID = Disputed(
    "noiThuongTru", "applicant", "person.permanent_address.detail", "population", "contested", VALUE
)


@pytest.fixture
def tickets() -> Tickets:
    return Tickets(bytes(range(32)), {"population": "p", "records": "r"})


async def opened(database: Database, tickets: Tickets, tenant: str = "h99") -> Ticket:
    whose = Whose(tenant, "case", "chain", {"h99": 7, "h11": 8}[tenant])
    (ticket,) = await database.write(lambda c: tickets.open_in(c, whose, [SAID], NOW))
    return ticket


def states(database: Database) -> list[str]:
    rows = database.read(lambda c: c.execute(select(bodies.c.body).order_by(bodies.c.idx)).all())
    return [orjson.loads(row.body)["st"] for row in rows]


def everything(database: Database, folder: Path) -> bytes:
    database.read(lambda c: c.exec_driver_sql("SELECT 1").one())
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file())


async def test_ticket_changes_each_have_a_leaf(database: Database, tickets: Tickets) -> None:
    ticket = await opened(database, tickets)
    assert (ticket.state, ticket.value) == ("open", VALUE)
    for state, value in (("sent", VALUE), ("resolved", None)):
        moved = await database.write(lambda c, s=state: tickets.go_on(c, "h99", ticket.id, s, NOW))
        assert (moved.state, moved.value) == (state, value)
    assert states(database) == ["open", "sent", "resolved"]


@pytest.mark.parametrize("state", ["open", "sent", "resolved", "rejected"])
async def test_ended_ticket_cannot_change(database: Database, tickets: Tickets, state: str) -> None:
    ticket = await opened(database, tickets)
    await database.write(lambda c: tickets.go_on(c, "h99", ticket.id, "rejected", NOW))
    with pytest.raises(Conflict, match="does not go on"):
        await database.write(lambda c: tickets.go_on(c, "h99", ticket.id, state, NOW))
    assert states(database) == ["open", "rejected"]


@pytest.mark.threat(1)
async def test_another_tenants_ticket_is_not_there(database: Database, tickets: Tickets) -> None:
    ticket = await opened(database, tickets)
    with pytest.raises(NotFound):
        await database.write(lambda c: tickets.go_on(c, "h11", ticket.id, "sent", NOW))
    assert database.read(lambda c: tickets.of_tenant(c, "h11", None, None)) == ()


async def test_citizens_value_is_sealed_then_erased(
    database: Database, tickets: Tickets, tmp_path: Path
) -> None:
    ticket = await opened(database, tickets)
    assert VALUE.encode() not in everything(database, tmp_path)
    sealed = select(correction_tickets.c.sealed)
    assert database.read(lambda c: c.execute(sealed).scalar_one()) is not None
    await database.write(lambda c: tickets.go_on(c, "h99", ticket.id, "rejected", NOW))
    assert database.read(lambda c: c.execute(sealed).scalar_one()) is None


@pytest.mark.threat(43)
async def test_value_opens_for_its_own_ticket_only(database: Database, tickets: Tickets) -> None:
    one, other = await opened(database, tickets), await opened(database, tickets, "h11")

    def swap(connection: Any) -> None:
        at = correction_tickets.c
        sealed = connection.execute(select(at.sealed).where(at.id == one.id)).scalar_one()
        connection.execute(
            correction_tickets.update().where(at.id == other.id).values(sealed=sealed)
        )

    await database.write(swap)
    shown = database.read(lambda c: tickets.of_tenant(c, "h11", None, None))
    assert [ticket.value for ticket in shown] == [None]


async def test_unended_ticket_expires_without_value(database: Database, tickets: Tickets) -> None:
    await opened(database, tickets)
    await sweep(database, lambda: NOW + LIFE - timedelta(seconds=1))
    assert states(database) == ["open"]
    await sweep(database, lambda: NOW + LIFE)
    (ticket,) = database.read(lambda c: tickets.of_tenant(c, "h99", None, "expired"))
    assert (ticket.value, states(database)) == (None, ["open", "expired"])


def test_a_ticket_prints_no_value() -> None:
    assert VALUE not in repr(SAID)
