"""Message signatures (RFC 9421): whole ones hold, and nothing that was changed or covers too little."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.access.proofs import DoesNotHold, Message, check_message, read_public_key
from tests.proving import COVERED, Signer, signed

ORIGIN, NOW = "https://gateway.example.test", 1_795_000_000.5
TARGET, BODY = "/v1/prefills?a=b", b'{"form": "tk01-passport"}'
HEADERS = {"Content-Type": "application/json", "Idempotency-Key": "an-idempotency-key-of-128-bits"}
HOST = {"host": "gateway.example.test"}
SIGNER, P256 = Signer(), Signer.on_p256()
KEYS = [read_public_key({**P256.jwk, "kid": "own-name"}), read_public_key(SIGNER.jwk)]


def _signed(signer: Signer = SIGNER, **other: Any) -> dict[str, str]:
    return HOST | signed(signer, "POST", ORIGIN + TARGET, HEADERS, BODY, NOW, **other)


def _check(
    headers: dict[str, str], method: str = "POST", target: str = TARGET, body: bytes = BODY
) -> str:
    return check_message(Message(method, ORIGIN, target, headers.get, body), KEYS, NOW)


@pytest.mark.parametrize("signer", [SIGNER, P256], ids=["Ed25519", "P-256"])
def test_signed_message_holds(signer: Signer) -> None:
    nonce = "a-nonce-of-one-message"
    algorithm = "ed25519" if signer is SIGNER else "ecdsa-p256-sha256"

    assert _check(_signed(signer, nonce=nonce)) == nonce
    assert _check(_signed(signer, nonce=nonce, alg=algorithm, expires=int(NOW) + 1)) == nonce
    assert _check(_signed(signer, covered=COVERED[::-1], nonce=nonce)) == nonce


def test_key_is_called_by_its_own_name() -> None:
    _check(_signed(P256, keyid="own-name"))


def test_message_without_body_covers_less() -> None:
    headers = HOST | signed(SIGNER, "GET", f"{ORIGIN}/v1/forms", {}, b"", NOW)
    _check(headers, "GET", "/v1/forms", b"")


@pytest.mark.threat(7)
def test_t07_changed_message_is_refused() -> None:
    honest = _signed()
    _check(honest)
    changed = {
        "method": (honest, "PUT", TARGET, BODY),
        "path": (honest, "POST", "/v1/prefillt?a=b", BODY),
        "query": (honest, "POST", "/v1/prefills?a=c", BODY),
        "no query": (honest, "POST", "/v1/prefills", BODY),
        "no body": (honest, "POST", TARGET, b""),
    }
    for name in ("host", "content-type", "content-digest", "idempotency-key"):
        for other in ({name: honest[name][:-1] + chr(ord(honest[name][-1]) ^ 1)}, {name: ""}):
            changed[f"{name} {other}"] = ({**honest, **other}, "POST", TARGET, BODY)
    for story, call in changed.items():
        with pytest.raises(DoesNotHold):
            _check(*call)
            pytest.fail(story)


@settings(max_examples=60)
@given(st.integers(0, len(BODY) - 1), st.integers(0, 7))
def test_t07_one_bit_of_body_is_refused(byte: int, bit: int) -> None:
    body = bytearray(BODY)
    body[byte] ^= 1 << bit

    with pytest.raises(DoesNotHold):
        _check(_signed(), body=bytes(body))


@pytest.mark.threat(8)
@pytest.mark.parametrize("left_out", COVERED)
def test_t08_under_covered_signature_is_refused(left_out: str) -> None:
    for covered in ([one for one in COVERED if one != left_out], ["@method"]):
        with pytest.raises(DoesNotHold):
            _check(_signed(covered=covered))


REFUSED: dict[str, dict[str, Any]] = {
    "created 61 s ago": {"created": int(NOW) - 61},
    "created 11 s from now": {"created": int(NOW) + 11},
    "created as text": {"created": str(int(NOW))},
    "no created": {"created": None},
    "no nonce": {"nonce": None},
    "a short nonce": {"nonce": "x" * 15},
    "a long nonce": {"nonce": "x" * 129},
    "a number as nonce": {"nonce": 1234567890},
    "no tag": {"tag": None},
    "another tag": {"tag": "another-purpose"},
    "no key": {"keyid": None},
    "an unknown key": {"keyid": "x"},
    "another key": {"keyid": P256.thumbprint},
    "another algorithm": {"alg": "ecdsa-p256-sha256"},
    "alg none": {"alg": "none"},
    "expired": {"expires": int(NOW)},
    "an unknown parameter": {"crit": "x"},
    "something twice": {"covered": (*COVERED, "@method")},
}


@pytest.mark.parametrize("other", REFUSED.values(), ids=REFUSED)
def test_signature_of_another_shape_is_refused(other: dict[str, Any]) -> None:
    with pytest.raises(DoesNotHold):
        _check(_signed(**other))


@pytest.mark.parametrize(
    "change",
    [
        lambda h: {"signature": h["signature"].replace("sig=", "sig2=")},
        lambda h: {"signature": h["signature"] + ", " + h["signature"].replace("sig=", "sig2=")},
        lambda h: {"signature": h["signature"].replace(":", "")},
        lambda h: {"signature-input": h["signature-input"].replace(" ", "  ")},
        lambda h: {"signature-input": h["signature-input"].replace(";", "; ")},
        lambda h: {"signature-input": h["signature-input"] + ', sig2=("@method");created=1'},
        lambda h: {"signature-input": h["signature-input"].replace('"@method"', '"@method";req')},
        lambda h: {"signature-input": h["signature-input"] + ";created=1"},
        lambda h: {"signature-input": "sig=();created=1"},
        lambda h: {"signature-input": "x" * 4096},
        lambda h: {"signature-input": ""},
        lambda h: {"content-digest": h["content-digest"].replace("sha-256", "md5")},
    ],
)
def test_field_of_another_shape_is_refused(change: Any) -> None:
    honest = _signed()
    with pytest.raises(DoesNotHold):
        _check({**honest, **change(honest)})


def test_missing_field_is_refused() -> None:
    for name in ("signature", "signature-input", "content-digest"):
        with pytest.raises(DoesNotHold):
            _check({n: v for n, v in _signed().items() if n != name})
