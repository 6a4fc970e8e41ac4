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
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from gateway.domain.errors import Busy
from gateway.storage.migrations import bring_up_to_date
from gateway.storage.schema import metadata

T = TypeVar("T")

LARGEST_GROUP = 500
LOCK_PATIENCE_SECONDS = 5.0


class _Waiting:
    """One change and the future of its caller; the change may run more than once."""

    __slots__ = ("change", "done", "loop")

    def __init__(self, change: Callable[[Connection], Any]) -> None:
        self.change = change
        self.loop = asyncio.get_running_loop()
        self.done: asyncio.Future[Any] = self.loop.create_future()


_Outcome: TypeAlias = tuple[_Waiting, Any, BaseException | None]


class Database:
    """The embedded database (SQLite, WAL, synchronous FULL): one writer, readers never wait."""

    def __init__(self, path: Path) -> None:
        self.carried: dict[str, Any] = {}
        """What every transaction that writes finds in its connection's `info`."""
        self._engine = _engine(path, begin="BEGIN IMMEDIATE")
        with self._engine.connect() as connection:
            bring_up_to_date(connection)
            metadata.create_all(connection)
            connection.commit()
        # each question is one statement with a snapshot of its own: no transaction to open and end
        self._reading = _engine(path, begin=None)
        self._reader = self._reading.connect()
        self._reader_lock = threading.Lock()
        self._waiting: queue.SimpleQueue[list[_Waiting] | None] = queue.SimpleQueue()
        self._this_turn: dict[asyncio.AbstractEventLoop, list[_Waiting]] = {}
        self._writer = threading.Thread(target=self._write_groups, name="writer", daemon=True)
        self._writer.start()

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
            connection.exec_driver_sql("BEGIN")
            try:
                return question(connection)
            finally:
                connection.exec_driver_sql("ROLLBACK")

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
        while len(group) < LARGEST_GROUP:
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


def _engine(path: Path, *, begin: str | None) -> Engine:
    """Connections of one kind; `begin` opens a transaction, None leaves each statement by itself."""
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=NullPool,
        connect_args={"check_same_thread": False, "timeout": LOCK_PATIENCE_SECONDS},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    if begin is not None:

        @event.listens_for(engine, "begin")
        def open_transaction(connection: Connection) -> None:
            connection.exec_driver_sql(begin)

    return engine
