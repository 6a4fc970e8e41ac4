"""What went wrong with database or log is found, and the operator's drills end it."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from gateway.cli.main import app
from gateway.domain.clock import hour_of
from gateway.log.append import append_case
from gateway.log.entries import ConfirmationPayload
from gateway.log.publishing._folder import LogDamaged
from gateway.storage.schema import bodies, leaves
from gateway_verify.evidence import Way, verify_log
from gateway_verify.locations import Folder
from tests.clock import Clock
from tests.conftest import House, Walk
from tests.databases import back_up, put_back
from tests.few_forms import schemas_with
from tests.kills.gateways import Gateway

FORM = "social-pension"
NOBODY = {
    "url": "http://127.0.0.1:9/",
    "service_url": "https://dancu.example/",
    "username": "u",
    "secret": "s",
    "officer": "o",
    "agency": "H99.01",
}


def command(data: Path, *arguments: str) -> str:
    environment = {"GATEWAY_DATA": str(data), "GATEWAY_MOCK": "true"}
    result = CliRunner().invoke(app, [*arguments], env=environment, obj=Clock())
    assert result.exit_code == 0, result.output
    return result.stdout


def log_state(house: House) -> str:
    return str(house.get("/readyz").json()["log"]["state"])


class Yesterday:
    """A deployment whose database was backed up before its last submission, and after it."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        house = House(self.data)
        self.walk: Walk = house.walk(house.story(FORM))
        self.left_open = house.filled(house.question(FORM, "ordinary"))
        self.before = back_up(self.data, folder / "yesterday.db")
        self.answer = house.accepted(self.walk.submission())
        house.run(house.services.log.publisher.publish())
        house.close()
        self.after = back_up(self.data, folder / "today.db")
        self.checkpoint = (self.data / "log/public/checkpoint").read_bytes()

    def other_content(self) -> dict[str, object]:
        return {"receipt": self.walk.receipt, "data": {}}


@pytest.fixture
def yesterday(tmp_path: Path) -> Yesterday:
    restored = Yesterday(tmp_path)
    put_back(restored.data, restored.before)
    return restored


@pytest.mark.threat(22, 56)
def test_later_backup_ends_incident_without_loss(yesterday: Yesterday) -> None:
    house = House(yesterday.data)
    assert log_state(house) == "incident"
    house.close()
    put_back(yesterday.data, yesterday.after)
    (yesterday.data / "log/incident").unlink()

    house = House(yesterday.data)

    assert log_state(house) == "published"
    refused = house.submit(yesterday.other_content())
    assert (refused.status_code, refused.json()["code"]) == (409, "already_submitted")
    again = house.accepted(yesterday.walk.submission())
    assert again["leaf"] == yesterday.answer["leaf"]
    ended = house.submit({"receipt": yesterday.left_open["receipt"], "data": {}})
    assert ended.status_code != 409, "the later backup knows this chain as open, and so it is"
    house.close()
    assert json.loads(command(yesterday.data, "log", "check", "--json"))["differences"] == []


@pytest.mark.threat(22, 56)
def test_new_log_ends_incident_without_database(yesterday: Yesterday) -> None:
    House(yesterday.data).close()
    given = json.loads(command(yesterday.data, "log", "rotate", "--json"))

    house = House(yesterday.data)

    assert log_state(house) == "published"
    for receipt in (yesterday.walk.receipt, yesterday.left_open["receipt"]):
        refused = house.submit({"receipt": receipt, "data": {}})
        assert (refused.status_code, refused.json()["code"]) == (409, "chain_void")
    answer = house.filled(house.question(FORM, "ordinary"))
    assert "found" in {one["outcome"] for one in answer["sources"]}
    house.run(house.services.log.publisher.publish())
    house.close()

    closed = next((yesterday.data / "log/closed").iterdir())
    old = verify_log(Folder(closed), None, Way())
    new = verify_log(Folder(yesterday.data / "log/public"), None, Way())
    assert (closed / "checkpoint").read_bytes() == yesterday.checkpoint
    assert given["published"] == old.checkpoint.size > given["in_database"]
    (first, *_) = new.story.of_kind("key")
    assert first[1]["previous"]["origin"] == old.checkpoint.origin
    assert first[1]["previous"]["size"] == old.checkpoint.size
    assert json.loads(command(yesterday.data, "log", "check", "--json"))["differences"] == []


@pytest.fixture
def long_log(tmp_path: Path) -> Path:
    """A deployment whose log has more than two full tiles."""
    house = House(tmp_path / "data")
    hour = hour_of(house.clock())
    payload = ConfirmationPayload("c", 2, "h99", None, "law", "desk", hour, "GW-1", ())
    house.run(
        house.services.database.write(lambda c: [append_case(c, payload) for _ in range(600)])
    )
    house.filled(house.question(FORM, "ordinary"))
    house.run(house.services.log.publisher.publish())
    house.close()
    return house.folder


@pytest.mark.threat(21)
@pytest.mark.parametrize("file", ["tile/entries/001", "tile/0/001"])
def test_edited_tile_stops_signer_until_rewritten(long_log: Path, file: str) -> None:
    signed = (long_log / "log/signer/last").read_bytes()
    path = long_log / "log/public" / file
    raw = bytearray(path.read_bytes())
    raw[40] ^= 1
    path.write_bytes(raw)

    house = House(long_log)
    answer = house.prefill(house.question(FORM, "ordinary"))
    assert answer.status_code == 200
    with pytest.raises(LogDamaged) as damaged:
        house.run(house.services.log.publisher.publish())
    assert 256 <= damaged.value.index < 512
    assert log_state(house) == "incident"
    asked = len(house.database.state.journal)
    house.filled(house.question(FORM, "ordinary"))
    assert len(house.database.state.journal) == asked
    house.close()
    assert (long_log / "log/signer/last").read_bytes() == signed
    (found,) = json.loads(
        CliRunner()
        .invoke(app, ["log", "check", "--json"], env={"GATEWAY_DATA": str(long_log)})
        .stdout
    )["differences"]
    assert 256 <= found["leaf"] < 512

    shutil.rmtree(long_log / "log/public/tile")
    (long_log / "log/incident").unlink(missing_ok=True)
    house = House(long_log)
    house.filled(house.question(FORM, "ordinary"))
    house.run(house.services.log.publisher.publish())
    assert log_state(house) == "published"
    house.close()
    assert verify_log(Folder(long_log / "log/public"), None, Way()).checkpoint.size > 600


def test_clock_jumping_back_keeps_order(tmp_path: Path) -> None:
    house = House(tmp_path / "data")
    walk = house.walk(house.story(FORM))
    for hours in (-1, 2, -2, 24):
        house.clock.forward(hours=hours)
        house.filled(house.question(FORM, "ordinary"))
        house.run(house.services.log.publisher.publish())
    house.accepted(walk.submission())
    house.run(house.services.log.publisher.publish())
    order = house.services.database.read(
        lambda c: c.execute(
            select(leaves.c.idx, bodies.c.hour)
            .join_from(leaves, bodies, leaves.c.idx == bodies.c.idx)
            .order_by(leaves.c.idx)
        ).all()
    )
    house.close()

    assert [row.hour for row in order] != sorted(row.hour for row in order)
    size = verify_log(Folder(tmp_path / "data/log/public"), None, Way()).checkpoint.size
    assert size == order[-1].idx + 1
    assert json.loads(command(tmp_path / "data", "log", "check", "--json"))["differences"] == []


@pytest.mark.threat(22, 23)
async def test_second_gateway_on_log_does_not_start(tmp_path: Path) -> None:
    first = Gateway(tmp_path, NOBODY, schemas_with(tmp_path / "schemas", FORM))
    second = Gateway(tmp_path, NOBODY, tmp_path / "schemas")
    second.log = tmp_path / "second.log"
    await first.start()
    try:
        second.begin("exec")
        assert await asyncio.wait_for(second.gone(), 60) == 2
        assert second.last_words() == "log: another process publishes this log\n"
        await first.ready()
    finally:
        await first.stop()
