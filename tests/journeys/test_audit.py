"""An accredited auditor's journey: a pack, another's tool to open it, a recount, a signed finding."""

import asyncio
import json
import subprocess
import sys
from base64 import b64decode, b64encode
from contextlib import closing
from pathlib import Path
from typing import Any

import pyrage
import pytest
from sqlalchemy import select

from gateway.retention.shredding import last_closed, shred_up_to
from gateway.storage.schema import bodies
from gateway_verify.command import run_recompute, run_verify
from gateway_verify.signing import new_auditor, read_auditor
from gateway_verify.text import canonical
from tests.conftest import House
from tests.databases import open_database
from tests.journeys.audited import MONTH, Audited, age_identity, province, unpack

assert province, "the fixture of this module"

Json = dict[str, Any]
NAME = "Thanh tra tỉnh"
_GIVEN = select(bodies.c.body).where(bodies.c.kind == "access")


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("auditor") / "auditor.key"
    path.write_text(f"{new_auditor('inspectorate.example/audit')}\n")
    return path


@pytest.fixture(scope="module")
def identity(key: Path, province: Audited) -> Path:
    """The auditor is accredited."""
    path, recipient = age_identity(key.parent)
    vkey = str(read_auditor(key).key)
    province.done("audit", "accredit", NAME, vkey, recipient)
    return path


@pytest.fixture(scope="module")
def pack(province: Audited, identity: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pack") / "pack"
    said = province.done("audit", "export", folder, "--for", NAME, "--month", MONTH)
    assert said["for"] == NAME
    assert not (folder / "bodies").exists()
    unpack(folder, identity)
    return folder


@pytest.fixture(scope="module")
def audit(pack: Path, key: Path) -> Json:
    """The auditor counts again, away from the gateway, and signs."""
    command = [sys.executable, "-P", "gateway-verify.pyz", "recompute", ".", "--month", MONTH]
    done = subprocess.run(
        [*command, "--sign", key, "--out", "audit.json", "--json"],
        cwd=pack,
        capture_output=True,
        text=True,
        env={},
    )
    assert done.returncode == 0, done.stdout
    leaf: Json = json.loads((pack / "audit.json").read_bytes())
    return leaf


def signed(leaf: Json, key: Path, **changes: Any) -> bytes:
    """The leaf with changes, signed anew by the key."""
    said = {name: value for name, value in (leaf | changes).items() if name != "signature"}
    auditor = read_auditor(key)
    said["auditor"] = str(auditor.key)
    signature = b64encode(auditor.secret.sign(canonical.write(said))).decode()
    return canonical.write({**said, "signature": signature})


def test_pack_leads_to_leaf_in_next_checkpoint(province: Audited, pack: Path, audit: Json) -> None:
    assert (audit["result"], audit["month"], audit["differences"]) == ("recomputed", MONTH, 0)
    before = province.done("log", "publish")["size"]
    said = province.done("audit", "accept", pack / "audit.json")
    assert said["added"]
    assert said["index"] >= before
    assert province.done("log", "publish")["size"] > said["index"]
    answer = run_verify(str(province.data / "log" / "public"), None)
    assert (answer.verdict, answer.finding) == ("proved", None)
    again = province.done("audit", "accept", pack / "audit.json")
    assert (again["index"], again["added"]) == (said["index"], False)


@pytest.mark.threat(55)
def test_release_reconciles_reads_with_sources_counts(province: Audited, pack: Path) -> None:
    release = json.loads((pack / "releases" / f"{MONTH}.json").read_bytes())
    (reads,) = release["reconciliation"]["reads"]
    assert reads["source"] == "population"
    assert reads["claimed"] == reads["counted"] == len(province.journal) >= 12


def test_only_auditor_opens_payloads(pack: Path, tmp_path: Path) -> None:
    other, _ = age_identity(tmp_path)
    command = ["age", "--decrypt", "--identity", str(other), str(pack / "bodies.tar.age")]
    try:
        assert subprocess.run(command, capture_output=True).returncode != 0
    except FileNotFoundError:  # another implementation of the format, where age is not installed
        known = pyrage.x25519.Identity.from_str(other.read_text().strip())
        with pytest.raises(pyrage.DecryptError):
            pyrage.decrypt((pack / "bodies.tar.age").read_bytes(), [known])


def test_no_payload_is_in_pack_in_clear(province: Audited, pack: Path) -> None:
    sealed = (pack / "bodies.tar.age").read_bytes()
    assert sealed.startswith(b"age-encryption.org/v1\n")
    bodies = b"".join(path.read_bytes() for path in (pack / "bodies").rglob("*") if path.is_file())
    assert b'"k":"prefill"' in bodies
    assert b'"k":' not in sealed
    assert province.dossiers[0]["data"]["hoTen"].encode() not in bodies


REFUSED = {
    "an audit that was tampered with": ({"differences": 1}, None, "audit_forged"),
    "an auditor whom nobody accredited": ({}, "stranger", "unknown_auditor"),
    "another root": ({"root": b64encode(bytes(32)).decode()}, "own", "audit_of_another_log"),
    "a size that the log has not yet": ({"size": 10**9}, "own", "audit_of_another_log"),
    "a size without the tallies": ({"size": 1}, "own", "audit_of_another_log"),
    "another range": ({"range": [1, 2]}, "own", "audit_of_another_log"),
    "another month": ({"month": "2026-10"}, "own", "audit_of_another_log"),
    "refuted without a difference": ({"result": "refuted"}, "own", "audit_contradicts_itself"),
    "recomputed with a difference": ({"differences": 2}, "own", "audit_contradicts_itself"),
    "a sample without numbers": ({"result": "sampled"}, "own", "audit_contradicts_itself"),
    "a sample with a kinder bound": (
        {
            "result": "sampled",
            "sample": {"drawn": 299, "wrong": 0, "bound": [9969, 1_000_000], "entered": 9},
        },
        "own",
        "audit_contradicts_itself",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_its_reason(
    case: str, province: Audited, audit: Json, key: Path, tmp_path: Path
) -> None:
    changes, signer, code = REFUSED[case]
    if signer == "stranger":
        key = tmp_path / "stranger.key"
        key.write_text(str(new_auditor("stranger.example")))
    text = signed(audit, key, **changes) if signer else canonical.write({**audit, **changes})
    (tmp_path / "audit.json").write_bytes(text)
    result = province.command("audit", "accept", tmp_path / "audit.json")
    assert (result.exit_code, code in result.output) == (1, True), result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)


@pytest.mark.parametrize("text", [b"", b"{}", b"\xff", b'{"kind":"audit"}', b"[" * 60_000])
def test_what_is_no_audit_is_refused(text: bytes, province: Audited, tmp_path: Path) -> None:
    (tmp_path / "audit.json").write_bytes(text)
    result = province.command("audit", "accept", tmp_path / "audit.json")
    assert (result.exit_code, "audit_unreadable" in result.output) == (1, True), result.output


def test_missing_audit_is_refused_without_traceback(province: Audited, tmp_path: Path) -> None:
    result = province.command("audit", "accept", tmp_path / "none.json")
    assert (result.exit_code, "none.json" in result.output) == (2, True)


@pytest.mark.parametrize("entered", [0, 9, 10**6])
def test_sample_without_prior_commitment_is_refused(
    entered: int, province: Audited, audit: Json, key: Path, tmp_path: Path
) -> None:
    sample = {"drawn": 299, "wrong": 1, "bound": [15_767, 1_000_000], "entered": entered}
    changes = {"result": "sampled", "differences": 1, "sample": sample}
    (tmp_path / "audit.json").write_bytes(signed(audit, key, **changes))
    result = province.command("audit", "accept", tmp_path / "audit.json")
    assert (result.exit_code, "sample_not_entered" in result.output) == (1, True), result.output


def test_unaccredited_get_no_payloads(province: Audited, tmp_path: Path) -> None:
    result = province.command("audit", "export", tmp_path / "pack", "--for", "nobody")
    assert (result.exit_code, "unknown_auditor" in result.output) == (1, True)
    assert not (tmp_path / "pack").exists()
    result = province.command("audit", "export", tmp_path / "pack", "--month", MONTH)
    assert (result.exit_code, "--for" in result.output) == (2, True)


@pytest.mark.parametrize("span", [("--first", "5", "--last", "4"), ("--last", "1000000")])
def test_range_outside_log_is_refused(
    span: tuple[str, ...], province: Audited, identity: Path, tmp_path: Path
) -> None:
    assert identity.exists()
    result = province.command("audit", "export", tmp_path / "pack", "--for", NAME, *span)
    assert (result.exit_code, "range_unusable" in result.output) == (1, True)
    assert not (tmp_path / "pack" / "bodies.tar.age").exists()


def test_open_month_has_no_payloads(province: Audited, identity: Path, tmp_path: Path) -> None:
    assert identity.exists()
    asked = ("audit", "export", tmp_path / "pack", "--for", NAME, "--month", "2026-10")
    result = province.command(*asked)
    assert (result.exit_code, "month_not_closed" in result.output) == (1, True)


def test_revoked_auditor_gets_nothing_more(province: Audited, tmp_path: Path) -> None:
    _, recipient = age_identity(tmp_path)
    vkey = str(new_auditor("former.example").key)
    assert province.done("audit", "accredit", "Former", vkey, recipient)["active"]
    assert not province.done("audit", "revoke", vkey)["active"]
    result = province.command("audit", "export", tmp_path / "pack", "--for", "Former")
    assert (result.exit_code, "unknown_auditor" in result.output) == (1, True)
    assert {one["name"]: one["active"] for one in province.done("audit", "auditors")}[
        "Former"
    ] is False


@pytest.mark.parametrize(
    "keys",
    [
        ("no key", "age1qqq"),
        ("x+00000000+AAAA", "age1qqq"),
        (None, "age1qqq"),
        (None, "AGE-SECRET"),
    ],
)
def test_keys_of_another_kind_are_refused(
    keys: tuple[str | None, str], province: Audited, key: Path
) -> None:
    vkey = keys[0] or str(new_auditor("new.example").key)
    result = province.command("audit", "accredit", "New", vkey, keys[1])
    assert (result.exit_code, "unusable_key" in result.output) == (1, True)


def test_log_key_of_pack_signed_it(pack: Path) -> None:
    name, _, public = (pack / "key").read_text().strip().split("+", 2)
    assert name == (pack / "checkpoint").read_text().split("\n")[0]
    assert len(b64decode(public)) == 33


def test_closed_logs_months_are_recounted_until_erasure(
    province: Audited, identity: Path, tmp_path: Path
) -> None:
    closed = province.done("log", "rotate", "--leave-open")["closed"]
    name, later = closed.rpartition("/")[2], str(province.data / "log" / "public")
    asked = ("--log", name, "--for", NAME, "--month", MONTH)
    early = province.command("audit", "export", tmp_path / "early", *asked)
    assert (early.exit_code, "log_not_begun" in early.output) == (1, True)
    House(province.data).close()  # a start writes the definitions, before which no case may stand
    province.done("audit", "export", tmp_path / "pack", *asked)
    unpack(tmp_path / "pack", identity)
    answer = run_recompute(str(tmp_path / "pack"), None, MONTH)
    assert (answer.verdict, answer.proved["recomputed"]) == ("proved", [MONTH])
    assert answer.proved["origin"] == closed
    none = province.command("audit", "export", tmp_path / "none", "--log", "../public")
    assert (none.exit_code, "unknown_log" in none.output) == (1, True)

    with closing(open_database(province.data)) as database:
        said = database.read(lambda c: c.execute(_GIVEN).scalars().all())
        last = database.read(lambda c: last_closed(c, 10**6))[closed]
        running = (province.data / "log" / "origin").read_text().strip()
        asyncio.run(database.write(lambda c: shred_up_to(c, last, running, closed)))
    assert [json.loads(body)["log"] for body in said] == [closed]
    province.done("log", "publish")
    province.done("audit", "export", tmp_path / "after", *asked)
    unpack(tmp_path / "after", identity)
    alone = run_recompute(str(tmp_path / "after"), None, MONTH)
    assert alone.finding is not None and "no shred leaf" in alone.finding.says
    excused = run_recompute(str(tmp_path / "after"), None, MONTH, later=later)
    assert excused.finding is not None and excused.verdict == "unchecked"
    assert excused.finding.says.startswith(f"{MONTH} cannot be counted")
    other = run_recompute(str(tmp_path / "after"), None, MONTH, later=str(tmp_path / "after"))
    assert other.finding is not None and other.finding.kind == "fork"
