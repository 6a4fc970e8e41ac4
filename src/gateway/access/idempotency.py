"""Idempotency keys: a repeated request gets its earlier answer, kept encrypted under its own key.

A row of `replays` is made in the transaction of the change that it answers for, and lives ten
minutes (one of three places where values rest, encrypted). With `secret` the text of the
Idempotency-Key (or the bytes of a receipt), LP(x) a 4-byte big-endian length and x:

    key_mac      HMAC-SHA-256(key of the gateway, LP(tenant) LP(route) LP(secret))
    keys         HKDF-SHA-256(secret, info "eform-gateway/replay/v1"), 32 bytes to seal, 32 to compare
    fingerprint  HMAC-SHA-256(comparing key, content)
    answer       nonce (12) || AES-256-GCM(sealing key, answer), associated data key_mac || status

The secret is not stored: without it the gateway can neither read an answer nor try contents.
"""

import hmac
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.exc import IntegrityError

from gateway.domain.errors import BadRequest, Conflict
from gateway.storage.database import Database, Statement, new_row
from gateway.storage.schema import replays

REPLAY_SECONDS = 600
_NONCE_BYTES = 12
_INFO = b"eform-gateway/replay/v1"
_KEPT = Statement(
    select(replays.c.fingerprint, replays.c.status, replays.c.answer, replays.c.created_at).where(
        replays.c.key_mac == bindparam("mac")
    )
)
_NEW = new_row(replays)


@dataclass(frozen=True, slots=True)
class Earlier:
    """The answer that the same call was given before."""

    status: int
    answer: bytes = field(repr=False)


class Replay:
    """One call that may be repeated; `earlier` is set when it already was answered.

    `outlived` says that a copy lies there that is too old to be given again.
    """

    def __init__(self, mac: bytes, seal: bytes, fingerprint: bytes, now: int) -> None:
        self.earlier: Earlier | None = None
        self.outlived = False
        self._mac = mac
        self._seal = seal
        self._fingerprint = fingerprint
        self._now = now

    def complete_in(self, connection: Connection, status: int, answer: bytes) -> None:
        """Keep the answer in the transaction of the change it answers for.

        Raises Conflict `still_running` when the same call was completed meanwhile elsewhere; the
        change must then be undone with the transaction.
        """
        if self.outlived:
            too_old = replays.c.created_at <= self._now - REPLAY_SECONDS
            connection.execute(delete(replays).where(replays.c.key_mac == self._mac, too_old))
        nonce = os.urandom(_NONCE_BYTES)
        sealed = AESGCM(self._seal).encrypt(nonce, answer, _bound_to(self._mac, status))
        row = {
            "key_mac": self._mac,
            "fingerprint": self._fingerprint,
            "created_at": self._now,
            "status": status,
            "answer": nonce + sealed,
        }
        try:
            _NEW.run(connection, row)
        except IntegrityError:
            raise _still_running() from None


class NoReplay(Replay):
    """A call that carries no key: it is answered each time anew and leaves no copy."""

    def __init__(self) -> None:
        self.earlier = None

    def complete_in(self, connection: Connection, status: int, answer: bytes) -> None:
        """Keep nothing."""


class Replays:
    """The replay copies of one deployment."""

    def __init__(self, database: Database, key: bytes, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._key = key
        self._clock = clock
        self._running: set[bytes] = set()

    @contextmanager
    def reserve(
        self, tenant: str, route: str, secret: bytes | None, content: bytes | None
    ) -> Iterator[Replay]:
        """Hold a key while its call runs; leaving frees it, answered or not.

        `content` is what must be the same for the answer to be the same; None compares nothing.
        Raises Conflict `still_running` while the same call runs, BadRequest
        `idempotency_key_reused` when the key came with other content before.
        """
        if secret is None:
            yield NoReplay()
            return
        mac = hmac.digest(
            self._key, _lp(tenant.encode()) + _lp(route.encode()) + _lp(secret), "sha256"
        )
        if mac in self._running:
            raise _still_running()
        self._running.add(mac)
        try:
            yield self._look_up(mac, secret, content)
        finally:
            self._running.discard(mac)

    def _look_up(self, mac: bytes, secret: bytes, content: bytes | None) -> Replay:
        keys = HKDF(SHA256(), 64, None, _INFO).derive(secret)
        fingerprint = hmac.digest(keys[32:], content or b"", "sha256")
        replay = Replay(mac, keys[:32], fingerprint, int(self._clock().timestamp()))
        kept = self._database.read(lambda connection: _KEPT.first(connection, {"mac": mac}))
        if kept is not None:
            before, status, sealed, made = kept
            replay.outlived = made <= replay._now - REPLAY_SECONDS
        if kept is not None and not replay.outlived:
            if content is not None and not hmac.compare_digest(before, fingerprint):
                raise BadRequest("idempotency_key_reused", "the key came with another body before")
            replay.earlier = Earlier(status, _open(keys[:32], mac, status, sealed))
        return replay


def purge_replays(connection: Connection, now: datetime) -> int:
    """Delete the copies that are ten minutes old; how many went."""
    oldest = int(now.timestamp()) - REPLAY_SECONDS
    return connection.execute(delete(replays).where(replays.c.created_at <= oldest)).rowcount


def _open(seal: bytes, mac: bytes, status: int, sealed: bytes) -> bytes:
    nonce, locked = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    try:
        return AESGCM(seal).decrypt(nonce, locked, _bound_to(mac, status))
    except InvalidTag:
        raise Conflict("replay_unreadable", "the earlier answer can no longer be read") from None


def _still_running() -> Conflict:
    return Conflict("still_running", "the same call is still running")


def _bound_to(mac: bytes, status: int) -> bytes:
    return mac + status.to_bytes(2)


def _lp(part: bytes) -> bytes:
    return len(part).to_bytes(4) + part
