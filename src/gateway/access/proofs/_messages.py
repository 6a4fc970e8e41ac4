"""Signatures of HTTP messages (RFC 9421), in the one shape that is accepted here.

    Content-Digest: sha-256=:…:
    Signature-Input: sig=("@method" "@authority" "@target-uri" "content-type" "content-digest"
        "idempotency-key");created=…;keyid="…";nonce="…";tag="eform-gateway"
    Signature: sig=:…:

One signature, in the canonical text of RFC 8941 (single blanks, none around `;` and `=`). Covered are
at least the first three components, with a body the next two, with an Idempotency-Key the last; other
headers may be. `created` is at most a minute old, `nonce` is good for once, `keyid` names a live key of
the client by its thumbprint or its own `kid`. `alg` and `expires` may stand there and must fit.
"""

import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TypeAlias
from urllib.parse import urlsplit

from gateway.access.proofs._jws import DoesNotHold, check_fresh, one_time_id
from gateway.access.proofs._keys import PinnedKey

TAG = "eform-gateway"
LONGEST_FIELD = 2048
ALWAYS_COVERED = ("@method", "@authority", "@target-uri")
WITH_A_BODY = ("content-type", "content-digest")
WITH_A_KEY = "idempotency-key"
_LABEL = r"[a-z*][a-z0-9_.*-]{0,63}"
_NAME = r'"@?[a-z][a-z0-9-]{0,63}"'
_PARAMETER = r';([a-z]{1,16})=("[ !#-\[\]-~]{1,256}"|[0-9]{1,12})'
_INPUT = re.compile(
    rf"({_LABEL})=(\(({_NAME}(?: {_NAME}){{0,15}})\)((?:{_PARAMETER.replace('(', '(?:')})+))"
)
_SIGNATURE = re.compile(rf"({_LABEL})=:([A-Za-z0-9+/]{{86}}==):")
_DIGEST = re.compile(r"sha-256=:([A-Za-z0-9+/]{43}=):")
_ALGORITHM_OF = {"ES256": "ecdsa-p256-sha256", "EdDSA": "ed25519"}
_Parameters: TypeAlias = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Message:
    """An HTTP request as far as a signature is over it; `origin` is the deployment's own address."""

    method: str
    origin: str
    target: str
    header: Callable[[str], str | None] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def authority(self) -> str:
        """The host that was asked, which must be the deployment's own; raises DoesNotHold."""
        own, asked = urlsplit(self.origin), (self.header("host") or "").lower()
        port = {"https": ":443", "http": ":80"}.get(own.scheme, "")
        if asked.removesuffix(port) != own.netloc.lower().removesuffix(port):
            raise DoesNotHold("another host")
        return asked.removesuffix(port)

    def component(self, name: str) -> str:
        """The value of a component (RFC 9421 section 2); raises DoesNotHold where there is none."""
        if name == "@method":
            return self.method
        if name == "@authority":
            return self.authority
        if name == "@target-uri":
            return f"{urlsplit(self.origin).scheme}://{self.authority}{self.target}"
        value = None if name.startswith("@") else self.header(name)
        if value is None or not (value.isascii() and value.isprintable()):
            raise DoesNotHold(f"nothing to cover by {name}")
        return value.strip()


def check_message(message: Message, keys: Sequence[PinnedKey], now: float) -> str:
    """Check the signature of a request by one of these keys; gives the nonce, which is used up by it.

    1. one signature of the shape above; 2. what it must cover; 3. the body's digest; 4. the parameters;
    5. the key and the signature. Raises DoesNotHold.
    """
    label, covered, parameters, text = _read_input(message.header("signature-input"))  # 1
    signature = _read_signature(message.header("signature"), label)
    needed = [*ALWAYS_COVERED]  # 2
    if message.body:
        needed += WITH_A_BODY
    if message.header(WITH_A_KEY) is not None:
        needed.append(WITH_A_KEY)
    if not set(needed) <= set(covered) or len(set(covered)) != len(covered):
        raise DoesNotHold("covers too little, or something twice")
    if message.body or "content-digest" in covered:  # 3
        _check_digest(message)
    nonce = _check_parameters(parameters, now)  # 4
    key = next((one for one in keys if one.is_called(parameters["keyid"])), None)  # 5
    if key is None or parameters.get("alg") not in (None, _ALGORITHM_OF[key.algorithms[0]]):
        raise DoesNotHold("by no live key of the client, or another algorithm than the key's")
    lines = [f'"{name}": {message.component(name)}' for name in covered]
    base = "\n".join([*lines, f'"@signature-params": {text}'])
    if not key.verify(base.encode(), signature):
        raise DoesNotHold("another signature")
    return nonce


def _read_input(field: str | None) -> tuple[str, list[str], _Parameters, str]:
    """Label, covered components, parameters, and the text of the last two as it was signed."""
    found = _INPUT.fullmatch(field) if field is not None and len(field) <= LONGEST_FIELD else None
    if found is None:
        raise DoesNotHold("no Signature-Input of the one shape")
    label, text, names, rest = found.groups()
    pairs = re.findall(_PARAMETER, rest)
    parameters = {
        name: value[1:-1] if value.startswith('"') else int(value) for name, value in pairs
    }
    if len(parameters) != len(pairs):
        raise DoesNotHold("a parameter stands twice")
    return label, [name.strip('"') for name in names.split(" ")], parameters, text


def _read_signature(field: str | None, label: str) -> bytes:
    found = _SIGNATURE.fullmatch(field) if field is not None else None
    if found is None or found[1] != label:
        raise DoesNotHold("no Signature under the label of its input")
    raw = b64decode(found[2])
    if b64encode(raw).decode() != found[2]:
        raise DoesNotHold("not the one base64 text of its bytes")
    return raw


def _check_digest(message: Message) -> None:
    found = _DIGEST.fullmatch(message.header("content-digest") or "")
    if found is None or not hmac.compare_digest(
        b64encode(sha256(message.body).digest()).decode(), found[1]
    ):
        raise DoesNotHold("another body")


def _check_parameters(parameters: _Parameters, now: float) -> str:
    """Raises DoesNotHold unless they are known, of their types and of this minute; gives the nonce."""
    numbers = {"created", "expires"}
    for name, value in parameters.items():
        if name not in numbers | {"keyid", "nonce", "tag", "alg"}:
            raise DoesNotHold("an unknown parameter")
        if isinstance(value, int) != (name in numbers):
            raise DoesNotHold("a parameter of another type")
    created, expires = parameters.get("created"), parameters.get("expires")
    if not isinstance(created, int) or "keyid" not in parameters or parameters.get("tag") != TAG:
        raise DoesNotHold("created, keyid or tag is missing")
    check_fresh(created, now)
    if isinstance(expires, int) and expires <= now:
        raise DoesNotHold("expired")
    return one_time_id(parameters.get("nonce"))
