"""How does the mock speak HTTP? A bare ASGI application: the endpoint, and `/_mock/` to steer it."""

import asyncio
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from pydantic import ValidationError

from mocks.people import PERSONAS, Population
from mocks.population import answer
from mocks.population.changes import Change, changed
from mocks.population.desk import XML, Answer, Desk
from mocks.population.faults import Faults
from mocks.population.journal import Journal
from mocks.population.lgsp import Platforms
from mocks.population.settings import PopulationMockSettings

ENDPOINT = "/dancu/1.0"
"""The mock's path; the real one is unknown (ours)."""

BODY_LIMIT = 65_536
_JSON = b"application/json"
_TAKEN_TYPES = ("application/xml", "text/xml")
_GARBAGE = {
    "html": (b"text/html", b"<!doctype html><html><body><h1>Bad Gateway</h1></body></html>"),
    "json": (_JSON, b'{"status":"error"}'),
    "empty": (XML, b""),
    "random": (XML, bytes((i * 73 + 41) % 256 for i in range(600))),
}


class PopulationMock:
    """The national population database (CSDLQGvDC) as an ASGI application.

    `state.journal`, `state.faults`, `state.settings` and `state.tokens` (of the provincial
    platforms before it) are there for tests in the same process.
    """

    def __init__(self, settings: PopulationMockSettings, population: Population) -> None:
        self.state = SimpleNamespace(
            settings=settings, journal=Journal(settings.journal_entries), faults=Faults()
        )
        self._unchanged = population
        self._desk = Desk(settings, population, self.state.journal, self.state.faults)
        self._platforms = Platforms(settings, self._desk)
        self.state.tokens = self._platforms.tokens

    @property
    def population(self) -> Population:
        """The people as they stand now; may be set to a later day's."""
        return self._desk.population

    @population.setter
    def population(self, later: Population) -> None:
        self._desk.population = later

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One ASGI conversation."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["path"] == ENDPOINT:
            await self._soap(scope, receive, send)
        elif self._platforms.serves(scope["path"]):
            await self._platform(scope, receive, send)
        else:
            await self._steer(scope, receive, send)

    async def _platform(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["method"] != "POST":
            return await _respond(send, 405, _JSON, b"", ((b"allow", b"POST"),))
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        body = await _read(receive)
        if body is None:
            return await _say_json(send, 413, {"error": "the body is too long"})
        return await _deliver(send, self._platforms.answer(scope["path"], headers, body))

    async def _soap(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["method"] != "POST":
            return await _respond(send, 405, XML, b"", ((b"allow", b"POST"),))
        headers = dict(scope["headers"])
        body = await _read(receive)
        if body is None:
            return await _say(send, 413, answer.fault("Client", "the body is too long"))
        content_type = headers.get(b"content-type", b"").decode("latin-1").partition(";")[0]
        if content_type.strip().lower() not in _TAKEN_TYPES:
            return await _say(send, 415, answer.fault("Client", "Content-Type is no XML"))
        reply = self._desk.answer(
            headers.get(b"timestamp", b"").decode("latin-1"),
            headers.get(b"authorization", b"").decode("latin-1"),
            body,
        )
        return await _deliver(send, reply)

    async def _steer(self, scope: Any, receive: Any, send: Any) -> None:
        path, method = scope["path"], scope["method"]
        faults, journal = self.state.faults, self.state.journal
        if path == "/_mock/health" and method == "GET":
            health = {"status": "ok", "mock": "population", "seed": self.population.seed}
            return await _say_json(send, 200, {**health, "personas": sorted(PERSONAS)})
        if path == "/_mock/journal" and method == "GET":
            return await _say_json(send, 200, journal.as_json())
        if path == "/_mock/journal" and method == "DELETE":
            journal.clear()
            return await _say_json(send, 200, {"total": 0})
        if path == "/_mock/faults" and method == "GET":
            return await _say_json(send, 200, faults.as_json())
        if path == "/_mock/faults" and method == "POST":
            return await self._taken(receive, send, lambda rule: faults.add(**rule).as_json())
        if path == "/_mock/changes" and method == "POST":
            return await self._taken(receive, send, self._change)
        if path == "/_mock/changes" and method == "DELETE":
            self._desk.population = self._unchanged
            return await _say_json(send, 200, {})
        if path == "/_mock/faults" and method == "DELETE":
            faults.clear()
            return await _say_json(send, 200, [])
        if path.startswith("/_mock/faults/") and method == "DELETE":
            gone = faults.remove(path.removeprefix("/_mock/faults/"))
            return await _say_json(send, 200 if gone else 404, {"removed": gone})
        return await _say_json(send, 404, {"error": "no such place"})

    def _change(self, wanted: dict[str, Any]) -> dict[str, object]:
        change = Change.model_validate(wanted)
        self._desk.population = changed(self.population, change)
        return {"n": change.place(), "fields": sorted(change.values())}

    async def _taken(
        self, receive: Any, send: Any, take: Callable[[dict[str, Any]], dict[str, object]]
    ) -> None:
        """Take a JSON object in, or name the members that make no sense."""
        try:
            wanted = json.loads(await _read(receive) or b"")
            if not isinstance(wanted, dict):
                raise ValueError("no object")
            done = take(wanted)
        except ValidationError as refused:
            places = [".".join(map(str, e["loc"])) or e["msg"] for e in refused.errors()]
            return await _say_json(send, 422, {"error": "makes no sense", "members": places})
        except (ValueError, IndexError):
            return await _say_json(send, 422, {"error": "no such thing"})
        return await _say_json(send, 201, done)


async def _live(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _read(receive: Any) -> bytes | None:
    """The whole body, or None when it is too long."""
    parts: list[bytes] = []
    length = 0
    while True:
        message = await receive()
        part = message.get("body", b"")
        length += len(part)
        if length > BODY_LIMIT:
            return None
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


async def _deliver(send: Any, reply: Answer) -> None:
    """The answer, with whatever goes wrong on the way."""
    effects = reply.effects
    if effects.delay_ms:
        await asyncio.sleep(effects.delay_ms / 1000)
    status, content_type, body = reply.status, reply.content_type, reply.body.encode()
    headers = reply.headers
    if effects.status is not None:
        status, content_type, body = effects.status, b"text/plain", b""
    if effects.retry_after_seconds is not None:
        headers = (*headers, (b"retry-after", str(effects.retry_after_seconds).encode()))
    if effects.garbage == "truncated":
        body = body[: len(body) * 2 // 3]
    elif effects.garbage is not None:
        content_type, body = _GARBAGE[effects.garbage]
    if effects.content_type is not None:
        content_type = effects.content_type.encode()
    await _start(send, status, content_type, len(body), headers)
    if effects.cut_after_bytes is not None:
        body = body[: effects.cut_after_bytes]
    if effects.drip_bytes_per_second is None:
        await send({"type": "http.response.body", "body": body})
    else:
        await _drip(send, body, effects.drip_bytes_per_second)


async def _drip(send: Any, body: bytes, bytes_per_second: float) -> None:
    """The body in pieces, ten a second at most."""
    size = max(1, int(bytes_per_second / 10))
    for start in range(0, len(body), size):
        piece = body[start : start + size]
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        await asyncio.sleep(len(piece) / bytes_per_second)
    await send({"type": "http.response.body", "body": b""})


async def _start(
    send: Any, status: int, content_type: bytes, length: int, headers: tuple[Any, ...]
) -> None:
    fixed = [(b"content-type", content_type), (b"content-length", str(length).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*fixed, *headers]})


async def _respond(
    send: Any, status: int, content_type: bytes, body: bytes, headers: tuple[Any, ...] = ()
) -> None:
    await _start(send, status, content_type, len(body), headers)
    await send({"type": "http.response.body", "body": body})


async def _say(send: Any, status: int, text: str) -> None:
    await _respond(send, status, XML, text.encode())


async def _say_json(send: Any, status: int, value: object) -> None:
    await _respond(send, status, _JSON, json.dumps(value, ensure_ascii=False).encode())
