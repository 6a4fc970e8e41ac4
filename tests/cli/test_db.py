"""`gateway db …` on a deployment that served, on older and damaged databases, and on a restored backup."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway import keys
from gateway.cli.main import app
from gateway.log.publishing._folder import LogFolder
from gateway.storage.schema import REVISION
from gateway.storage.url import DatabaseUrl
from tests.conftest import House
from tests.databases import edit_by_hand, files_of, load_dump, open_database, put_back

ROOT = Path(__file__).parents[2]
OLDER = (ROOT / "tests/storage/older/first.sql").read_text()
FORM = "social-pension"


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A deployment that answered and published, and a backup that was made while it ran."""
    folder = tmp_path_factory.mktemp("lived")
    house = House(folder / "data")
    house.accepted(house.walk(house.story(FORM)).submission())
    house.run(house.services.log.publisher.publish())
    status, said = db(folder / "data", "backup", str(folder / "backup"), "--json")
    assert status == 0, said
    house.accepted(house.walk(house.story(FORM)).submission())
    house.close()
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    open_database(tmp_path).close()
    assert db(tmp_path, "upgrade")[0] == 0
    return tmp_path


def db(data: Path, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(
        app, ["db", *arguments], env={"GATEWAY_DATA": str(data), "GATEWAY_MOCK": "1"}
    )
    return done.exit_code, done.output


def checked(data: Path) -> tuple[int, dict[str, object]]:
    status, said = db(data, "check", "--json")
    return status, json.loads(said)


def test_current_database_is_sound(data: Path) -> None:
    before = [path.read_bytes() for path in files_of(data)]
    status, said = checked(data)

    assert (status, said["faults"], said["current"]) == (0, [], True)
    assert said["revision"] == said["needed"] == REVISION
    assert said["bytes"] == sum(map(len, before))
    assert said["vault"]["current"] and said["vault"]["faults"] == []
    assert db(data, "check")[1].count("\n") == 7
    assert files_of(data)[0].read_bytes() == before[0]


def test_older_database_is_not_current(tmp_path: Path) -> None:
    load_dump(tmp_path, OLDER)

    status, said = checked(tmp_path)
    assert (status, said["revision"], said["current"], said["faults"]) == (1, None, False, [])


def test_damaged_page_is_named(data: Path) -> None:
    edit_by_hand(
        data,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
        " INSERT INTO leaves SELECT i, x'7b7d', x'00' FROM n",
    )
    (file,) = (path for path in files_of(data) if path.stat().st_size)
    raw = bytearray(file.read_bytes())
    page = raw.rindex(b"{}") // 4096 * 4096
    raw[page : page + 100] = bytes(100)
    file.write_bytes(raw)

    status, said = checked(data)
    assert status == 1
    assert any("leaves" in str(fault) for fault in list(said["faults"]))


def test_garbage_file_cannot_be_checked(data: Path) -> None:
    files_of(data)[0].write_bytes(b"[" * 5000)

    status, said = db(data, "check")
    assert (status, "cannot be" in said) == (2, True)


@pytest.mark.parametrize("command", [["check"], ["upgrade"], ["backup", "nowhere"]])
def test_nothing_is_made_where_nothing_ran(command: list[str], tmp_path: Path) -> None:
    status, said = db(tmp_path, *command)

    assert (status, list(tmp_path.iterdir())) == (2, [])
    assert "no deployment" in said


def test_older_database_is_upgraded_once(tmp_path: Path) -> None:
    load_dump(tmp_path, OLDER)

    for before in (None, REVISION):
        status, said = db(tmp_path, "upgrade", "--json")
        assert (status, json.loads(said)) == (
            0,
            {"before": before, "revision": REVISION, "moved": 0},
        )
    assert checked(tmp_path)[0] == 0


def test_nothing_is_upgraded_beside_gateway(tmp_path: Path) -> None:
    load_dump(tmp_path, OLDER)

    with LogFolder(tmp_path / "log"):
        assert db(tmp_path, "upgrade")[0] == 1
    assert checked(tmp_path)[0] == 1


@pytest.mark.parametrize("command", [["clients", "list"], ["metrics", "report"], ["log", "check"]])
def test_other_commands_refuse_another_revision(command: list[str], data: Path) -> None:
    edit_by_hand(data, "UPDATE alembic_version SET version_num = '9999'")
    done = CliRunner().invoke(app, command, env={"GATEWAY_DATA": str(data)})

    assert done.exit_code == 2, done.output
    assert "revision 9999" in done.output and "newer version" in done.output


def test_serve_refuses_newer_database(data: Path) -> None:
    edit_by_hand(data, "UPDATE alembic_version SET version_num = '9999'")
    done = CliRunner().invoke(app, ["serve"], env={"GATEWAY_DATA": str(data)})

    assert (done.exit_code, "newer version" in done.output) == (2, True)


def test_serve_names_setting_of_unusable_url() -> None:
    secret = {"GATEWAY_DATABASE_URL": "postgresql://gateway:mat-khau@db.example/gateway"}
    done = CliRunner().invoke(app, ["serve"], env=secret)

    assert (done.exit_code, "mat-khau" in done.output) == (2, False)
    assert "GATEWAY_DATABASE_URL" in done.output and "sqlite:///" in done.output


def test_backup_lists_digest_of_every_file(lived: Path) -> None:
    backup = lived / "backup"
    files = {p.relative_to(backup).as_posix() for p in backup.rglob("*") if p.is_file()}
    said = (backup / "SHA256SUMS").read_text()

    assert {line.split("  ")[1] for line in said.splitlines()} == files - {"SHA256SUMS"}
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=backup, check=True)
    assert {p.stat().st_mode & 0o777 for p in backup.rglob("*") if p.is_file()} == {0o600}
    assert {p.stat().st_mode & 0o777 for p in backup.rglob("*") if p.is_dir()} == {0o700}


def test_backup_holds_keys_that_operations_names(lived: Path) -> None:
    backup = lived / "backup"
    rows = re.findall(
        r"^\| (`keys/.*) \| (.*) \|$", (ROOT / "docs/operations.md").read_text(), re.M
    )
    named = {
        name: advice.partition("| ")[2] or advice
        for names, advice in rows
        for name in re.findall(r"`keys/([\w-]+\.key)`", names)
    }
    wanted = {name for name, advice in named.items() if advice.startswith("yes")}

    assert wanted == {*keys.BACKED_UP, *keys.BACKED_UP_APART}
    assert set(named) >= {path.name for path in (lived / "data/keys").iterdir()} - {
        path.name for path in (lived / "data/keys").glob("day-*.key")
    }
    assert {path.name for path in (backup / "keys").iterdir()} == set(keys.BACKED_UP) - {
        "log-next.key"
    }
    assert {path.name for path in (backup / "apart").iterdir()} == set(keys.BACKED_UP_APART)


@pytest.mark.threat(22, 56)
def test_restored_backup_serves_on_another_machine(lived: Path, tmp_path: Path) -> None:
    backup, folder = lived / "backup", tmp_path / "data"
    folder.mkdir(mode=0o700)
    put_back(folder, DatabaseUrl.in_folder(backup).path)
    shutil.copytree(backup / "keys", folder / "keys")
    for name in ("index.key", "vault.key"):
        shutil.copy(backup / "apart" / name, folder / "keys" / name)
    shutil.copy(backup / "vault.db", folder)
    shutil.copytree(backup / "log", folder / "log")
    assert checked(folder)[0] == 0

    house = House(folder)

    assert house.services.log.publisher.state().state == "published"
    house.accepted(house.walk(house.story(FORM)).submission())
    house.run(house.services.log.publisher.publish())
    house.close()
    done = CliRunner().invoke(app, ["log", "check"], env={"GATEWAY_DATA": str(folder)})
    assert done.exit_code == 0, done.output


def test_existing_folder_is_no_target(data: Path, tmp_path: Path) -> None:
    target = tmp_path / "kept"
    target.mkdir()

    status, said = db(data, "backup", str(target))
    assert (status, list(target.iterdir()), "exists" in said) == (1, [], True)


def test_backup_that_fails_leaves_nothing(data: Path, tmp_path: Path) -> None:
    files_of(data)[0].write_bytes(b"[" * 5000)

    status, _ = db(data, "backup", str(tmp_path / "copy"))
    assert (status, (tmp_path / "copy").exists()) == (2, False)


def test_vault_is_rotated_for_every_tenant(lived: Path) -> None:
    for arguments, expected in ([], 0), (["--tenant", "h00"], 1):
        command = ["keys", "rotate-vault", *arguments, "--json"]
        environment = {"GATEWAY_DATA": str(lived / "data"), "GATEWAY_MOCK": "1"}
        done = CliRunner().invoke(app, command, env=environment)
        assert done.exit_code == expected, done.output
        if not expected:
            assert all(count >= 1 for count in json.loads(done.output).values())
