"""A receipt is opened for its own tenant, deployment and time, and when nobody touched it."""

import base64
from dataclasses import replace

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.domain.errors import ReceiptRefused
from gateway.receipts.claims import encode
from gateway.receipts.receipt import LARGEST_RECEIPT_BYTES, ReceiptSigner
from tests.receipts.test_claims import CLAIMS as FULL

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
SIGNER = ReceiptSigner("https://gateway.example", KEY, "k1")
CLAIMS = replace(FULL, jti="j1", issued_at=1000, expires_at=2000)


def refusal(text: str, tenant: str = "h99", now: int = 1500) -> str:
    with pytest.raises(ReceiptRefused) as refused:
        SIGNER.open(text, tenant, now)
    assert text[:30] not in str(refused.value) or not text
    return refused.value.code


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).rstrip(b"=").decode()


def test_sealed_receipt_opens_unchanged() -> None:
    sealed = SIGNER.seal(CLAIMS)
    opened = SIGNER.open(sealed.text, "h99", 1500)
    assert opened == sealed
    head, body = (
        orjson.loads(base64.urlsafe_b64decode(part + "==")) for part in sealed.text.split(".")[:2]
    )
    assert body == {"iss": "https://gateway.example", **orjson.loads(orjson.dumps(encode(CLAIMS)))}
    assert head["typ"] == "prefill-receipt+jwt"


def test_logged_digest_covers_what_is_signed() -> None:
    opened = SIGNER.open(SIGNER.seal(CLAIMS).text, "h99", 1500)
    signature = base64.urlsafe_b64decode(opened.text.rpartition(".")[2] + "==")
    KEY.public_key().verify(signature, opened.signing_input)
    assert opened.signing_input != SIGNER.seal(replace(CLAIMS, jti="j2")).signing_input


def test_it_holds_to_the_second() -> None:
    text = SIGNER.seal(CLAIMS).text
    assert SIGNER.open(text, "h99", 1999).claims.jti == "j1"
    assert refusal(text, now=2000) == "receipt_expired"


def test_receipt_belongs_to_tenant_and_deployment() -> None:
    text = SIGNER.seal(CLAIMS).text
    assert refusal(text, tenant="h11") == "receipt_foreign"
    elsewhere = ReceiptSigner("https://other.example", KEY, "k1").seal(CLAIMS).text
    assert refusal(elsewhere) == "receipt_foreign"


@pytest.mark.threat(14)
def test_no_letter_can_be_changed() -> None:
    text = SIGNER.seal(CLAIMS).text
    for place in range(len(text)):
        other = "A" if text[place] != "A" else "B"
        altered = text[:place] + other + text[place + 1 :]
        try:
            opened = SIGNER.open(altered, "h99", 1500)
        except ReceiptRefused as refused:
            assert refused.code == "receipt_forged"
        else:  # the last letter of a signature carries bits that stand for nothing
            assert place == len(text) - 1
            assert opened.claims == SIGNER.seal(CLAIMS).claims


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none", "typ": "prefill-receipt+jwt", "kid": "k1"},
        {"alg": "HS256", "typ": "prefill-receipt+jwt", "kid": "k1"},
        {"alg": "Ed25519", "typ": "JWT", "kid": "k1"},
        {"alg": "Ed25519", "typ": "prefill-receipt+jwt", "kid": "k2"},
        {"alg": "Ed25519", "typ": "prefill-receipt+jwt", "kid": "k1", "crit": ["x"], "x": 1},
        {"alg": "Ed25519", "typ": "prefill-receipt+jwt", "kid": "k1", "jku": "http://x.test"},
        {"alg": "EdDSA", "typ": "prefill-receipt+jwt", "kid": "k1"},
    ],
)
def test_other_header_is_refused_even_signed(header: object) -> None:
    signing = f"{encoded(header)}.{encoded({'iss': 'https://gateway.example', **encode(CLAIMS)})}"
    signature = base64.urlsafe_b64encode(KEY.sign(signing.encode())).rstrip(b"=").decode()
    assert refusal(f"{signing}.{signature}") == "receipt_forged"


@pytest.mark.parametrize("text", ["", ".", "..", "a.b.c", "é.é.é", "\x00", "a" * 10_000, "....."])
def test_what_is_no_receipt_is_refused(text: str) -> None:
    assert refusal(text) == "receipt_forged"


def test_overlong_receipt_is_not_read() -> None:
    assert refusal("a" * (LARGEST_RECEIPT_BYTES + 1)) == "receipt_unreadable"
