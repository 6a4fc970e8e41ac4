"""Which keys does the service wrap and unwrap, and how does it refuse?

`POST /v1/transit/encrypt/<key>` and `/decrypt/<key>` as the transit engine documents them, for one key of
type `aes256-gcm96`: 403 without the token, 400 for what is no request, for another key, and for a
ciphertext that does not open with the associated data. `POST /_mock/down` with `{"down": true}` (ours)
answers 503 until it is `false`; `GET /_mock/journal` lists what was asked, without any key.
"""

import os
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from hashlib import sha256
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mocks.wire import Reply, deliver, live, read, taken, told

_LARGEST_BODY = 65_536
_PREFIX = "vault:v1:"
_NONCE_BYTES = 12


class TransitMock:
    """One key, which a token may use."""

    def __init__(self, key: str = "records", seed: int = 1) -> None:
        self.key = key
        self.token = f"of-the-mock-{seed}"
        self._cipher = AESGCM(sha256(b"transit %d" % seed).digest())
        self.journal: list[dict[str, Any]] = []
        self.down = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One ASGI conversation."""
        if scope["type"] == "lifespan":
            return await live(receive, send)
        body = await read(receive, _LARGEST_BODY)
        if body is None:
            return await deliver(send, Reply(413))
        token = dict(scope["headers"]).get(b"x-vault-token", b"").decode()
        return await deliver(send, self._answered(scope["method"], scope["path"], token, body))

    def _answered(self, method: str, path: str, token: str, body: bytes) -> Reply:
        match method, path:
            case "POST", "/_mock/down":
                return taken(body, self._steer)
            case "GET", "/_mock/journal":
                return told(self.journal)
        _, _, rest = path.partition("/v1/transit/")
        what, _, key = rest.partition("/")
        if method != "POST" or what not in ("encrypt", "decrypt"):
            return Reply(404)
        reply = self._use(what, key, token, body)
        self.journal.append({"what": what, "key": key, "status": reply.status})
        return reply

    def _use(self, what: str, key: str, token: str, body: bytes) -> Reply:
        if self.down:
            return _refused(503, "Vault is sealed")
        if token != self.token:
            return _refused(403, "permission denied")
        if key != self.key:
            return _refused(400, "encryption key not found")
        try:
            asked = orjson.loads(body)
            about = b64decode(asked.get("associated_data", ""), validate=True)
            data = self._wrap(asked, about) if what == "encrypt" else self._unwrap(asked, about)
        except (orjson.JSONDecodeError, NotBase64, KeyError, ValueError, AttributeError):
            return _refused(400, "invalid request")
        except InvalidTag:
            return _refused(400, "cipher: message authentication failed")
        return told({"data": data})

    def _wrap(self, asked: dict[str, str], about: bytes) -> dict[str, object]:
        nonce, plain = os.urandom(_NONCE_BYTES), b64decode(asked["plaintext"], validate=True)
        sealed = nonce + self._cipher.encrypt(nonce, plain, about)
        return {"ciphertext": _PREFIX + b64encode(sealed).decode(), "key_version": 1}

    def _unwrap(self, asked: dict[str, str], about: bytes) -> dict[str, object]:
        sealed = b64decode(asked["ciphertext"].removeprefix(_PREFIX), validate=True)
        plain = self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], about)
        return {"plaintext": b64encode(plain).decode()}

    def _steer(self, wanted: dict[str, Any]) -> object:
        self.down = bool(wanted["down"])
        return {"down": self.down}


def _refused(status: int, why: str) -> Reply:
    return told({"errors": [why]}, status)
