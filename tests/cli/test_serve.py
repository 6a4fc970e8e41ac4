import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from gateway.log.publishing.folder import LogFolder

GATEWAY = Path(sys.executable).with_name("gateway")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _answer(address: str) -> httpx.Response:
    for _ in range(200):
        try:
            return httpx.get(address, trust_env=False)
        except httpx.ConnectError:
            time.sleep(0.05)
    raise AssertionError("the gateway did not come up in ten seconds")


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
def test_the_gateway_comes_up_answers_and_ends_cleanly_when_asked(
    tmp_path: Path, asked: signal.Signals
) -> None:
    port = _free_port()
    settings = {"GATEWAY_DATA": str(tmp_path / "data"), "GATEWAY_PORT": str(port)}
    with subprocess.Popen(
        [GATEWAY, "serve"], env={**os.environ, **settings}, stderr=subprocess.PIPE, text=True
    ) as process:
        ready = _answer(f"http://127.0.0.1:{port}/readyz")
        process.send_signal(asked)
        _, said = process.communicate(timeout=15)

    assert ready.json()["status"] == "ok"
    assert "server" not in ready.headers
    assert process.returncode == 0
    events = [json.loads(line) for line in said.splitlines()]
    assert [event["event"] for event in events] == ["started", "stopped"]
    assert events[0]["address"] == f"127.0.0.1:{port}"


def test_a_setting_that_cannot_be_used_is_named_without_its_value() -> None:
    environment = {**os.environ, "GATEWAY_PORT": "an invented value"}
    ended = subprocess.run(
        [GATEWAY, "serve"], env=environment, capture_output=True, text=True, check=False
    )

    assert ended.returncode == 2
    assert ended.stderr.startswith("GATEWAY_PORT: ")
    assert "an invented value" not in ended.stderr


def test_a_second_gateway_on_one_log_does_not_start_and_says_why(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with LogFolder(data / "log"):
        ended = subprocess.run(
            [GATEWAY, "serve"],
            env={**os.environ, "GATEWAY_DATA": str(data), "GATEWAY_PORT": "0"},
            capture_output=True,
            text=True,
            check=False,
        )

    assert (ended.returncode, ended.stderr) == (2, "log: another process publishes this log\n")
    assert data.stat().st_mode & 0o777 == 0o700


def test_a_policy_that_cannot_be_met_ends_the_start_with_its_line(tmp_path: Path) -> None:
    policy = tmp_path / "policy"
    policy.write_text("# nobody is defined\nquorum two\n")
    for path, said in ((policy, "line 2"), (tmp_path / "none", "No such file")):
        environment = {"GATEWAY_DATA": str(tmp_path / "data"), "GATEWAY_LOG_POLICY": str(path)}
        ended = subprocess.run(
            [GATEWAY, "serve"],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 2
        assert said in ended.stderr
