"""The outbox: what the portal must still be sent, sealed until the portal has it.

A dossier and each row of its progress lie sealed with AES-256-GCM under the outbox key, a nonce of 12
bytes in front, with `outbox/v1|<code>|<version>` or `outbox/v1|<code>|step|<number>` as associated
data, so that no ciphertext can be moved or brought back. A row of progress is deleted in the transaction
that says that it was sent. A dossier stays until the portal has the last of it, its end (3, 7, 8 or 10)
sent: its result and flags that become true are sent by an update, which is the whole dossier again.
What does not end is forgotten thirty days after its promised time, a year after it was registered at
the latest; one that nobody accepts thirty days after it was registered.
"""

import hmac
import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, and_, bindparam, func, or_, select, update

from gateway.domain.errors import Conflict
from gateway.dossiers._stored import StoredDossier
from gateway.dossiers.dossier import NEW, Dossier, Step, read_dossier, read_step
from gateway.storage.schema import dossier_steps, dossiers

QUEUED, DELIVERED, DEAD = "queued", "delivered", "dead"
KEPT_UNACCEPTED = timedelta(days=30)
KEPT_AFTER_PROMISED = timedelta(days=30)
KEPT_AT_MOST = timedelta(days=365)

_NONCE_BYTES = 12
_WAITING = select(func.count()).where(
    dossier_steps.c.code == bindparam("of"), dossier_steps.c.sealed.is_not(None)
)
_DOMAIN = "outbox/v1"


@dataclass(frozen=True, slots=True)
class Seal:
    """Seals what is to be sent; `key` belongs to the outbox alone."""

    key: bytes = field(repr=False)

    def lock_dossier(self, dossier: Dossier, version: int) -> bytes:
        """The dossier as it rests."""
        return self._lock(dossier.written(), f"{dossier.code}|{version}")

    def open_dossier(self, code: str, version: int, sealed: bytes | None) -> Dossier:
        """The dossier again; Conflict `outbox_unreadable` for what was moved, altered or erased."""
        if sealed is None:
            raise Conflict("outbox_unreadable", "what is to be sent was erased")
        return read_dossier(self._open(sealed, f"{code}|{version}"))

    def lock_step(self, code: str, number: int, step: Step) -> bytes:
        """A row of progress as it rests."""
        return self._lock(step.written(), f"{code}|step|{number}")

    def open_step(self, code: str, number: int, sealed: bytes) -> Step:
        """The row again; Conflict `outbox_unreadable` for what was moved or altered."""
        return read_step(self._open(sealed, f"{code}|step|{number}"))

    def fingerprint(self, written: bytes) -> bytes:
        """What the same content has again, and no other; says nothing without the key."""
        return hmac.digest(self.key, b"outbox/fingerprint/v1" + written, "sha256")

    def _lock(self, plain: bytes, place: str) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + AESGCM(self.key).encrypt(nonce, plain, f"{_DOMAIN}|{place}".encode())

    def _open(self, sealed: bytes, place: str) -> bytes:
        nonce, locked = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return AESGCM(self.key).decrypt(nonce, locked, f"{_DOMAIN}|{place}".encode())
        except InvalidTag:
            raise Conflict(
                "outbox_unreadable", "what is to be sent can no longer be read"
            ) from None


def queue(connection: Connection, code: str, now: datetime) -> None:
    """Let a dossier be sent at once, whatever became of earlier tries."""
    connection.execute(
        update(dossiers)
        .where(dossiers.c.code == code)
        .values(sync=QUEUED, reason=None, tries=0, refusals=0, next_at=int(now.timestamp()))
    )


def say_again(
    connection: Connection, seal: Seal, row: StoredDossier, dossier: Dossier, now: datetime
) -> None:
    """Send the portal the dossier of `row` once more, as it is now."""
    version = row.version + 1
    values = {"version": version, "sealed": seal.lock_dossier(dossier, version)}
    connection.execute(update(dossiers).where(dossiers.c.code == row.code).values(values))
    queue(connection, row.code, now)


def purge_kept(connection: Connection, now: datetime) -> int:
    """Forget what the portal was sent and whose time is over; how many dossiers."""
    one = dossiers.c
    unaccepted, promised, oldest = (
        int((now - kept).timestamp())
        for kept in (KEPT_UNACCEPTED, KEPT_AFTER_PROMISED, KEPT_AT_MOST)
    )
    over = or_(
        and_(one.portal_state == NEW, one.registered_at <= unaccepted),
        and_(func.coalesce(one.portal_state, 0) != NEW, one.due_at <= promised),
        one.registered_at <= oldest,
    )
    kept = one.sync == DELIVERED, one.sealed.is_not(None)
    return connection.execute(update(dossiers).where(*kept, over).values(sealed=None)).rowcount


def steps_waiting(connection: Connection, code: str) -> int:
    """How many rows of progress the portal must still be sent."""
    return int(connection.execute(_WAITING, {"of": code}).scalar_one())
