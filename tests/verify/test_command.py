"""The verifier as a program: over an address, as one file, and with an auditor's signature."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import sleep

import cffi
import cryptography
import pytest

from gateway_verify._tree.tiles import TileTree
from gateway_verify.archive import write_archive
from gateway_verify.command import main, run_proof, run_recompute, run_verify
from gateway_verify.findings import Unchecked
from gateway_verify.leaves import check_signed, read_leaf
from gateway_verify.locations import Address, Folder
from gateway_verify.signing import read_auditor
from tests.verify.building import LOG_KEY, canonical, signer, text64
from tests.verify.closing import CASES, LAST, closed_log, outside, publish, tally

RUN = """
import runpy, sys
sys.path.insert(0, {only!r})
sys.argv = {argv!r}
runpy.run_path(sys.argv[0], run_name="__main__")
"""


class Quiet(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        if self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header("Location", "/")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif self.path.startswith("/flood"):
            self.send_response(200)
            self.end_headers()
            self.close_connection = True
            with suppress(OSError):
                for _ in range(2000):
                    self.wfile.write(b"x" * 100_000)
        elif self.path.startswith("/page"):
            self._say(b"<html>please sign in</html>", "text/html; charset=utf-8", 0)
        elif self.path.startswith("/cut"):
            self._say(b"gateway.example/log", "text/plain", 100)
        elif self.path.startswith("/drops"):
            self.close_connection = True
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Drops: ")
            with suppress(OSError):
                for _ in range(100):
                    self.wfile.write(b"x")
                    sleep(0.05)
        else:
            super().do_GET()

    def _say(self, body: bytes, media_type: str, more: int) -> None:
        self.send_response(200)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body) + more))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    publish(closed_log(), tmp_path / "log")
    return tmp_path / "log"


@pytest.fixture
def address(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder.parent)))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_log_is_proved_over_an_address(address: str, folder: Path) -> None:
    assert run_verify(f"{address}/log", None) == run_verify(str(folder), None)
    assert run_verify(f"{address}/log/", None).verdict == "proved"


@pytest.mark.parametrize("behind", ["", "/"])
def test_host_is_asked_for_its_log(behind: str, address: str, folder: Path) -> None:
    assert run_verify(address + behind, None) == run_verify(str(folder), None)
    answer = run_verify(f"{address}/log/releases{behind}", None)
    assert answer.finding is not None
    assert (answer.verdict, answer.finding.path) == ("unchecked", "checkpoint")


FROM_ADDRESS = {
    "/nothing": "unchecked",
    "/moved": "unchecked",
    "/flood": "refuted",
    "/page": "unchecked",
    "/cut": "unchecked",
}


@pytest.mark.parametrize("below", FROM_ADDRESS)
def test_address_serving_something_else_proves_nothing(below: str, address: str) -> None:
    assert run_verify(address + below, None).verdict == FROM_ADDRESS[below]


@pytest.mark.parametrize(
    "where",
    [
        "http://127.0.0.1:1/log",
        "http://",
        "https://x:y/",
        "ftp://x/",
        "/nowhere",
        "http://[::1",
        "http://a..b/log",
        "http://127.0.0.1:1/nhật-ký",
    ],
)
def test_invalid_address_could_not_be_checked(where: str) -> None:
    assert run_verify(where, None).verdict == "unchecked"


def test_dripping_headers_are_abandoned_in_time(address: str) -> None:
    dropping = closing(Address(f"{address}/drops", seconds=0.3))
    with dropping as place, pytest.raises(Unchecked) as given_up:
        place.read("checkpoint", 100)
    assert given_up.value.finding.says == "TimeoutError"


def test_pipe_in_pack_is_no_file(folder: Path) -> None:
    (folder / "checkpoint").unlink()
    os.mkfifo(folder / "checkpoint")
    assert run_verify(str(folder), None).verdict == "unchecked"


@pytest.mark.parametrize("name", ["key", "policy"])
def test_false_key_or_policy_beside_log_is_refuted(name: str, folder: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.write_text(f"log {LOG_KEY.vkey}\nquorum none\n")
    (folder / "policy").write_text(f"log {LOG_KEY.vkey}\nquorum none\n")
    assert run_verify(str(folder), own).verdict == "proved"
    spoilt = (folder / name).read_text().replace(LOG_KEY.vkey, signer(seed=2).vkey[:-4] + "AAA=")
    (folder / name).write_text(spoilt)
    answer = run_verify(str(folder), own)
    assert (answer.verdict, answer.finding and answer.finding.path) == ("refuted", name)


def alone(archive: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the archive by a Python that sees `cryptography` and nothing else that is installed."""
    site = Path(cryptography.__file__).parents[1]
    only = archive.with_name("only")
    if not only.exists():
        only.mkdir()
        for name in ("cryptography", "cffi"):
            (only / name).symlink_to(site / name)
        for path in site.glob("_cffi_backend*"):
            (only / path.name).symlink_to(path)
    assert Path(cffi.__file__).parents[1] == site
    code = RUN.format(only=str(only), argv=[str(archive), *arguments])
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, timeout=60
    )


def test_one_file_proves_and_refutes(folder: Path, tmp_path: Path) -> None:
    archive = tmp_path / "gateway-verify.pyz"
    write_archive(archive)
    good = alone(archive, "verify", str(folder), "--json")
    assert (good.returncode, json.loads(good.stdout)["verdict"]) == (0, "proved")
    counted = alone(archive, "recompute", str(folder))
    assert counted.returncode == 0
    assert f"bodies: {2 * CASES + 1}" in counted.stdout
    closed_log(tally(leaves=23), outside()).write(folder)
    bad = alone(archive, "verify", str(folder))
    assert bad.returncode == 1
    assert f"tally: entry {LAST + 1}:" in bad.stdout
    assert "Traceback" not in bad.stderr
    gone = alone(archive, "verify", str(tmp_path / "nowhere"))
    assert (gone.returncode, "Traceback" in gone.stderr) == (2, False)


def test_same_sources_make_same_file(tmp_path: Path) -> None:
    write_archive(tmp_path / "one.pyz")
    write_archive(tmp_path / "two.pyz")
    assert (tmp_path / "one.pyz").read_bytes() == (tmp_path / "two.pyz").read_bytes()


@pytest.fixture
def key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert main(["key", "inspectorate.example/audit"]) == 0
    path = tmp_path / "auditor.key"
    path.write_text(capsys.readouterr().out)
    return path


def test_an_auditor_signs_what_was_recomputed(folder: Path, key: Path, tmp_path: Path) -> None:
    out = tmp_path / "audit.json"
    answer = run_recompute(str(folder), None, "2026-11", (key, out))
    leaf = read_leaf(40, out.read_bytes())
    assert answer.verdict == "proved"
    assert (leaf["result"], leaf["differences"], leaf["range"]) == ("recomputed", 0, [0, LAST])
    check_signed(leaf, "signature", leaf["auditor"], leaf["signature"], 40)
    log = closed_log()
    log.entries.append(out.read_bytes())
    assert run_verify(str(log.write(tmp_path / "audited")), None).verdict == "proved"


def test_an_auditor_signs_what_was_refuted(folder: Path, key: Path, tmp_path: Path) -> None:
    closed_log(tally(cases=13), outside()).write(folder)
    (folder / "releases" / "2026-11.json").unlink()
    out = tmp_path / "audit.json"
    assert run_recompute(str(folder), None, None, (key, out)).verdict == "refuted"
    leaf = json.loads(out.read_text())
    assert (leaf["result"], leaf["differences"]) == ("refuted", 1)


@pytest.mark.parametrize("change", [{"size": 28}, {"root": "A" * 43 + "="}, {"month": "2026-10"}])
def test_audit_of_another_log_is_refuted(
    change: dict[str, object], folder: Path, key: Path, tmp_path: Path
) -> None:
    out = tmp_path / "audit.json"
    run_recompute(str(folder), None, None, (key, out))
    leaf = json.loads(out.read_text())
    spoilt = {name: value for name, value in leaf.items() if name != "signature"} | change
    signed = spoilt | {"signature": text64(read_auditor(key).secret.sign(canonical(spoilt)))}
    log = closed_log()
    log.public(signed if "month" not in change else spoilt | {"signature": leaf["signature"]})
    answer = run_verify(str(log.write(tmp_path / "audited")), None)
    assert answer.verdict == "refuted"
    assert answer.finding is not None and answer.finding.index == LAST + 3


@pytest.mark.parametrize("text", ["", "PRIVATE+KEY+x+00000000+AAAA", "a page of a diary"])
def test_file_without_key_signs_nothing(text: str, folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(text)
    answer = run_recompute(str(folder), None, None, (path, tmp_path / "audit.json"))
    assert answer.verdict == "unchecked"
    assert not (tmp_path / "audit.json").exists()


def test_open_month_cannot_be_recomputed(folder: Path) -> None:
    assert run_recompute(str(folder), None, "2026-12").verdict == "unchecked"


def test_the_program_names_the_first_difference(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(folder)]) == 0
    assert capsys.readouterr().out.startswith("ĐÃ CHỨNG MINH / PROVED\n")
    closed_log(tally(cases=13), outside()).write(folder)
    (folder / "releases" / "2026-11.json").unlink()
    assert main(["recompute", str(folder), "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["finding"]["index"] == LAST + 1


def test_the_first_lines_name_the_figures(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(folder)]) == 0
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first == "ĐÃ CHỨNG MINH / PROVED"
    assert second.startswith(
        "  2026-11 online: 12 hồ sơ / dossiers; cốt lõi / core 66.67 % (24/36)"
    )
    assert second.endswith("chưa có số liệu đối chiếu / no count supplied")
    assert main(["verify", str(folder), "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["proved"]["figures"]
    assert row["reduction"] == {"numerator": 24, "denominator": 36, "value": 0.6667}
    assert (row["month"], row["channel"], row["dossiers"]) == ("2026-11", "online", 12)


def redeemed(tmp_path: Path, index: int, leaf: bytes, checkpoint: str | None = None) -> str:
    """The verdict on a proof about entry 5, with this index and leaf hash."""
    log = closed_log()
    siblings = TileTree(Folder(log.write(tmp_path / "log")), len(log.entries)).inclusion(5)
    lines = ["c2sp.org/tlog-proof@v1", f"index {index}", *map(text64, siblings), ""]
    (tmp_path / "proof").write_text("\n".join([*lines, checkpoint or log.checkpoint()]))
    (tmp_path / "policy").write_text(f"log {LOG_KEY.vkey}\nquorum none\n")
    return run_proof(tmp_path / "proof", text64(leaf), tmp_path / "policy").verdict


def test_leaf_hash_needs_its_own_proof(tmp_path: Path) -> None:
    log = closed_log()
    assert redeemed(tmp_path, 5, log.hashes[5]) == "proved"
    assert run_proof(tmp_path / "proof", text64(log.hashes[5]), None).verdict == "unchecked"
    assert redeemed(tmp_path, 4, log.hashes[5]) == "refuted"
    assert redeemed(tmp_path, 5, log.hashes[4]) == "refuted"
    assert redeemed(tmp_path, 5, log.hashes[5], log.checkpoint(size=20)) == "refuted"
    assert run_proof(tmp_path / "proof", "no base64", tmp_path / "policy").verdict == "refuted"
    assert run_proof(tmp_path / "nothing", "", None).verdict == "unchecked"
    proof, policy = str(tmp_path / "proof"), str(tmp_path / "policy")
    assert main(["proof", proof, text64(log.hashes[5]), "--policy", policy]) == 1
