"""How does the log of a deployment come up: found as it was left, or stopped where it was not?"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection

from gateway.log.keys import announce_key, latest_key
from gateway.log.publishing.beginning import incident_at_start
from gateway.log.publishing.folder import LogFolder
from gateway.log.publishing.publisher import Publisher
from gateway.log.publishing.rolling import finish_roll
from gateway.log.publishing.rows import LeafRows
from gateway.log.publishing.shown import ShownLog
from gateway.log.publishing.signer import CheckpointSigner
from gateway.log.publishing.times import WitnessTimes
from gateway.log.publishing.witnesses import Witnesses
from gateway.storage.database import Database

_HERE = ZoneInfo("Asia/Ho_Chi_Minh")


@dataclass(frozen=True, slots=True)
class OpenLog:
    """A log with its writer and its public side."""

    origin: str
    publisher: Publisher
    shown: ShownLog
    times: WitnessTimes


class LogKeys(Protocol):
    """Who holds the key of the log."""

    def recover_log_key(self, in_force: str | None) -> Ed25519PrivateKey:
        """The key, given the verifier key that the last `key` leaf names."""
        ...


async def open_log(
    folder: LogFolder,
    database: Database,
    keys: LogKeys,
    witnesses: Witnesses,
    host: str,
    clock: Callable[[], datetime],
    void_chains: Callable[[Connection], object],
) -> OpenLog:
    """Open the log of a locked folder; its key is in it before anything else.

    Where the log may not go on (see `beginning.py`), the chains that the database holds open are
    void, since their ends may stand in leaves that it has lost; that is done before it is noted.
    """
    latest = database.read(latest_key)
    finish_roll(folder, latest)
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
    if witnesses.told is not None:
        folder.show("policy", witnesses.told.text)
    publisher = Publisher(folder, rows, signer, witnesses, clock)
    times = WitnessTimes(database, witnesses, clock)
    return OpenLog(origin, publisher, ShownLog(folder, publisher, rows), times)
