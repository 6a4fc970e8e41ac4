"""What does the portal still have to be told, and how does that rest until it knows?

A dossier and each row of its progress lie sealed with AES-256-GCM under the outbox key, a nonce of 12
bytes in front, with `outbox/v1|<code>|<version>` or `outbox/v1|<code>|step|<number>` as associated
data, so that no ciphertext can be moved or brought back. What was told is deleted in the transaction
that says so. A dossier that the portal knows as newly registered is not told yet: it is sent once
more when it is accepted, with the flags of that moment, or forgotten after thirty days.
"""

import hmac
import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, bindparam, func, select, update

from gateway.domain.errors import Conflict
from gateway.dossiers.dossier import NEW, Dossier, Step, read_dossier, read_step
from gateway.storage.portal_tables import dossier_steps, dossiers

QUEUED, DELIVERED, DEAD = "queued", "delivered", "dead"
KEPT_UNACCEPTED = timedelta(days=30)

_NONCE_BYTES = 12
_WAITING = select(func.count()).where(
    dossier_steps.c.code == bindparam("of"), dossier_steps.c.sealed.is_not(None)
)
_DOMAIN = "outbox/v1"


@dataclass(frozen=True, slots=True)
class Seal:
    """Locks what is to be told; `key` belongs to the outbox alone."""

    key: bytes = field(repr=False)

    def lock_dossier(self, dossier: Dossier, version: int) -> bytes:
        """The dossier as it rests."""
        return self._lock(dossier.written(), f"{dossier.code}|{version}")

    def open_dossier(self, code: str, version: int, sealed: bytes) -> Dossier:
        """The dossier again; Conflict `outbox_unreadable` for what was moved or altered."""
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
                "outbox_unreadable", "what is to be told can no longer be read"
            ) from None


def queue(connection: Connection, code: str, now: datetime) -> None:
    """Let a dossier be told at once, whatever became of earlier tries."""
    connection.execute(
        update(dossiers)
        .where(dossiers.c.code == code)
        .values(sync=QUEUED, reason=None, tries=0, refusals=0, next_at=int(now.timestamp()))
    )


def purge_unaccepted(connection: Connection, now: datetime) -> int:
    """Forget what was never accepted within thirty days and the portal knows as new; how many."""
    oldest = int((now - KEPT_UNACCEPTED).timestamp())
    return connection.execute(
        update(dossiers)
        .where(
            dossiers.c.sync == DELIVERED,
            dossiers.c.sealed.is_not(None),
            dossiers.c.portal_state == NEW,
            dossiers.c.registered_at <= oldest,
        )
        .values(sealed=None)
    ).rowcount


def steps_waiting(connection: Connection, code: str) -> int:
    """How many rows of progress the portal still has to be told."""
    return int(connection.execute(_WAITING, {"of": code}).scalar_one())
