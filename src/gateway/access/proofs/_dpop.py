"""DPoP proofs (RFC 9449): a call is made by whoever holds the key that its token is bound to."""

import base64
import hmac
from dataclasses import dataclass
from hashlib import sha256

from gateway.access.proofs._jws import (
    DoesNotHold,
    check_fresh,
    check_other_times,
    one_time_id,
    read_jws,
    whole_number,
)
from gateway.access.proofs._keys import read_public_key
from gateway.domain.errors import BadRequest

_HEADER = frozenset({"alg", "typ", "jwk"})


@dataclass(frozen=True, slots=True)
class DpopProof:
    """What a proof says: by which key (its thumbprint), and the `jti` that is used up by it."""

    thumbprint: str
    jti: str


def check_dpop(text: str, method: str, address: str, now: float, ath: str | None) -> DpopProof:
    """Check a proof for one call; `address` has no query, `ath` is the digest of the token with it.

    1. the header's members and type; 2. the signature, by the public key that the header states;
    3. method, address and token; 4. the times. Raises DoesNotHold.
    """
    proof = read_jws(text)
    if proof.header.get("typ") != "dpop+jwt" or proof.header.keys() != _HEADER:  # 1
        raise DoesNotHold("the header of no DPoP proof")
    try:
        key = read_public_key(proof.header["jwk"])
    except BadRequest as unusable:
        raise DoesNotHold(unusable.detail) from None
    proof.check_signature(key)  # 2
    claims = proof.claims()
    if claims.get("htm") != method or claims.get("htu") != address:  # 3
        raise DoesNotHold("made for another call")
    if ath is not None and claims.get("ath") != ath:
        raise DoesNotHold("made for another token")
    check_fresh(whole_number(claims, "iat"), now)  # 4
    check_other_times(claims, now)
    return DpopProof(key.kid, one_time_id(claims.get("jti")))


def token_hash(token: str) -> str:
    """The `ath` of an access token: base64url of its SHA-256."""
    return base64.urlsafe_b64encode(sha256(token.encode()).digest()).rstrip(b"=").decode()


def same_key(bound_to: str, thumbprint: str) -> bool:
    """Whether a token is bound to this key."""
    return hmac.compare_digest(bound_to, thumbprint)
