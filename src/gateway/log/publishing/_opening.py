"""Open the log of a deployment as it was left, or stop it where it is not what was published.

At a start, before anything is answered: the database is no shorter than what was signed or published,
ends there in the same leaf, and the tiles still lead to the root that was signed. The whole of it is
compared before the first signature.

A log that is closed makes room for the next: `rolling` names both before the database changes. Once the
database's last `key` leaf is the new log's, the files follow; until then nothing has happened.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gateway.keys import Keys
from gateway.log.keys import announce_key, latest_key
from gateway.log.notes import Checkpoint
from gateway.log.publishing._folder import LogFolder, LogStopped
from gateway.log.publishing._proofs import PublishedTree
from gateway.log.publishing._public_log import PublicLog
from gateway.log.publishing._publisher import Publisher
from gateway.log.publishing._signer import CheckpointSigner
from gateway.log.publishing._tiles import TileFolder
from gateway.log.publishing._times import WitnessTimes
from gateway.log.publishing._witnesses import Witnesses
from gateway.log.stored import LeafRows
from gateway.storage.database import Database
from gateway.storage.files import sync_folder, write_atomically

_HERE = ZoneInfo("Asia/Ho_Chi_Minh")


@dataclass(frozen=True, slots=True)
class OpenLog:
    """A log with its writer and its public side."""

    origin: str
    publisher: Publisher
    public_log: PublicLog
    times: WitnessTimes


async def open_log(
    folder: LogFolder,
    database: Database,
    keys: Keys,
    witnesses: Witnesses,
    host: str,
    clock: Callable[[], datetime],
    void_chains: Callable[[Connection], object],
) -> OpenLog:
    """Open the log of a locked folder; its `key` leaf comes before any other.

    Where the log must not continue (see `incident_at_start`), the chains that the database holds open are
    void, since it may have lost the leaves of their ends; that is done before the incident is noted.
    """
    latest = database.read(latest_key)
    finish_rotation(folder, latest)
    origin = folder.origin(host, clock().astimezone(_HERE).year)
    private = keys.recover_log_key(latest)
    signer = CheckpointSigner(folder.signer, origin, private)
    rows = LeafRows(database)
    why = incident_at_start(folder, rows, signer, latest)
    if why is not None and folder.incident() is None:
        await database.write(void_chains)
        folder.note_incident(why)
    if why is None and latest is None:
        await database.write(lambda c: announce_key(c, origin, private))
    if witnesses.configured is not None:
        folder.put_line("policy", witnesses.configured.text)
    publisher = Publisher(folder, rows, signer, witnesses, clock)
    times = WitnessTimes(database, witnesses, clock)
    return OpenLog(origin, publisher, PublicLog(folder, publisher, rows), times)


def incident_at_start(
    folder: LogFolder, rows: LeafRows, signer: CheckpointSigner, latest_key: str | None
) -> str | None:
    """Why this log must not continue; None when it may. Raises Busy, OSError.

    One of `shorter`, `other_root`, `other_leaf`, `other_key`, `unreadable`, or the reason noted before.
    """
    if (noted := folder.incident()) is not None:
        return noted
    if latest_key is not None and latest_key != str(signer.key):
        return "other_key"
    try:
        published = folder.published()
        known = [signer.last(), None if published is None else published.checkpoint]
    except LogStopped:
        return "unreadable"
    size = rows.size()
    for checkpoint in known:
        if checkpoint is not None and checkpoint.origin != signer.origin:
            return "unreadable"
        if checkpoint is not None and checkpoint.size:
            if checkpoint.size > size:
                return "shorter"
            if why := _differs(folder.tiles, rows, checkpoint):
                return why
    return None


def _differs(tiles: TileFolder, rows: LeafRows, checkpoint: Checkpoint) -> str | None:
    tree = PublishedTree(tiles, checkpoint.size)
    try:
        if tree.root() != checkpoint.root:
            return "other_root"
        last = tree.leaf(checkpoint.size - 1)
    except (OSError, ValueError):
        return None  # tiles that are gone are written again, and the signer compares the roots
    row = rows.page(checkpoint.size - 1, 1)
    return None if row and row[0].hash == last else "other_leaf"


def next_origin(folder: LogFolder, host: str, year: int, old: str) -> str:
    """The name of the next log: `<host>/log/<year>`, `…-2` where that one is taken."""
    names = [str(year), *(f"{year}-{number}" for number in range(2, 1000))]
    return next(
        origin
        for name in names
        if (origin := f"{host}/log/{name}") != old and not (folder.closed / name).exists()
    )


def announce_rotation(folder: LogFolder, old: str, new: str) -> None:
    """Record that the log `new` is about to follow `old`; raises OSError."""
    write_atomically(folder.root / "rolling", f"{old}\n{new}\n".encode())


def finish_rotation(folder: LogFolder, in_force: str | None) -> None:
    """Let the files follow the database, by the verifier key of its last `key` leaf.

    Raises OSError; may be repeated after a crash at any point.
    """
    marker = folder.root / "rolling"
    if not marker.exists():
        return
    old, new = marker.read_text().split()
    if in_force is not None and in_force.startswith(new + "+"):
        closed = folder.closed / old.rpartition("/")[2]
        if not closed.exists():
            folder.closed.mkdir(mode=0o700, exist_ok=True)
            folder.public.rename(closed)
            sync_folder(folder.closed)
        folder.public.mkdir(mode=0o700, exist_ok=True)
        shutil.rmtree(folder.signer, ignore_errors=True)
        for name in ("waiting", "incident"):
            (folder.root / name).unlink(missing_ok=True)
        write_atomically(folder.root / "origin", f"{new}\n".encode())
    marker.unlink()
