"""Access tokens: issue, check, and the caller that a token stands for.

A token is a JWT (RFC 9068) in compact form: header `{"alg":"Ed25519","kid":…,"typ":"at+jwt"}` and not
a member more; claims `iss`, `aud` (one exact string), `sub` (the client), `tenant`, `iat`, `exp`,
`jti`. Only this deployment issues and accepts it.
"""

import base64
import secrets
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from gateway.access.callers import Caller
from gateway.access.clients import ClientDirectory
from gateway.domain.errors import NotSignedIn

LARGEST_TOKEN_BYTES = 8 * 1024
FUTURE_TOLERANCE_SECONDS = 10
REMEMBERED_TOKENS = 10_000
_ALGORITHMS = ["Ed25519"]


class Tokens:
    """Issues and checks access tokens; a token that held once is remembered until it expires."""

    def __init__(
        self,
        key: tuple[str, Ed25519PrivateKey],
        issuer: str,
        lifetime_seconds: int,
        clients: ClientDirectory,
        clock: Callable[[], datetime],
    ) -> None:
        kid, private = key
        self.lifetime_seconds = lifetime_seconds
        self._header = {"alg": "Ed25519", "kid": kid, "typ": "at+jwt"}
        self._key = OKPKey.import_key(private)
        self._issuer = issuer
        self._clients = clients
        self._clock = clock
        self._held: OrderedDict[bytes, tuple[int, str, str]] = OrderedDict()

    def issue(self, caller: Caller) -> str:
        """A token for a caller that has just signed in."""
        now = int(self._clock().timestamp())
        claims = {
            "iss": self._issuer,
            "aud": self._issuer,
            "sub": caller.client_id,
            "tenant": caller.tenant,
            "iat": now,
            "exp": now + self.lifetime_seconds,
            "jti": secrets.token_urlsafe(16),
        }
        return jwt.encode(self._header, claims, self._key, algorithms=_ALGORITHMS)

    def authenticate(self, authorization: str | None) -> Caller:
        """The caller behind an Authorization header; raises NotSignedIn.

        The client must still be there: a revoked one is refused whatever its token says.
        """
        if authorization is None:
            raise NotSignedIn("not_signed_in", "the call needs a Bearer token")
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise NotSignedIn("not_signed_in", "the call needs a Bearer token")
        if len(token) > LARGEST_TOKEN_BYTES or not token.isascii():
            raise _refused()
        now = self._clock().timestamp()
        expires, client_id, tenant = self._held_or_checked(token, now)
        if expires <= now:
            raise NotSignedIn("token_expired", "the token has expired")
        caller = self._clients.caller(client_id)
        if caller is None or caller.tenant != tenant:
            raise _refused()
        return caller

    def _held_or_checked(self, token: str, now: float) -> tuple[int, str, str]:
        digest = sha256(token.encode()).digest()
        held = self._held.get(digest)
        if held is None:
            held = self._check(token, now)
            self._held[digest] = held
            if len(self._held) > REMEMBERED_TOKENS:
                self._held.popitem(last=False)
        return held

    def _check(self, token: str, now: float) -> tuple[int, str, str]:
        """Check a token that was not seen before.

        1. three parts, each the one base64url text of its bytes; 2. the header is ours to the last
        member; 3. the signature; 4. issuer and audience; 5. types and times of the claims.
        """
        parts = [decode_part(part) for part in token.split(".")]  # 1
        if len(parts) != 3 or _json(parts[0]) != self._header:  # 2
            raise _refused()
        try:
            claims = jwt.decode(token, self._key, algorithms=_ALGORITHMS).claims  # 3
        except (JoseError, ValueError):
            raise _refused() from None
        if claims.get("iss") != self._issuer or claims.get("aud") != self._issuer:  # 4
            raise _refused()
        issued, expires = claims.get("iat"), claims.get("exp")  # 5
        client_id, tenant = claims.get("sub"), claims.get("tenant")
        if (
            type(issued) is not int
            or type(expires) is not int
            or not isinstance(client_id, str)
            or not isinstance(tenant, str)
            or not isinstance(claims.get("jti"), str)
            or issued > now + FUTURE_TOLERANCE_SECONDS
            or not issued < expires <= issued + self.lifetime_seconds
        ):
            raise _refused()
        return expires, client_id, tenant


def _refused() -> NotSignedIn:
    return NotSignedIn("token_refused", "the token does not hold")


def decode_part(part: str) -> bytes:
    """The bytes of one part of a JWS in compact form (RFC 7515); raises NotSignedIn.

    Refuses padding and unused bits that are set, whichever library checks the signature.
    """
    try:
        raw = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise _refused() from None
    # unused bits of the last letter could be set at will and make the same token look new
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != part:
        raise _refused()
    return raw


def _json(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise _refused() from None
