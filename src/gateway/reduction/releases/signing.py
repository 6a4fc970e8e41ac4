"""How is a release signed, so that a copy of it speaks for itself?

`releases/<month>.jws` is a JWS in compact form, EdDSA over Ed25519, `typ` `release+jwt`; its payload is
`releases/<month>.json` byte for byte: the RFC 8785 text of the release. The key is the one that signs the
log, which `key` leaves name: whoever can prove the log can check the signature. `kid` is its JWK thumbprint.
"""

from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws
from joserfc.jwk import OKPKey

TYP = "release+jwt"
LARGEST_RELEASE_BYTES = 16 * 1024 * 1024
_REGISTRY = jws.JWSRegistry(algorithms=["Ed25519"])
_REGISTRY.max_payload_length = LARGEST_RELEASE_BYTES


class ReleaseSigner:
    """Signs the releases of one deployment with its log's key, which stands in `jwks.json` too."""

    def __init__(self, key: Ed25519PrivateKey, kid: str) -> None:
        self._key = OKPKey.import_key(key)
        self._header = {"alg": "Ed25519", "typ": TYP, "kid": kid}

    def sign(self, text: bytes) -> str:
        """The JWS over a release's text."""
        return jws.serialize_compact(self._header, text, self._key, registry=_REGISTRY)

    def signed(self, signed: str) -> bool:
        """Whether a JWS of ours names this key."""
        head = signed.partition(".")[0].encode()
        header = orjson.loads(urlsafe_b64decode(head + b"=" * (-len(head) % 4)))
        return bool(header["kid"] == self._header["kid"])


def text_of(document: Mapping[str, Any]) -> bytes:
    """The RFC 8785 text of a release.

    Its names are ASCII and its only fractions have four decimals, so that the shortest decimal is
    the same in every language; a whole number is written without a point.
    """
    return orjson.dumps(_plain(document), option=orjson.OPT_SORT_KEYS)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
