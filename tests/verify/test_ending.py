"""Whatever ends a run of the verifier, or of a command for auditors, is no verdict unless it is one."""

import ast
import errno
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import sleep
from typing import Any, cast

import pytest
from typer.testing import CliRunner

from gateway.cli.main import app
from gateway.storage.url import DatabaseUrl
from gateway_verify.archive import write_archive
from gateway_verify.command import Answer, run_recompute, run_verify
from tests.verify.closing import closed_log, outside, publish, tally

pytestmark = pytest.mark.threat(81)

GATEWAY = "import sys; from gateway.cli.main import app; sys.argv[0] = 'gateway'; app()"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    publish(closed_log(), tmp_path / "log")
    return tmp_path / "log"


@pytest.fixture
def pyz(tmp_path: Path) -> Path:
    write_archive(tmp_path / "gateway-verify.pyz")
    return tmp_path / "gateway-verify.pyz"


class Failing:
    """A policy file that cannot be opened, for whatever reason."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def open(self, _: str) -> Any:
        raise self._error


class Panic(BaseException):
    """What a library written in another language may raise."""


CAUSES = {
    "an interrupt": KeyboardInterrupt(),
    "no memory": MemoryError(),
    "no depth left": RecursionError(),
    "no permission": PermissionError(errno.EACCES, "secret"),
    "a full disk": OSError(errno.ENOSPC, "secret"),
    "a fault of ours": KeyError("secret"),
    "a number too long": ValueError("Exceeds the limit (4300 digits)"),
    "a panic": Panic("secret"),
}
RUNS: dict[str, Callable[[Path, Path], Answer]] = {
    "verify": lambda where, policy: run_verify(str(where), policy),
    "recompute": lambda where, policy: run_recompute(str(where), policy),
}


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("run", ["verify", "recompute"])
def test_t81_failure_is_could_not_check(cause: str, run: str, folder: Path) -> None:
    answer = RUNS[run](folder, cast(Path, Failing(CAUSES[cause])))
    assert answer.status == 2
    assert "secret" not in answer.as_json()


def program(pyz: Path, *arguments: str, **named: Any) -> "subprocess.Popen[bytes]":
    named = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **named}
    return subprocess.Popen([sys.executable, str(pyz), *arguments], **named)


def ended(process: "subprocess.Popen[bytes]") -> tuple[int, str]:
    _, said = process.communicate(timeout=60)
    return process.returncode, (said or b"").decode(errors="replace")


@pytest.mark.parametrize("json_wanted", [False, True])
@pytest.mark.parametrize("false", [False, True])
@pytest.mark.parametrize("command", ["verify", "recompute"])
def test_t81_closed_pipe_changes_no_verdict(
    command: str, false: bool, json_wanted: bool, folder: Path, pyz: Path
) -> None:
    if false:
        closed_log(tally(leaves=23), outside()).write(folder)
    words = [command, str(folder), *(["--json"] if json_wanted else [])]
    for run in ([str(pyz)], ["-c", GATEWAY, "audit"]):
        reading, writing = os.pipe()
        os.close(reading)
        with subprocess.Popen(
            [sys.executable, *run, *words], stdout=writing, stderr=writing
        ) as process:
            os.close(writing)
            assert process.wait(timeout=60) == (1 if false else 0)


@pytest.mark.parametrize("command", ["verify", "recompute"])
def test_t81_missing_output_changes_no_verdict(command: str, folder: Path, pyz: Path) -> None:
    shell = f'exec "{sys.executable}" "{pyz}" {command} "{folder}" >&- 2>&-'
    assert subprocess.run(["sh", "-c", shell], timeout=60).returncode == 0


@pytest.mark.parametrize("command", ["verify", "recompute", "key"])
def test_t81_full_disk_is_no_verdict(command: str, folder: Path, pyz: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        where = "auditor.example" if command == "key" else str(folder)
        status, said = ended(program(pyz, command, where, stdout=full))
    assert (status, "Traceback" in said) == (2, False)
    assert "COULD NOT CHECK: OSError: No space left on device" in said


@pytest.mark.parametrize("run", ["alone", "gateway"])
def test_t81_old_terminal_changes_no_verdict(run: str, folder: Path, pyz: Path) -> None:
    only_ascii = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    words = [str(pyz)] if run == "alone" else ["-c", GATEWAY, "audit"]
    done = subprocess.run(
        [sys.executable, *words, "verify", str(folder)], env=only_ascii, capture_output=True
    )
    assert done.returncode == 0
    assert b"/ PROVED\n" in done.stdout


def test_t81_without_cryptography_one_sentence(folder: Path, pyz: Path) -> None:
    for command in ("verify", "recompute", "proof", "key", "--help"):
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(pyz), command, str(folder)],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert "the package `cryptography`" in done.stderr


def test_any_python_reads_first_module() -> None:
    import gateway_verify.__main__ as alone

    ast.parse(Path(alone.__file__).read_text(), feature_version=(3, 4))


@pytest.fixture
def silent() -> Iterator[str]:
    """An address that takes calls and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/log"


@pytest.mark.parametrize("command", ["verify", "recompute"])
@pytest.mark.parametrize("run", ["alone", "gateway"])
def test_t81_an_interrupt_is_no_verdict(run: str, command: str, silent: str, pyz: Path) -> None:
    words = [str(pyz)] if run == "alone" else ["-c", GATEWAY, "audit"]
    with subprocess.Popen(
        [sys.executable, *words, command, silent, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        begun = Path(f"/proc/{process.pid}/net/tcp")
        _wait_until_called(begun, silent)
        process.send_signal(signal.SIGINT)
        said, why = process.communicate(timeout=60)
    assert (process.returncode, b"Traceback" in why) == (2, False)
    assert json.loads(said)["verdict"] == "unchecked"


def _wait_until_called(table: Path, address: str) -> None:
    port = f":{int(address.rsplit(':', 1)[1].partition('/')[0]):04X} "
    for _ in range(600):
        if any(port in line.split(None, 3)[2] + " " for line in table.read_text().splitlines()[1:]):
            return
        sleep(0.05)
    raise AssertionError("nobody called")


COMMANDS = {
    "audit export": ["new"],
    "audit accept": ["file"],
    "audit accredit": ["name", "vkey", "age1"],
    "audit revoke": ["name"],
    "audit dismiss": ["name"],
    "audit auditors": [],
    "audit sample enter": ["file"],
    "audit sample commit": ["folder", "--month", "2026-11", "--sign", "file", "--nonce", "new"],
    "audit sample draw": ["folder", "file", "--entered", "file", "--nonce", "file", "--public", "file", "--at", "2026-12-01T18:30+07:00"],
    "audit sample open": ["folder", "file", "folder", "--journal", "file"],
    "audit sample report": ["file"],
    "audit verify": ["folder"],
    "audit recompute": ["folder"],
    "audit proof": ["file", "AAAA"],
    "audit pyz": ["folder"],
    "log check": [],
}  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_t81_broken_deployment_is_no_verdict(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder").mkdir()
    for path in (DatabaseUrl.in_folder(tmp_path).path, tmp_path / "file"):
        path.write_bytes(b"[" * 100_000)
    words = [str(tmp_path / w) if w in ("folder", "file", "new") else w for w in COMMANDS[command]]
    monkeypatch.setenv("GATEWAY_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, [*command.split(), *words])
    refused = command in ("audit sample enter", "audit proof")
    assert done.exit_code == (1 if refused else 2), done.output
    assert "Traceback" not in done.output
    assert isinstance(done.exception, SystemExit)
