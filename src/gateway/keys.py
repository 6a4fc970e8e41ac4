"""The keys of a deployment: files, signing keys, and day keys that end the chain keys of a day.

The folder `keys/` (mode 0700) holds raw 32-byte files (mode 0600), made at the first start:

    token.key, receipt.key, log.key   Ed25519 private keys (RFC 8032)
    log-next.key                      the same, only while the log's key is changed
    index.key, idempotency.key        keys of HMAC-SHA-256
    ticket.key                        the AES-256 key of correction tickets
    outbox.key                        the AES-256 key of what the portal is still to be sent
    vault.key                         the AES-256 key that wraps the tenants' keys of the vault, where no
                                      key service does (`GATEWAY_KEY_PROVIDER=file`)
    day-YYYY-MM-DD.key                the AES-256 key that wraps the chain keys of that day (UTC)

Deleting a day key erases every chain key of that day in every copy of the database, so day keys belong
in no backup. The sweep deletes one as soon as no open chain can need it.

A wrapped chain key is `day (4 bytes, big-endian, days since 0001-01-01) || nonce (12) ||
AES-256-GCM(chain key)`, with the chain's name as associated data, so that it cannot be moved.
"""

import os
import stat
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc.jwk import OKPKey

from gateway.domain.errors import Conflict, VaultClosed

BACKED_UP = ("token.key", "receipt.key", "log.key", "log-next.key", "ticket.key", "outbox.key")
"""The files that a backup holds, where they exist."""
BACKED_UP_APART = ("index.key", "vault.key")
"""Those that are kept in another place than the database."""

KEY_BYTES = 32
_NONCE_BYTES = 12
_DAY_BYTES = 4


class KeyFileUnsafe(Exception):
    """A key file that others can read, or that is no key; the gateway does not start with it."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An Ed25519 key pair; `kid` is its JWK thumbprint (RFC 7638, SHA-256)."""

    kid: str
    private: Ed25519PrivateKey = field(repr=False)
    public_jwk: dict[str, str]

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature over `message`."""
        return self.private.sign(message)


class Keys:
    """Every key of one deployment; opening the folder makes those that are missing."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_private(folder)
        self._folder = folder
        self.token = _signing_key(_key_at(folder / "token.key"))
        self.receipt = _signing_key(_key_at(folder / "receipt.key"))
        self.log = _signing_key(_key_at(folder / "log.key"))
        self.index = _key_at(folder / "index.key")
        self.idempotency = _key_at(folder / "idempotency.key")
        self.ticket = _key_at(folder / "ticket.key")
        self.outbox = _key_at(folder / "outbox.key")
        self._days: dict[int, AESGCM] = {}

    def wrap(self, chain: str, key: bytes, now: datetime) -> bytes:
        """Encrypt a chain's key under today's day key, bound to the name of the chain."""
        day = now.astimezone(UTC).date()
        cipher = self._days.get(day.toordinal())
        if cipher is None:
            cipher = self._open_day(day, make=True)
        nonce = os.urandom(_NONCE_BYTES)
        return (
            day.toordinal().to_bytes(_DAY_BYTES)
            + nonce
            + cipher.encrypt(nonce, key, chain.encode())
        )

    def unwrap(self, chain: str, wrapped: bytes) -> bytes:
        """Decrypt it; raises Conflict `chain_key_gone` if its day key was deleted or it is another chain's."""
        gone = Conflict("chain_key_gone", "the key of this chain is no longer held")
        ordinal = int.from_bytes(wrapped[:_DAY_BYTES])
        nonce, sealed = wrapped[_DAY_BYTES:][:_NONCE_BYTES], wrapped[_DAY_BYTES + _NONCE_BYTES :]
        try:
            cipher = self._days.get(ordinal)
            if cipher is None:
                cipher = self._open_day(day_of(wrapped), make=False)
            return cipher.decrypt(nonce, sealed, chain.encode())
        except (FileNotFoundError, InvalidTag, ValueError, OverflowError):
            raise gone from None

    def next_log_key(self) -> SigningKey:
        """The key that is to sign the log next, made if there is none."""
        return _signing_key(_key_at(self._folder / "log-next.key"))

    def adopt_next_log_key(self) -> None:
        """Let the next key sign the log from now on; the file of the one before is replaced."""
        (self._folder / "log-next.key").replace(self._folder / "log.key")
        self.log = _signing_key(_read(self._folder / "log.key"))

    def recover_log_key(self, in_force: str | None) -> Ed25519PrivateKey:
        """The log's key; completes a change that a kill interrupted.

        `in_force` is the verifier key in the log's last `key` leaf: it names the next key once that
        change was recorded.
        """
        if (self._folder / "log-next.key").exists():
            material = b"\x01" + self.next_log_key().private.public_key().public_bytes_raw()
            if in_force is not None and in_force.endswith("+" + b64encode(material).decode()):
                self.adopt_next_log_key()
        return self.log.private

    def days(self) -> Iterator[date]:
        """The days whose keys exist, oldest first."""
        for path in sorted(self._folder.glob("day-*.key")):
            yield date.fromisoformat(path.stem.removeprefix("day-"))

    def erase_days_before(self, first_kept: date) -> int:
        """Delete the day keys of earlier days, and so every chain key of those days; gives their number."""
        old = [day for day in self.days() if day < first_kept]
        for day in old:
            self._days.pop(day.toordinal(), None)
            self._day_file(day).unlink()
        return len(old)

    def _open_day(self, day: date, *, make: bool) -> AESGCM:
        path = self._day_file(day)
        cipher = AESGCM(_key_at(path) if make else _read(path))
        self._days[day.toordinal()] = cipher
        return cipher

    def _day_file(self, day: date) -> Path:
        return self._folder / f"day-{day.isoformat()}.key"


class FileKeys:
    """The key provider of development and small deployments: a key in a file wraps keys.

    Whoever can read the data folder can open the vault; a key service or a token keeps them apart.
    A wrapped key is `nonce (12 bytes) || AES-256-GCM(key)`.
    """

    name = "file"

    def __init__(self, folder: Path) -> None:
        self._cipher = AESGCM(_key_at(folder / "vault.key"))

    async def wrap(self, key: bytes, about: bytes) -> bytes:
        """`key` wrapped, bound to `about`."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, key, about)

    async def unwrap(self, wrapped: bytes, about: bytes) -> bytes:
        """The key again; raises VaultClosed where it was wrapped by another or about something else."""
        try:
            return self._cipher.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], about)
        except (InvalidTag, ValueError):
            raise VaultClosed from None


def day_of(wrapped: bytes) -> date:
    """The day whose key wraps a chain's key; wrapped keys sort by day as bytes."""
    return date.fromordinal(int.from_bytes(wrapped[:_DAY_BYTES]))


def _signing_key(raw: bytes) -> SigningKey:
    private = Ed25519PrivateKey.from_private_bytes(raw)
    jwk = OKPKey.import_key(private)
    x = str(jwk.as_dict(private=False)["x"])
    kid = jwk.thumbprint()
    public = {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": kid, "use": "sig", "alg": "Ed25519"}
    return SigningKey(kid, private, public)


def _key_at(path: Path) -> bytes:
    """Read a key, made first if there is none; processes that race get the same one."""
    if not path.exists():
        _make(path)
    return _read(path)


def _make(path: Path) -> None:
    beside = path.with_suffix(f".{os.getpid()}-{os.urandom(4).hex()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(os.urandom(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(beside)  # unlike a rename, never replaces a key that is in use
    except FileExistsError:
        pass
    finally:
        beside.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def _check_private(path: Path) -> None:
    mode = path.stat().st_mode
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        right = "700" if stat.S_ISDIR(mode) else "600"
        raise KeyFileUnsafe(f"others have rights on {path}; take them away: chmod {right} {path}")


def _read(path: Path) -> bytes:
    _check_private(path)
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise KeyFileUnsafe(f"{path.name} does not hold {KEY_BYTES} bytes")
    return key
