"""Databases come to the revision of the code, whoever made them and however many open them at once."""

import multiprocessing
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, select

import gateway.storage
from gateway.domain.clock import hour_of
from gateway.log.append import append_case
from gateway.storage.database import inspect_database
from gateway.storage.schema import REVISION, bodies, bundles, case_persons, chains, metadata
from gateway.storage.url import DatabaseUnusable, DatabaseUrl
from tests.databases import edit_by_hand, load_dump, looking_into, open_database
from tests.log.writing import an_end

OLDER = {path.stem: path.read_text() for path in (Path(__file__).parent / "older").glob("*.sql")}
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MANY = 6


def differences(connection: Connection) -> list[object]:
    """What Alembic would have to change so that the database has the tables of the code."""
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


def test_new_database_has_tables_of_code(tmp_path: Path) -> None:
    with closing(open_database(tmp_path)) as database:
        assert database.read(differences) == []


@pytest.mark.parametrize("older", OLDER)
def test_older_database_is_upgraded(older: str, tmp_path: Path) -> None:
    load_dump(tmp_path, OLDER[older])

    for _ in range(2):
        with closing(open_database(tmp_path, upgrade=True)) as database:
            assert database.read(differences) == []
            assert database.read(
                lambda c: c.execute(select(bodies.c.case_ref)).scalars().all()
            ) == ["Ab-1"]


def test_scripts_alone_create_tables_of_code(tmp_path: Path) -> None:
    load_dump(
        tmp_path,
        "CREATE TABLE leaves (idx INTEGER NOT NULL PRIMARY KEY, entry BLOB NOT NULL, hash BLOB NOT NULL)",
    )

    with closing(open_database(tmp_path, upgrade=True)) as database:
        assert database.read(differences) == []


def test_last_script_is_revision_of_schema() -> None:
    folder = Path(str(gateway.storage.__file__)).parent / "_migrations"
    assert ScriptDirectory(str(folder)).get_heads() == [REVISION]


async def test_upgraded_bodies_are_found_by_case(tmp_path: Path) -> None:
    load_dump(tmp_path, OLDER["first"])

    with closing(open_database(tmp_path, upgrade=True)) as database:
        await database.write(lambda c: append_case(c, an_end("Ab-2", hour_of(NOW))))
        kept = database.read(lambda c: c.execute(select(bodies.c.case_ref)).scalars().all())

    assert kept == ["Ab-1", "Ab-2"]


def test_upgraded_persons_count_on(tmp_path: Path) -> None:
    load_dump(tmp_path, OLDER["first"])

    with closing(open_database(tmp_path, upgrade=True)) as database:
        counted = select(case_persons.c.person_index).where(case_persons.c.applicant.is_(True))
        assert database.read(lambda c: c.execute(counted).scalars().all()) == [b"\x01"]
        assert database.read(lambda c: c.execute(select(chains.c.applicant)).scalars().all()) == [
            None
        ]


def test_upgraded_bundles_are_not_confirmed(tmp_path: Path) -> None:
    load_dump(tmp_path, OLDER["dossiers"])

    with closing(open_database(tmp_path, upgrade=True)) as database:
        (kept,) = database.read(lambda c: c.execute(select(bundles)).all())

    assert (kept.code, kept.confirmed_leaf, kept.withdrawn_leaf) == ("H99.01-1", None, None)


def test_older_database_is_refused_without_upgrade(tmp_path: Path) -> None:
    load_dump(tmp_path, OLDER["first"])

    with pytest.raises(DatabaseUnusable, match="run `gateway db upgrade`"):
        open_database(tmp_path)

    with looking_into(tmp_path) as connection:
        assert differences(connection) != []


def test_newer_database_is_refused_always(tmp_path: Path) -> None:
    open_database(tmp_path).close()
    edit_by_hand(tmp_path, "UPDATE alembic_version SET version_num = '9999'")

    for upgrade in (False, True):
        with pytest.raises(DatabaseUnusable, match="revision 9999.*newer version"):
            open_database(tmp_path, upgrade=upgrade)


def test_database_of_another_program_is_refused(tmp_path: Path) -> None:
    load_dump(tmp_path, "CREATE TABLE songs (title VARCHAR)")

    with pytest.raises(DatabaseUnusable, match="something else"):
        open_database(tmp_path, upgrade=True)


def test_garbage_file_is_refused(tmp_path: Path) -> None:
    file = DatabaseUrl.in_folder(tmp_path).path
    file.touch(mode=0o600)
    file.write_bytes(b"[" * 5000)

    with pytest.raises(DatabaseUnusable, match="cannot be opened"):
        open_database(tmp_path)
    with pytest.raises(DatabaseUnusable, match="cannot be"):
        inspect_database(DatabaseUrl.in_folder(tmp_path), lambda done, total: None)


def _open_once(folder: Path) -> None:
    open_database(folder, upgrade=True).close()


@pytest.mark.parametrize("older", [None, *OLDER])
def test_processes_that_open_at_once_agree(older: str | None, tmp_path: Path) -> None:
    if older is not None:
        load_dump(tmp_path, OLDER[older])
    fresh = multiprocessing.get_context("forkserver")
    fresh.set_forkserver_preload(["gateway.storage.database", "alembic.command"])
    processes = [fresh.Process(target=_open_once, args=(tmp_path,)) for _ in range(MANY)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()

    assert [process.exitcode for process in processes] == [0] * MANY
    with looking_into(tmp_path) as connection:
        assert differences(connection) == []
