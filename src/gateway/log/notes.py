"""Signed notes and checkpoints: their texts, signatures and verifier keys.

C2SP signed-note: a text that ends in a newline, an empty line, then per signature
`— <name> base64(key id || signature)`. The key id is the first 4 bytes of
SHA-256(name || 0x0A || algorithm || public key); a verifier key is written
`name+<key id in hex>+base64(algorithm || public key)`. Algorithm 0x01 is Ed25519 over the text,
0x04 a timestamped cosignature of a witness.

C2SP tlog-checkpoint: a note whose text is three lines: the log's origin, the number of leaves, the
root in base64. The name of the log's key is its origin.
"""

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = 0x01
COSIGNATURE = 0x04
_KEY_ID_BYTES = 4
_LARGEST_NOTE_BYTES = 64 * 1024
_CHECKPOINT = re.compile(r"([^\n]+)\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)\n")
_SIGNATURE = re.compile("— ([^ +\n]+) ([A-Za-z0-9+/]+={0,2})\n")


class NoteUnreadable(ValueError):
    """A text that is no signed note, no checkpoint or no verifier key."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """The public half of a key that signs notes, with the name it goes by."""

    name: str
    algorithm: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that lead a signature to its key."""
        hashed = sha256(self.name.encode() + b"\n" + bytes([self.algorithm]) + self.public)
        return hashed.digest()[:_KEY_ID_BYTES]

    def __str__(self) -> str:
        material = b64encode(bytes([self.algorithm]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{material}"

    def signed(self, message: bytes, signature: bytes) -> bool:
        """Whether this is an Ed25519 signature of the key over the message."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A size and the root of all leaves up to it, as one log states them (điểm kiểm tra)."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint with the signature lines under it, each ending in a newline."""

    checkpoint: Checkpoint
    lines: tuple[str, ...]

    @property
    def note(self) -> bytes:
        """The signed note, as the file `checkpoint` holds it."""
        return (self.checkpoint.text + "\n" + "".join(self.lines)).encode()

    def signature_of(self, key: VerifierKey) -> bytes | None:
        """What this key put under the checkpoint, behind its key id; None when nothing."""
        for line in self.lines:
            name, signed_part = read_line(line)
            if name == key.name and signed_part[:_KEY_ID_BYTES] == key.key_id:
                return signed_part[_KEY_ID_BYTES:]
        return None


def signing_name(origin: str, private: Ed25519PrivateKey) -> VerifierKey:
    """The verifier key of a log: its origin is its name."""
    return VerifierKey(origin, ED25519, private.public_key().public_bytes_raw())


def sign_checkpoint(checkpoint: Checkpoint, private: Ed25519PrivateKey) -> SignedCheckpoint:
    """Sign; Ed25519 is deterministic, so the same checkpoint gets the same signature."""
    key = signing_name(checkpoint.origin, private)
    signature = private.sign(checkpoint.text.encode())
    signed_part = b64encode(key.key_id + signature).decode()
    return SignedCheckpoint(checkpoint, (f"— {key.name} {signed_part}\n",))


def read_text(text: str) -> Checkpoint:
    """Read the text of a checkpoint; raises NoteUnreadable."""
    match = _CHECKPOINT.fullmatch(text)
    if match is None:
        raise NoteUnreadable("the text is not that of a checkpoint")
    return Checkpoint(match[1], int(match[2]), b64decode(match[3]))


def read_checkpoint(note: bytes) -> SignedCheckpoint:
    """Read a note whose text is a checkpoint, signatures unchecked; raises NoteUnreadable."""
    if len(note) > _LARGEST_NOTE_BYTES:
        raise NoteUnreadable("the note is too long")
    try:
        text, _, signatures = note.decode().partition("\n\n")
    except UnicodeDecodeError:
        raise NoteUnreadable("the note is not UTF-8") from None
    checkpoint = read_text(text + "\n")
    *signed, rest = signatures.split("\n")
    if rest or not signed:
        raise NoteUnreadable("the note bears no signature, or ends within one")
    lines = tuple(line + "\n" for line in signed)
    for line in lines:
        read_line(line)
    return SignedCheckpoint(checkpoint, lines)


def read_line(line: str) -> tuple[str, bytes]:
    """The name in a signature line, and key id and signature behind it; raises NoteUnreadable."""
    match = _SIGNATURE.fullmatch(line)
    if match is None:
        raise NoteUnreadable("a signature line cannot be read")
    try:
        signed_part = b64decode(match[2], validate=True)
    except ValueError:
        raise NoteUnreadable("a signature is not base64") from None
    if len(signed_part) <= _KEY_ID_BYTES:
        raise NoteUnreadable("a signature is too short")
    return match[1], signed_part


def read_key(text: str) -> VerifierKey:
    """Read a verifier key; raises NoteUnreadable, also for one whose id is not its own."""
    name, _, rest = text.strip().partition("+")
    stated, _, material = rest.partition("+")
    try:
        raw = b64decode(material, validate=True)
    except ValueError:
        raise NoteUnreadable("a verifier key is not base64") from None
    key = VerifierKey(name, raw[0] if raw else 0, raw[1:])
    if not name or re.search(r"\s", name) or len(key.public) != 32 or key.key_id.hex() != stated:
        raise NoteUnreadable("a verifier key reads name+id+base64, with the id of its own")
    return key
