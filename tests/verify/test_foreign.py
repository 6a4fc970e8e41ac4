"""Verifiers that are not ours agree with our log, and refuse every edit of it.

Go's checksum database is there where `go` and Debian's golang-golang-x-mod-dev are installed;
`aics-tlog` and `aics-witness` need a Python 3.12 of their own: `make foreign`, or its interpreter
named by FOREIGN_PYTHON. What is not there is skipped, and the reason says so.
"""

import os
import random
import re
import shutil
import socket
import subprocess
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.audits._packs import OTHERS
from gateway.log.entries import case_entry
from gateway.log.notes import Checkpoint, sign_checkpoint, signing_name
from gateway.log.publishing._integrate import Integrator
from gateway.log.publishing._tiles import TileFolder
from gateway.log.stored import Leaf
from gateway.log.tree import leaf_hash, root_of
from gateway_verify._tree.tiles import TileTree
from gateway_verify.command import run_verify
from gateway_verify.evidence import Way, verify_log
from gateway_verify.findings import Refuted, Unchecked
from gateway_verify.locations import Folder
from tests.verify.building import canonical, definition

GO_SOURCES = Path("/usr/share/gocode")
PYTHON = Path(
    os.environ.get("FOREIGN_PYTHON", Path(__file__).parents[2] / "build/foreign/bin/python")
)
ORIGIN = "gateway.example/log/2026"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
LOGS, LARGEST = 1000, 2000

Ask = Callable[[list[Path]], list[str]]


def entries_of(chance: random.Random, size: int) -> list[bytes]:
    return [canonical(definition())] + [case_entry(chance.randbytes(32)) for _ in range(size - 1)]


def publish(folder: Path, entries: list[bytes]) -> Path:
    """Write a log with the gateway's own hands."""
    leaves = [Leaf(index, entry, leaf_hash(entry)) for index, entry in enumerate(entries)]
    integrator = Integrator(TileFolder(folder), lambda first, most: leaves[first : first + most])
    while integrator.advance():
        pass
    integrator.write_partial()
    checkpoint = Checkpoint(ORIGIN, len(entries), root_of(leaf.hash for leaf in leaves))
    (folder / "checkpoint").write_bytes(sign_checkpoint(checkpoint, KEY).note)
    (folder / "key").write_text(f"{signing_name(ORIGIN, KEY)}\n")
    return folder


@pytest.fixture(scope="module")
def room() -> Iterator[Path]:
    """A place for some ten thousand small files, in memory where there is such a place."""
    memory = Path("/dev/shm")  # noqa: S108 - a name of its own below it
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def logs(room: Path) -> list[Path]:
    """A thousand logs, as many small as large."""
    chance = random.Random(1000)
    sizes = [int(LARGEST ** chance.random()) for _ in range(LOGS)]
    return [
        publish(room / f"log-{number}", entries_of(chance, size))
        for number, size in enumerate(sizes)
    ]


@pytest.fixture(scope="module")
def edits(room: Path) -> list[Path]:
    """A log of nine entries, once with each of its bytes changed; the untouched one comes last."""
    true = publish(room / "true", entries_of(random.Random(9), 9))
    files = [path.relative_to(true) for path in sorted(true.rglob("*")) if path.is_file()]
    edited = []
    for name in files:
        whole = (true / name).read_bytes()
        for at in range(len(whole) if name.name != "key" else 0):
            folder = room / f"edit-{name.as_posix().replace('/', '-')}-{at}"
            for other in files:
                (folder / other).parent.mkdir(parents=True, exist_ok=True)
                if other != name:
                    (folder / other).symlink_to(true / other)
            changed = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
            (folder / name).write_bytes(changed)
            edited.append(folder)
    return [*edited, true]


def asked(command: list[str], folders: list[Path]) -> list[str]:
    """One answer for each folder, out of one process."""
    said = subprocess.run(
        command, input="".join(f"{f}\n" for f in folders), capture_output=True, text=True
    )
    assert (said.returncode, said.stderr) == (0, "")
    return said.stdout.splitlines()


def ours(folders: list[Path]) -> list[str]:
    answers = []
    for folder in folders:
        try:
            verify_log(Folder(folder), None, Way())
            answers.append("ok")
        except (Refuted, Unchecked) as refused:
            answers.append(str(refused))
    return answers


@pytest.fixture(scope="module")
def go(room: Path) -> Ask:
    sources = GO_SOURCES / "src/golang.org/x/mod/sumdb"
    if shutil.which("go") is None or not sources.is_dir():
        pytest.skip("golang-go and golang-golang-x-mod-dev are not installed")
    program = room / "tiles"
    environment = os.environ | {
        "GOPATH": str(GO_SOURCES),
        "GO111MODULE": "off",
        "GOCACHE": str(room / "go"),
    }
    built = subprocess.run(
        ["go", "build", "-o", str(program), str(OTHERS / "tiles.go")],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    return lambda folders: asked([str(program)], folders)


@pytest.fixture(scope="module")
def foreign_python() -> str:
    if not PYTHON.exists():
        pytest.skip("aics-tlog and aics-witness are not installed (make foreign)")
    return str(PYTHON)


@pytest.fixture(scope="module")
def aics(foreign_python: str) -> Ask:
    return lambda folders: asked([foreign_python, str(OTHERS / "aics.py")], folders)


@pytest.fixture(params=["ours", "go", "aics"])
def ask(request: pytest.FixtureRequest) -> Ask:
    if request.param == "ours":
        return ours
    found: Ask = request.getfixturevalue(request.param)
    return found


def test_thousand_logs_satisfy_foreign_verifiers(ask: Ask, logs: list[Path]) -> None:
    assert set(ask(logs)) == {"ok"}


@pytest.mark.threat(21)
def test_foreign_verifiers_refuse_every_changed_byte(ask: Ask, edits: list[Path]) -> None:
    *answers, untouched = ask(edits)
    assert untouched == "ok"
    assert len(answers) == len(edits) - 1
    accepted = [f.name for f, said in zip(edits, answers, strict=False) if said == "ok"]
    assert accepted == []


class Witness:
    """`aics-witness` as a server on a free port of this machine."""

    def __init__(self, python: str, folder: Path, vkey: str) -> None:
        program, config = str(Path(python).with_name("aics-witness")), str(folder / "w.json")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        listen = f"127.0.0.1:{self.port}"
        made = subprocess.run(
            [program, "init", "--config", config, "--name", "witness.example/w1"]
            + ["--listen", listen],
            capture_output=True,
            text=True,
            check=True,
        )
        self.vkey = made.stdout.strip()
        add = [program, "add-log", "--config", config, "--origin", ORIGIN, "--vkey", vkey]
        subprocess.run(add, capture_output=True, check=True)
        self.process = subprocess.Popen(
            [program, "serve", "--config", config],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def add_checkpoint(self, old: int, proof: list[bytes], checkpoint: bytes) -> tuple[int, str]:
        """C2SP tlog-witness: status and body of the answer."""
        lines = [f"old {old}", *(b64encode(node).decode() for node in proof), "", ""]
        for _ in range(100):
            connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
            try:
                connection.request(
                    "POST", "/add-checkpoint", "\n".join(lines).encode() + checkpoint
                )
                answer = connection.getresponse()
                return answer.status, answer.read().decode()
            except ConnectionRefusedError:
                time.sleep(0.1)
            finally:
                connection.close()
        raise AssertionError("the witness does not come up")


@pytest.fixture
def witness(foreign_python: str, tmp_path: Path) -> Iterator[Witness]:
    server = Witness(foreign_python, tmp_path, str(signing_name(ORIGIN, KEY)))
    yield server
    server.process.terminate()
    server.process.wait(20)


@pytest.mark.threat(23)
def test_foreign_witness_cosigns_log_not_fork(witness: Witness, tmp_path: Path) -> None:
    chance = random.Random(23)
    entries = entries_of(chance, 700)
    first = publish(tmp_path / "first", entries[:300])
    grown = publish(tmp_path / "grown", entries)
    fork = publish(tmp_path / "fork", entries[:299] + entries_of(chance, 500))
    checkpoints = [(folder / "checkpoint").read_bytes() for folder in (first, grown, fork)]
    assert witness.add_checkpoint(0, [], checkpoints[0])[0] == 200
    _, forked = TileTree(Folder(fork), 799).consistency(300)
    assert witness.add_checkpoint(300, forked, checkpoints[2])[0] == 422
    _, proof = TileTree(Folder(grown), 700).consistency(300)
    status, cosignature = witness.add_checkpoint(300, proof, checkpoints[1])
    assert status == 200
    assert re.fullmatch(r"— witness\.example/w1 [A-Za-z0-9+/]+=*\n", cosignature)
    (grown / "checkpoint").write_bytes(checkpoints[1] + cosignature.encode())
    policy = tmp_path / "policy"
    key = signing_name(ORIGIN, KEY)
    policy.write_text(f"log {key}\nwitness w {witness.vkey}\nquorum w\n")
    answer = run_verify(str(grown), policy)
    assert (answer.verdict, answer.proved["witnesses"]) == ("proved", ["w"])
    assert run_verify(str(fork), policy).verdict == "refuted"
