"""Client assertions (RFC 7523, `private_key_jwt`): a client signs that it is itself.

`typ` is `client-authentication+jwt` or `JWT`, `kid` may name a key; `iss` and `sub` are the client,
`aud` is the issuer as one exact string. The token endpoint is no audience: an assertion that a false
server asked for under our endpoint's name would serve here (the audience injection of 2025, for which
FAPI 2.0 and the successor of RFC 7523 ask for the issuer alone).
"""

from collections.abc import Sequence

from gateway.access.proofs._jws import (
    DoesNotHold,
    Jws,
    check_fresh,
    check_other_times,
    one_time_id,
    whole_number,
)
from gateway.access.proofs._keys import PinnedKey

LONGEST_ASSERTION_SECONDS = 300
_TYPES = ("client-authentication+jwt", "JWT")
_HEADER = frozenset({"alg", "typ", "kid"})


def client_of(assertion: Jws) -> str:
    """Whom an assertion speaks of, before anything in it is believed; raises DoesNotHold."""
    client_id = assertion.claims().get("sub")
    if not isinstance(client_id, str):
        raise DoesNotHold("no client is named")
    return client_id


def check_assertion(
    assertion: Jws, keys: Sequence[PinnedKey], client_id: str, issuer: str, now: float
) -> tuple[PinnedKey, str]:
    """The key that signed and the `jti`, which is used up by this; raises DoesNotHold.

    1. the header's members and type; 2. the signature by a live key of the client; 3. issuer, subject
    and audience; 4. the times.
    """
    header = assertion.header
    if header.get("typ") not in _TYPES or not _HEADER.issuperset(header):  # 1
        raise DoesNotHold("the header of no client assertion")
    key = _signer(assertion, keys)  # 2
    claims = assertion.claims()
    if claims.get("iss") != client_id or claims.get("sub") != client_id:  # 3
        raise DoesNotHold("the assertion of another client")
    if claims.get("aud") != issuer:
        raise DoesNotHold("meant for somebody else")
    issued, expires = whole_number(claims, "iat"), whole_number(claims, "exp")  # 4
    check_fresh(issued, now)
    check_other_times(claims, now)
    if not issued < expires <= issued + LONGEST_ASSERTION_SECONDS:
        raise DoesNotHold("holds for over five minutes")
    return key, one_time_id(claims.get("jti"))


def _signer(assertion: Jws, keys: Sequence[PinnedKey]) -> PinnedKey:
    named = assertion.header.get("kid")
    for key in keys:
        if named is not None and not key.is_called(named):
            continue
        try:
            assertion.check_signature(key)
        except DoesNotHold:
            continue
        return key
    raise DoesNotHold("signed by no live key of the client")
