"""The database of a deployment under test: opened, read from beside, edited by hand, copied, put back.

No other test opens the file.
"""

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection

from gateway.domain.clock import Clock
from gateway.keys import FileKeys
from gateway.records.tenant_keys import TenantKeys
from gateway.records.vault import Vault
from gateway.storage._sqlite import make_private, writing_engine
from gateway.storage.database import Database, copy_databases, read_only
from gateway.storage.url import DatabaseUrl
from gateway.storage.vault_schema import VAULT


def open_database(folder: Path, *, upgrade: bool = False) -> Database:
    """The database of a data folder, made where there is none; the caller closes it."""
    return Database(DatabaseUrl.in_folder(folder), upgrade=upgrade)


@contextmanager
def looking_into(folder: Path) -> Iterator[Connection]:
    """One moment of a database that somebody else may be writing."""
    with read_only(DatabaseUrl.in_folder(folder)) as connection:
        yield connection


def open_vault(folder: Path, clock: Clock, index_key: bytes = b"k" * 32) -> Vault:
    """The vault of a data folder under a key in a file; the caller closes its database."""
    database = Database(DatabaseUrl.in_folder(folder).vault, VAULT)
    return Vault(database, TenantKeys(database, FileKeys(folder), clock), index_key, clock)


def edit_by_hand(folder: Path, *statements: str) -> list[int]:
    """Run SQL as somebody at the file would; how many rows each statement changed."""
    with closing(open_database(folder)) as database:
        return asyncio.run(database.write(lambda c: run_sql(c, *statements)))


def run_sql(connection: Connection, *statements: str) -> list[int]:
    """Run statements on a connection; how many rows each changed."""
    return [connection.exec_driver_sql(statement).rowcount for statement in statements]


def files_of(folder: Path) -> list[Path]:
    """The files that hold the database, and what is not folded back yet."""
    return _files(DatabaseUrl.in_folder(folder))


def vault_files_of(folder: Path) -> list[Path]:
    """The same of the vault."""
    return _files(DatabaseUrl.in_folder(folder).vault)


def _files(url: DatabaseUrl) -> list[Path]:
    return sorted(url.path.parent.glob(f"{url.path.name}*"))


def raw_bytes(folder: Path) -> bytes:
    """Everything that lies on disk of database and vault, deleted rows included."""
    return b"".join(path.read_bytes() for path in files_of(folder) + vault_files_of(folder))


def back_up(folder: Path, copy: Path) -> Path:
    """A consistent copy, while it is open or not."""
    copy_databases({DatabaseUrl.in_folder(folder): copy}, lambda done, total: None)
    return copy


def remove_database(folder: Path) -> None:
    """Take the database away, as before a backup is put in its place."""
    for path in files_of(folder):
        path.unlink()


def put_back(folder: Path, copy: Path) -> None:
    """Restore a copy in place of the database."""
    remove_database(folder)
    shutil.copy(copy, DatabaseUrl.in_folder(folder).path)


def load_dump(folder: Path, dump: str) -> None:
    """Make a database of SQL statements, one a line, as code of an earlier day left it."""
    path = DatabaseUrl.in_folder(folder).path
    make_private(path)
    engine = writing_engine(path)
    with engine.begin() as connection:
        run_sql(connection, *(line for line in dump.splitlines() if not line.startswith("--")))
    engine.dispose()
