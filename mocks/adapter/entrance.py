"""What does the unit's security server let through, and to whom? The way in for every provider."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from mocks.adapter.protocol import DSTCODE, PROTOCOL
from mocks.wire import UNDISTURBED, OnTheWay, Reply, deliver, live, read

_PATHS: list[str] = PROTOCOL["transport"]["adapter_paths"]["values"]
FORWARD, FORWARD_TWIN = _PATHS
"""Where the unit's own security server takes calls (sure)."""


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request; `path` is what follows the adapter's own."""

    method: str
    path: str
    headers: dict[str, str] = field(repr=False)
    query: dict[str, list[str]]
    body: bytes = field(repr=False)

    def asked(self, name: str) -> str | None:
        """The first value of a query parameter."""
        values = self.query.get(name)
        return values[0] if values else None

    def no_call(self) -> Reply | None:
        """What is answered where this is no POST of JSON."""
        if self.method != "POST":
            return Reply(405)
        content_type = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        return Reply(415) if content_type != "application/json" else None


class Entrance:
    """An ASGI application: the adapter's path, and `/_mock/` to steer what stands behind it."""

    body_limit = 65_536
    provider_url: str | None = None
    """The `providerurl` that is needed; None: the portal itself, which needs none."""

    def forwarded(self, call: Call) -> tuple[Reply, OnTheWay]:
        """Answer a call that the adapter let through."""
        raise LookupError(call.path)

    def steered(self, call: Call) -> Reply:
        """Answer a call to `/_mock/`, or anywhere else."""
        raise LookupError(call.path)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One ASGI conversation."""
        if scope["type"] == "lifespan":
            return await live(receive, send)
        body = await read(receive, self.body_limit)
        if body is None:
            return await deliver(send, Reply(413))
        reply, effects = self._answered(_call(scope, body))
        marked = (*reply.headers, (b"x-mock-contract", b"own-design"))
        reply = Reply(reply.status, reply.body, reply.content_type, marked)
        return await deliver(send, reply, effects)

    def _answered(self, call: Call) -> tuple[Reply, OnTheWay]:
        for prefix in _PATHS:
            if call.path.startswith(prefix + "/"):
                inner = Call(
                    call.method,
                    call.path.removeprefix(prefix),
                    call.headers,
                    call.query,
                    call.body,
                )
                if not self._leads_here(inner):
                    return Reply(404), UNDISTURBED
                return self.forwarded(inner)
        return self.steered(call), UNDISTURBED

    def _leads_here(self, call: Call) -> bool:
        """Whether the adapter would forward to this provider: `dstcode` by header or query."""
        named = {call.headers.get("dstcode"), *call.query.get("dstcode", [])}
        wanted = call.query.get("providerurl")
        right = wanted == [self.provider_url] if self.provider_url else wanted != [_PAPERS]
        return DSTCODE in named and right


_PAPERS: str = PROTOCOL["personal_papers"]["provider_url"]["value"]


def _call(scope: Any, body: bytes) -> Call:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    query = parse_qs(scope["query_string"].decode("latin-1"))
    return Call(scope["method"], scope["path"], headers, query, body)
