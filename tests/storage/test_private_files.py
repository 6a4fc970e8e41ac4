"""Nobody but the owner has a right on the database, whatever the umask; else it is not opened."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli.main import app
from gateway.storage.url import DatabaseUnusable
from tests.databases import files_of, open_database


@pytest.fixture
def careless() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def test_files_are_made_for_their_owner(careless: None, tmp_path: Path) -> None:
    with closing(open_database(tmp_path)):
        modes = {file.name: file.stat().st_mode & 0o777 for file in files_of(tmp_path)}

    assert len(modes) == 3 and set(modes.values()) == {0o600}


@pytest.mark.parametrize("part", ["", "-wal", "-shm"])
@pytest.mark.parametrize("mode", [0o644, 0o660, 0o601])
def test_file_open_to_others_is_refused(part: str, mode: int, tmp_path: Path) -> None:
    open_database(tmp_path).close()
    (database,) = files_of(tmp_path)
    file = database.with_name(database.name + part)
    file.touch(mode=0o600)
    file.chmod(mode)

    with pytest.raises(DatabaseUnusable, match=f"chmod 600 {file}$"):
        open_database(tmp_path)
    file.chmod(0o600)
    open_database(tmp_path).close()


@pytest.mark.parametrize("name", ["", "keys", "keys/index.key"])
def test_serve_names_what_others_may_read(name: str, tmp_path: Path) -> None:
    data, environment = tmp_path / "data", {"GATEWAY_DATA": str(tmp_path / "data")}
    (data / "keys").mkdir(parents=True, mode=0o700)
    data.chmod(0o700)
    (data / "keys" / "index.key").write_bytes(bytes(32))
    (data / "keys" / "index.key").chmod(0o600)
    (data / name).chmod(0o750)

    done = CliRunner().invoke(app, ["serve"], env=environment)
    right = "600" if name.endswith(".key") else "700"
    assert (done.exit_code, f"chmod {right} {data / name}\n" in done.output) == (2, True)
    assert [path.name for path in data.iterdir()] == ["keys"]
