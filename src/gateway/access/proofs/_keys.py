"""Public keys that are known before a signature by them is looked at.

P-256 (ES256) and Ed25519 (EdDSA, and Ed25519 as RFC 9864 names it), and no other curve: a client has
one registered, or binds its tokens to one by DPoP. A key is read from its public JWK (RFC 7517), which
holds nothing private, no address and no certificate, and is named by its thumbprint (RFC 7638).
"""

import json
import re
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey
from joserfc.jws import JWSRegistry

from gateway.domain.errors import BadRequest
from gateway.domain.json_texts import AmbiguousJson, read_json

LARGEST_JWK_BYTES = 1024
_COORDINATE = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
"""32 bytes in canonical base64url."""
_NAME = re.compile(r"[!-~]{1,128}")
_ES256, _ED25519 = JWSRegistry.algorithms["ES256"], JWSRegistry.algorithms["Ed25519"]
_CURVES = {
    ("EC", "P-256"): ("x", "y"),
    ("OKP", "Ed25519"): ("x",),
}
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_ELSEWHERE = frozenset({"jku", "x5u", "x5c", "x5t", "x5t#S256"})
_FREE = frozenset({"kty", "crv", "kid", "use", "alg", "key_ops"})
_ED25519_PRIME = 2**255 - 19
# y of the eight points of small order (RFC 7748 and the curve's own constants): under such a key one
# signature fits many messages
_ORDER_8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL_ORDER = frozenset({0, 1, _ED25519_PRIME - 1, _ORDER_8, _ED25519_PRIME - _ORDER_8})


@dataclass(frozen=True, slots=True)
class PinnedKey:
    """A public key; `kid` is its thumbprint, `name` the `kid` that its own JWK states."""

    kid: str
    name: str | None
    algorithms: tuple[str, ...]
    jwk: str = field(repr=False)
    _key: ECKey | OKPKey = field(repr=False, compare=False)

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether this key signed the message; ECDSA as the 64 bytes of r and s (RFC 7518)."""
        algorithm = _ES256 if isinstance(self._key, ECKey) else _ED25519
        return algorithm.verify(message, signature, self._key)

    def is_called(self, kid: object) -> bool:
        """Whether a `kid` or `keyid` means this key: by its thumbprint, or by its own name."""
        return kid is not None and kid in (self.kid, self.name)


def read_public_key(jwk: object) -> PinnedKey:
    """Read a public JWK; raises BadRequest `client_key_unusable`, which says what is amiss."""
    if not isinstance(jwk, dict):
        raise _unusable("a JWK is a JSON object")
    if not _PRIVATE.isdisjoint(jwk):
        raise _unusable("the JWK holds a private key: give its public half, and replace the key")
    if not _ELSEWHERE.isdisjoint(jwk):
        raise _unusable("a key is stated whole: no jku, x5u, x5c or x5t")
    curve = jwk.get("kty"), jwk.get("crv")
    coordinates = next((named for one, named in _CURVES.items() if one == curve), None)
    if coordinates is None:
        raise _unusable("a key lies on P-256 (EC) or Ed25519 (OKP)")
    if not _FREE.union(coordinates).issuperset(jwk):
        raise _unusable("the JWK holds a member that no such key has")
    if not all(isinstance(jwk.get(c), str) and _COORDINATE.fullmatch(jwk[c]) for c in coordinates):
        raise _unusable("a coordinate is 32 bytes in base64url")
    name, algorithms = jwk.get("kid"), ("ES256",) if len(coordinates) == 2 else ("EdDSA", "Ed25519")
    if name is not None and not (isinstance(name, str) and _NAME.fullmatch(name)):
        raise _unusable("a kid is 1 to 128 visible ASCII characters")
    if jwk.get("use", "sig") != "sig" or jwk.get("alg", algorithms[0]) not in algorithms:
        raise _unusable("the key is for signatures by ES256 or EdDSA")
    if jwk.get("key_ops", ["verify"]) != ["verify"]:
        raise _unusable("a public key is there to verify")
    return _pinned(
        {member: jwk[member] for member in ("kty", "crv", *coordinates)}, name, algorithms
    )


def read_public_key_file(raw: bytes) -> PinnedKey:
    """Read a file that holds one public JWK; raises BadRequest `client_key_unusable`."""
    if len(raw) > LARGEST_JWK_BYTES:
        raise _unusable("a file with one public JWK has at most 1 KB")
    try:
        return read_public_key(read_json(raw))
    except AmbiguousJson:
        raise _unusable("the file holds no JSON, or a member twice") from None


def _pinned(public: dict[str, str], name: str | None, algorithms: tuple[str, ...]) -> PinnedKey:
    try:
        if public["kty"] == "EC":
            key: ECKey | OKPKey = ECKey.import_key(dict(public))
        else:
            key = OKPKey.import_key(dict(public))
        point = key.public_key  # reads it: one that is not on the curve fails here
    except (JoseError, ValueError):
        raise _unusable("the point is not on the curve") from None
    if isinstance(point, Ed25519PublicKey) and _of_small_order(point.public_bytes_raw()):
        raise _unusable("a point of small order is no key")
    kept = public if name is None else {**public, "kid": name}
    return PinnedKey(key.thumbprint(), name, algorithms, json.dumps(kept, sort_keys=True), key)


def _of_small_order(raw: bytes) -> bool:
    y = int.from_bytes(raw, "little") & (2**255 - 1)
    return y % _ED25519_PRIME in _SMALL_ORDER


def _unusable(detail: str) -> BadRequest:
    return BadRequest("client_key_unusable", detail, "jwk")
