"""An outsider's pack: whole, true by itself, and checked by programs that are not ours."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.audits._packs import Pack, write_pack
from gateway.domain.errors import Conflict
from gateway.log.publishing._folder import LogDamaged, LogFolder
from gateway_verify._claims.definitions import DIGESTS
from gateway_verify._proofs import check_inclusion, leaf_hash, read_proof
from gateway_verify.command import run_verify
from tests.log.building import SmallLog
from tests.verify.building import BuiltLog, definition
from tests.verify.closing import FORM_LEAF, closed_log, outside, publish, tally

SCHEMAS = Path(__file__).parents[2] / "schemas"


def exported(built: BuiltLog, tmp_path: Path, schemas: Path = SCHEMAS) -> Pack:
    publish(built, tmp_path / "log" / "public")
    return write_pack(tmp_path / "pack", LogFolder(tmp_path / "log"), schemas, lambda d, o: None)


def test_pack_alone_proves_every_published_figure(tmp_path: Path) -> None:
    pack = exported(closed_log(), tmp_path)
    shutil.rmtree(tmp_path / "log")
    answer = run_verify(str(pack.folder), None)
    assert (answer.verdict, answer.finding) == ("proved", None)
    assert answer.proved["releases"] == ["2026-11"]
    assert answer.proved["entries"] == pack.size


def test_verifier_in_pack_runs_alone(tmp_path: Path) -> None:
    pack = exported(closed_log(), tmp_path)
    python = Path(sys.executable)
    said = subprocess.run(
        [python, "-P", pack.folder / "gateway-verify.pyz", "verify", pack.folder],
        capture_output=True,
        text=True,
        cwd=pack.folder,
        env={"PATH": os.environ["PATH"]},
    )
    assert said.returncode == 0, said.stdout


def test_each_tally_comes_with_its_proof(tmp_path: Path) -> None:
    built = closed_log()
    pack = exported(built, tmp_path)
    size = len(built.entries)
    assert pack.tallies == [size - 2, size - 1]
    for index in pack.tallies:
        proof = read_proof((pack.folder / "proofs" / str(index)).read_bytes())
        assert proof.index == index
        check_inclusion(index, size, leaf_hash(built.entries[index]), proof.siblings, built.root)
        assert proof.checkpoint == (pack.folder / "checkpoint").read_bytes()


def test_named_files_are_found_by_digest(
    tmp_path: Path,
) -> None:
    form = (SCHEMAS / "forms" / "ct01-permanent-residence" / "form.json").read_bytes()
    digest = hashlib.sha256(form).hexdigest()
    built = BuiltLog()
    built.public(definition())
    built.public({**FORM_LEAF, "form_digest": f"sha256:{digest}"})
    built.write(tmp_path / "log" / "public")
    pack = write_pack(tmp_path / "pack", LogFolder(tmp_path / "log"), SCHEMAS, lambda d, o: None)
    assert [path.name for path in (pack.folder / "forms").iterdir()] == [f"{digest}.json"]
    assert (pack.folder / "forms" / f"{digest}.json").read_bytes() == form
    assert pack.missing == sorted([DIGESTS[1], "sha256:" + "0" * 64])


def test_release_beyond_checkpoint_is_left_out(tmp_path: Path) -> None:
    built = closed_log()
    public = tmp_path / "log" / "public"
    publish(built, public)
    built.entries.pop()
    built.write(public)
    folder = write_pack(
        tmp_path / "pack", LogFolder(tmp_path / "log"), SCHEMAS, lambda d, o: None
    ).folder
    assert not (folder / "releases").exists()


async def test_pack_ends_at_its_checkpoint(tmp_path: Path) -> None:
    house = SmallLog(tmp_path)
    await house.grow(300)
    await house.publisher.publish()
    earlier = house.folder.published()
    assert earlier is not None
    await house.grow(700)
    await house.publisher.publish()
    house.folder.publish(earlier)
    told: list[tuple[int, int]] = []
    pack = write_pack(tmp_path / "pack", house.folder, SCHEMAS, lambda *t: told.append(t))
    house.close()
    files = {
        p.relative_to(pack.folder).as_posix() for p in pack.folder.glob("tile/**/*") if p.is_file()
    }
    assert files == {
        "tile/entries/000",
        "tile/entries/001.p/44",
        "tile/0/000",
        "tile/0/001.p/44",
        "tile/1/000.p/1",
    }
    assert told == [(256, 300), (300, 300)]


def test_export_needs_checkpoint_and_empty_place(
    tmp_path: Path,
) -> None:
    log = LogFolder(tmp_path / "log")
    with pytest.raises(Conflict, match="nothing_published"):
        write_pack(tmp_path / "pack", log, SCHEMAS, lambda d, o: None)
    publish(closed_log(), tmp_path / "log" / "public")
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "mine").touch()
    with pytest.raises(Conflict, match="folder_in_use"):
        write_pack(tmp_path / "pack", log, SCHEMAS, lambda d, o: None)


@pytest.mark.parametrize("name", ["tile/entries/000.p/31", "tile/0/000.p/31"])
def test_torn_log_file_is_named(name: str, tmp_path: Path) -> None:
    publish(closed_log(), tmp_path / "log" / "public")
    path = tmp_path / "log" / "public" / name
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(LogDamaged, match=r"000\.p/31|bundle ends"):
        write_pack(tmp_path / "pack", LogFolder(tmp_path / "log"), SCHEMAS, lambda d, o: None)


def instructed(folder: Path, chapter: int) -> list[str]:
    """The commands of a chapter of a pack's instructions."""
    text = (folder / "INSTRUCTIONS.md").read_text().split(f"\n## {chapter}. ")[1]
    block = re.search(r"```sh\n(.*?)```", text, re.DOTALL)
    assert block is not None
    return block[1].splitlines()


@pytest.mark.threat(54)
def test_go_commands_prove_pack_refute_change(
    tmp_path: Path,
) -> None:
    if shutil.which("go") is None or not Path("/usr/share/gocode/src/golang.org/x/mod").is_dir():
        pytest.skip("golang-go and golang-golang-x-mod-dev are not installed")
    pack = exported(closed_log(), tmp_path)
    _, build, run = instructed(pack.folder, 1)
    environment = os.environ | {"GOCACHE": str(tmp_path / "go")}

    def shell(command: str) -> str:
        done = subprocess.run(
            ["sh", "-c", command], cwd=pack.folder, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    shell(build)
    assert shell(run) == "ok\n"
    bundle = next((pack.folder / "tile" / "entries" / "000.p").iterdir())
    raw = bundle.read_bytes()
    bundle.write_bytes(raw[:-3] + bytes([raw[-3] ^ 1]) + raw[-2:])
    assert shell(run) != "ok\n"


@pytest.mark.threat(54)
def test_aics_tlog_program_proves_pack(tmp_path: Path) -> None:
    python = Path(os.environ.get("FOREIGN_PYTHON", SCHEMAS.parent / "build/foreign/bin/python"))
    if not python.exists():
        pytest.skip("aics-tlog is not installed (make foreign)")
    pack = exported(closed_log(), tmp_path)
    command = instructed(pack.folder, 2)[-1].replace("tlog/bin/python", str(python))
    done = subprocess.run(["sh", "-c", command], cwd=pack.folder, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("ok\n", "")


def test_commands_for_own_verifier_work(tmp_path: Path) -> None:
    pack = exported(closed_log(tally(), outside()), tmp_path)
    (command,) = instructed(pack.folder, 4)
    done = subprocess.run(
        ["sh", "-c", command.replace("python3", sys.executable, 1)],
        cwd=pack.folder,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, "PROVED" in done.stdout) == (0, True)
