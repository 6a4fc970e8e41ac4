"""How does an auditor sign what was found?

The auditor's key is a signer's key of notes as text, `PRIVATE+KEY+<name>+<8 hex digits of the key hash>+
<base64(0x01 || 32-byte Ed25519 seed)>`, as Go's note package writes it; the verifier key belongs to it.
The `audit` leaf is RFC 8785 text; the signature is over that text without the member `signature`.
"""

import re
import sys
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway_verify._claims.tallies import Close
from gateway_verify._recount import Recounted
from gateway_verify.ending import COULD_NOT, tell
from gateway_verify.findings import Kind, Unchecked
from gateway_verify.locations import read_file
from gateway_verify.text import canonical
from gateway_verify.text.notes import (
    ED25519,
    MalformedNote,
    VerifierKey,
    decode_base64,
    key_hash,
)

_SECRET = re.compile(
    r"PRIVATE\+KEY\+([0-9A-Za-z.:/_-]{1,200})\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)\n?"
)
_LARGEST_KEY_BYTES = 1_000
_NAME = re.compile(r"[0-9A-Za-z.:/_-]{1,200}")


@dataclass(frozen=True, slots=True)
class Auditor:
    """An auditor's signing key."""

    key: VerifierKey
    secret: Ed25519PrivateKey = field(repr=False)

    def __str__(self) -> str:
        """The secret as text, for a file that only its owner reads."""
        seed = b64encode(bytes([ED25519]) + self.secret.private_bytes_raw()).decode()
        return f"PRIVATE+KEY+{self.key.name}+{self.key.hash.hex()}+{seed}"


def new_auditor(name: str) -> Auditor:
    """Make a key for an auditor of this name; raises Unchecked for a name that no key can have."""
    if not _NAME.fullmatch(name):
        raise Unchecked(Kind.KEY, "a key's name is made of letters, digits and .:/_-")
    return _auditor(name, Ed25519PrivateKey.generate())


def read_auditor(path: Path) -> Auditor:
    """Read a signing key's file; raises Unchecked for one that holds none."""
    try:
        parts = _SECRET.fullmatch(read_file(path, _LARGEST_KEY_BYTES).decode())
        raw = decode_base64(parts[3]) if parts else b""
    except (OSError, UnicodeDecodeError, MalformedNote, Unchecked):
        parts, raw = None, b""
    if parts is None or len(raw) != 33 or raw[0] != ED25519:
        raise Unchecked(Kind.KEY, "the file of the auditor's key holds no signer's key")
    auditor = _auditor(parts[1], Ed25519PrivateKey.from_private_bytes(raw[1:]))
    if auditor.key.hash.hex() != parts[2]:
        raise Unchecked(Kind.KEY, "the auditor's key has not the hash that its file says")
    return auditor


def _auditor(name: str, secret: Ed25519PrivateKey) -> Auditor:
    public = secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return Auditor(VerifierKey(name, key_hash(name, ED25519, public), ED25519, public), secret)


def audit_leaf(auditor: Auditor, recounted: Recounted, close: Close) -> bytes:
    """The signed `audit` leaf about one close."""
    checkpoint = recounted.proved.checkpoint
    differences = sum(at in close.tallies for at in recounted.differences)
    leaf = {
        "kind": "audit",
        "v": 1,
        "month": close.month,
        "range": [close.first, close.last],
        "size": checkpoint.size,
        "root": b64encode(checkpoint.root).decode(),
        "auditor": str(auditor.key),
        "result": "refuted" if differences else "recomputed",
        "differences": differences,
        "sample": None,
    }
    return sign_leaf(auditor, leaf)


def sign_leaf(auditor: Auditor, leaf: Mapping[str, Any]) -> bytes:
    """The RFC 8785 text with the member `signature`: the auditor's over the text without it."""
    signature = b64encode(auditor.secret.sign(canonical.write(dict(leaf)))).decode()
    return canonical.write({**leaf, "signature": signature})


def tell_new_key(name: str) -> int:
    """Make an auditor's key: the secret goes to the output, the verifier key to the other stream."""
    try:
        auditor = new_auditor(name)
    except Unchecked as refused:
        tell(str(refused), sys.stderr)
        return COULD_NOT
    kept = tell(str(auditor))
    tell(str(auditor.key), sys.stderr)
    return 0 if kept else COULD_NOT
