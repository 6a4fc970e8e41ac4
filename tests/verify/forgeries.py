"""Other spellings of a release, and false signatures under it; every one of them is to be refuted.

Nothing but this file and `building.py` is needed to make them: `tests/before` lays it beside older code.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any

from tests.verify.building import LOG_KEY, Signer, canonical, sha, signer

STRANGER = signer(seed=2)

Change = Callable[[bytes], bytes]


def twice(name: bytes, false: bytes) -> Change:
    """The member stands twice: false first, true behind it, where a lax reader finds it."""
    return lambda text: text.replace(b'"%s":' % name, b'"%s":%s,"%s":' % (name, false, name), 1)


def instead(old: bytes, new: bytes) -> Change:
    def change(text: bytes) -> bytes:
        assert old in text
        return text.replace(old, new, 1)

    return change


SPELLINGS: dict[str, Change] = {
    "total twice": twice(b"total", b'{"online":{"core":1},"paper":{}}'),
    "cells twice": twice(b"cells", b"[]"),
    "notice twice": twice(b"notice", b"[]"),
    "a nested name twice": twice(b"numerator", b"99"),
    "white space before": lambda text: b" " + text,
    "a newline behind": lambda text: text + b"\n",
    "white space within": instead(b'"kind":', b'"kind": '),
    "an escaped name": instead(b'"kind"', b'"\\u006bind"'),
    "an escaped value": instead(b'"release"', b'"\\u0072elease"'),
    "an escaped slash": instead(b" / ", b" \\/ "),
    "1e0": instead(b'"first":0', b'"first":0e0'),
    "minus nothing": instead(b'"first":0', b'"first":-0'),
    "a whole number with a point": instead(b'"first":0', b'"first":0.0'),
    "more decimals": instead(b"0.6667", b"0.66670"),
    "a fraction by exponent": instead(b"0.6667", b"6667e-4"),
    "a fraction beyond double": instead(b"0.6667", b"0.66670000000000000000000001"),
    "an exponent beyond all": instead(b"0.6667", b"1e99999999999999999999"),
    "5,000 digits": instead(b'"first":0', b'"first":' + b"9" * 5_000),
    "not a number": instead(b"0.6667", b"NaN"),
    "beyond infinity": instead(b"0.6667", b"-Infinity"),
    "a lone surrogate": instead(b'"release"', b'"\\ud800"'),
    "not UTF-8": instead(b'"release"', b'"\xff"'),
    "a byte order mark": lambda text: b"\xef\xbb\xbf" + text,
    "UTF-16": lambda text: text.decode().encode("utf-16"),
    "nested without end": lambda text: b"[" * 200_000 + text,
    "deep in a member": instead(b'"cells":', b'"cells":' + b"[" * 200_000),
    "a list without end": instead(b'"cells":[', b'"cells":[' + b"0," * 1_000_000),
    "members in another order": lambda text: json.dumps(dict(reversed(json.loads(text).items())), separators=(",", ":"), ensure_ascii=False).encode(),
    "a member more": instead(b'"kind"', b'"kine":1,"kind"'),
    "another digit": instead(b"0.6667", b"0.6668"),
    "another line to read first": lambda text: text.replace(b"passed", b"went", 1),
    "nothing": lambda text: b"",
}  # fmt: skip


def signed_copy(text: bytes, by: Signer = LOG_KEY, **members: Any) -> bytes:
    """A JWS in compact form over the text, its header changed by `members`."""
    jwk = canonical({"crv": "Ed25519", "kty": "OKP", "x": url64(by.public)})
    header = {"alg": "Ed25519", "typ": "release+jwt", "kid": url64(sha(jwk)), **members}
    head = f"{url64(canonical(header))}.{url64(text)}"
    return f"{head}.{url64(by.secret.sign(head.encode()))}".encode()


def url64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def of_parts(change: Callable[[list[bytes]], list[bytes]]) -> Change:
    return lambda copy: b".".join(change(copy.split(b".")))


def by_header(raw: bytes) -> Callable[[bytes], bytes]:
    """A copy whose header is these bytes, with a true signature over it."""

    def change(text: bytes) -> bytes:
        head = f"{url64(raw)}.{url64(text)}"
        return f"{head}.{url64(LOG_KEY.secret.sign(head.encode()))}".encode()

    return change


SIGNATURES: dict[str, Change] = {
    "by a stranger": lambda text: signed_copy(text, STRANGER),
    "by a stranger in the key's name": lambda text: signed_copy(text, STRANGER, kid=kid_of(text)),
    "by nobody": lambda text: of_parts(lambda p: [p[0], p[1], url64(bytes(64)).encode()])(signed_copy(text)),
    "no signature": lambda text: of_parts(lambda p: [p[0], p[1], b""])(signed_copy(text)),
    "two parts": lambda text: of_parts(lambda p: p[:2])(signed_copy(text)),
    "four parts": lambda text: of_parts(lambda p: [*p, p[2]])(signed_copy(text)),
    "another payload": lambda text: signed_copy(text.replace(b"0.6667", b"0.9667")),
    "an empty payload": lambda text: of_parts(lambda p: [p[0], b"", p[2]])(signed_copy(text)),
    "algorithm none": lambda text: signed_copy(text, alg="none"),
    "algorithm EdDSA": lambda text: signed_copy(text, alg="EdDSA"),
    "another type": lambda text: signed_copy(text, typ="prefill-receipt+jwt"),
    "a type in capitals": lambda text: signed_copy(text, typ="RELEASE+JWT"),
    "crit": lambda text: signed_copy(text, crit=["b64"], b64=True),
    "a key of its own": lambda text: signed_copy(text, STRANGER, jwk={"kty": "OKP", "crv": "Ed25519", "x": url64(STRANGER.public)}),
    "no key named": lambda text: signed_copy(text, kid=None),
    "a header that names twice": lambda text: by_header(b'{"alg":"none","alg":"Ed25519","typ":"release+jwt","kid":"%s"}' % kid_of(text).encode())(text),
    "a header that is a list": by_header(b"[]"),
    "a header of NaN": by_header(b'{"alg":NaN}'),
    "a header without end": by_header(b"[" * 100_000),
    "padding": lambda text: of_parts(lambda p: [p[0], p[1], p[2] + b"=="])(signed_copy(text)),
    "spare bits": lambda text: of_parts(lambda p: [p[0], p[1], p[2][:-1] + bytes([p[2][-1] + 1])])(signed_copy(text)),
    "a newline behind": lambda text: signed_copy(text) + b"\n",
    "nothing": lambda text: b"",
    "base64 of no octets": lambda text: of_parts(lambda p: [p[0], p[1], b"A"])(signed_copy(text)),
}  # fmt: skip


def kid_of(text: bytes) -> str:
    header = signed_copy(text).split(b".")[0]
    return str(json.loads(urlsafe_b64decode(header + b"=" * (-len(header) % 4)))["kid"])
