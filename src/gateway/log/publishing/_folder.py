"""The files that the log keeps beside the database, which one process may write at a time.

Below `<data>/log`:

    public/             what anybody may fetch under /log/: checkpoint, key, policy, tile/, releases/
    closed/<year>/      the same of logs that were closed, under /log/<year>/
    signer/last         the checkpoint that the signer was last about to sign
    origin              the name of the current log, `<host>/log/<year>`
    waiting             since when leaves have waited for a checkpoint, seconds since 1970
    incident            why nothing is published any more; an operator ends that
    rolling             while a log is closed: its name, and that of the next
    publish             its being there asks the running gateway for a checkpoint at once
    lock                held by the one process that publishes
"""

import fcntl
import os
import re
from pathlib import Path
from typing import Self

from gateway.domain.errors import NotFound
from gateway.log.notes import NoteUnreadable, SignedCheckpoint, read_checkpoint
from gateway.log.publishing._tiles import TileFolder
from gateway.storage.files import write_atomically


class LogStopped(Exception):
    """The log cannot be published as it is; typing by hand stays open, persons are not read."""


class LogDamaged(LogStopped):
    """A leaf or a tile is not what it was: `index` is the first leaf concerned."""

    def __init__(self, index: int, why: str) -> None:
        super().__init__(f"leaf {index}: {why}")
        self.index = index
        self.reason = why


class LogForked(LogStopped):
    """What is to be signed does not continue what was signed before, or what a witness has seen."""


class LogInUse(Exception):
    """Another process publishes this log; the second one does not start."""


class LogFolder:
    """The files of one deployment's log; within `with`, no other process publishes it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.public = root / "public"
        self.closed = root / "closed"
        self.signer = root / "signer"
        self.tiles = TileFolder(self.public)
        self._lock: int | None = None

    def __enter__(self) -> Self:
        """Lock the folder for this process, until it ends at the latest; raises LogInUse."""
        for folder in (self.root.parent, self.root, self.public):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise LogInUse("another process publishes this log") from None
        self._lock = descriptor
        return self

    def __exit__(self, *_: object) -> None:
        """Release the lock."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def origin(self, issuer_host: str, year: int) -> str:
        """The current log's name; the first call sets it, and it never changes."""
        path = self.root / "origin"
        if not path.exists():
            write_atomically(path, f"{issuer_host}/log/{year}\n".encode())
        return path.read_text().strip()

    def published(self) -> SignedCheckpoint | None:
        """The checkpoint that anybody can fetch; None before the first, LogDamaged when torn."""
        return self.checkpoint_in(self.public)

    def published_at(self) -> float | None:
        """When that checkpoint appeared, seconds since 1970; None before the first."""
        try:
            return (self.public / "checkpoint").stat().st_mtime
        except FileNotFoundError:
            return None

    def of_closed(self, name: str) -> "LogFolder":
        """The files of a closed log, to be read; NotFound `unknown_log`."""
        other = LogFolder(self.root)
        other.public = self.closed / name
        other.tiles = TileFolder(other.public)
        if not re.fullmatch("[0-9]{4}(-[0-9]{1,3})?", name) or not other.public.is_dir():
            raise NotFound("unknown_log", "no log of this name was closed", "log")
        return other

    @staticmethod
    def checkpoint_in(public: Path) -> SignedCheckpoint | None:
        """The checkpoint in a folder of published files, as `published`."""
        try:
            return read_checkpoint((public / "checkpoint").read_bytes())
        except FileNotFoundError:
            return None
        except NoteUnreadable:
            raise LogDamaged(0, "the published checkpoint cannot be read") from None

    def publish(self, signed: SignedCheckpoint) -> None:
        """Put the checkpoint in place; raises OSError."""
        write_atomically(self.public / "checkpoint", signed.note)

    def put_line(self, name: str, line: str) -> None:
        """Write a line into `key` or `policy` unless it is there; raises OSError."""
        path = self.public / name
        if not path.exists() or path.read_bytes() != line.encode():
            write_atomically(path, line.encode())

    def asked_to_publish(self) -> bool:
        """Whether a checkpoint was asked for since the last time."""
        try:
            (self.root / "publish").unlink()
        except FileNotFoundError:
            return False
        return True

    def ask_to_publish(self) -> None:
        """Ask the process that holds the lock for a checkpoint; raises OSError."""
        write_atomically(self.root / "publish", b"")

    def waiting_since(self) -> int | None:
        """Since when leaves have waited for a checkpoint; None when none waits."""
        try:
            return int((self.root / "waiting").read_text())
        except (FileNotFoundError, ValueError):
            return None

    def wait_since(self, moment: int | None) -> None:
        """Keep that time, in seconds since 1970, over restarts; None for none. Raises OSError."""
        path = self.root / "waiting"
        if moment is None:
            path.unlink(missing_ok=True)
        else:
            write_atomically(path, str(moment).encode())

    def incident(self) -> str | None:
        """Why nothing is published any more; None in ordinary times."""
        try:
            return (self.root / "incident").read_text().strip()
        except FileNotFoundError:
            return None

    def note_incident(self, why: str) -> None:
        """Stop publishing until an operator has opened a new log; raises OSError."""
        write_atomically(self.root / "incident", f"{why}\n".encode())
