"""What does a receipt say, and how is it signed and opened again?

A receipt (biên nhận điền sẵn) is a JWS in compact form, EdDSA over Ed25519, `typ`
`prefill-receipt+jwt`. Its claims, beside `iss`, `aud`, `jti`, `iat`, `exp`:

    chain, prev     the chain, and the `jti` of the receipt that this one extends (or null)
    form, version   the form's code and its registered version
    procedure       the procedure's code, or null
    channel         online, desk or post
    dossier         tag of the dossier code, or null
    persons         [{role, row, key, tag}]: who stood behind each role; `key` is the field in which the
                    citizen gave the number, or null
    reads           [{source, role, outcome, ref}]: `ref` is the number under which the source logged it
    sets            {path: true|false}: hidden components that the gateway set
    told            [[role, attribute]]: what the caller had said in this chain by then, role
                    `(subject)` for the person that the question is about
    rows            [{group, row, tag}]: one tag per filled row of a repeating group
    records         [{id, vouched, tag}]: the province's records that filled a field: whether somebody
                    vouches for the record, and the tag of its paper
    fields          per declarable field, filled: {path, rows, source, role, attribute, class, as_of,
                    edit, tag, confirmed_by, record, and young: true where an unvouched paper
                    of less than 30 days said it}; empty: {path, reason, role, attribute,
                    retry_at where it waits for a record}

A receipt holds no value, no name and no number; it is personal data all the same.
"""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from gateway.domain.errors import ReceiptRefused

TYP = "prefill-receipt+jwt"
LARGEST_RECEIPT_BYTES = 400_000
_REGISTRY = jws.JWSRegistry(algorithms=["Ed25519"])
_REGISTRY.max_payload_length = LARGEST_RECEIPT_BYTES


@dataclass(frozen=True, slots=True)
class Receipt:
    """An opened receipt: its claims as signed, and the text that carried them."""

    claims: Mapping[str, Any]
    text: str

    @property
    def signing_input(self) -> bytes:
        """The bytes that the signature covers."""
        return self.text.rpartition(".")[0].encode()

    @property
    def chain(self) -> str:
        """The chain that this receipt belongs to."""
        return str(self.claims["chain"])

    @property
    def jti(self) -> str:
        """This receipt's own number."""
        return str(self.claims["jti"])

    @property
    def filled(self) -> dict[str, dict[str, Any]]:
        """The entries of filled fields, by instance path."""
        return {f["path"]: f for f in self.claims["fields"] if "tag" in f}

    @property
    def vouched(self) -> frozenset[str]:
        """The records that somebody vouches for; an earlier receipt, without the claim, names none."""
        return frozenset(one["id"] for one in self.claims.get("records", ()) if one["vouched"])


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

    def seal(self, claims: Mapping[str, Any]) -> Receipt:
        """Sign the claims; `iss` is added here."""
        full = {"iss": self._issuer, **claims}
        covered = self._head + b"." + _base64url(orjson.dumps(full))
        text = covered + b"." + _base64url(self._signing_key.sign(covered))
        return Receipt(full, text.decode())

    def open(self, text: str, tenant: str, now: int) -> Receipt:
        """Verify a receipt for this tenant at this time.

        Raises ReceiptRefused: `receipt_unreadable`, `receipt_forged`, `receipt_foreign` (another
        deployment's or tenant's), `receipt_expired`.
        """
        claims = self._verified(text)
        if claims.get("iss") != self._issuer or claims.get("aud") != tenant:
            raise ReceiptRefused("receipt_foreign", "the receipt was issued to somebody else")
        if claims["exp"] <= now:
            raise ReceiptRefused("receipt_expired", "the receipt has expired; fill the form again")
        return Receipt(claims, text)

    def _verified(self, text: str) -> dict[str, Any]:
        if len(text) > LARGEST_RECEIPT_BYTES:
            raise ReceiptRefused("receipt_unreadable", "the receipt is larger than any we issue")
        try:
            signed = jws.deserialize_compact(text, self._key, registry=_REGISTRY)
            header = signed.headers()
            claims: dict[str, Any] = orjson.loads(signed.payload or b"")
        except (JoseError, ValueError, UnicodeError) as error:
            raise ReceiptRefused(
                "receipt_forged", "the receipt's signature does not hold"
            ) from error
        if header != self._header:
            raise ReceiptRefused("receipt_forged", "the receipt is of another type or key")
        return claims
