"""How do changes become durable, many at one price?

One writer thread gathers the changes that wait, runs them in one `BEGIN IMMEDIATE` transaction and
commits once: an answer that was given is on disk, and a hundred answers cost one sync. Changes that
one turn of the loop brings are handed over together, so that a busy loop makes large groups and an
idle one waits for nothing. A change that refuses takes only itself out: the others of its group are
run again without it.
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
from gateway.storage.schema import REVISION
from gateway.storage.url import DatabaseUnusable, DatabaseUrl

T = TypeVar("T")

_LARGEST_GROUP = 500


class _Waiting:
    """One change and the future of its caller; the change may run more than once."""

    __slots__ = ("change", "done", "loop")

    def __init__(self, change: Callable[[Connection], Any]) -> None:
        self.change = change
        self.loop = asyncio.get_running_loop()
        self.done: asyncio.Future[Any] = self.loop.create_future()


_Outcome: TypeAlias = tuple[_Waiting, Any, BaseException | None]


class Database:
    """The database of a deployment: one writer, readers never wait.

    Opening it makes it where there is none. One of an older revision is upgraded if `upgrade` says so
    and refused otherwise, as is one of a newer revision: raises DatabaseUnusable.
    """

    def __init__(self, url: DatabaseUrl, *, upgrade: bool = False) -> None:
        self.carried: dict[str, Any] = {}
        """What every transaction that writes finds in its connection's `info`."""
        self._engine = _sqlite.writing_engine(url.path)
        self._reading = _sqlite.reading_engine(url.path)
        try:
            self._make_current(url, upgrade=upgrade)
        except (DBAPIError, OSError) as error:
            cause = error.orig if isinstance(error, DBAPIError) else error.strerror
            raise DatabaseUnusable(f"the database cannot be opened: {cause}") from error
        self._reader = self._reading.connect()
        self._reader_lock = threading.Lock()
        self._waiting: queue.SimpleQueue[list[_Waiting] | None] = queue.SimpleQueue()
        self._this_turn: dict[asyncio.AbstractEventLoop, list[_Waiting]] = {}
        self._writer = threading.Thread(target=self._write_groups, name="writer", daemon=True)
        self._writer.start()

    def _make_current(self, url: DatabaseUrl, *, upgrade: bool) -> None:
        with _sqlite.sole_opening(url.path):
            with self._reading.connect() as connection:
                if revision_of(connection) == REVISION:
                    return
            with self._engine.begin() as connection:
                make_current(connection, upgrade=upgrade)

    def read(self, question: Callable[[Connection], T]) -> T:
        """Ask the last committed state; never waits for the writer."""
        with self._reader_lock:
            try:
                return question(self._reader)
            except DBAPIError as error:
                self._reader.rollback()
                raise Busy("storage_busy", "the database cannot be read now") from error

    def read_apart(self, question: Callable[[Connection], T]) -> T:
        """Ask on a connection of its own, for long questions from other threads.

        Nobody waits for it and it waits for nobody. Raises Busy.
        """
        try:
            with self._reading.connect() as connection:
                return question(connection)
        except DBAPIError as error:
            raise Busy("storage_busy", "the database cannot be read now") from error

    def read_still(self, question: Callable[[Connection], T]) -> T:
        """Ask several things of one moment, whatever is written meanwhile; raises Busy.

        On a connection of its own. While it lasts the write-ahead log cannot be folded back.
        """

        def within(connection: Connection) -> T:
            with _sqlite.snapshot(connection):
                return question(connection)

        return self.read_apart(within)

    def check(self) -> None:
        """Ask for nothing but an answer; raises Busy when the database cannot be read."""
        self.read(lambda connection: connection.exec_driver_sql("SELECT 1").one())

    async def write(self, change: Callable[[Connection], T]) -> T:
        """Run `change` in a transaction; returns when it is durable.

        `change` may run more than once and must touch nothing but its connection. What it raises is
        raised here and leaves nothing behind; Busy when the database cannot be written. A caller
        that is cancelled while it waits does not take the change back.
        """
        waiting = _Waiting(change)
        turn = self._this_turn.setdefault(waiting.loop, [])
        if not turn:
            waiting.loop.call_soon(self._hand_over, waiting.loop)
        turn.append(waiting)
        result: T = await waiting.done
        return result

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        """Give the writer what one turn of a loop brought."""
        if turn := self._this_turn.pop(loop, None):
            self._waiting.put(turn)

    def close(self) -> None:
        """Finish the changes that wait, then let go of the file."""
        for loop in list(self._this_turn):
            self._hand_over(loop)
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
            results: list[Any] = []
            try:
                connection.info.clear()
                connection.info.update(self.carried)
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
                _wake([(group[0], None, busy)])
                return
            except BaseException as refusal:  # whatever a change raises belongs to its caller
                connection.rollback()
                _wake([(group.pop(len(results)), None, refusal)])
                continue
            _wake([(one, result, None) for one, result in zip(group, results, strict=True)])
            return


def _wake(outcomes: list[_Outcome]) -> None:
    """Hand every outcome to its caller's loop, one call across threads per loop."""
    loops = {waiting.loop for waiting, _, _ in outcomes}
    for loop in loops:
        mine = [outcome for outcome in outcomes if outcome[0].loop is loop]
        with suppress(RuntimeError):  # the loop is closed: nobody waits there any more
            loop.call_soon_threadsafe(_settle, mine)


def _settle(outcomes: list[_Outcome]) -> None:
    for waiting, result, refusal in outcomes:
        if waiting.done.done():
            continue
        if refusal is None:
            waiting.done.set_result(result)
        else:
            waiting.done.set_exception(refusal)
