"""Reading of a JWS in compact form, and the checks that every kind of it has in common.

1. the text: ASCII, at most 8 KB, three parts; 2. each part is the one base64url text of its bytes;
3. header and claims are JSON objects in which every member stands once, with at most 64 brackets and
without NaN or Infinity; 4. the signature, by the algorithm that follows from the key.
"""

import base64
from dataclasses import dataclass

from gateway.access.proofs._keys import PinnedKey
from gateway.domain.json_texts import AmbiguousJson, read_json

LARGEST_TOKEN_BYTES = 8 * 1024
PAST_SECONDS = 60
FUTURE_SECONDS = 10
SHORTEST_ID = 16
LONGEST_ID = 128
_MOST_BRACKETS = 64


class DoesNotHold(ValueError):
    """What a client presented as a proof is none; the text says which check refused it."""


@dataclass(frozen=True, slots=True)
class Jws:
    """A JWS that has been read; its signature is still to be checked."""

    header: dict[str, object]
    payload: bytes
    signature: bytes
    signed: bytes

    def claims(self) -> dict[str, object]:
        """The payload as claims; raises DoesNotHold."""
        return _object(self.payload)

    def check_signature(self, key: PinnedKey) -> None:
        """Raises DoesNotHold unless this very key made the signature, by an algorithm of its type."""
        if self.header.get("alg") not in key.algorithms:
            raise DoesNotHold("another algorithm than the key's")
        if not key.verify(self.signed, self.signature):
            raise DoesNotHold("another signature")


def read_jws(text: str) -> Jws:
    """Read a JWS in compact form, steps 1 to 3 for its header; raises DoesNotHold."""
    if len(text) > LARGEST_TOKEN_BYTES or not text.isascii():
        raise DoesNotHold("over 8 KB, or not ASCII")
    parts = text.split(".")
    if len(parts) != 3:
        raise DoesNotHold("a JWS has three parts")
    header, payload, signature = (decode_part(part) for part in parts)
    return Jws(_object(header), payload, signature, text.rpartition(".")[0].encode())


def decode_part(part: str) -> bytes:
    """The bytes of one part of a JWS in compact form (RFC 7515); raises DoesNotHold.

    Refuses padding and unused bits that are set, whichever library checks the signature.
    """
    try:
        raw = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise DoesNotHold("not base64url") from None
    # unused bits of the last letter could be set at will and make the same token look new
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != part:
        raise DoesNotHold("not the one base64url text of its bytes")
    return raw


def whole_number(claims: dict[str, object], name: str) -> int:
    """A time of the claims: a whole number, and no boolean, fraction, NaN or infinity."""
    value = claims.get(name)
    if type(value) is not int:
        raise DoesNotHold(f"{name} is no whole number")
    return value


def check_fresh(issued: int, now: float) -> None:
    """Raises DoesNotHold for a proof made over a minute ago, or over ten seconds from now."""
    if not now - PAST_SECONDS <= issued <= now + FUTURE_SECONDS:
        raise DoesNotHold("not made within the last minute")


def one_time_id(value: object) -> str:
    """A `jti` or nonce: 16 to 128 visible ASCII characters; raises DoesNotHold."""
    if (
        not isinstance(value, str)
        or not SHORTEST_ID <= len(value) <= LONGEST_ID
        or not (value.isascii() and value.isprintable())
    ):
        raise DoesNotHold("an identifier of 16 to 128 visible characters is missing")
    return value


def check_other_times(claims: dict[str, object], now: float) -> None:
    """Honour `exp` and `nbf` where a proof states them; raises DoesNotHold."""
    if "exp" in claims and whole_number(claims, "exp") <= now:
        raise DoesNotHold("expired")
    if "nbf" in claims and whole_number(claims, "nbf") > now + FUTURE_SECONDS:
        raise DoesNotHold("not yet valid")


def _object(raw: bytes) -> dict[str, object]:
    """A JSON object that every reader reads the same way; raises DoesNotHold."""
    if raw.count(b"{") + raw.count(b"[") > _MOST_BRACKETS:
        raise DoesNotHold("nested too deeply")
    try:
        value = read_json(raw)
    except AmbiguousJson as error:
        raise DoesNotHold("not JSON, or a member stands twice") from error
    if not isinstance(value, dict):
        raise DoesNotHold("not a JSON object")
    return value
