"""Client assertions and DPoP proofs: the honest ones hold, and nothing else does."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.access.proofs import (
    DoesNotHold,
    DpopProof,
    check_assertion,
    check_dpop,
    read_jws,
    read_public_key,
    read_public_key_file,
)
from gateway.domain.errors import BadRequest
from tests.proving import (
    Json,
    Signer,
    assertion_claims,
    b64,
    dpop_claims,
    dpop_header,
    spare_bits,
)

ISSUER, ADDRESS = "https://gateway.example.test", "https://gateway.example.test/v1/prefills"
CLIENT, TOKEN, NOW = "h99.0a1b2c3d", "an-access-token", 1_795_000_000.5
SIGNER, OTHER = Signer(), Signer()
P256 = Signer.on_p256()
PRIVATE = {**SIGNER.jwk, "d": b64(SIGNER.private.private_bytes_raw())}
ANY = Json | bytes


def _assert(text: str, signer: Signer = SIGNER) -> str:
    return check_assertion(read_jws(text), [read_public_key(signer.jwk)], CLIENT, ISSUER, NOW)[1]


def _prove(text: str) -> DpopProof:
    ath = str(dpop_claims("POST", ADDRESS, NOW, TOKEN)["ath"])
    return check_dpop(text, "POST", ADDRESS, NOW, ath)


def _assertion(header: Json, claims: Json, signer: Signer = SIGNER) -> str:
    honest = {"alg": signer.algorithm, "typ": "client-authentication+jwt"}
    return _made(signer, honest, assertion_claims(CLIENT, ISSUER, NOW), header, claims)


def _proof(header: Json, claims: Json, signer: Signer = SIGNER) -> str:
    honest = dpop_claims("POST", ADDRESS, NOW, TOKEN)
    return _made(signer, dpop_header(signer), honest, header, claims)


def _made(signer: Signer, header: Json, claims: Json, *changes: Json) -> str:
    """An honest proof with these changes; a member that becomes `...` goes."""
    changed = ({**part, **change} for part, change in zip((header, claims), changes, strict=True))
    return signer.jws(*({k: v for k, v in one.items() if v is not ...} for one in changed))


Make = Callable[..., str]
KINDS: dict[str, tuple[Make, Callable[[str], object]]] = {
    "assertion": (_assertion, _assert),
    "proof": (_proof, _prove),
}
HOSTILE: dict[str, Callable[[Make], str]] = {
    "alg none": lambda make: make({"alg": "none"}, {}).rpartition(".")[0] + ".",
    "alg HS256": lambda make: make({"alg": "HS256"}, {}),
    "alg of another curve": lambda make: make({"alg": "ES256"}, {}),
    "alg RS256": lambda make: make({"alg": "RS256"}, {}),
    "alg in a list": lambda make: make({"alg": ["EdDSA"]}, {}),
    "no alg": lambda make: make({"alg": ...}, {}),
    "no signature": lambda make: make({}, {}).rpartition(".")[0] + ".",
    "an unknown crit": lambda make: make({"crit": ["x"], "x": 1}, {}),
    "a jku": lambda make: make({"jku": "https://attacker.example.test/keys"}, {}),
    "an x5u": lambda make: make({"x5u": "https://attacker.example.test/cert"}, {}),
    "an x5c": lambda make: make({"x5c": ["MIIB"]}, {}),
    "another typ": lambda make: make({"typ": "at+jwt"}, {}),
    "typ in capitals": lambda make: make({"typ": "DPOP+JWT"}, {}),
    "no typ": lambda make: make({"typ": ...}, {}),
    "a private jwk": lambda make: make({"jwk": PRIVATE}, {}),
    "an infinite iat": lambda make: make({}, {"iat": float("inf")}),
    "no number for iat": lambda make: make({}, {"iat": float("nan")}),
    "a true iat": lambda make: make({}, {"iat": True}),
    "a fractional iat": lambda make: make({}, {"iat": NOW}),
    "iat as text": lambda make: make({}, {"iat": str(int(NOW))}),
    "no iat": lambda make: make({}, {"iat": ...}),
    "made 61 s ago": lambda make: make({}, {"iat": int(NOW) - 61, "exp": int(NOW) + 60}),
    "made 11 s from now": lambda make: make({}, {"iat": int(NOW) + 11}),
    "expired": lambda make: make({}, {"exp": int(NOW)}),
    "an infinite exp": lambda make: make({}, {"exp": float("inf")}),
    "not yet valid": lambda make: make({}, {"nbf": int(NOW) + 11}),
    "no jti": lambda make: make({}, {"jti": ...}),
    "a short jti": lambda make: make({}, {"jti": "x" * 15}),
    "a long jti": lambda make: make({}, {"jti": "x" * 129}),
    "a jti of blanks": lambda make: make({}, {"jti": "\n" * 20}),
    "padding": lambda make: make({}, {}) + "==",
    "a fourth part": lambda make: make({}, {}) + ".e30",
    "spare bits of the signature set": lambda make: spare_bits(make({}, {})),
    "over 8 KB": lambda make: make({}, {"x": "x" * 8192}),
    "letters outside ASCII": lambda make: make({}, {})[:-1] + "é",
    "nested too deeply": lambda make: make({}, {"x": json.loads("[" * 99 + "]" * 99)}),
}
HOSTILE_ASSERTIONS: dict[str, Json] = {
    "a list of audiences": {"aud": [ISSUER]},
    "the token endpoint as audience": {"aud": f"{ISSUER}/oauth/token"},
    "another audience": {"aud": ISSUER + "/"},
    "another issuer": {"iss": "h99.00000000"},
    "another subject": {"sub": "h99.00000000"},
    "no exp": {"exp": ...},
    "good for 301 s": {"exp": int(NOW) + 301},
}
HOSTILE_PROOFS: dict[str, Json] = {
    "another method": {"htm": "GET"},
    "a method in small letters": {"htm": "post"},
    "another address": {"htu": ADDRESS + "/batch"},
    "another host": {"htu": ADDRESS.replace("gateway", "gatewax")},
    "an address with a query": {"htu": ADDRESS + "?a=b"},
    "another token": {"ath": b64(bytes(32))},
    "no token": {"ath": ...},
}


@pytest.mark.parametrize("signer", [SIGNER, P256], ids=["Ed25519", "P-256"])
def test_honest_proofs_hold(signer: Signer) -> None:
    assert _assert(_assertion({}, {"jti": "an-honest-identifier"}, signer), signer) == (
        "an-honest-identifier"
    )
    assert _assert(_assertion({"typ": "JWT", "kid": signer.thumbprint}, {}, signer), signer)
    assert _prove(_proof({}, {}, signer)).thumbprint == signer.thumbprint


@pytest.mark.parametrize("seconds", [-60, 10])
def test_times_hold_to_their_ends(seconds: int) -> None:
    at = int(NOW) + seconds + (1 if seconds < 0 else 0)
    _assert(_assertion({}, {"iat": at, "exp": at + 300}))
    _prove(_proof({}, {"iat": at}))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("forge", HOSTILE.values(), ids=HOSTILE)
def test_t05_hostile_proof_is_refused(forge: Callable[[Make], str], kind: str) -> None:
    make, check = KINDS[kind]
    with pytest.raises(DoesNotHold):
        check(forge(make))


@pytest.mark.parametrize("claims", HOSTILE_ASSERTIONS.values(), ids=HOSTILE_ASSERTIONS)
def test_t05_assertion_for_other_purpose_is_refused(claims: Json) -> None:
    with pytest.raises(DoesNotHold):
        _assert(_assertion({}, claims))


@pytest.mark.parametrize("claims", HOSTILE_PROOFS.values(), ids=HOSTILE_PROOFS)
def test_t05_proof_for_other_call_is_refused(claims: Json) -> None:
    with pytest.raises(DoesNotHold):
        _prove(_proof({}, claims))


def test_t05_assertion_by_other_key_is_refused() -> None:
    for header in ({}, {"jwk": OTHER.jwk}, {"kid": SIGNER.thumbprint}):
        with pytest.raises(DoesNotHold):
            _assert(_assertion(header, {}, OTHER))
    with pytest.raises(DoesNotHold):
        _assert(_assertion({"kid": OTHER.thumbprint}, {}))


def test_t05_proof_by_unstated_key_is_refused() -> None:
    with pytest.raises(DoesNotHold):
        _prove(_proof({"jwk": OTHER.jwk}, {}))


@pytest.mark.parametrize("kind", KINDS)
def test_t05_duplicate_member_is_refused(kind: str) -> None:
    make, check = KINDS[kind]
    honest = read_jws(make({}, {}))
    header, claims = json.dumps(honest.header).encode(), honest.payload
    check(SIGNER.raw_jws(header, claims))

    for doubled in (
        (header[:-1] + b', "typ": "JWT"}', claims),
        (header, claims[:-1] + b', "jti": "y"}'),
    ):
        with pytest.raises(DoesNotHold):
            check(SIGNER.raw_jws(*doubled))


_MEMBERS = [
    "alg",
    "kid",
    "typ",
    "crit",
    "jwk",
    "jku",
    "x5u",
    "x5c",
    "x5t",
    "zip",
    "b64",
    "cty",
    "x",
]
_VALUES = (
    st.none() | st.booleans() | st.text(max_size=9) | st.lists(st.text(max_size=3), max_size=2)
)


@settings(max_examples=120)
@given(
    st.dictionaries(st.sampled_from(_MEMBERS), _VALUES, min_size=1), st.sampled_from(list(KINDS))
)
def test_t05_no_other_header_holds(change: dict[str, Any], kind: str) -> None:
    make, check = KINDS[kind]
    with pytest.raises(DoesNotHold):
        check(make(change, {}))


X25519 = {"kty": "OKP", "crv": "X25519", "x": SIGNER.jwk["x"]}
UNUSABLE: dict[str, object] = {
    "private": PRIVATE,
    "symmetric": {"kty": "oct", "k": b64(bytes(32))},
    "RSA": {"kty": "RSA", "n": b64(bytes(256)), "e": "AQAB"},
    "P-384": {"kty": "EC", "crv": "P-384", "x": b64(bytes(48)), "y": b64(bytes(48))},
    "secp256k1": {**P256.jwk, "crv": "secp256k1"},
    "X25519": X25519,
    "another type": {**SIGNER.jwk, "kty": "EC"},
    "off the curve": {**P256.jwk, "y": P256.jwk["x"]},
    "the point at infinity": {**P256.jwk, "x": b64(bytes(32)), "y": b64(bytes(32))},
    "of order 1": {**SIGNER.jwk, "x": b64((1).to_bytes(32, "little"))},
    "of order 4": {**SIGNER.jwk, "x": b64(bytes(32))},
    "of order 8": {
        **SIGNER.jwk,
        "x": b64(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")),
    },
    "a coordinate too long": {**SIGNER.jwk, "x": b64(bytes(33))},
    "a coordinate with spare bits": {**SIGNER.jwk, "x": spare_bits(str(SIGNER.jwk["x"]))},
    "a coordinate missing": {"kty": "OKP", "crv": "Ed25519"},
    "a number as coordinate": {**SIGNER.jwk, "x": 1},
    "elsewhere": {**SIGNER.jwk, "jku": "https://attacker.example.test/keys"},
    "by certificate": {**SIGNER.jwk, "x5u": "https://attacker.example.test/cert"},
    "with a chain": {**SIGNER.jwk, "x5c": ["MIIB"]},
    "for encryption": {**SIGNER.jwk, "use": "enc"},
    "for another algorithm": {**SIGNER.jwk, "alg": "ES256"},
    "to sign": {**SIGNER.jwk, "key_ops": ["sign"]},
    "a kid too long": {**SIGNER.jwk, "kid": "k" * 129},
    "an unknown member": {**SIGNER.jwk, "exp": 1},
    "a list": [SIGNER.jwk],
    "types that are lists": {"kty": ["OKP"], "crv": ["Ed25519"]},
}


@pytest.mark.parametrize("jwk", UNUSABLE.values(), ids=UNUSABLE)
def test_unusable_key_is_refused(jwk: object) -> None:
    with pytest.raises(BadRequest) as refused:
        read_public_key_file(json.dumps(jwk).encode())
    assert (refused.value.code, refused.value.member) == ("client_key_unusable", "jwk")

    with pytest.raises(DoesNotHold):
        _prove(_proof({"jwk": jwk}, {}))


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b" " * 1025, b'{"kty":"OKP","kty":"OKP"}'])
def test_file_without_key_is_refused(raw: bytes) -> None:
    with pytest.raises(BadRequest):
        read_public_key_file(raw)


def test_only_public_half_of_key_is_kept() -> None:
    shown = {**P256.jwk, "kid": "2026-11", "use": "sig", "alg": "ES256", "key_ops": ["verify"]}
    key = read_public_key(shown)

    assert json.loads(key.jwk) == {**P256.jwk, "kid": "2026-11"}
    assert (key.kid, key.name) == (P256.thumbprint, "2026-11")
    assert read_public_key(json.loads(key.jwk)) == key
