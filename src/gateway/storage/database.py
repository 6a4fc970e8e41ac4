"""The database of a deployment: group commit by one writer thread, and reads that never wait for it.

The writer gathers the changes that wait, runs them in one transaction and commits once: an answer that
was given is on disk, and a hundred answers cost one sync. The changes of one iteration of an event loop
are queued together, so that a busy loop makes large groups and an idle one waits for nothing. A change
that raises is taken out alone: the others of its group are run again without it.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from gateway.domain.errors import Busy
from gateway.storage import _sqlite
from gateway.storage._revisions import make_current, revision_of
from gateway.storage._sqlite import overwriting as overwriting
from gateway.storage._statements import Statement as Statement
from gateway.storage._statements import new_row as new_row
from gateway.storage._upkeep import Condition as Condition
from gateway.storage._upkeep import copy_databases as copy_databases
from gateway.storage._upkeep import inspect_database as inspect_database
from gateway.storage._upkeep import overwrite_deleted as overwrite_deleted
from gateway.storage._upkeep import read_only as read_only
from gateway.storage.schema import MAIN, Schema
from gateway.storage.url import DatabaseUnusable, DatabaseUrl

T = TypeVar("T")

_LARGEST_GROUP = 500


class _Waiting:
    """One change and the future of its caller; the change may run more than once."""

    __slots__ = ("change", "done", "loop")

    def __init__(self, change: Callable[[Connection], object]) -> None:
        self.change = change
        self.loop = asyncio.get_running_loop()
        self.done: asyncio.Future[Any] = self.loop.create_future()


_Outcome: TypeAlias = tuple[_Waiting, object, BaseException | None]


class Database:
    """The database of a deployment, or its vault by another `schema`: one writer, readers never wait.

    Opening it makes it where there is none. One of an older revision is upgraded if `upgrade` says so
    and refused otherwise, as is one of a newer revision: raises DatabaseUnusable.
    """

    def __init__(self, url: DatabaseUrl, schema: Schema = MAIN, *, upgrade: bool = False) -> None:
        self.write_info: dict[str, object] = {}
        """Every writing transaction has these in its connection's `info`."""
        self._schema = schema
        self._engine = _sqlite.writing_engine(url.path)
        self._reading = _sqlite.reading_engine(url.path)
        try:
            _sqlite.make_private(url.path)
            self._make_current(url, upgrade=upgrade)
        except (DBAPIError, OSError) as error:
            cause = error.orig if isinstance(error, DBAPIError) else error.strerror
            raise DatabaseUnusable(f"the database cannot be opened: {cause}") from error
        self._reader = self._reading.connect()
        self._reader_lock = threading.Lock()
        self._waiting: queue.SimpleQueue[list[_Waiting] | None] = queue.SimpleQueue()
        self._new: dict[asyncio.AbstractEventLoop, list[_Waiting]] = {}
        self._writer = threading.Thread(target=self._write_groups, name="writer", daemon=True)
        self._writer.start()

    def _make_current(self, url: DatabaseUrl, *, upgrade: bool) -> None:
        with _sqlite.sole_opening(url.path):
            with self._reading.connect() as connection:
                if revision_of(connection) == self._schema.revision:
                    return
            with self._engine.begin() as connection:
                make_current(connection, self._schema, upgrade=upgrade)

    def read(self, question: Callable[[Connection], T]) -> T:
        """Run `question` on the last committed state; never waits for the writer. Raises Busy.

        Each statement has a snapshot of its own.
        """
        with self._reader_lock:
            try:
                return question(self._reader)
            except DBAPIError as error:
                self._reader.rollback()
                raise Busy("storage_busy", "the database cannot be read now") from error

    def read_separately(self, question: Callable[[Connection], T]) -> T:
        """The same on a connection of its own, for long questions from other threads.

        Other readers do not wait for it. Raises Busy.
        """
        try:
            with self._reading.connect() as connection:
                return question(connection)
        except DBAPIError as error:
            raise Busy("storage_busy", "the database cannot be read now") from error

    def read_snapshot(self, question: Callable[[Connection], T]) -> T:
        """Run `question` on one snapshot, whatever is written meanwhile; raises Busy.

        It has a connection of its own. While it runs the write-ahead log cannot be folded back.
        """

        def within(connection: Connection) -> T:
            with _sqlite.snapshot(connection):
                return question(connection)

        return self.read_separately(within)

    def check(self) -> None:
        """Raises Busy when the database cannot be read."""
        self.read(lambda connection: connection.exec_driver_sql("SELECT 1").one())

    async def write(self, change: Callable[[Connection], T]) -> T:
        """Run `change` in a transaction; returns when it is durable.

        `change` may run more than once and must touch nothing but its connection. What it raises is
        raised here and leaves nothing behind; Busy when the database cannot be written. The change
        of a caller that is cancelled while it waits is made all the same.
        """
        waiting = _Waiting(change)
        added = self._new.setdefault(waiting.loop, [])
        if not added:
            waiting.loop.call_soon(self._enqueue, waiting.loop)
        added.append(waiting)
        result: T = await waiting.done
        return result

    def _enqueue(self, loop: asyncio.AbstractEventLoop) -> None:
        """Queue for the writer the changes of one iteration of a loop."""
        if added := self._new.pop(loop, None):
            self._waiting.put(added)

    def close(self) -> None:
        """Finish the changes that wait, then close the file."""
        for loop in list(self._new):
            self._enqueue(loop)
        self._waiting.put(None)
        self._writer.join()
        self._reader.close()
        self._reading.dispose()
        self._engine.dispose()

    def _write_groups(self) -> None:
        with self._engine.connect() as connection:
            while (first := self._waiting.get()) is not None:
                group, last = self._group(first)
                self._commit(connection, group)
                if last:
                    return

    def _group(self, first: list[_Waiting]) -> tuple[list[_Waiting], bool]:
        group = list(first)
        while len(group) < _LARGEST_GROUP:
            try:
                following = self._waiting.get_nowait()
            except queue.Empty:
                break
            if following is None:
                return group, True
            group += following
        return group, False

    def _commit(self, connection: Connection, group: list[_Waiting]) -> None:
        """Commit the whole group; a change that raises is taken out and the rest run again."""
        while group:
            results: list[object] = []
            try:
                connection.info.clear()
                connection.info.update(self.write_info)
                connection.begin()
                for waiting in group:
                    results.append(waiting.change(connection))
                connection.commit()
            except DBAPIError as error:
                connection.rollback()
                if len(group) > 1:
                    for waiting in group:
                        self._commit(connection, [waiting])
                    return
                cause = type(error.orig).__name__
                busy = Busy("storage_busy", f"the change was not stored: {cause}")
                _deliver([(group[0], None, busy)])
                return
            except BaseException as refusal:  # whatever a change raises goes to its caller
                connection.rollback()
                _deliver([(group.pop(len(results)), None, refusal)])
                continue
            _deliver([(one, result, None) for one, result in zip(group, results, strict=True)])
            return


def _deliver(outcomes: list[_Outcome]) -> None:
    """Give every outcome to its caller's loop, by one call across threads for each loop."""
    loops = {waiting.loop for waiting, _, _ in outcomes}
    for loop in loops:
        mine = [outcome for outcome in outcomes if outcome[0].loop is loop]
        with suppress(RuntimeError):  # the the loop is closed: nobody waits there
            loop.call_soon_threadsafe(_settle, mine)


def _settle(outcomes: list[_Outcome]) -> None:
    for waiting, result, refusal in outcomes:
        if waiting.done.done():
            continue
        if refusal is None:
            waiting.done.set_result(result)
        else:
            waiting.done.set_exception(refusal)
