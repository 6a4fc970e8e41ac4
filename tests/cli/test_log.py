import asyncio
import json
import os
import threading
from base64 import b64encode
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli.main import app
from gateway.domain.clock import hour_of
from gateway.log.append import append_case
from gateway.log.notes import read_checkpoint, read_key
from gateway.log.publishing._folder import LogFolder
from gateway.log.publishing._tiles import TileFolder
from gateway.reduction.months import Month
from gateway_verify.evidence import Way, verify_log
from gateway_verify.locations import Folder
from gateway_verify.text.notes import Checkpoint
from tests.clock import NOON, Clock
from tests.databases import open_database
from tests.log.writing import an_end

TENANT = ["clients", "register", "h99", "--name", "Tỉnh H", "--agency", "H99"]


@pytest.fixture
def data(tmp_path: Path) -> dict[str, str]:
    settings = {"GATEWAY_DATA": str(tmp_path / "data"), "GATEWAY_ISSUER": "https://gateway.test"}
    _run(TENANT, settings)
    return settings


def _run(arguments: list[str], data: dict[str, str], status: int = 0) -> str:
    result = CliRunner().invoke(app, arguments, env=data, obj=Clock())
    assert result.exit_code == status, result.output
    return result.output


def _log(data: dict[str, str]) -> Path:
    return Path(data["GATEWAY_DATA"]) / "log"


def test_operator_publishes_on_demand(data: dict[str, str]) -> None:
    printed = json.loads(_run(["log", "publish", "--json"], data))

    signed = read_checkpoint((_log(data) / "public/checkpoint").read_bytes())
    assert printed == {"size": signed.checkpoint.size, "signatures": 1}
    assert signed.checkpoint.size == 2  # the key and the grant
    again = json.loads(_run(["log", "publish", "--json"], data))
    assert again == printed


def test_running_gateway_is_asked_to_publish(data: dict[str, str]) -> None:
    _run(["log", "publish"], data)
    _run([*TENANT[:2], "h98", *TENANT[3:]], data)
    published = (_log(data) / "public/checkpoint").read_bytes()
    asked = threading.Event()

    def gateway() -> None:
        with LogFolder(_log(data)) as folder:
            held.set()
            while not folder.asked_to_publish():
                done.wait(0.02)
            asked.set()
            text = published.decode().replace("\n2\n", "\n3\n")  # whatever it publishes
            beside = folder.root / "public" / "beside"
            beside.write_text(text)
            beside.rename(folder.root / "public" / "checkpoint")  # as it publishes: whole or not
            done.wait(60)

    held, done = threading.Event(), threading.Event()
    running = threading.Thread(target=gateway)
    running.start()
    held.wait(60)
    printed = json.loads(_run(["log", "publish", "--json"], data))
    refused = _run(["keys", "rotate-log"], data, status=1)
    done.set()
    running.join()

    assert asked.is_set()
    assert printed["size"] == 3
    assert "another process" in refused


@pytest.mark.threat(25)
def test_both_keys_sign_leaf_of_new_key(data: dict[str, str]) -> None:
    _run(["log", "publish"], data)
    old = read_key((_log(data) / "public/key").read_text())

    printed = json.loads(_run(["keys", "rotate-log", "--json"], data))

    new = read_key(printed["key"])
    assert new != old and new.name == old.name
    signed = read_checkpoint((_log(data) / "public/checkpoint").read_bytes())
    assert signed.signature_of(old) is None
    signature = signed.signature_of(new)
    assert signature is not None and new.signed(signed.checkpoint.text.encode(), signature)
    entries = TileFolder(_log(data) / "public").entries(0, signed.checkpoint.size)
    first, last = [leaf for leaf in map(json.loads, entries) if leaf["kind"] == "key"]
    assert (first["key"], first["old_key"]) == (str(old), None)
    assert (last["key"], last["old_key"]) == (str(new), str(old))
    assert last["since_size"] == signed.checkpoint.size - 1
    assert {one["by"] for one in last["signatures"]} == {"old", "new"}


def test_interrupted_key_change_ends_at_next_start(
    data: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _run(["log", "publish"], data)
    old = (_log(data) / "public/key").read_text()
    real = os.replace

    def fall(self: Path, target: Path) -> None:
        if self.name == "log-next.key":
            raise OSError("the power went")
        real(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", fall)
        assert CliRunner().invoke(app, ["keys", "rotate-log"], env=data, obj=Clock()).exit_code == 1

    _run(["log", "publish"], data)

    assert (_log(data) / "public/key").read_text() != old
    assert not (_log(data) / "incident").exists()


def test_lost_key_is_incident_and_signs_nothing(data: dict[str, str]) -> None:
    _run(["log", "publish"], data)
    (Path(data["GATEWAY_DATA"]) / "keys/log.key").unlink()
    published = (_log(data) / "public/checkpoint").read_bytes()

    _run(["log", "publish"], data, status=1)

    assert (_log(data) / "incident").read_text() == "other_key\n"
    assert (_log(data) / "public/checkpoint").read_bytes() == published


def test_without_deployment_nothing_can_be_published(tmp_path: Path) -> None:
    _run(["log", "publish"], {"GATEWAY_DATA": str(tmp_path)}, status=1)


def _proved(folder: Path) -> Checkpoint:
    return verify_log(Folder(folder), None, Way()).checkpoint


def test_next_log_names_last_root_of_previous(data: dict[str, str]) -> None:
    _run(["log", "publish"], data)

    printed = json.loads(_run(["log", "rotate", "--json"], data))

    old, new = printed["closed"], printed["opened"]
    assert new.removesuffix("-2") == old
    before = _proved(_log(data) / "closed" / old.rpartition("/")[2])
    after = _proved(_log(data) / "public")
    assert (before.origin, after.origin) == (old, new)
    entries = TileFolder(_log(data) / "public").entries(0, after.size)
    first, second = json.loads(entries[0]), json.loads(entries[1])
    root = b64encode(before.root).decode()
    assert first["previous"] == {"origin": old, "size": before.size, "root": root}
    assert second["tenant"] == "h99"
    again = json.loads(_run(["log", "rotate", "--json"], data))
    assert again["opened"] == old + "-3"
    assert again["closed"] == new


@pytest.mark.parametrize("step", ["rename", "mkdir", "replace"])
def test_interrupted_rotation_ends_at_next_start(
    data: dict[str, str], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    _run(["log", "publish"], data)
    real, marker = getattr(Path, step), _log(data) / "rolling"

    def fall(self: Path, *how: Any, **named: Any) -> Any:
        if marker.exists():
            raise OSError("the power went")
        return real(self, *how, **named)

    with monkeypatch.context() as patched:
        patched.setattr(Path, step, fall)
        assert CliRunner().invoke(app, ["log", "rotate"], env=data, obj=Clock()).exit_code == 1
    assert marker.exists()

    printed = json.loads(_run(["log", "publish", "--json"], data))

    assert not marker.exists()
    checkpoint = _proved(_log(data) / "public")
    assert checkpoint.size == printed["size"] == 2
    assert checkpoint.origin.endswith("-2")


@pytest.mark.threat(22)
def test_new_log_after_incident_names_published_root(
    data: dict[str, str],
) -> None:
    _run(["log", "publish"], data)
    (Path(data["GATEWAY_DATA"]) / "keys/log.key").unlink()
    _run(["log", "publish"], data, status=1)

    printed = json.loads(_run(["log", "rotate", "--json"], data))

    assert printed["published"] == printed["in_database"] == 2
    entries = TileFolder(_log(data) / "public").entries(0, 2)
    assert json.loads(entries[0])["previous"]["size"] == 2
    assert not (_log(data) / "incident").exists()
    assert _proved(_log(data) / "public").origin == printed["opened"]


def test_log_with_open_month_is_not_closed(data: dict[str, str]) -> None:
    _run(["log", "publish"], data)
    earlier = NOON - timedelta(days=62)
    payload = an_end(hour=hour_of(earlier))
    with closing(open_database(Path(data["GATEWAY_DATA"]))) as database:
        asyncio.run(database.write(lambda c: append_case(c, payload)))

    refused = _run(["log", "rotate"], data, status=1)

    assert "month_open" in refused and str(Month.at(earlier)) in refused
    assert json.loads(_run(["log", "rotate", "--leave-open", "--json"], data))["in_database"] == 3


def test_payloads_are_not_destroyed_early(data: dict[str, str]) -> None:
    this_month = str(Month.at(NOON))

    assert "kept_longer" in _run(["retention", "erase", "--before", this_month], data, status=1)
    assert "month_open" in _run(["retention", "erase", "--before", "2024-01"], data, status=1)
    assert "parameter_unusable" in _run(["retention", "erase", "--before", "2024"], data, status=1)
