"""What is an entry of the log, in which bytes?

A **public** entry is a JSON object with `kind` and `v`, in UTF-8 and RFC 8785 order, at most 65,535
bytes, of a kind in PUBLIC_KINDS; anybody may read it.

A **case** entry is `{"kind":"case","seal":"<base64 SHA-256>","v":1}`, all of one length, whatever
it stands for; `seal = SHA-256("eform-gateway/case/v1" || 32-byte salt || body)`, `body` the RFC 8785
text of an object of a kind in CASE_KINDS. Body and salt are kept beside the log and can be
destroyed; the seal then says nothing any more.

`leaf hash = SHA-256(0x00 || entry)`, RFC 6962 section 2.1; in answers in base64.
"""

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256

from gateway.log.canonical import canonical

PUBLIC_KINDS = frozenset(
    {"metric-definition", "form-version", "grant", "key", "tally", "reconcile", "audit", "shred"}
)
CASE_KINDS = frozenset(
    {
        "prefill",
        "submission",
        "refusal",
        "abandoned",
        "access",
        "alarm",
        "confirmation",
        "correction",
        "reuse",
        "sample",
        "sync",
    }
)

LARGEST_ENTRY_BYTES = 64 * 1024 - 1
"""What a length of two bytes in an entry bundle can say."""

SALT_BYTES = 32
_CASE_DOMAIN = b"eform-gateway/case/v1"


def public_entry(leaf: Mapping[str, object]) -> bytes:
    """Write a public leaf; raises ValueError for an unknown kind, no version, or over 65,535 bytes."""
    if leaf.get("kind") not in PUBLIC_KINDS:
        raise ValueError("a public leaf names one of the public kinds")
    if type(leaf.get("v")) is not int:
        raise ValueError("a leaf states the version of its kind")
    entry = canonical(leaf)
    if len(entry) > LARGEST_ENTRY_BYTES:
        raise ValueError("a leaf has at most 65,535 bytes")
    return entry


def case_entry(seal: bytes) -> bytes:
    """Write a case leaf, of which only the seal is ever seen."""
    return b'{"kind":"case","seal":"' + b64encode(seal) + b'","v":1}'


def seal_of(salt: bytes, body: bytes) -> bytes:
    """Commit to a body: without its salt nobody can try bodies against the seal."""
    if len(salt) != SALT_BYTES:
        raise ValueError("a salt has 32 bytes")
    return sha256(_CASE_DOMAIN + salt + body).digest()


def leaf_hash(entry: bytes) -> bytes:
    """Hash an entry as a leaf: SHA-256(0x00 || entry), RFC 6962 section 2.1.

    Leaves and nodes carry different prefixes so that no node can pass for an entry.
    """
    return sha256(b"\x00" + entry).digest()


def leaf_text(hash_: bytes) -> str:
    """A leaf hash as answers give it: base64."""
    return b64encode(hash_).decode()
