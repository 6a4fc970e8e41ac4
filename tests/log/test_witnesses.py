"""What becomes of a checkpoint that outside witnesses are to have seen?"""

import httpx
import pytest

from gateway.domain.errors import Busy
from gateway.log.notes import read_checkpoint
from gateway.log.publishing._folder import LogForked
from gateway.log.publishing._witnesses import Witnesses, read_witness_policy
from gateway.upstream.exchange import Posting
from gateway.upstream.transport import Transport
from gateway_verify.text.notes import read_note, signers
from gateway_verify.text.policy import MalformedPolicy
from mocks.witness import WitnessMock
from tests.log.building import SmallLog, signer_key

NAMES = ("w1", "w2", "w3")


class Outside(httpx.AsyncBaseTransport):
    """Three witnesses, each at a host of its own; nobody answers for one that is gone."""

    def __init__(self) -> None:
        self.witnesses = {
            name: WitnessMock(f"witness.example.test/{name}", seed)
            for seed, name in enumerate(NAMES)
        }
        self.gone: set[str] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        name = request.url.host.removesuffix(".test")
        if name in self.gone:
            raise httpx.ConnectError("nobody there")
        return await httpx.ASGITransport(self.witnesses[name]).handle_async_request(request)


@pytest.fixture
def outside(small: SmallLog) -> Outside:
    """Two of three witnesses make the quorum."""
    outside = Outside()
    for witness in outside.witnesses.values():
        witness.trust(signer_key())
    lines = [f"log {signer_key()}"]
    lines += [f"witness {n} {outside.witnesses[n].vkey} http://{n}.test" for n in NAMES]
    lines += ["group two 2 w1 w2 w3", "quorum two", ""]
    policy = read_witness_policy("\n".join(lines).encode())
    transport = Transport(policy.addresses.values(), outside)
    small.witnesses = Witnesses(policy, Posting(transport, timeout_seconds=1).post)
    small.again()
    return outside


def cosigners(small: SmallLog, outside: Outside) -> set[str]:
    assert small.witnesses.configured is not None
    keys = small.witnesses.configured.policy.witnesses
    note = read_note((small.folder.public / "checkpoint").read_bytes())
    signed = signers(note, keys.values())
    return {name for name, key in keys.items() if key in signed}


async def test_every_available_witness_cosigns_growth(small: SmallLog, outside: Outside) -> None:
    for _ in range(3):
        await small.grow(100)
        await small.publisher.publish()
        assert cosigners(small, outside) == set(NAMES)
    assert small.publisher.state().state == "published"
    answers = [one["status"] for one in outside.witnesses["w1"].journal]
    assert answers == [200, 200, 200]


async def test_restarted_witness_reports_its_last_size(small: SmallLog, outside: Outside) -> None:
    await small.grow(5)
    await small.publisher.publish()
    small.witnesses = Witnesses(small.witnesses.configured, small.witnesses._post)
    small.again()
    await small.grow(5)

    await small.publisher.publish()

    assert [one["status"] for one in outside.witnesses["w1"].journal] == [200, 409, 200]
    assert cosigners(small, outside) == set(NAMES)


async def test_unavailable_witness_catches_up(small: SmallLog, outside: Outside) -> None:
    outside.gone = {"w2"}
    await small.grow(5)
    await small.publisher.publish()
    assert cosigners(small, outside) == {"w1", "w3"}
    assert small.publisher.state().state == "published"

    outside.gone = set()
    await small.grow(5)
    await small.publisher.publish()
    assert cosigners(small, outside) == set(NAMES)


async def test_without_quorum_reads_close_in_four_hours(small: SmallLog, outside: Outside) -> None:
    outside.gone = {"w2"}
    outside.witnesses["w3"].down = True
    await small.grow(5)
    await small.publisher.publish()

    published = small.folder.published()
    assert published is not None
    assert published.checkpoint.size == 5
    assert small.publisher.state().state == "unwitnessed"
    assert small.publisher.reads_open()
    small.forward(hours=3, minutes=59)
    small.again()
    assert small.publisher.state().state == "unwitnessed"
    assert small.publisher.reads_open()
    small.forward(minutes=2)
    assert not small.publisher.reads_open()

    outside.gone = set()
    await small.publisher.publish()  # nothing has come in, but cosignatures are owed
    assert cosigners(small, outside) == {"w1", "w2"}
    assert small.publisher.state().state == "published"
    assert small.publisher.reads_open()


SEEN = {"a larger one": (400, bytes(32)), "another one of this size": (10, bytes(32))}


async def disputed(small: SmallLog, outside: Outside, seen: tuple[int, bytes], *by: str) -> None:
    """A log of 5 published leaves and 5 new ones, of which these witnesses have seen another one."""
    await small.grow(5)
    await small.publisher.publish()
    for name in by:
        outside.witnesses[name].seen["gateway.test/log/2026"] = seen
    await small.grow(5)
    small.witnesses = Witnesses(small.witnesses.configured, small.witnesses._post)
    small.again()


def shown_size(small: SmallLog) -> int:
    published = small.folder.published()
    assert published is not None
    return published.checkpoint.size


@pytest.mark.threat(22)
@pytest.mark.parametrize("name", SEEN)
async def test_log_from_backup_stops_at_quorum(
    name: str, small: SmallLog, outside: Outside
) -> None:
    await disputed(small, outside, SEEN[name], "w1", "w3")

    with pytest.raises(LogForked):
        await small.publisher.publish()

    assert shown_size(small) == 5
    assert small.publisher.state().state == "incident"
    assert small.publisher.disputing == ("w1", "w3")


@pytest.mark.threat(23)
@pytest.mark.parametrize("name", SEEN)
async def test_rogue_witness_is_named_and_halts_nothing(
    name: str, small: SmallLog, outside: Outside
) -> None:
    await disputed(small, outside, SEEN[name], "w1")

    await small.publisher.publish()

    assert cosigners(small, outside) == {"w2", "w3"}
    assert (shown_size(small), small.publisher.state().state) == (10, "published")
    assert small.publisher.disputing == ("w1",)


async def test_disputed_checkpoint_waits_for_absent_witnesses(
    small: SmallLog, outside: Outside
) -> None:
    await disputed(small, outside, SEEN["a larger one"], "w1")
    outside.gone = {"w2"}

    with pytest.raises(Busy, match="log_disputed"):
        await small.publisher.publish()

    assert (shown_size(small), small.publisher.stopped) == (5, False)
    small.forward(hours=4, minutes=1)
    assert not small.publisher.reads_open()
    outside.gone = set()
    await small.publisher.publish()
    assert (shown_size(small), small.publisher.reads_open()) == (10, True)


@pytest.mark.threat(23)
async def test_only_one_history_gets_quorum(small: SmallLog, outside: Outside) -> None:
    await small.grow(5)
    for name in ("w1", "w2"):
        outside.witnesses[name].seen["gateway.test/log/2026"] = (5, bytes(32))

    with pytest.raises(LogForked):
        await small.publisher.publish()

    assert small.folder.published() is None
    assert outside.witnesses["w1"].journal[-1]["status"] == 409


async def test_ignorant_or_rubbish_witness_has_not_signed(
    small: SmallLog, outside: Outside
) -> None:
    outside.witnesses["w1"] = WitnessMock("witness.example.test/w1", 0)  # knows no log
    outside.witnesses["w2"] = WitnessMock("witness.example.test/w2", 99)  # another key
    outside.witnesses["w2"].trust(signer_key())
    await small.grow(5)

    await small.publisher.publish()

    assert cosigners(small, outside) == {"w3"}
    lines = read_checkpoint((small.folder.public / "checkpoint").read_bytes()).lines
    assert len(lines) == 2


@pytest.mark.parametrize(
    "text", ["quorum two\n", "witness w1 nokey http://w1.test\nquorum w1\n", "", "\x00"]
)
def test_unsatisfiable_policy_is_refused(text: str) -> None:
    with pytest.raises(MalformedPolicy):
        read_witness_policy(text.encode())
