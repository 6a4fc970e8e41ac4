"""Which keys signed a note, and what does a checkpoint say? (C2SP signed-note, tlog-checkpoint, tlog-cosignature)

A **note** is UTF-8 without control characters but newlines: a text that ends with a newline, a blank
line, then signature lines `— <key name> <base64(4-byte key hash || signature)>`, each ended by a
newline. It is read as Go's `note.Open` reads it: at most a hundred signature lines; a name holds no white space
of Unicode and no `+`; spare bits at the end of a line's base64 make no note malformed. Go reads past them, here
such a line says nothing, so that no byte of what counts can be changed. A **verifier key** reads `<name>+<8 hex digits of the key hash>+<base64(algorithm || key)>`;
its hash is the first 4 bytes of SHA-256(name || 0x0A || algorithm || key).

| algorithm | signature | over |
|---|---|---|
| 0x01 Ed25519 | 64 bytes | the text |
| 0x04 cosignature/v1 | 8-byte big-endian time || 64 bytes | `cosignature/v1\\ntime <time>\\n` and the text |

A key of another algorithm, of a witness with ML-DSA-44 (0x06) for example, can be named in a policy; here its
signatures are not checked and do not count. A cosignature of time 0 or beyond 2^63-1 does not count either (C2SP
tlog-witness, tlog-cosignature). Signatures of keys that nobody asked about say nothing. A **checkpoint** is a note whose text is the
origin, the number of entries in decimal, the base64 root, and any extension lines, none of them empty.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ED25519, COSIGNATURE = 0x01, 0x04
LARGEST_NOTE_BYTES = 1_000_000
MOST_SIGNATURES = 100

_SPACE = "\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""White space of Unicode, as Go's `unicode.IsSpace` has it."""

_SIGNATURE = re.compile(f"— ([^{_SPACE}+]+) ([A-Za-z0-9+/]+={{0,2}})")
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f]")
_KEY = re.compile(f"([^{_SPACE}+]+)[+]([0-9a-f]{{8}})[+]([A-Za-z0-9+/]+={{0,2}})")
_SIZE = re.compile("0|[1-9][0-9]{0,18}")
_BYTES_OF = {ED25519: 64, COSIGNATURE: 72}
LARGEST_TIME = 2**63 - 1


class MalformedNote(ValueError):
    """The text is no note, no checkpoint or no key."""


class FalseSignature(ValueError):
    """A signature in the name of a known key is not that key's."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with the name it signs by."""

    name: str
    hash: bytes
    algorithm: int
    public: bytes

    def __str__(self) -> str:
        """The key as text, as it is given from hand to hand."""
        raw = bytes([self.algorithm]) + self.public
        return f"{self.name}+{self.hash.hex()}+{_encode(raw)}"


@dataclass(frozen=True, slots=True)
class Note:
    """A text and who claims to have signed it: name, key hash and signature of each."""

    text: bytes
    signatures: tuple[tuple[str, bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a log: how many entries it has, and their root."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()


def decode_base64(text: str) -> bytes:
    """Read standard base64 with padding, in the one spelling that it has; raises MalformedNote."""
    try:
        raw = b64decode(text, validate=True)
    except (NotBase64, ValueError):
        raise MalformedNote("not base64") from None
    if _encode(raw) != text:
        raise MalformedNote("base64 with bits left over")
    return raw


def _loose_base64(text: str) -> bytes:
    """Read padded base64 whatever its spare bits are; raises MalformedNote."""
    if len(text) % 4:
        raise MalformedNote("not base64")
    return b64decode(text)


def key_hash(name: str, algorithm: int, public: bytes) -> bytes:
    """The 4 bytes by which a signature line names its key."""
    return sha256(name.encode() + b"\n" + bytes([algorithm]) + public).digest()[:4]


def read_key(text: str, *, others: bool = False) -> VerifierKey:
    """Read a verifier key; raises MalformedNote, also for one of another algorithm than the two.

    `others` lets those pass, of whose signatures nothing can be said here.
    """
    parts = _KEY.fullmatch(text)
    if parts is None:
        raise MalformedNote("a verifier key reads name+hash+base64")
    raw = decode_base64(parts[3])
    key = VerifierKey(parts[1], bytes.fromhex(parts[2]), raw[0], raw[1:])
    known = key.algorithm in _BYTES_OF
    if not (known or others) or len(key.public) != 32 and (known or not key.public):
        raise MalformedNote("a verifier key is Ed25519, for signatures or for cosignatures")
    if key.hash != key_hash(key.name, key.algorithm, key.public):
        raise MalformedNote("the hash of the verifier key is not its own")
    return key


def read_note(raw: bytes) -> Note:
    """Take a note apart; nothing is verified yet. Raises MalformedNote."""
    if len(raw) > LARGEST_NOTE_BYTES:
        raise MalformedNote("a note has at most a million bytes")
    try:
        whole = raw.decode()
    except UnicodeDecodeError:
        raise MalformedNote("a note is UTF-8") from None
    text, blank, below = whole.rpartition("\n\n")
    if not blank or not below.endswith("\n") or _CONTROL.search(whole):
        raise MalformedNote("a note is a text, a blank line and signature lines")
    lines = below[:-1].split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise MalformedNote("a note has at most a hundred signatures")
    return Note((text + "\n").encode(), tuple(filter(None, map(_signature, lines))))


def _signature(line: str) -> tuple[str, bytes, bytes] | None:
    """Name, key hash and signature of a line; None for one whose base64 has spare bits."""
    parts = _SIGNATURE.fullmatch(line)
    if parts is None:
        raise MalformedNote("a signature line reads dash, name, base64")
    raw = _loose_base64(parts[2])
    if len(raw) < 5:
        raise MalformedNote("a signature line holds a key hash and a signature")
    if _encode(raw) != parts[2]:
        return None
    return parts[1], raw[:4], raw[4:]


def signers(note: Note, keys: Iterable[VerifierKey]) -> frozenset[VerifierKey]:
    """Which of `keys` signed the note; raises FalseSignature where one of them is only claimed to.

    A cosignature without a time that can be is true, and counts for nothing.
    """
    signed = _signed_at(note, keys)
    return frozenset(key for key, time in signed.items() if time is None or _can_be(time))


def cosigned_by(note: Note, keys: Iterable[VerifierKey]) -> dict[VerifierKey, int]:
    """When each of the witnesses' keys signed the note, in seconds since 1970, by their own word.

    Raises FalseSignature where one of them is only claimed to have signed.
    """
    signed = _signed_at(note, keys).items()
    return {key: time for key, time in signed if time is not None and _can_be(time)}


def _can_be(time: int) -> bool:
    return 0 < time <= LARGEST_TIME


def _signed_at(note: Note, keys: Iterable[VerifierKey]) -> dict[VerifierKey, int | None]:
    """The keys whose first signature is true, with its time where it has one."""
    known = {(key.name, key.hash): key for key in keys if key.algorithm in _BYTES_OF}
    signed: dict[VerifierKey, int | None] = {}
    for name, hashed, signature in note.signatures:
        key = known.get((name, hashed))
        if key is None or key in signed:
            continue
        _check(key, note.text, signature)
        timed = key.algorithm == COSIGNATURE
        signed[key] = int.from_bytes(signature[:8], "big") if timed else None
    return signed


def check_signature(public: bytes, message: bytes, signature: bytes) -> None:
    """Check a plain Ed25519 signature; raises FalseSignature."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise FalseSignature("the signature is not that of the key") from None


def check_cosignature(public: bytes, text: bytes, time: int, signature: bytes) -> None:
    """Check what a witness signed of a checkpoint's text at its time; raises FalseSignature."""
    check_signature(public, b"cosignature/v1\ntime %d\n" % time + text, signature)


def _check(key: VerifierKey, text: bytes, signature: bytes) -> None:
    if len(signature) != _BYTES_OF[key.algorithm]:
        raise FalseSignature("the signature has another length than its kind")
    if key.algorithm == COSIGNATURE:
        time = int.from_bytes(signature[:8], "big")
        check_cosignature(key.public, text, time, signature[8:])
    else:
        check_signature(key.public, text, signature)


def read_checkpoint(text: bytes) -> Checkpoint:
    """Read the text of a checkpoint's note; raises MalformedNote."""
    lines = text.decode().split("\n")
    if len(lines) < 4 or lines.pop() or not all(lines):
        raise MalformedNote("a checkpoint is an origin, a size, a root and full lines")
    origin, size, root, *extensions = lines
    if not _SIZE.fullmatch(size):
        raise MalformedNote("the size of a log is a decimal number")
    hashed = decode_base64(root)
    if len(hashed) != 32:
        raise MalformedNote("the root of a log has 32 bytes")
    return Checkpoint(origin, int(size), hashed, tuple(extensions))


def _encode(raw: bytes) -> str:
    return b64encode(raw).decode()
