"""The bytes of case entries and their seals, and the hash of any entry.

A **case** entry is `{"kind":"case","seal":"<base64 SHA-256>","v":1}`, all of one length, whatever
it stands for; `seal = SHA-256("eform-gateway/case/v1" || 32-byte salt || payload)`, `payload` the RFC 8785
text of one of the case payloads of `entries.py`. Payload and salt are kept beside the log and can be
destroyed; the seal then says nothing any more. A **public** entry is a leaf of `entries.py` in clear.

`leaf hash = SHA-256(0x00 || entry)`, RFC 6962 section 2.1; in answers in base64.
"""

from base64 import b64encode
from hashlib import sha256

SALT_BYTES = 32
_CASE_DOMAIN = b"eform-gateway/case/v1"
_CASE_START = b'{"kind":"case",'


def case_entry(seal: bytes) -> bytes:
    """Write a case leaf, of which only the seal is ever seen."""
    return _CASE_START + b'"seal":"' + b64encode(seal) + b'","v":1}'


def is_case_entry(entry: bytes) -> bool:
    """Whether an entry is a case leaf, else a public one."""
    return entry.startswith(_CASE_START)


def seal_of(salt: bytes, payload: bytes) -> bytes:
    """Commit to a payload: without its salt nobody can try payloads against the seal."""
    if len(salt) != SALT_BYTES:
        raise ValueError("a salt has 32 bytes")
    return sha256(_CASE_DOMAIN + salt + payload).digest()


def leaf_hash(entry: bytes) -> bytes:
    """Hash an entry as a leaf: SHA-256(0x00 || entry), RFC 6962 section 2.1.

    Leaves and nodes carry different prefixes so that no node can pass for an entry.
    """
    return sha256(b"\x00" + entry).digest()


def leaf_text(hash_: bytes) -> str:
    """A leaf hash as answers give it: base64."""
    return b64encode(hash_).decode()
