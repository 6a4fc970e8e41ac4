"""The key that signs the log, since which leaf, and how the next one takes over.

A `key` leaf names the log's verifier key where it is first used. It is signed by that key, and by
the one before when it takes over from one: Ed25519 over the RFC 8785 text of the leaf without
`signatures`. Checkpoints of more than `since_size` leaves bear the key's signature. A log that
follows a closed one names that one's origin, size and root in `previous`.
"""

from base64 import b64encode
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, insert, select

from gateway.log.append import append_public
from gateway.log.entries import ClosedLog, KeyLeaf, KeySignature
from gateway.log.notes import Checkpoint, signing_name
from gateway.log.stored import log_size
from gateway.storage.schema import log_keys

UNNAMED = "log"
"""The name of a log without a `key` leaf, which only a test has."""

_LATEST = select(log_keys.c.vkey).order_by(log_keys.c.leaf.desc()).limit(1)


def announce_key(
    connection: Connection,
    origin: str,
    private: Ed25519PrivateKey,
    *,
    old: Ed25519PrivateKey | None = None,
    previous: Checkpoint | None = None,
) -> None:
    """Write the `key` leaf of a key that is new to the log; `old` is the key that hands over."""
    vkey = str(signing_name(origin, private))
    leaf = KeyLeaf(
        origin=origin,
        key=vkey,
        since_size=log_size(connection),
        previous=None if previous is None else _named(previous),
        old_key=None if old is None else str(signing_name(origin, old)),
    )
    signers = {"old": old, "new": private}
    signatures = tuple(
        KeySignature(by, b64encode(key.sign(leaf.signed_text)).decode())
        for by, key in signers.items()
        if key is not None
    )
    appended = append_public(connection, replace(leaf, signatures=signatures))
    connection.execute(insert(log_keys), {"leaf": appended.index, "vkey": vkey})


def latest_key(connection: Connection) -> str | None:
    """The verifier key that the log names last; None before the first."""
    latest = connection.execute(_LATEST).scalar_one_or_none()
    return None if latest is None else str(latest)


def _named(checkpoint: Checkpoint) -> ClosedLog:
    root = b64encode(checkpoint.root).decode()
    return ClosedLog(checkpoint.origin, checkpoint.size, root)


def log_name(connection: Connection) -> str:
    """The name of the running log, as its last `key` leaf states it."""
    vkey = connection.execute(_LATEST).scalar_one_or_none()
    return UNNAMED if vkey is None else str(vkey).partition("+")[0]
