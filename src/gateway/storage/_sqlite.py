"""SQLite: connections, the lock of an opening, erasing, copying, integrity.

Everything that another engine would do otherwise is here; `docs/adr/0017-one-module-per-database-engine.md` lists it.
"""

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import NullPool

from gateway.storage.files import check_private, make_private_file

_LOCK_TIMEOUT_SECONDS = 5.0
_PAGES_PER_STEP = 1_000


def make_private(path: Path) -> None:
    """Make the file where there is none, for its owner alone; what SQLite puts beside it is as private.

    Raises OSError, and DatabaseUnusable where others have a right on one of the files.
    """
    make_private_file(path)
    for file in files_of(path):
        check_private(file)


def files_of(path: Path) -> tuple[Path, ...]:
    """The files in which a database may lie."""
    return (path, *(path.with_name(f"{path.name}-{part}") for part in ("wal", "shm")))


def writing_engine(path: Path) -> Engine:
    """Connections that take the write lock when a transaction begins."""
    engine = _engine(path)

    @event.listens_for(engine, "begin")
    def take_write_lock(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def reading_engine(path: Path) -> Engine:
    """Connections without transactions: each statement sees a snapshot of its own."""
    return _engine(path)


def read_only_engine(path: Path) -> Engine:
    """Connections that change nothing, not even by folding the write-ahead log back."""
    return create_engine(f"sqlite:///file:{quote(str(path))}?mode=ro&uri=true", poolclass=NullPool)


def _engine(path: Path) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        poolclass=NullPool,
        connect_args={"check_same_thread": False, "timeout": _LOCK_TIMEOUT_SECONDS},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


@contextmanager
def sole_opening(path: Path) -> Iterator[None]:
    """Let one process at a time inspect, create or upgrade the database.

    The lock is on the folder, since closing any descriptor of the file would let go of SQLite's own.
    """
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def snapshot(connection: Connection) -> Iterator[None]:
    """Give every statement within the same snapshot. The write-ahead log cannot be folded back meanwhile."""
    connection.exec_driver_sql("BEGIN")
    try:
        yield
    finally:
        connection.exec_driver_sql("ROLLBACK")


@contextmanager
def overwriting(connection: Connection) -> Iterator[None]:
    """Overwrite what is deleted within with zeros in the database file.

    The write-ahead log beside it loses its last copy when it is folded back, as it is at every close.
    """
    connection.exec_driver_sql("PRAGMA secure_delete=ON")
    try:
        yield
    finally:
        connection.exec_driver_sql("PRAGMA secure_delete=OFF")


def faults(connection: Connection, progress: Callable[[int, int], None]) -> Iterator[str]:
    """The damage that SQLite finds, table by table: pages, columns, dangling references."""
    tables = inspect(connection).get_table_names()
    for done, table in enumerate(tables):
        progress(done, len(tables))
        yield from (f"{table}: {fault}" for fault in _faults_in(connection, table))
    for row in connection.exec_driver_sql("PRAGMA foreign_key_check"):
        yield f"{row[0]}: row {row[1]} refers to nothing in {row[2]}"
    progress(len(tables), len(tables))


def _faults_in(connection: Connection, table: str) -> list[str]:
    try:
        said = connection.exec_driver_sql(f"PRAGMA quick_check('{table}')").scalars().all()
    except OperationalError:  # it cannot be read now; that says nothing about it
        raise
    except DatabaseError as damaged:
        return [str(damaged.orig)]
    return [str(one) for one in said if one != "ok"]


def size(path: Path) -> int:
    """Bytes on disk, what is not folded back yet included."""
    return sum(file.stat().st_size for file in files_of(path)[:2] if file.exists())


def copy(copies: Mapping[Path, Path], progress: Callable[[int, int], None]) -> None:
    """Copy databases into new files, one moment of each, taken in order, whatever is written meanwhile.

    `progress` is called with the pages of a database copied so far and all of them. Raises sqlite3.Error.
    """
    with ExitStack() as opened:
        sources = {path: opened.enter_context(closing(_plain(path))) for path in copies}
        for source in sources.values():
            source.execute("BEGIN")
            source.execute(
                "SELECT count(*) FROM sqlite_schema"
            ).fetchone()  # the moment is this one
        for path, target in copies.items():
            target.touch(mode=0o600, exist_ok=False)
            with closing(_plain(target)) as copied:
                sources[path].backup(
                    copied,
                    pages=_PAGES_PER_STEP,
                    progress=lambda _, left, total: progress(total - left, total),
                )
                copied.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it


def overwrite_deleted(path: Path) -> None:
    """Rewrite every page, with zeros where something was deleted, and empty the write-ahead log."""
    with closing(_plain(path)) as connection:
        for statement in (
            "PRAGMA secure_delete=ON",
            "VACUUM",
            "PRAGMA wal_checkpoint(TRUNCATE)",
        ):
            connection.execute(statement).fetchall()


def _plain(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=_LOCK_TIMEOUT_SECONDS, isolation_level=None)
