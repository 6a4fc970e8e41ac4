"""The database was restored from yesterday: nothing is forked, nobody is read, typing goes on."""

import json
from pathlib import Path
from urllib.parse import quote

import pytest
from typer.testing import CliRunner

from gateway.cli.main import app as cli
from gateway.log.notes import read_checkpoint
from tests.conftest import House
from tests.databases import back_up, put_back

FORM = "social-pension"


@pytest.mark.threat(22, 56)
def test_restored_database_is_detected_and_log_stands(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    house = House(folder)
    walk = house.walk(house.story(FORM))
    back_up(folder, tmp_path / "yesterday.db")
    other = {**walk.submission(), "data": dict(walk.data)}
    house.accepted(walk.submission())
    house.run(house.services.log.publisher.publish())
    published = (folder / "log/public/checkpoint").read_bytes()
    house.close()
    put_back(folder, tmp_path / "yesterday.db")

    for _ in range(2):  # and again at the next start
        house = House(folder)
        assert house.services.log.publisher.state().state == "incident"
        ready = house.get("/readyz").json()
        assert ready["status"] == "ok"
        assert ready["log"] | {"size": 0} == {"state": "incident", "size": 0, "reads_open": False}

        refused = house.submit(other)
        assert (refused.status_code, refused.json()["code"]) == (409, "chain_void")
        asked = len(house.database.state.journal)
        answer = house.filled(house.question(FORM, "ordinary"))
        assert {one["outcome"] for one in answer["sources"]} == {"unavailable"}
        question = house.question(FORM, "ordinary")
        confirm = {name: question[name] for name in ("subject", "legal_basis")}
        closed = house.post("/v1/identity/confirm", confirm)
        assert (closed.status_code, closed.json()["code"]) == (503, "person_reads_closed")
        assert len(house.database.state.journal) == asked
        by_hand = house.submit({"receipt": answer["receipt"], "data": {}})
        assert by_hand.status_code == 200
        house.close()

    assert (folder / "log/public/checkpoint").read_bytes() == published
    assert read_checkpoint(published).checkpoint.size > 0


def test_new_log_begins_with_old_one_proved(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    house = House(folder)
    walk, open_walk = house.walk(house.story(FORM)), house.walk(house.story(FORM))
    accepted = house.accepted(walk.submission())
    house.close()

    given = {"GATEWAY_DATA": str(folder)}
    rolled = CliRunner().invoke(cli, ["log", "rotate", "--json"], env=given, obj=house.clock)
    assert rolled.exit_code == 0, rolled.output
    closed = json.loads(rolled.output)["closed"]

    house = House(folder)
    assert house.services.log.publisher.state().state == "published"
    proof = house.get(f"/v1/log/proof?leaf={quote(accepted['leaf'])}")
    assert proof.status_code == 200
    assert f"\n{closed}\n" in proof.text
    name = closed.rpartition("/")[2]
    assert house.get(f"/log/{name}/checkpoint").text in proof.text
    for old in (walk, open_walk):
        refused = house.submit(old.submission())
        assert (refused.status_code, refused.json()["code"]) == (409, "chain_void")
    anew = house.walk(house.story(FORM))
    house.run(house.services.log.publisher.publish())
    leaf = house.accepted(anew.submission())["leaf"]
    house.run(house.services.log.publisher.publish())
    assert f"\n{closed}\n" not in house.get(f"/v1/log/proof?leaf={quote(leaf)}").text
    house.close()
