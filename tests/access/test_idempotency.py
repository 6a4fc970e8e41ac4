from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select, update

from gateway.access.idempotency import REPLAY_SECONDS, Earlier, NoReplay, Replays, purge_replays
from gateway.domain.errors import BadRequest, Conflict
from gateway.storage.database import Database
from gateway.storage.schema import replays
from tests.clock import Clock
from tests.databases import raw_bytes

KEY = b"k" * 32
SECRET = b"8e03978e-40d5-43dd-bc93-6894a57f9324"
CONTENT = "Bùi Thị Bí Mật gửi".encode()
ANSWER = "Bùi Thị Bí Mật nhận".encode()


@pytest.fixture
def copies(database: Database, clock: Clock) -> Replays:
    return Replays(database, KEY, clock)


async def _call(
    database: Database,
    copies: Replays,
    tenant: str = "h99",
    route: str = "/v1/records",
    secret: bytes = SECRET,
    content: bytes | None = CONTENT,
) -> Earlier | None:
    """Make one call as a route does; None when it had to be answered anew."""
    with copies.reserve(tenant, route, secret, content) as replay:
        if replay.earlier is None:
            await database.write(lambda c: replay.complete_in(c, 201, ANSWER))
        return replay.earlier


async def test_same_call_gets_same_answer(database: Database, copies: Replays) -> None:
    assert await _call(database, copies) is None
    assert await _call(database, copies) == Earlier(201, ANSWER)


async def test_t37_key_belongs_to_tenant_and_route(database: Database, copies: Replays) -> None:
    await _call(database, copies)

    assert await _call(database, copies, tenant="h98") is None
    assert await _call(database, copies, route="/v1/prefills") is None
    assert await _call(database, copies, secret=SECRET + b"1") is None


async def test_key_with_another_body_is_refused(database: Database, copies: Replays) -> None:
    await _call(database, copies)

    with pytest.raises(BadRequest) as refusal:
        await _call(database, copies, content=CONTENT + b" ")
    assert refusal.value.code == "idempotency_key_reused"


async def test_receipt_finds_answer_without_content(database: Database, copies: Replays) -> None:
    await _call(database, copies, content=None)

    assert await _call(database, copies, content=None) == Earlier(201, ANSWER)


async def test_running_call_is_not_started_again(copies: Replays) -> None:
    first = copies.reserve("h99", "/v1/records", SECRET, CONTENT)
    second = copies.reserve("h99", "/v1/records", SECRET, CONTENT)
    with first, pytest.raises(Conflict) as refusal, second:
        raise AssertionError("begun twice")
    assert refusal.value.code == "still_running"


async def test_failed_call_frees_its_key(database: Database, copies: Replays) -> None:
    with pytest.raises(LookupError), copies.reserve("h99", "/v1/records", SECRET, CONTENT):
        raise LookupError("the call is refused")

    assert await _call(database, copies) is None


async def test_copy_is_committed_with_its_change(database: Database, copies: Replays) -> None:
    def fail_after(connection: Connection) -> None:
        replay.complete_in(connection, 201, ANSWER)
        raise LookupError("the change fails")

    with (
        copies.reserve("h99", "/v1/records", SECRET, CONTENT) as replay,
        pytest.raises(LookupError),
    ):
        await database.write(fail_after)

    assert await _call(database, copies) is None


async def test_one_of_two_processes_runs_call(
    database: Database, copies: Replays, clock: Clock
) -> None:
    elsewhere = Replays(database, KEY, clock)
    with copies.reserve("h99", "/v1/records", SECRET, CONTENT) as replay:
        await _call(database, elsewhere)

        with pytest.raises(Conflict):
            await database.write(lambda c: replay.complete_in(c, 201, b"another"))

    assert await _call(database, copies) == Earlier(201, ANSWER)


async def test_one_of_two_processes_replaces_old_copy(
    database: Database, copies: Replays, clock: Clock
) -> None:
    await _call(database, copies)
    clock.now += timedelta(seconds=REPLAY_SECONDS)
    elsewhere = Replays(database, KEY, clock)
    with copies.reserve("h99", "/v1/records", SECRET, CONTENT) as replay:
        assert await _call(database, elsewhere) is None

        with pytest.raises(Conflict):
            await database.write(lambda c: replay.complete_in(c, 201, b"another"))


async def test_copy_lives_ten_minutes(database: Database, copies: Replays, clock: Clock) -> None:
    await _call(database, copies)
    clock.now += timedelta(seconds=REPLAY_SECONDS - 1)
    assert await _call(database, copies) == Earlier(201, ANSWER)
    assert await database.write(lambda c: purge_replays(c, clock.now)) == 0

    clock.now += timedelta(seconds=1)

    assert await _call(database, copies) is None
    clock.now += timedelta(seconds=REPLAY_SECONDS)
    assert await database.write(lambda c: purge_replays(c, clock.now)) == 1
    assert database.read(lambda c: c.execute(select(replays)).all()) == []


async def test_row_is_unreadable_without_callers_key(
    database: Database, copies: Replays, tmp_path: Path
) -> None:
    await _call(database, copies)

    row = database.read(lambda c: c.execute(select(replays)).one())
    kept = b"|".join(bytes(value) for value in row if isinstance(value, bytes))
    on_disk = raw_bytes(tmp_path)
    for secret in (SECRET, CONTENT, ANSWER, KEY):
        assert secret not in kept
        assert secret not in on_disk


async def test_copy_moved_elsewhere_does_not_open(database: Database, copies: Replays) -> None:
    await _call(database, copies)
    await database.write(lambda c: c.execute(update(replays).values(status=200)))

    with pytest.raises(Conflict) as refusal:
        await _call(database, copies)
    assert refusal.value.code == "replay_unreadable"


async def test_t43_answer_swapped_between_rows_stays_closed(
    database: Database, copies: Replays
) -> None:
    await _call(database, copies)
    other = SECRET[::-1]
    await _call(database, copies, secret=other)
    rows = database.read(lambda c: c.execute(select(replays)).all())

    def swap(connection: Connection) -> None:
        connection.execute(replays.delete())
        for row, stranger in zip(rows, reversed(rows), strict=True):
            values = {**row._asdict(), "answer": stranger.answer}
            connection.execute(insert(replays), values)

    await database.write(swap)

    for secret in (SECRET, other):
        with pytest.raises(Conflict):
            await _call(database, copies, secret=secret)


async def test_call_without_key_leaves_no_copy(database: Database, copies: Replays) -> None:
    with copies.reserve("h99", "/v1/records", None, CONTENT) as replay:
        assert isinstance(replay, NoReplay)
        await database.write(lambda c: replay.complete_in(c, 201, ANSWER))

    assert database.read(lambda c: c.execute(select(replays)).all()) == []
