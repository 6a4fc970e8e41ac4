"""Inspecting, copying and reading a database of any revision, beside a running gateway or without one."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from gateway.storage import _sqlite
from gateway.storage._revisions import revision_of
from gateway.storage.schema import REVISION
from gateway.storage.url import DatabaseUnusable, DatabaseUrl

Progress = Callable[[int, int], None]
"""Called with how much is done and how much there is."""


@dataclass(frozen=True, slots=True)
class Condition:
    """How a database is: its revision, what is damaged in it, and its size on disk."""

    revision: str | None
    faults: tuple[str, ...]
    bytes: int

    @property
    def is_current(self) -> bool:
        """Whether this version of the gateway works with it as it is."""
        return self.revision == REVISION


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


def inspect_database(url: DatabaseUrl, progress: Progress) -> Condition:
    """Find out revision, damage and size; raises DatabaseUnusable where it cannot be read at all."""
    try:
        with read_only(url) as connection:
            revision = revision_of(connection)
            found = tuple(_sqlite.faults(connection, progress))
    except DBAPIError as error:
        raise DatabaseUnusable(f"the database cannot be read: {error.orig}") from error
    return Condition(revision, found, _sqlite.size(url.path))


def copy_database(url: DatabaseUrl, target: Path, progress: Progress) -> None:
    """Copy one moment of the database into a new file that its owner alone can read (0600).

    Raises FileExistsError where the file exists, DatabaseUnusable where the database cannot be read.
    """
    try:
        _sqlite.copy(url.path, target, progress)
    except sqlite3.Error as error:
        raise DatabaseUnusable(f"the database cannot be copied: {error}") from error
