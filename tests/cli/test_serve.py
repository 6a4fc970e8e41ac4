import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from gateway.cli.main import app
from gateway.log.publishing._folder import LogFolder
from tests.ports import free_port

SCHEMAS = Path(__file__).parents[2] / "schemas"
GATEWAY = Path(sys.executable).with_name("gateway")


def _answer(process: "subprocess.Popen[str]", address: str) -> httpx.Response:
    """Its first answer, however long a busy machine takes; asserts that it stays alive meanwhile."""
    while process.poll() is None:
        try:
            return httpx.get(address, trust_env=False, timeout=60)
        except httpx.ConnectError:
            time.sleep(0.05)
    raise AssertionError(f"the gateway ended: {process.communicate()[1]}")


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
def test_gateway_starts_answers_and_stops_cleanly(tmp_path: Path, asked: signal.Signals) -> None:
    port = free_port()
    settings = {"GATEWAY_DATA": str(tmp_path / "data"), "GATEWAY_PORT": str(port)}
    settings["GATEWAY_KEY_PROVIDER"] = "file"
    with subprocess.Popen(
        [GATEWAY, "serve"], env={**os.environ, **settings}, stderr=subprocess.PIPE, text=True
    ) as process:
        ready = _answer(process, f"http://127.0.0.1:{port}/readyz")
        process.send_signal(asked)
        _, said = process.communicate(timeout=60)

    assert ready.json()["status"] == "ok"
    assert "server" not in ready.headers
    assert process.returncode == 0
    events = [json.loads(line) for line in said.splitlines()]
    assert [event["event"] for event in events] == ["started", "stopped"]
    assert events[0]["address"] == f"127.0.0.1:{port}"


def test_unusable_form_is_named_and_nothing_served(
    tmp_path: Path,
) -> None:
    schemas = tmp_path / "schemas"
    shutil.copytree(SCHEMAS, schemas)
    file = schemas / "forms" / "tk01-passport" / "bindings.json"
    file.write_text(file.read_text().replace('"person.sex"', '"person.shoe_size"'))
    settings = {"GATEWAY_DATA": str(tmp_path / "data"), "GATEWAY_SCHEMAS": str(schemas)}
    settings["GATEWAY_KEY_PROVIDER"] = "file"
    done = subprocess.run(
        [GATEWAY, "serve"], env={**os.environ, **settings}, capture_output=True, text=True
    )
    events = {one["event"]: one for one in map(json.loads, done.stderr.splitlines())}
    assert done.returncode == 3
    assert events["form_refused"]["places"] == "tk01-passport: gioiTinh: no_such_attribute"


@pytest.mark.parametrize("verb", ["coverage", "bundles", "suggest"])
def test_commands_over_forms_name_unusable_one(tmp_path: Path, verb: str) -> None:
    shutil.copytree(SCHEMAS / "forms" / "tk01-passport", tmp_path / "forms" / "tk01")
    shutil.copy(SCHEMAS / "attributes.json", tmp_path)
    given = [str(SCHEMAS / "forms" / "tk01-passport" / "form.json")] * (verb == "suggest")
    done = CliRunner().invoke(
        app, ["forms", verb, *given, "--json"], env={"GATEWAY_SCHEMAS": str(tmp_path)}
    )
    assert done.exit_code == 1
    said = json.loads(done.stdout)
    (problem,) = said["problems"]
    assert said["error"] == "form_refused"
    assert (problem["path"], problem["code"]) == ("tk01: bindings:form", "another_form")
    assert problem["reason"].keys() == {"vi", "en"}


def _refused(**environment: str) -> tuple[int, str]:
    """How the command ends in this process, and what it says, where it does not come up."""
    ended = CliRunner().invoke(app, ["serve"], env=environment)
    return ended.exit_code, ended.stderr


def test_unusable_setting_is_named_without_value() -> None:
    status, said = _refused(GATEWAY_PORT="an invented value")

    assert status == 2
    assert said.startswith("GATEWAY_PORT: ")
    assert "an invented value" not in said


def test_second_gateway_on_log_does_not_start(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with LogFolder(data / "log"):
        refused = _refused(GATEWAY_DATA=str(data), GATEWAY_PORT="0")

    assert refused == (2, "log: another process publishes this log\n")
    assert data.stat().st_mode & 0o777 == 0o700


def test_unsatisfiable_policy_ends_start_with_line(tmp_path: Path) -> None:
    policy = tmp_path / "policy"
    policy.write_text("# nobody is defined\nquorum two\n")
    for path, why in ((policy, "line 2"), (tmp_path / "none", "No such file")):
        data = str(tmp_path / "data")
        status, said = _refused(GATEWAY_DATA=data, GATEWAY_LOG_POLICY=str(path))
        assert status == 2
        assert why in said
