"""Copies and looks from beside, while somebody writes."""

import asyncio
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from gateway.storage.database import copy_databases
from gateway.storage.schema import leaves
from gateway.storage.url import DatabaseUnusable, DatabaseUrl
from tests.databases import back_up, looking_into, open_database, put_back

MANY = 20_000
COUNT = select(func.count()).select_from(leaves)


def rows(first: int, count: int) -> list[dict[str, object]]:
    return [{"idx": i, "entry": bytes(400), "hash": bytes(32)} for i in range(first, first + count)]


def test_copy_is_one_moment_during_writes(tmp_path: Path) -> None:
    steps = []
    with closing(open_database(tmp_path)) as database:
        asyncio.run(database.write(lambda c: c.execute(insert(leaves), rows(0, MANY))))

        def write_on(done: int, total: int) -> None:
            steps.append((done, total))
            first = MANY + len(steps)
            asyncio.run(database.write(lambda c: c.execute(insert(leaves), rows(first, 1))))

        copy_databases({DatabaseUrl.in_folder(tmp_path): tmp_path / "copy"}, write_on)

    assert len(steps) > 1 and steps[-1][0] == steps[-1][1]
    (tmp_path / "other").mkdir()
    put_back(tmp_path / "other", tmp_path / "copy")
    with looking_into(tmp_path / "other") as connection:
        assert connection.execute(COUNT).scalar_one() == MANY


def test_copy_is_one_private_file(tmp_path: Path) -> None:
    open_database(tmp_path).close()
    copy = back_up(tmp_path, tmp_path / "copy")

    assert copy.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.glob("copy*")] == ["copy"]


def test_copy_replaces_no_file(tmp_path: Path) -> None:
    open_database(tmp_path).close()
    (tmp_path / "copy").write_text("kept")

    with pytest.raises(FileExistsError):
        back_up(tmp_path, tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == "kept"


def test_look_from_beside_keeps_its_moment(tmp_path: Path) -> None:
    with closing(open_database(tmp_path)) as database:
        with looking_into(tmp_path) as connection:
            before = connection.execute(COUNT).scalar_one()
            asyncio.run(database.write(lambda c: c.execute(insert(leaves), rows(0, 1))))
            assert connection.execute(COUNT).scalar_one() == before == 0
        with looking_into(tmp_path) as connection:
            assert connection.execute(COUNT).scalar_one() == 1


def test_look_where_nothing_is_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnusable), looking_into(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []
