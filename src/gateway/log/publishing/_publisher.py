"""Publish the log: make of durable leaves ones that anybody can prove, within the minute.

Every second what is new goes into tiles (`_integrate.py`). A publication then is: 1. the partial tiles
of the present size; 2. the root, counted again from the files (`_recount.py`) and compared with the
tree of hashes; 3. the signature, by a component that remembers what it signed (`_signer.py`);
4. witnesses; 5. the checkpoint appears by rename. A kill anywhere leaves the earlier checkpoint
in place, and the next publication signs the same size and root again or goes on from it.

What is refused meanwhile (a damaged leaf, a fork) stops the log for good: nothing more is signed,
and no person is read, until an operator has looked. A full disk or an absent database only delays, and
so do absent witnesses, without whom the checkpoint appears all the same; after four hours of delay no
person is read either.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Literal, TypeVar

from gateway.domain.errors import Busy
from gateway.log.notes import Checkpoint, SignedCheckpoint
from gateway.log.publishing._folder import LogDamaged, LogFolder, LogStopped
from gateway.log.publishing._integrate import Integrator
from gateway.log.publishing._proofs import PublishedTree
from gateway.log.publishing._recount import Recount, check_rows
from gateway.log.publishing._signer import CheckpointSigner
from gateway.log.publishing._witnesses import Witnesses
from gateway.log.stored import LeafRows

T = TypeVar("T")

INTEGRATE_SECONDS = 1.0
PUBLISH_SECONDS = 30.0
LONGEST_WAIT = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class LogState:
    """The state of the log: `state`, the published size, and whether persons may be read.

    `state` is `published`, `unwitnessed` (without the quorum of the policy), `late` (leaves have
    waited for longer than a minute), `closed` (either for longer than four hours) or `incident`.
    """

    state: Literal["published", "unwitnessed", "late", "closed", "incident"]
    size: int
    reads_open: bool


class Publisher:
    """Publishes one log; everything that changes its files goes through here, one at a time."""

    def __init__(
        self,
        folder: LogFolder,
        rows: LeafRows,
        signer: CheckpointSigner,
        witnesses: Witnesses,
        clock: Callable[[], datetime],
    ) -> None:
        self._folder = folder
        self._rows = rows
        self._signer = signer
        self._witnesses = witnesses
        self._clock = clock
        self._turn = asyncio.Lock()
        self._integrator: Integrator | None = None
        self._recount = Recount(folder.tiles)
        self._stopped = folder.incident()
        self._waiting = folder.waiting_since()
        self._published = None if self._stopped == "unreadable" else folder.published()
        self._unwitnessed = self._published is not None and not witnesses.satisfied(self._published)
        self._checked = False

    @property
    def published(self) -> SignedCheckpoint | None:
        """The published checkpoint."""
        return self._published

    @property
    def stopped(self) -> bool:
        """Whether nothing is signed any more until an operator has looked."""
        return self._stopped is not None

    @property
    def unwitnessed(self) -> bool:
        """Whether the published checkpoint still lacks the quorum of the policy."""
        return self._unwitnessed

    @property
    def disputing(self) -> tuple[str, ...]:
        """The witnesses that report another history than the last checkpoint's."""
        return self._witnesses.disputing

    def checkpoint_age(self) -> float | None:
        """Seconds since the published checkpoint appeared; None before the first."""
        at = self._folder.published_at()
        return None if at is None else max(0.0, self._clock().timestamp() - at)

    def asked(self) -> bool:
        """Whether somebody asked for a checkpoint since this was last asked."""
        return self._folder.asked_to_publish()

    def state(self) -> LogState:
        """The present state."""
        waited = timedelta(0)
        if self._waiting is not None:
            waited = timedelta(seconds=self._clock().timestamp() - self._waiting)
        size = self._published_size()
        if self._stopped is not None:
            return LogState("incident", size, reads_open=False)
        if waited > LONGEST_WAIT:
            return LogState("closed", size, reads_open=False)
        if self._unwitnessed:
            return LogState("unwitnessed", size, reads_open=True)
        late = waited > timedelta(seconds=2 * PUBLISH_SECONDS)
        return LogState("late" if late else "published", size, reads_open=True)

    def reads_open(self) -> bool:
        """Whether a person may be read: every read can be proved to have been entered."""
        return self.state().reads_open

    def check_reads_open(self) -> None:
        """Raise Busy `person_reads_closed` while no person may be read."""
        if not self.reads_open():
            raise Busy("person_reads_closed", "the log is not published; persons are not read")

    async def integrate(self) -> None:
        """Take new leaves into the tiles; raises LogStopped, OSError, Busy."""
        async with self._turn:
            if self._stopped is None:
                await self._in_thread(self._take_in)

    async def publish(self) -> SignedCheckpoint | None:
        """Publish new leaves; None when nothing has. Raises LogStopped, OSError, Busy."""
        async with self._turn:
            if self._stopped is not None:
                raise LogStopped(self._stopped)
            begun, done = int(self._clock().timestamp()), False
            try:
                signed = await self._in_thread(self._sign)
                if signed is not None:
                    signed = await self._witness(signed)
                    await self._in_thread(partial(self._put_in_place, signed))
                done = not self._unwitnessed
            finally:  # whatever it was: a log that is not published closes the reads in time
                if not done:
                    self._wait(begun)
            return signed

    async def _witness(self, signed: SignedCheckpoint) -> SignedCheckpoint:
        tree = PublishedTree(self._folder.tiles, signed.checkpoint.size)
        published = self._published
        if published is not None and published.checkpoint == signed.checkpoint:
            signed = published  # with the cosignatures that it has already
        with self._stopping():
            return await self._witnesses.cosign(signed, tree)  # 4

    async def _in_thread(self, work: Callable[[], T]) -> T:
        """In a thread; what failed half-way is begun again from what is on the disk."""
        with self._stopping():
            return await asyncio.to_thread(work)

    @contextmanager
    def _stopping(self) -> Iterator[None]:
        try:
            yield
        except LogStopped as stopped:
            self._stopped = str(stopped)
            raise
        except ValueError:
            self._stopped = "a published tile is torn"
            raise LogStopped(self._stopped) from None
        except OSError:
            self._integrator, self._recount = None, Recount(self._folder.tiles)
            raise

    def _take_in(self) -> Integrator:
        if self._integrator is None:
            self._integrator = Integrator(self._folder.tiles, self._rows.page)
        while self._integrator.advance():
            pass
        return self._integrator

    def _sign(self) -> SignedCheckpoint | None:
        if self._rows.size() == self._published_size() and not self._unwitnessed:
            return None
        self._check_rows()
        integrator = self._take_in()
        integrator.write_partial()  # 1
        size = integrator.size
        tree = PublishedTree(self._folder.tiles, size)
        root = self._recount.root(size)  # 2
        if tree.root() != root:
            raise LogDamaged(0, "the two counts of the root disagree")
        last = self._signer.last()
        proof = () if last is None or not 0 < last.size <= size else tree.consistency(last.size)
        return self._signer.sign(Checkpoint(self._signer.origin, size, root), proof)  # 3

    def _check_rows(self) -> None:
        """Once a start: what was published before is still what the database holds."""
        if not self._checked:
            check_rows(self._folder.tiles, self._rows, self._published_size())
            self._checked = True

    def _published_size(self) -> int:
        return 0 if self._published is None else self._published.checkpoint.size

    def _put_in_place(self, signed: SignedCheckpoint) -> None:
        before = self._published_size()
        self._folder.put_line("key", f"{self._signer.key}\n")
        self._folder.publish(signed)  # 5
        self._published = signed
        self._unwitnessed = not self._witnesses.satisfied(signed)
        if not self._unwitnessed and self._waiting is not None:
            self._waiting = None
            self._folder.wait_since(None)
        if self._integrator is not None:
            self._integrator.drop_outgrown(before, signed.checkpoint.size)

    def _wait(self, since: int) -> None:
        """Remember when the first try failed, also over a restart where the disk lets us."""
        if self._waiting is None:
            self._waiting = since
            with suppress(OSError):
                self._folder.wait_since(since)
