"""A witness that cosigns consistent checkpoints and refuses all others.

`POST /add-checkpoint` as C2SP tlog-witness writes it: 404 for a log it does not know, 403 without
that log's signature, 400 for an old size beyond the checkpoint's, 409 with the size it knows where
the old size is another, 422 for a proof that does not lead on, else a cosignature/v1 line.
`POST /_mock/down` with `{"down": true}` (ours) answers 503 until it is `false`; `GET
/_mock/journal` lists how it answered.
"""

from base64 import b64encode
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mocks.clock import Seconds, machine_seconds
from mocks.wire import Reply, deliver, live, read, taken, told
from mocks.witness.growth import is_extension
from mocks.witness.request import AddCheckpoint, read_request

_COSIGNATURE = 4
_LARGEST_BODY = 65_536
_TEXT = b"text/plain; charset=utf-8"


class WitnessMock:
    """One witness with a key of its own; `trust` tells it of a log."""

    def __init__(
        self,
        name: str = "witness.example.test/w1",
        seed: int = 1,
        clock: Seconds = machine_seconds,
    ) -> None:
        self.name = name
        self._key = Ed25519PrivateKey.from_private_bytes(sha256(b"witness %d" % seed).digest())
        self._public = bytes([_COSIGNATURE]) + self._key.public_key().public_bytes_raw()
        self._key_id = sha256(name.encode() + b"\n" + self._public).digest()[:4]
        self._clock = clock
        self._logs: dict[str, list[str]] = {}
        self.seen: dict[str, tuple[int, bytes]] = {}
        self.journal: list[dict[str, Any]] = []
        self.down = False

    @property
    def vkey(self) -> str:
        """The verifier key for a policy's `witness` line."""
        return f"{self.name}+{self._key_id.hex()}+{b64encode(self._public).decode()}"

    def trust(self, vkey: str) -> None:
        """Witness the log of this verifier key from now on; a log may have several."""
        self._logs.setdefault(vkey.partition("+")[0], []).append(vkey)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One ASGI conversation."""
        if scope["type"] == "lifespan":
            return await live(receive, send)
        body = await read(receive, _LARGEST_BODY)
        if body is None:
            return await deliver(send, Reply(413))
        return await deliver(send, self._answered(scope["method"], scope["path"], body))

    def _answered(self, method: str, path: str, body: bytes) -> Reply:
        match method, path:
            case "POST", "/_mock/down":
                return taken(body, self._steer)
            case "GET", "/_mock/journal":
                return told(self.journal)
            case "POST", "/add-checkpoint" if not self.down:
                reply = self._add(body)
            case "POST", "/add-checkpoint":
                reply = Reply(503)
            case _:
                return Reply(404)
        self.journal.append({"status": reply.status})
        return reply

    def _steer(self, wanted: dict[str, Any]) -> object:
        self.down = bool(wanted["down"])
        return {"down": self.down}

    def _add(self, body: bytes) -> Reply:
        try:
            asked = read_request(body)
        except (ValueError, IndexError):
            return Reply(400)
        if asked.origin not in self._logs:
            return Reply(404)
        if not any(asked.signed_by(vkey) for vkey in self._logs[asked.origin]):
            return Reply(403)
        if asked.old > asked.size:
            return Reply(400)
        size, root = self.seen.get(asked.origin, (0, b""))
        if asked.old != size or (size == asked.size and root != asked.root):
            return Reply(409, b"%d\n" % size, b"text/x.tlog.size")
        if not is_extension(size, asked.size, root, asked.root, asked.proof):
            return Reply(422)
        self.seen[asked.origin] = (asked.size, asked.root)
        return Reply(200, self._cosigned(asked), _TEXT)

    def _cosigned(self, asked: AddCheckpoint) -> bytes:
        now = int(self._clock())
        message = f"cosignature/v1\ntime {now}\n{asked.text}".encode()
        signed = self._key_id + now.to_bytes(8) + self._key.sign(message)
        return f"— {self.name} {b64encode(signed).decode()}\n".encode()
