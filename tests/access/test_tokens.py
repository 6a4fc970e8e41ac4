import base64
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.access.callers import Caller, Grant
from gateway.access.clients import ClientDirectory
from gateway.access.grants import register_tenant
from gateway.access.proofs import DoesNotHold, decode_part
from gateway.access.scopes import write_scopes
from gateway.access.tokens import Tokens
from gateway.domain.errors import NotSignedIn
from gateway.domain.identifiers import POPULATION, TenantId
from gateway.storage.database import Database
from tests.clock import Clock

ISSUER = "https://gateway.example.test"
KEY = Ed25519PrivateKey.from_private_bytes(sha256(b"an invented signing key").digest())
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(sha256(b"another invented key").digest())
PUBLIC = KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
HEADER = {"alg": "Ed25519", "kid": "k1", "typ": "at+jwt"}


@pytest.fixture
async def caller(database: Database, directory: ClientDirectory, clock: Clock) -> Caller:
    grant = Grant(frozenset({POPULATION}), None, None)
    await database.write(
        lambda c: register_tenant(c, "h99", "Tỉnh H", "H99", grant, is_test=True, now=clock.now)
    )
    client = await directory.add(TenantId("h99"), clock.now)
    found = directory.caller(client.client_id)
    assert found is not None
    return found


@pytest.fixture
def tokens(directory: ClientDirectory, clock: Clock) -> Tokens:
    return Tokens(("k1", KEY), ISSUER, 1800, directory, clock)


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _token(header: Any, claims: Any, key: Ed25519PrivateKey = KEY) -> str:
    signed = ".".join(_b64(json.dumps(part).encode()) for part in (header, claims))
    return f"{signed}.{_b64(key.sign(signed.encode()))}"


def _raw(header: str, claims: str) -> str:
    signed = ".".join(_b64(part.encode()) for part in (header, claims))
    return f"{signed}.{_b64(KEY.sign(signed.encode()))}"


def _claims(caller: Caller, clock: Clock) -> dict[str, Any]:
    now = int(clock.now.timestamp())
    return {
        "iss": ISSUER,
        "aud": ISSUER,
        "sub": caller.client_id,
        "tenant": caller.tenant,
        "scope": write_scopes(caller.scopes),
        "iat": now,
        "exp": now + 1800,
        "jti": "an-identifier",
    }


def _hs256(header: dict[str, Any], claims: dict[str, Any]) -> str:
    signed = ".".join(_b64(json.dumps(part).encode()) for part in (header, claims))
    return f"{signed}.{_b64(hmac.digest(PUBLIC, signed.encode(), 'sha256'))}"


def _unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return ".".join(_b64(json.dumps(part).encode()) for part in (header, claims)) + "."


def _spare_bits(token: str) -> str:
    """The same signature bytes, written with another last letter."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) | 1]


HOSTILE: dict[str, Callable[[dict[str, Any]], str]] = {
    "alg none": lambda c: _unsigned({**HEADER, "alg": "none"}, c),
    "no signature": lambda c: _unsigned(HEADER, c),
    "HS256 keyed with the public key": lambda c: _hs256({**HEADER, "alg": "HS256"}, c),
    "another key": lambda c: _token(HEADER, c, OTHER_KEY),
    "an unknown crit": lambda c: _token({**HEADER, "crit": ["x"], "x": 1}, c),
    "an embedded jwk": lambda c: _token(
        {**HEADER, "jwk": {"kty": "OKP", "crv": "Ed25519", "x": _b64(PUBLIC)}}, c
    ),
    "a jku": lambda c: _token({**HEADER, "jku": "https://attacker.example.test/keys"}, c),
    "an x5u": lambda c: _token({**HEADER, "x5u": "https://attacker.example.test/cert"}, c),
    "another kid": lambda c: _token({**HEADER, "kid": "../../etc/passwd"}, c),
    "another typ": lambda c: _token({**HEADER, "typ": "JWT"}, c),
    "a receipt's typ": lambda c: _token({**HEADER, "typ": "prefill-receipt+jwt"}, c),
    "no typ": lambda c: _token({"alg": "Ed25519", "kid": "k1"}, c),
    "a list of audiences": lambda c: _token(HEADER, {**c, "aud": [ISSUER]}),
    "another audience": lambda c: _token(HEADER, {**c, "aud": ISSUER + "/"}),
    "another issuer": lambda c: _token(HEADER, {**c, "iss": "https://other.example.test"}),
    "an infinite exp": lambda c: _token(HEADER, {**c, "exp": float("inf")}),
    "a fractional exp": lambda c: _token(HEADER, {**c, "exp": c["exp"] + 0.5}),
    "a true exp": lambda c: _token(HEADER, {**c, "exp": True}),
    "no exp": lambda c: _token(HEADER, {k: v for k, v in c.items() if k != "exp"}),
    "a lifetime beyond ours": lambda c: _token(HEADER, {**c, "exp": c["iat"] + 1801}),
    "issued 11 s from now": lambda c: _token(HEADER, {**c, "iat": c["iat"] + 11}),
    "expired": lambda c: _token(HEADER, {**c, "iat": c["iat"] - 1800, "exp": c["iat"]}),
    "another tenant": lambda c: _token(HEADER, {**c, "tenant": "h98"}),
    "a negative infinite iat": lambda c: _token(HEADER, {**c, "iat": float("-inf")}),
    "no number for exp": lambda c: _token(HEADER, {**c, "exp": float("nan")}),
    "no scope": lambda c: _token(HEADER, {k: v for k, v in c.items() if k != "scope"}),
    "an unknown scope": lambda c: _token(HEADER, {**c, "scope": "everything"}),
    "a list of scopes": lambda c: _token(HEADER, {**c, "scope": ["prefill"]}),
    "bound to a key": lambda c: _token(
        HEADER, {**c, "exp": c["iat"] + 300, "cnf": {"jkt": "x"}, "client_key": "x"}
    ),
    "fetched by a key": lambda c: _token(HEADER, {**c, "client_key": "x"}),
    "a claim twice": lambda c: _raw(json.dumps(HEADER), json.dumps(c)[:-1] + ', "sub": "h98"}'),
    "a header member twice": lambda c: _raw(
        json.dumps(HEADER)[:-1] + ', "typ": "at+jwt"}', json.dumps(c)
    ),
    "nested 5,000 deep": lambda c: _raw(json.dumps(HEADER), "[" * 5000),
    "an unknown client": lambda c: _token(HEADER, {**c, "sub": "h99.00000000"}),
    "claims that are a list": lambda c: _token(HEADER, [c]),
    "spare bits of the signature set": lambda c: _spare_bits(_token(HEADER, c)),
    "padding": lambda c: _token(HEADER, c) + "==",
    "a fourth part": lambda c: _token(HEADER, c) + ".e30",
    "two parts": lambda c: _token(HEADER, c).rpartition(".")[0],
    "over 8 KB": lambda c: _token(HEADER, {**c, "jti": "x" * 8192}),
    "letters outside ASCII": lambda c: _token(HEADER, c)[:-1] + "é",
}


def test_honest_token_names_its_caller(tokens: Tokens, caller: Caller, clock: Clock) -> None:
    assert tokens.authenticate(f"Bearer {tokens.issue(caller)}").caller == caller
    claims = _claims(caller, clock)
    assert tokens.authenticate("bearer " + _token(HEADER, claims)).caller == caller


@pytest.mark.parametrize("forge", HOSTILE.values(), ids=HOSTILE)
def test_t05_forged_token_is_refused(
    forge: Callable[[dict[str, Any]], str], tokens: Tokens, caller: Caller, clock: Clock
) -> None:
    for _ in range(2):
        with pytest.raises(NotSignedIn):
            tokens.authenticate(f"Bearer {forge(_claims(caller, clock))}")


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=60,
)
@given(
    change=st.dictionaries(
        st.sampled_from(
            ["alg", "kid", "typ", "crit", "jwk", "jku", "x5u", "x5c", "zip", "b64", "cty"]
        ),
        st.none() | st.booleans() | st.text(max_size=9) | st.lists(st.text(max_size=3), max_size=2),
        min_size=1,
    )
)
def test_t05_no_other_header_is_accepted(
    change: dict[str, Any], tokens: Tokens, caller: Caller, clock: Clock
) -> None:
    with pytest.raises(NotSignedIn):
        tokens.authenticate(f"Bearer {_token({**HEADER, **change}, _claims(caller, clock))}")


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", "Basic aDk5Ong=", "Bearer a.b.c", "Bearer ..", "x"],
)
def test_call_without_token_is_refused(authorization: str | None, tokens: Tokens) -> None:
    with pytest.raises(NotSignedIn):
        tokens.authenticate(authorization)


@pytest.mark.parametrize("scheme", ["Basic", "DPoP", "Token", "", "Bearer Bearer"])
def test_other_scheme_is_not_signed_in(scheme: str, tokens: Tokens, caller: Caller) -> None:
    with pytest.raises(NotSignedIn) as refused:
        tokens.authenticate(f"{scheme} {tokens.issue(caller)}")
    known = scheme in ("Bearer Bearer", "DPoP")
    assert refused.value.code == ("token_refused" if known else "not_signed_in")


def test_remembered_token_still_expires(tokens: Tokens, caller: Caller, clock: Clock) -> None:
    token = f"Bearer {tokens.issue(caller)}"
    tokens.authenticate(token)

    clock.now += timedelta(seconds=1800)

    with pytest.raises(NotSignedIn) as refusal:
        tokens.authenticate(token)
    assert refusal.value.code == "token_expired"


async def test_cached_token_ends_with_its_client(
    tokens: Tokens, caller: Caller, clock: Clock, directory: ClientDirectory
) -> None:
    token = f"Bearer {tokens.issue(caller)}"
    tokens.authenticate(token)

    await directory.revoke(caller.client_id, clock.now)

    with pytest.raises(NotSignedIn):
        tokens.authenticate(token)


def test_one_altered_letter_is_another_token(tokens: Tokens, caller: Caller) -> None:
    token = tokens.issue(caller)
    tokens.authenticate(f"Bearer {token}")

    for position in range(0, len(token), 7):
        letter = "A" if token[position] != "A" else "B"
        with pytest.raises(NotSignedIn):
            tokens.authenticate(f"Bearer {token[:position]}{letter}{token[position + 1 :]}")


@pytest.mark.parametrize("raw", [b"\x00", b"\xff\xff", bytes(64)], ids=["1", "2", "64"])
def test_unused_base64_bits_are_refused(raw: bytes) -> None:
    text = _b64(raw)
    assert decode_part(text) == raw
    with pytest.raises(DoesNotHold):
        decode_part(_spare_bits(text))
