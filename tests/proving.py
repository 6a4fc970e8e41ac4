"""How a client proves itself: assertions, DPoP proofs and tokens, honest ones and any others."""

import base64
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

Json = dict[str, Any]
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass(frozen=True)
class Signer:
    """A private key of a client, by default an Ed25519 of its own."""

    private: Ed25519PrivateKey | EllipticCurvePrivateKey = field(
        default_factory=Ed25519PrivateKey.generate
    )

    @classmethod
    def on_p256(cls) -> "Signer":
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @property
    def algorithm(self) -> str:
        return "EdDSA" if isinstance(self.private, Ed25519PrivateKey) else "ES256"

    @property
    def jwk(self) -> Json:
        if isinstance(self.private, Ed25519PrivateKey):
            raw = self.private.public_key().public_bytes_raw()
            return {"kty": "OKP", "crv": "Ed25519", "x": b64(raw)}
        numbers = self.private.public_key().public_numbers()
        x, y = (b64(n.to_bytes(32)) for n in (numbers.x, numbers.y))
        return {"kty": "EC", "crv": "P-256", "x": x, "y": y}

    @property
    def thumbprint(self) -> str:
        text = json.dumps(self.jwk, sort_keys=True, separators=(",", ":"))
        return b64(sha256(text.encode()).digest())

    def sign(self, message: bytes) -> bytes:
        if isinstance(self.private, Ed25519PrivateKey):
            return self.private.sign(message)
        r, s = decode_dss_signature(self.private.sign(message, ec.ECDSA(SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)

    def jws(self, header: object, claims: object) -> str:
        return self.raw_jws(json.dumps(header).encode(), json.dumps(claims).encode())

    def raw_jws(self, header: bytes, claims: bytes) -> str:
        signed = f"{b64(header)}.{b64(claims)}"
        return f"{signed}.{b64(self.sign(signed.encode()))}"


def assertion_claims(client_id: str, issuer: str, now: float) -> Json:
    at = int(now)
    return {
        "iss": client_id,
        "sub": client_id,
        "aud": issuer,
        "iat": at,
        "exp": at + 60,
        "jti": secrets.token_urlsafe(16),
    }


def assertion(signer: Signer, client_id: str, issuer: str, now: float, **other: Any) -> str:
    header = {"alg": signer.algorithm, "typ": "client-authentication+jwt"}
    return signer.jws(header, {**assertion_claims(client_id, issuer, now), **other})


def dpop_header(signer: Signer) -> Json:
    return {"alg": signer.algorithm, "typ": "dpop+jwt", "jwk": signer.jwk}


def dpop_claims(method: str, address: str, now: float, token: str | None = None) -> Json:
    claims = {"htm": method, "htu": address, "iat": int(now), "jti": secrets.token_urlsafe(16)}
    if token is not None:
        claims["ath"] = b64(sha256(token.encode()).digest())
    return claims


def dpop(
    signer: Signer, method: str, address: str, now: float, token: str | None = None, **other: Any
) -> str:
    return signer.jws(dpop_header(signer), {**dpop_claims(method, address, now, token), **other})


COVERED = (
    "@method",
    "@authority",
    "@target-uri",
    "content-type",
    "content-digest",
    "idempotency-key",
)


def signature_input(signer: Signer, now: float, covered: Sequence[str], **other: Any) -> str:
    """The list of what is covered with its parameters; one that is None goes."""
    names = " ".join(f'"{name}"' for name in covered)
    told = {
        "created": int(now),
        "keyid": signer.thumbprint,
        "nonce": secrets.token_urlsafe(16),
        "tag": "eform-gateway",
        **other,
    }
    given = {name: value for name, value in told.items() if value is not None}
    parameters = (f";{n}={v}" if isinstance(v, int) else f';{n}="{v}"' for n, v in given.items())
    return f"({names}){''.join(parameters)}"


def signed(
    signer: Signer,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    now: float,
    covered: Sequence[str] | None = None,
    **other: Any,
) -> dict[str, str]:
    """The headers of a message with those that sign it; by default over all that stands there."""
    told = {name.lower(): value for name, value in headers.items()}
    if body:
        digest = base64.b64encode(sha256(body).digest()).decode()
        told["content-digest"] = f"sha-256=:{digest}:"
    parts = urlsplit(url)
    values = {"@method": method, "@authority": parts.netloc, "@target-uri": url, **told}
    names = [name for name in COVERED if name in values] if covered is None else covered
    params = signature_input(signer, now, names, **other)
    lines = [f'"{name}": {values[name]}' for name in names] + [f'"@signature-params": {params}']
    made = base64.b64encode(signer.sign("\n".join(lines).encode())).decode()
    return {**told, "signature-input": f"sig={params}", "signature": f"sig=:{made}:"}


def spare_bits(token: str) -> str:
    """The same signature bytes, written with another last letter."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) | 1]
