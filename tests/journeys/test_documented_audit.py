"""The command lines of docs/audit.md, run as they stand there against a closed month of a small province.

What is in capitals, an address or `…` in the document is put in its place; the rest is run to the letter:
`gateway` in this process, by the province's clock, everything else by a shell.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shlex import quote, split

import pytest

from gateway_verify.signing import new_auditor
from gateway_verify.text.notes import COSIGNATURE, VerifierKey, key_hash
from gateway_verify.text.policy import read_policy
from tests.documented import ROOT, blocks_of, lines_of, spans_of
from tests.journeys.audited import Audited, province

assert province, "the fixture of this module"

AUDIT = ROOT / "docs" / "audit.md"
DUE = 1_796_000_000
"""When the auditor's machine wrote the openings: some days before the `--due` of the document."""

AGE = """#!{python}
import sys, pyrage
words = sys.argv[1:]
if sys.argv[0].endswith("age-keygen"):
    identity = pyrage.x25519.Identity.generate()
    with open(words[words.index("--output") + 1], "w") as file:
        file.write(f"# public key: {{identity.to_public()}}\\n{{identity}}\\n")
else:
    with open(words[words.index("--identity") + 1]) as file:
        identity = pyrage.x25519.Identity.from_str(file.read().split()[-1])
    with open(words[-1], "rb") as file:
        sys.stdout.buffer.write(pyrage.decrypt(file.read(), [identity]))
"""
"""For a machine without age: the two commands that the document names, by another implementation."""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@dataclass
class Reader:
    """Somebody who follows the document in a folder of their own."""

    province: Audited
    folder: Path
    address: str
    at: Path = field(init=False)
    keys: str = ""

    def __post_init__(self) -> None:
        self.at = self.folder
        tools = self.folder / "bin"
        tools.mkdir()
        for name in ("python", "python3"):
            (tools / name).write_text(f'#!/bin/sh\nexec {quote(sys.executable)} "$@"\n')
        for name in ("age", "age-keygen"):
            if shutil.which(name) is None:
                (tools / name).write_text(AGE.format(python=sys.executable))
        for tool in tools.iterdir():
            tool.chmod(0o700)
        key = (self.province.data / "log/public/key").read_text().strip()
        (self.folder / "policy.txt").write_text(f"log {key}\nquorum none\n")
        (self.folder / "lottery.txt").write_text("Xo so 2026-12-01: 04 11 23 38 41 45\n")

    def put_in_place(self, line: str) -> str:
        """The line with what the document leaves to whoever reads it."""
        identity = self.folder / "auditor.agekey"
        recipient = identity.read_text().split()[3] if identity.exists() else ""
        for placeholder, meant in {
            "https://gateway.example": self.address,
            "FOLDER-or-ADDRESS": f"{self.address}/log",
            "[--policy FILE]": "--policy policy.txt",
            "[--state FILE]": "--state seen.json",
            "[--json]": "--json",
            "VERIFIER-KEY": self.keys.strip(),
            "age1…": recipient,
        }.items():
            line = line.replace(placeholder, meant)
        return line

    def run(self, line: str) -> str:
        """Run one line; what it says. Fails where its status is not 0."""
        line = self.put_in_place(line)
        if line.startswith("cd "):
            self.at = (self.at / line[3:]).resolve()
            return ""
        if not line.startswith("gateway "):
            path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
            written = ["bash", "-euo", "pipefail", "-c", line]
            done = subprocess.run(
                written,
                cwd=self.at,
                env=os.environ | {"PATH": path},
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, (line, done.stdout, done.stderr)
            return done.stdout
        command, _, kept = line.partition(" > ")
        with contextlib.chdir(self.at):
            answer = self.province.command(*split(command)[1:])
            assert answer.exit_code == 0, (line, answer.output)
            if kept:
                Path(kept).write_text(answer.stdout)
        if command.startswith("gateway audit key"):
            self.keys = answer.stderr
        return str(answer.stdout)

    def follow(self, block: str) -> dict[str, str]:
        """Run a block; what each of its lines said."""
        return {line: self.run(line) for line in lines_of(block)}


@pytest.fixture(scope="module")
def reader(province: Audited, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    site = tmp_path_factory.mktemp("site")
    (site / "log").symlink_to(province.data / "log" / "public")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    yield Reader(province, tmp_path_factory.mktemp("reader"), address)
    server.shutdown()
    thread.join()
    server.server_close()


def block_with(words: str) -> str:
    """The one block of the document that holds these words."""
    (block,) = [block for block in blocks_of(AUDIT) if words in block]
    return block


@pytest.fixture(scope="module")
def counted(reader: Reader) -> dict[str, str]:
    """From the first key to the audit leaf."""
    return reader.follow(block_with("gateway audit accredit"))


@pytest.fixture(scope="module")
def sampled(reader: Reader, counted: dict[str, str]) -> dict[str, str]:
    """One frame of one month; the province supplies what it keeps once it knows what is due."""
    said: dict[str, str] = {}
    for line in lines_of(block_with("gateway audit sample commit")):
        if line.startswith("gateway audit sample open"):
            supply(reader)
        said[line] = reader.run(line)
    return said


def supply(reader: Reader) -> None:
    openings, filed = reader.folder / "OPENINGS", reader.folder / "FILED" / "portal"
    openings.mkdir()
    filed.mkdir(parents=True)
    by_leaf = reader.province.by_leaf()
    drawn = json.loads((reader.folder / "drawn.json").read_bytes())["drawn"]
    assert drawn
    for one in drawn:
        dossier, name = by_leaf[one["hash"]], f"{one['leaf']}.json"
        (openings / name).write_text(json.dumps(dossier))
        os.utime(openings / name, (DUE, DUE))
        (filed / name).write_text(json.dumps(dossier["data"]))


def test_log_is_proved_as_documented(reader: Reader) -> None:
    said = reader.follow(block_with("gateway audit verify"))
    assert all("PROVED" in answer for answer in said.values())
    assert "gateway audit pyz gateway-verify.pyz" in spans_of(AUDIT)
    reader.run("gateway audit pyz gateway-verify.pyz")
    (answer,) = reader.follow(block_with("gateway-verify.pyz verify")).values()
    assert json.loads(answer)["verdict"] == "proved"
    assert (reader.folder / "seen.json").exists()


def test_pack_and_proof_are_as_documented(reader: Reader) -> None:
    reader.follow(block_with("gateway audit export FOLDER"))
    pack = reader.folder / "FOLDER"
    assert "PROVED" in reader.run("gateway audit verify FOLDER")
    (written,) = [span for span in spans_of(AUDIT) if span.startswith("gateway audit proof")]
    proof = next((pack / "proofs").iterdir())
    line = written.replace("FILE", str(proof)).replace("LEAF", leaf_of(pack, int(proof.name)))
    assert "PROVED" in reader.run(line)


def leaf_of(pack: Path, index: int) -> str:
    """The leaf hash of an entry, as an answer of the gateway bears it: SHA-256(0x00 || entry)."""
    (bundle,) = (pack / "tile" / "entries").rglob("*.p/*")
    raw, at = bundle.read_bytes(), 0
    for _ in range(index):
        at += 2 + int.from_bytes(raw[at : at + 2], "big")
    entry = raw[at + 2 : at + 2 + int.from_bytes(raw[at : at + 2], "big")]
    return b64encode(sha256(b"\0" + entry).digest()).decode()


def test_documented_policy_can_be_read() -> None:
    log = new_auditor("gateway.example/log").key
    text = block_with("quorum both").replace("<verifier key of the log>", str(log))
    for number, witness in enumerate(("<verifier key of a witness>", "<verifier key of another>")):
        name, public = f"witness.example/{number}", bytes([number]) * 32
        key = VerifierKey(name, key_hash(name, COSIGNATURE, public), COSIGNATURE, public)
        text = text.replace(witness, str(key))
    policy = read_policy(text.encode())
    assert policy.asks_for_witnesses and len(policy.witnesses) == 2


def test_month_is_recounted_as_documented(reader: Reader, counted: dict[str, str]) -> None:
    accepted = counted["gateway audit accept audit.json"]
    assert "result: recomputed" in accepted
    (said,) = reader.follow(block_with("gateway audit recompute")).values()
    assert "PROVED" in said
    assert "Thanh tra tỉnh" in reader.run("gateway audit auditors")


def test_sample_is_drawn_as_documented(reader: Reader, sampled: dict[str, str]) -> None:
    said = {line.split()[3]: answer for line, answer in sampled.items()}
    assert "wrong: 0" in said["open"] and "0 sai / wrong" in said["report"]
    assert "result: sampled" in said["audit.json"]
    again = "python3 gateway-verify.pyz drawn PACK drawn.json"
    assert again in spans_of(AUDIT)
    reader.run("gateway audit pyz gateway-verify.pyz")
    assert "PROVED" in reader.run(again)
    (year,) = reader.follow(block_with("gateway audit sample year")).values()
    assert "submissions" in year


def test_no_documented_block_is_left_out() -> None:
    followed = (
        "gateway audit verify",
        "gateway-verify.pyz verify",
        "gateway audit export FOLDER",
        "quorum both",
        "gateway audit recompute",
        "gateway audit accredit",
        "gateway audit sample commit",
        "gateway audit sample year",
    )
    assert {block_with(words) for words in followed} == set(blocks_of(AUDIT))
