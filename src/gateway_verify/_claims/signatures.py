"""Did a key of the log sign this release?

`releases/<month>.jws` is a JWS in compact form (RFC 7515, base64url without padding or spare bits): its
header holds exactly `alg` `Ed25519`, `typ` `release+jwt` and `kid`, the JWK thumbprint of the key (RFC 7638,
SHA-256); its payload is the release byte for byte. The key is one that signs the log: the last `key` leaf
below the release's last tally names it, or a later one; in a log without such leaves it is the key of the
checkpoint.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection
from hashlib import sha256
from typing import Any

from gateway_verify._claims.tallies import Close
from gateway_verify.evidence import Proved
from gateway_verify.findings import Kind, Refuted
from gateway_verify.text import canonical
from gateway_verify.text.notes import (
    FalseSignature,
    VerifierKey,
    check_signature,
    read_key,
)

_BASE64URL = re.compile(rb"[0-9A-Za-z_-]+")
_HEADER = {"alg": "Ed25519", "typ": "release+jwt"}


def keys_of(proved: Proved, close: Close) -> list[VerifierKey]:
    """The keys that may sign the release of a close."""
    chain = [(index, read_key(leaf["key"])) for index, leaf in proved.story.of_kind("key")]
    last = max(close.tallies)
    until = [index for index, _ in chain[1:]] + [last + 1]
    in_force = [key for (_, key), end in zip(chain, until, strict=False) if end > last]
    return in_force or [proved.signed.key]


def check_signed_release(
    raw: bytes, document: bytes, keys: Collection[VerifierKey], path: str
) -> None:
    """Raises Refuted unless one of the keys signed just this document."""
    parts = raw.split(b".")
    decoded = [_decoded(part) for part in parts]
    if len(parts) != 3 or None in decoded:
        raise Refuted(Kind.RELEASE, "no JWS in compact form", path)
    header, payload, signature = (one or b"" for one in decoded)
    if payload != document:
        raise Refuted(Kind.RELEASE, "the signed copy says something else", path)
    named = _kid(header, path)
    key = next((key for key in keys if thumbprint(key.public) == named), None)
    if key is None:
        raise Refuted(Kind.RELEASE, "signed by a key that the log does not name for it", path)
    try:
        check_signature(key.public, parts[0] + b"." + parts[1], signature)
    except FalseSignature as refused:
        raise Refuted(Kind.RELEASE, str(refused), path) from None


def _kid(header: bytes, path: str) -> Any:
    """The key that a header names; raises Refuted for a header with any other member or value."""
    try:
        said = canonical.read_json(header)
    except canonical.NotCanonical as refused:
        raise Refuted(Kind.RELEASE, f"the header: {refused}", path) from None
    if not isinstance(said, dict) or said.keys() != {*_HEADER, "kid"}:
        raise Refuted(Kind.RELEASE, "the header has `alg`, `typ` and `kid`, nothing else", path)
    for name, value in _HEADER.items():
        if said[name] != value:
            raise Refuted(Kind.RELEASE, f"the header's `{name}` is not `{value}`", path)
    return said["kid"]


def _decoded(part: bytes) -> bytes | None:
    """The bytes of a part in its one spelling; None for any other text."""
    if not _BASE64URL.fullmatch(part) or len(part) % 4 == 1:
        return None
    raw = urlsafe_b64decode(part + b"=" * (-len(part) % 4))
    return raw if urlsafe_b64encode(raw).rstrip(b"=") == part else None


def thumbprint(public: bytes) -> str:
    """The JWK thumbprint of an Ed25519 key."""
    x = _text(public)
    jwk = b'{"crv":"Ed25519","kty":"OKP","x":"%s"}' % x
    return _text(sha256(jwk).digest()).decode()


def _text(raw: bytes) -> bytes:
    return urlsafe_b64encode(raw).rstrip(b"=")
