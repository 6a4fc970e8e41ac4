"""Inspecting, copying and reading a database of any revision, beside a running gateway or without one."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from gateway.storage import _sqlite
from gateway.storage._revisions import revision_of
from gateway.storage.schema import MAIN, Schema
from gateway.storage.url import DatabaseUnusable, DatabaseUrl

Progress = Callable[[int, int], None]
"""Called with the amount done and the total."""


@dataclass(frozen=True, slots=True)
class Condition:
    """The condition of a database: its revision, its damage, and its size on disk in bytes."""

    revision: str | None
    faults: tuple[str, ...]
    bytes: int
    needed: str

    @property
    def is_current(self) -> bool:
        """Whether this version of the gateway works with it as it is."""
        return self.revision == self.needed


@contextmanager
def read_only(url: DatabaseUrl) -> Iterator[Connection]:
    """One moment of a database, whatever is written meanwhile; nothing in its files changes.

    Raises DatabaseUnusable where it cannot be opened.
    """
    engine = _sqlite.read_only_engine(url.path)
    try:
        connection = engine.connect()
    except DBAPIError as error:
        raise DatabaseUnusable(f"the database cannot be opened: {error.orig}") from error
    with connection, _sqlite.snapshot(connection):
        yield connection


def inspect_database(url: DatabaseUrl, progress: Progress, schema: Schema = MAIN) -> Condition:
    """Determine revision, damage and size; one that was never made has no revision.

    Raises DatabaseUnusable where it cannot be read at all.
    """
    if not url.exists():
        return Condition(None, (), 0, schema.revision)
    try:
        with read_only(url) as connection:
            revision = revision_of(connection)
            found = tuple(_sqlite.faults(connection, progress))
    except DBAPIError as error:
        raise DatabaseUnusable(f"the database cannot be read: {error.orig}") from error
    return Condition(revision, found, _sqlite.size(url.path), schema.revision)


def copy_databases(copies: Mapping[DatabaseUrl, Path], progress: Progress) -> None:
    """Copy databases into new files that their owner alone can read (0600), one moment of each.

    The moments are taken in their order before anything is copied: what the first names in the second
    is there. Raises FileExistsError where a file exists, DatabaseUnusable where one cannot be read.
    """
    try:
        _sqlite.copy({url.path: target for url, target in copies.items()}, progress)
    except sqlite3.Error as error:
        raise DatabaseUnusable(f"the database cannot be copied: {error}") from error


def overwrite_deleted(url: DatabaseUrl) -> None:
    """Rewrite the database without what was ever deleted from it, in its files and beside them.

    It needs as much free space as the database, and nobody who reads or writes. Raises DatabaseUnusable.
    """
    try:
        _sqlite.overwrite_deleted(url.path)
    except sqlite3.Error as error:
        raise DatabaseUnusable(f"the database cannot be rewritten: {error}") from error
