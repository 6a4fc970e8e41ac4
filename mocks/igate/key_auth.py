"""Sign requests as a client of the hardened profile. One class for httpx, to be copied.

It signs in by an assertion (RFC 7523) when it has no token that holds, and proves by DPoP (RFC 9449) that
each call is its own. Ed25519 alone: with P-256 the algorithm is `ES256`, and a signature r and s.
"""

import base64
import json
import secrets
from collections.abc import Callable, Generator, Mapping
from hashlib import sha256

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def b64(raw: bytes) -> str:
    """base64url without padding (RFC 7515)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def public_jwk(key: Ed25519PrivateKey) -> dict[str, str]:
    """The public half as the operator registers it: `gateway clients add T --hardened --jwk FILE`."""
    return {"kty": "OKP", "crv": "Ed25519", "x": b64(key.public_key().public_bytes_raw())}


def jwt(key: Ed25519PrivateKey, header: Mapping[str, object], claims: Mapping[str, object]) -> str:
    """A signed JWT; `alg` comes by itself, `jti` too."""
    whole = {"alg": "EdDSA", **header}, {"jti": secrets.token_urlsafe(16), **claims}
    signed = ".".join(b64(json.dumps(part).encode()) for part in whole)
    return f"{signed}.{b64(key.sign(signed.encode()))}"


def assertion(key: Ed25519PrivateKey, client_id: str, issuer: str, now: int) -> str:
    """The client says that it is itself."""
    claims = {"iss": client_id, "sub": client_id, "aud": issuer, "iat": now, "exp": now + 60}
    return jwt(key, {"typ": "client-authentication+jwt"}, claims)


def proof(
    key: Ed25519PrivateKey, method: str, address: str, now: int, token: str | None = None
) -> str:
    """This call, to this address without its query, is made by whoever holds the token's key."""
    claims: dict[str, object] = {"htm": method, "htu": address, "iat": now}
    if token is not None:
        claims["ath"] = b64(sha256(token.encode()).digest())
    return jwt(key, {"typ": "dpop+jwt", "jwk": public_jwk(key)}, claims)


class KeyAuth(httpx.Auth):
    """Signs in by `key` and proves every call: `httpx.AsyncClient(auth=KeyAuth(…))`.

    `clock` gives seconds since 1970, in production `time.time`.
    """

    requires_response_body = True

    def __init__(
        self,
        issuer: str,
        client_id: str,
        key: Ed25519PrivateKey,
        clock: Callable[[], float],
    ) -> None:
        self._issuer, self._client_id, self._key, self._clock = issuer, client_id, key, clock
        self._token, self._ends = "", 0.0

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Fetch a token where none holds for ten more seconds, then send the call with its proof."""
        if self._ends < self._clock() + 10:
            now, endpoint = int(self._clock()), f"{self._issuer}/oauth/token"
            form = {
                "grant_type": "client_credentials",
                "client_assertion_type": JWT_BEARER,
                "client_assertion": assertion(self._key, self._client_id, self._issuer, now),
            }
            headers = {"DPoP": proof(self._key, "POST", endpoint, now)}
            answer = yield httpx.Request("POST", endpoint, data=form, headers=headers)
            if answer.is_error:
                return
            answered = answer.json()
            self._token, self._ends = answered["access_token"], now + answered["expires_in"]
        address = self._issuer + request.url.raw_path.decode().partition("?")[0]
        request.headers["Authorization"] = f"DPoP {self._token}"
        request.headers["DPoP"] = proof(
            self._key, request.method, address, int(self._clock()), self._token
        )
        yield request
