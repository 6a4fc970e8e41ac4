"""Send a mock's answers, with the faults that may occur on the way. Bare ASGI, no framework."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import parse_qs

from pydantic import BaseModel, ConfigDict, Field, ValidationError

JSON = b"application/json"

_GARBAGE: dict[str, tuple[bytes | None, bytes]] = {
    "html": (b"text/html", b"<!doctype html><html><body><h1>Bad Gateway</h1></body></html>"),
    "json": (JSON, b'{"status":"error"}'),
    "empty": (None, b""),
    "random": (None, bytes((i * 73 + 41) % 256 for i in range(600))),
}


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer."""

    status: int
    body: bytes = field(repr=False, default=b"")
    content_type: bytes = JSON
    headers: tuple[tuple[bytes, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request."""

    method: str
    path: str
    headers: dict[str, str] = field(repr=False)
    query: dict[str, list[str]]
    body: bytes = field(repr=False)

    def asked(self, name: str) -> str | None:
        """The first value of a query parameter."""
        values = self.query.get(name)
        return values[0] if values else None

    def content_type(self) -> str:
        """The media type of the body, without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def no_call(self) -> Reply | None:
        """What is answered where this is no POST of JSON."""
        if self.method != "POST":
            return Reply(405)
        return Reply(415) if self.content_type() != "application/json" else None


class OnTheWay(BaseModel):
    """What may happen to any answer; absent means that it does not."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    delay_ms: float | None = Field(default=None, ge=0, le=600_000)
    drip_bytes_per_second: float | None = Field(default=None, gt=0)
    cut_after_bytes: int | None = Field(default=None, ge=0)
    status: int | None = Field(default=None, ge=400, le=599)
    retry_after_seconds: int | None = Field(default=None, ge=0)
    garbage: Literal["html", "random", "truncated", "empty", "json"] | None = None
    content_type: str | None = Field(default=None, max_length=100, pattern=r"^[ -~]+$")

    def replaces(self) -> bool:
        """Whether nothing of the real answer is left, as if it had never been asked for."""
        return self.status is not None or self.garbage not in (None, "truncated")


UNDISTURBED = OnTheWay()


def told(value: object, status: int = 200) -> Reply:
    """An answer in JSON."""
    return Reply(status, json.dumps(value, ensure_ascii=False).encode())


def taken(body: bytes, take: Callable[[dict[str, Any]], object]) -> Reply:
    """Take a JSON object in, or name the members that make no sense."""
    try:
        wanted = json.loads(body)
        if not isinstance(wanted, dict):
            raise ValueError("no object")
        done = take(wanted)
    except ValidationError as refused:
        places = [".".join(map(str, e["loc"])) or e["msg"] for e in refused.errors()]
        return told({"error": "makes no sense", "members": places}, 422)
    except (ValueError, RecursionError, LookupError):
        return told({"error": "no such thing"}, 422)
    return told(done, 201)


class Application:
    """A bare ASGI application whose every answer says that it is our own design."""

    body_limit = 65_536

    def answered(self, call: Call) -> tuple[Reply, OnTheWay]:
        """The answer to a call, and what happens to it on the way."""
        raise LookupError(call.path)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One ASGI conversation."""
        if scope["type"] == "lifespan":
            return await live(receive, send)
        body = await read(receive, self.body_limit)
        if body is None:
            return await deliver(send, Reply(413))
        reply, effects = self.answered(_call(scope, body))
        marked = (*reply.headers, (b"x-mock-contract", b"own-design"))
        return await deliver(send, replace(reply, headers=marked), effects)


def _call(scope: Any, body: bytes) -> Call:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    query = parse_qs(scope["query_string"].decode("latin-1"))
    return Call(scope["method"], scope["path"], headers, query, body)


async def live(receive: Any, send: Any) -> None:
    """The life of an application that has nothing to open or close."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def read(receive: Any, limit: int) -> bytes | None:
    """The whole body, or None when it is longer than `limit`."""
    parts: list[bytes] = []
    length = 0
    while True:
        message = await receive()
        part = message.get("body", b"")
        length += len(part)
        if length > limit:
            return None
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


async def deliver(send: Any, reply: Reply, effects: OnTheWay = UNDISTURBED) -> None:
    """The answer, with whatever goes wrong on the way; a cut one still promises its whole length."""
    if effects.delay_ms:
        await asyncio.sleep(effects.delay_ms / 1000)
    if effects.model_fields_set:
        reply = _disturbed(reply, effects)
    fixed = [(b"content-type", reply.content_type), (b"content-length", b"%d" % len(reply.body))]
    start = {"type": "http.response.start", "status": reply.status}
    await send({**start, "headers": [*fixed, *reply.headers]})
    body = reply.body[: effects.cut_after_bytes]
    if effects.drip_bytes_per_second is None:
        await send({"type": "http.response.body", "body": body})
    else:
        await _drip(send, body, effects.drip_bytes_per_second)


def _disturbed(reply: Reply, effects: OnTheWay) -> Reply:
    if effects.status is not None:
        reply = Reply(effects.status, b"", b"text/plain", reply.headers)
    if effects.retry_after_seconds is not None:
        wait = (b"retry-after", b"%d" % effects.retry_after_seconds)
        reply = replace(reply, headers=(*reply.headers, wait))
    if effects.garbage == "truncated":
        reply = replace(reply, body=reply.body[: len(reply.body) * 2 // 3])
    elif effects.garbage is not None:
        content_type, body = _GARBAGE[effects.garbage]
        reply = replace(reply, body=body, content_type=content_type or reply.content_type)
    if effects.content_type is not None:
        reply = replace(reply, content_type=effects.content_type.encode())
    return reply


async def _drip(send: Any, body: bytes, bytes_per_second: float) -> None:
    """The body in pieces, ten a second at most."""
    size = max(1, int(bytes_per_second / 10))
    for start in range(0, len(body), size):
        piece = body[start : start + size]
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        await asyncio.sleep(len(piece) / bytes_per_second)
    await send({"type": "http.response.body", "body": b""})
