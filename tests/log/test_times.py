"""What witnesses say of the time comes into the log every six hours, while cases come in."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import delete, select
from structlog.testing import capture_logs

from gateway.domain.clock import hour_of
from gateway.log.publishing._times import BETWEEN, WitnessTimes, agreed, enter_times
from gateway.log.publishing._witnesses import Witnesses, read_witness_policy
from gateway.retention.consistency import differences
from gateway.retention.rotation import begin_next_log
from gateway.storage.schema import leaves, witnessed_times
from gateway.upstream.exchange import Posting
from gateway.upstream.transport import Transport
from gateway_verify._claims.witnessed import check_witnessed
from gateway_verify.leaves import read_leaf
from gateway_verify.text.notes import read_key
from mocks.witness import WitnessMock
from tests.log.building import KEY, ORIGIN, SmallLog, signer_key
from tests.log.writing import append_body, prefill_body
from tests.verify.building import signer

pytestmark = pytest.mark.threat(72)

NOW = 1_795_000_000
KEYS = [read_key(signer(f"witness.example/w{n}", 4, n).vkey) for n in range(4)]


def policy_of(quorum: int, witnesses: int = 4) -> Any:
    lines = [f"witness w{n} {key}" for n, key in enumerate(KEYS[:witnesses])]
    names = " ".join(f"w{n}" for n in range(witnesses))
    text = "\n".join([*lines, f"group g {quorum} {names}", "quorum g"])
    return read_witness_policy(text.encode()).policy


AGREED = {
    "all at once": (1, [0, 1, 2], [0, 1, 2]),
    "two hours apart": (2, [0, 7200], [0, 1]),
    "more than two hours apart": (2, [0, 7201], []),
    "a rogue in the past": (1, [-(10**6), 0, 5], [1, 2]),
    "a rogue in the future": (2, [10**6, 0, 5], [1, 2]),
    "each by itself, the nearer to our clock": (1, [-9000, 60], [1]),
    "two against two, the nearer to our clock": (2, [9000, 9100, -60, -50], [2, 3]),
    "too few for the quorum": (3, [0, 5], []),
    "nobody": (1, [], []),
}


@pytest.mark.parametrize("name", AGREED)
def test_t72_most_agreeing_witnesses_are_believed(name: str) -> None:
    quorum, times, believed = AGREED[name]
    said = {KEYS[number]: NOW + time for number, time in enumerate(times)}
    found = agreed(said, policy_of(quorum), NOW)
    assert [time for _, time in found] == sorted(time for _, time in found)
    assert {KEYS.index(key) for key, _ in found} == set(believed)


class Timed:
    """A small log with two witnesses of two, whose clocks are the test's."""

    def __init__(self, small: SmallLog) -> None:
        self.small = small
        self.ahead = timedelta(0)
        self.mocks = [WitnessMock(f"w{n}.test/w", n, self.seconds) for n in range(2)]
        for mock in self.mocks:
            mock.trust(signer_key())
        lines = [f"log {signer_key()}"]
        lines += [f"witness w{n} {m.vkey} http://w{n}.test" for n, m in enumerate(self.mocks)]
        lines += ["group both all w0 w1", "quorum both", ""]
        printed = read_witness_policy("\n".join(lines).encode())
        posting = Posting(Transport(printed.addresses.values(), self), timeout_seconds=1)
        small.witnesses = Witnesses(printed, posting.post)
        small.again()
        self.times = WitnessTimes(small.database, small.witnesses, lambda: small.now)

    def seconds(self) -> float:
        return (self.small.now + self.ahead).timestamp()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        mock = self.mocks[int(request.url.host[1])]
        return await httpx.ASGITransport(mock).handle_async_request(request)

    async def case(self) -> None:
        now = self.small.now
        body = prefill_body(h=hour_of(now))
        await self.small.database.write(lambda c: append_body(c, body, now))

    async def publish(self) -> None:
        signed = await self.small.publisher.publish()
        if signed is not None:
            await self.times.take(signed)

    def entered(self) -> list[tuple[int, dict[str, Any]]]:
        rows = self.small.database.read(
            lambda c: c.execute(select(leaves.c.idx, leaves.c.entry).order_by(leaves.c.idx)).all()
        )
        read = [(row.idx, json.loads(row.entry)) for row in rows]
        return [(index, leaf) for index, leaf in read if leaf["kind"] == "witnessed"]


@pytest.fixture
def timed(small: SmallLog) -> Timed:
    return Timed(small)


async def test_t72_checkpoint_of_cases_is_entered(timed: Timed) -> None:
    await timed.case()
    await timed.case()
    await timed.publish()
    ((index, leaf),) = timed.entered()
    assert (index, leaf["size"]) == (2, 2)
    now = int(timed.small.now.timestamp())
    assert [one["time"] for one in leaf["cosignatures"]] == [now, now]
    entry = timed.small.database.read(
        lambda c: c.execute(select(leaves.c.entry).where(leaves.c.idx == 2)).scalar_one()
    )
    check_witnessed([(2, read_leaf(2, entry))], ORIGIN)
    row = timed.small.database.read(lambda c: c.execute(select(witnessed_times)).one())
    assert tuple(row) == (2, 2, now, now)


async def test_checkpoint_is_entered_once(timed: Timed) -> None:
    await timed.case()
    signed = await timed.small.publisher.publish()
    assert signed is not None
    said = [(KEYS[0], NOW)]
    for _ in range(2):
        await timed.small.database.write(lambda c: enter_times(c, signed, said))
    assert len(timed.entered()) == 1


async def test_time_and_row_agree(timed: Timed) -> None:
    def found() -> list[str]:
        own = timed.small.database.read_snapshot(lambda c: [str(one) for one in differences(c)])
        return [says for says in own if "time" in says]

    await timed.case()
    await timed.publish()
    assert found() == []
    for change in (
        witnessed_times.update().values(leaf=0),
        delete(witnessed_times),
    ):
        await timed.small.database.write(lambda c, change=change: c.execute(change))
        assert found()


async def test_next_log_begins_without_times(timed: Timed) -> None:
    await timed.case()
    await timed.publish()
    last = timed.small.publisher.published
    assert last is not None
    await timed.small.database.write(
        lambda c: begin_next_log(c, ORIGIN, f"{ORIGIN}-2", KEY, last.checkpoint)
    )
    assert timed.small.database.read(lambda c: c.execute(select(witnessed_times)).all()) == []


async def test_t72_times_need_six_hours_and_case(timed: Timed) -> None:
    async def later(by: timedelta, *, case: bool) -> int:
        timed.small.now += by
        if case:
            await timed.case()
        else:
            await timed.small.grow(0)
        await timed.publish()
        return len(timed.entered())

    assert await later(timedelta(0), case=True) == 1
    assert await later(BETWEEN - timedelta(seconds=1), case=True) == 1
    assert await later(timedelta(seconds=1), case=False) == 1  # nothing new to publish
    assert await later(timedelta(minutes=1), case=True) == 2
    assert await later(BETWEEN, case=False) == 2  # the leaf itself is no case
    assert await later(timedelta(days=3), case=True) == 3
    sizes = [leaf["size"] for _, leaf in timed.entered()]
    assert sizes == sorted(set(sizes))


async def test_t72_public_leaves_alone_get_no_time(timed: Timed) -> None:
    await timed.small.grow(3)
    await timed.publish()
    assert timed.entered() == []


async def test_t72_contradicting_witnesses_give_no_time(timed: Timed) -> None:
    timed.mocks[1] = WitnessMock("w1.test/w", 1, lambda: timed.seconds() + 7201)
    timed.mocks[1].trust(signer_key())
    await timed.case()
    await timed.publish()
    assert timed.small.publisher.state().state == "published"
    assert timed.entered() == []


async def test_t72_log_without_witnesses_states_no_time(small: SmallLog) -> None:
    times = WitnessTimes(small.database, small.witnesses, lambda: small.now)
    await small.grow(2)
    signed = await small.publisher.publish()
    assert signed is not None
    await times.take(signed)
    assert small.database.read(lambda c: c.execute(select(witnessed_times)).all()) == []


@pytest.mark.parametrize(("ahead", "said"), [(-16, 960), (14, None), (16, -960)])
async def test_differing_clock_is_logged(ahead: int, said: int | None, timed: Timed) -> None:
    timed.ahead = timedelta(minutes=ahead)
    await timed.case()
    with capture_logs() as events:
        await timed.publish()
    found = [one["seconds"] for one in events if one["event"] == "clock_differs"]
    assert found == ([] if said is None else [said])
    assert len(timed.entered()) == 1
