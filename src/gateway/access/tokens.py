"""Access tokens: issue, and the session that a token stands for.

A token is a JWT (RFC 9068) in compact form: header `{"alg":"Ed25519","kid":…,"typ":"at+jwt"}` and not
a member more; claims `iss`, `aud` (one exact string), `sub` (the client), `tenant`, `scope`, `iat`,
`exp`, `jti`; of a hardened client also `cnf` (`{"jkt": …}`, the key that it is bound to) and
`client_key` (the one that it was fetched by). Only this deployment issues and accepts it.
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.jwk import OKPKey

from gateway.access.callers import Caller
from gateway.access.clients import Client, ClientDirectory
from gateway.access.proofs import (
    FUTURE_SECONDS,
    DoesNotHold,
    Jws,
    PinnedKey,
    read_jws,
    read_public_key,
    token_hash,
    whole_number,
)
from gateway.access.scopes import Scope, read_scopes, write_scopes
from gateway.domain.errors import BadRequest, NotAllowed, NotSignedIn

REMEMBERED_TOKENS = 10_000
LONGEST_BOUND_SECONDS = 300
"""A token of a hardened client holds for at most five minutes."""
_ALGORITHM = "Ed25519"


@dataclass(frozen=True, slots=True)
class Binding:
    """What a hardened client's token is bound to: thumbprints of its DPoP key and of its own key."""

    jkt: str
    client_key: str


@dataclass(frozen=True, slots=True)
class Session:
    """A client that has signed in, by a token that holds.

    `jkt` is the thumbprint of the key that must prove every call and `ath` the token's digest in that
    proof; None for a Bearer.
    """

    caller: Caller
    client: Client
    jkt: str | None = None
    ath: str | None = None


@dataclass(frozen=True, slots=True)
class _Held:
    """What a token that held once says."""

    expires: int
    client_id: str
    tenant: str
    scopes: frozenset[Scope]
    binding: Binding | None


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
        self._header: dict[str, object] = {"alg": _ALGORITHM, "kid": kid, "typ": "at+jwt"}
        self._key = OKPKey.import_key(private)
        self._public: PinnedKey = read_public_key(self._key.as_dict(private=False))
        self._issuer = issuer
        self._clients = clients
        self._clock = clock
        self._held: OrderedDict[bytes, _Held] = OrderedDict()

    def lifetime(self, binding: Binding | None) -> int:
        """For how many seconds a token holds; a bound one for five minutes at most."""
        if binding is None:
            return self.lifetime_seconds
        return min(self.lifetime_seconds, LONGEST_BOUND_SECONDS)

    def issue(
        self,
        caller: Caller,
        binding: Binding | None = None,
        scopes: frozenset[Scope] | None = None,
    ) -> str:
        """A token for a caller that has just signed in, with all of its scopes or these of them."""
        now = int(self._clock().timestamp())
        claims: dict[str, object] = {
            "iss": self._issuer,
            "aud": self._issuer,
            "sub": caller.client_id,
            "tenant": caller.tenant,
            "scope": write_scopes(caller.scopes if scopes is None else scopes),
            "iat": now,
            "exp": now + self.lifetime(binding),
            "jti": secrets.token_urlsafe(16),
        }
        if binding is not None:
            claims |= {"cnf": {"jkt": binding.jkt}, "client_key": binding.client_key}
        return jwt.encode(dict(self._header), claims, self._key, algorithms=[_ALGORITHM])

    def authenticate(self, authorization: str | None) -> Session:
        """The session behind an Authorization header; raises NotSignedIn, NotAllowed `grant_ended`.

        The client, and the key that fetched the token, must still be there: a revoked one is refused
        whatever the token says. A token that is bound to a key is no Bearer, and no other is a DPoP.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() not in ("bearer", "dpop") or not token:
            raise NotSignedIn("not_signed_in", "the call needs an access token")
        now = self._clock()
        held = self._held_or_checked(token)
        if held.expires <= now.timestamp():
            raise NotSignedIn("token_expired", "the token has expired")
        client = self._clients.client(held.client_id)
        if client is None or client.caller.tenant != held.tenant:
            raise _refused()
        _check_profile(client, held.binding, scheme.lower())
        caller = client.caller
        if caller.grant.until is not None and caller.grant.until <= now:
            raise NotAllowed("grant_ended", "the grant of this system has ended")
        if held.scopes != caller.scopes:
            caller = replace(caller, scopes=held.scopes & caller.scopes)
        if held.binding is None:
            return Session(caller, client)
        return Session(caller, client, held.binding.jkt, token_hash(token))

    def _held_or_checked(self, token: str) -> _Held:
        digest = sha256(token.encode("utf-8", "surrogatepass")).digest()
        held = self._held.get(digest)
        if held is None:
            try:
                held = self._check(read_jws(token))
            except (DoesNotHold, BadRequest):
                raise _refused() from None
            self._held[digest] = held
            if len(self._held) > REMEMBERED_TOKENS:
                self._held.popitem(last=False)
        return held

    def _check(self, token: Jws) -> _Held:
        """Check a token that was not seen before; `proofs` has read it already.

        1. the header is ours to the last member; 2. the signature; 3. issuer and audience; 4. types
        and times of the claims; 5. what it is bound to.
        """
        if token.header != self._header:  # 1
            raise DoesNotHold("another header")
        token.check_signature(self._public)  # 2
        claims = token.claims()
        if claims.get("iss") != self._issuer or claims.get("aud") != self._issuer:  # 3
            raise DoesNotHold("not ours")
        binding = _binding_of(claims)  # 5
        issued, expires = whole_number(claims, "iat"), whole_number(claims, "exp")  # 4
        if issued > self._clock().timestamp() + FUTURE_SECONDS:
            raise DoesNotHold("not yet issued")
        if not issued < expires <= issued + self.lifetime(binding):
            raise DoesNotHold("holds for longer than ours do")
        client_id, tenant, scope = (_text(claims, name) for name in ("sub", "tenant", "scope"))
        _text(claims, "jti")
        return _Held(expires, client_id, tenant, read_scopes(scope), binding)


def _check_profile(client: Client, binding: Binding | None, scheme: str) -> None:
    """Hold each profile to its own kind of token, however the client was registered since."""
    if client.hardened != (binding is not None):
        raise _refused()
    if binding is None:
        if scheme != "bearer":
            raise _refused()
        return
    if scheme != "dpop":
        raise NotSignedIn("dpop_needed", "this token is bound to a key: send it by DPoP")
    if all(key.kid != binding.client_key for key in client.keys):
        raise _refused()


def _binding_of(claims: dict[str, object]) -> Binding | None:
    if "cnf" not in claims and "client_key" not in claims:
        return None
    confirmation = claims.get("cnf")
    if not isinstance(confirmation, dict) or confirmation.keys() != {"jkt"}:
        raise DoesNotHold("bound to nothing that we bind to")
    return Binding(_text(confirmation, "jkt"), _text(claims, "client_key"))


def _text(claims: dict[str, object], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str):
        raise DoesNotHold(f"{name} is no text")
    return value


def _refused() -> NotSignedIn:
    return NotSignedIn("token_refused", "the token does not hold")
