"""Signing a receipt's claims, and opening a receipt: verifying its signature, issuer, tenant and time.

A receipt is a JWS in compact form (RFC 7515), EdDSA over Ed25519, `typ` `prefill-receipt+jwt`; what its
claims say is in `claims.py`.
"""

from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from gateway.domain.errors import ReceiptRefused
from gateway.domain.json_texts import own_json
from gateway.keys import Keys
from gateway.receipts.chains import ChainState, open_chain
from gateway.receipts.claims import ReceiptClaims, decode, encode
from gateway.receipts.tickets import Tickets
from gateway.storage.database import Database

TYP = "prefill-receipt+jwt"
LARGEST_RECEIPT_BYTES = 400_000
_REGISTRY = jws.JWSRegistry(algorithms=["Ed25519"])
_REGISTRY.max_payload_length = LARGEST_RECEIPT_BYTES


@dataclass(frozen=True, slots=True)
class Receipt:
    """A signed receipt: its claims, and the text that carries them."""

    claims: ReceiptClaims
    text: str = field(repr=False)

    @property
    def signing_input(self) -> bytes:
        """The bytes that the signature covers."""
        return self.text.rpartition(".")[0].encode()


def _base64url(raw: bytes) -> bytes:
    return urlsafe_b64encode(raw).rstrip(b"=")


class ReceiptSigner:
    """Signs and opens the receipts of one deployment."""

    def __init__(self, issuer: str, key: Ed25519PrivateKey, kid: str) -> None:
        self._issuer = issuer
        self._signing_key = key
        self._key = OKPKey.import_key(key)
        self._header = {"alg": "Ed25519", "typ": TYP, "kid": kid}
        empty = jws.serialize_compact(self._header, b"", self._key, registry=_REGISTRY)
        self._head = empty.partition(".")[0].encode()

    def seal(self, claims: ReceiptClaims) -> Receipt:
        """Sign the claims; `iss` is added here."""
        payload = orjson.dumps({"iss": self._issuer, **encode(claims)})
        covered = self._head + b"." + _base64url(payload)
        text = covered + b"." + _base64url(self._signing_key.sign(covered))
        return Receipt(claims, text.decode())

    def open(self, text: str, tenant: str, now: int) -> Receipt:
        """Verify a receipt for this tenant at this time.

        Raises ReceiptRefused: `receipt_unreadable`, `receipt_forged`, `receipt_foreign` (another
        deployment's or tenant's), `receipt_expired`.
        """
        said = self._verified(text)
        if said.get("iss") != self._issuer or said.get("aud") != tenant:
            raise ReceiptRefused("receipt_foreign", "the receipt was issued to somebody else")
        claims = decode(said)
        if claims.expires_at <= now:
            raise ReceiptRefused("receipt_expired", "the receipt has expired; fill the form again")
        return Receipt(claims, text)

    def _verified(self, text: str) -> dict[str, object]:
        if len(text) > LARGEST_RECEIPT_BYTES:
            raise ReceiptRefused("receipt_unreadable", "the receipt is larger than any we issue")
        try:
            signed = jws.deserialize_compact(text, self._key, registry=_REGISTRY)
            header = signed.headers()
            claims: dict[str, object] = own_json(signed.payload or b"")
        except (JoseError, ValueError, UnicodeError) as error:
            raise ReceiptRefused(
                "receipt_forged", "the receipt's signature does not hold"
            ) from error
        if header != self._header:
            raise ReceiptRefused("receipt_forged", "the receipt is of another type or key")
        return claims


@dataclass(frozen=True, slots=True)
class ReceiptStore:
    """What receipts are issued and opened with: database, keys, signer, and correction tickets."""

    database: Database
    keys: Keys
    signer: ReceiptSigner
    tickets: Tickets

    def open(self, text: str, tenant: str, now: datetime) -> Receipt:
        """Verify a receipt; raises ReceiptRefused as the signer does."""
        return self.signer.open(text, tenant, int(now.timestamp()))

    def chain_of(self, claims: ReceiptClaims) -> ChainState:
        """The chain of a receipt that may still be used; raises Conflict as `open_chain` does."""
        return self.database.read(lambda c: open_chain(c, claims.chain, claims.jti))
