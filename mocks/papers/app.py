"""How does the mock speak HTTP? A bare ASGI application: the adapter's path, and `/_mock/`."""

import json
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

from mocks.papers.desk import FILE, LOGIN, SEARCH, Answer, Desk
from mocks.papers.journal import Journal
from mocks.papers.settings import DSTCODE, PROVIDER_URL, PapersMockSettings
from mocks.people import Population

FORWARD = "/XrdAdapter/RestService/forward"
"""Where the unit's own security server takes calls (sure)."""

BODY_LIMIT = 65_536


class PapersMock:
    """The citizen's store of papers (kho giấy tờ cá nhân) behind the portal's adapter.

    `state.journal`, `state.settings` and `state.trouble` are there for tests in the same process:
    `trouble` is an HTTP status that every call gets instead of an answer, or bytes that it gets.
    """

    def __init__(self, settings: PapersMockSettings, population: Population) -> None:
        journal = Journal(settings.journal_entries)
        self.state = SimpleNamespace(settings=settings, journal=journal, trouble=None)
        self.population = population
        self.desk = Desk(settings, population, journal)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One ASGI conversation."""
        if scope["type"] == "lifespan":
            return await _live(receive, send)
        body = await _read(receive)
        if body is None:
            return await _say(send, Answer(413, b""))
        path, method = scope["path"], scope["method"]
        if path.startswith(FORWARD + "/"):
            return await _say(send, self._forward(scope, method, path.removeprefix(FORWARD), body))
        return await _say(send, self._steer(method, path))

    def _forward(self, scope: Any, method: str, path: str, body: bytes) -> Answer:
        if self.state.trouble is not None:
            return _troubled(self.state.trouble)
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        query = parse_qs(scope["query_string"].decode("latin-1"))
        if not _leads_here(headers, query):
            return Answer(404, b"")
        if method == "GET" and (found := FILE.fullmatch(path)):
            return self.desk.file(headers.get("session", ""), found.group(1))
        desks = {LOGIN: self.desk.login, SEARCH: self.desk.search}
        if path not in desks:
            return Answer(404, b"")
        if method != "POST":
            return Answer(405, b"")
        if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return Answer(415, b"")
        return desks[path](body)

    def _steer(self, method: str, path: str) -> Answer:
        journal = self.state.journal
        match method, path:
            case "GET", "/_mock/health":
                seed = self.population.seed
                return _told({"status": "ok", "mock": "papers", "seed": seed})
            case "GET", "/_mock/journal":
                return _told(journal.as_json())
            case "DELETE", "/_mock/journal":
                journal.clear()
                return _told({"total": 0})
            case "DELETE", "/_mock/sessions":
                self.desk.end_sessions()
                return _told({})
        return Answer(404, b"")


def _leads_here(headers: dict[str, str], query: dict[str, list[str]]) -> bool:
    """Whether the adapter would forward to the store: `dstcode` by header or query, `providerurl`."""
    asked_for = {headers.get("dstcode"), *query.get("dstcode", [])}
    return DSTCODE in asked_for and query.get("providerurl") == [PROVIDER_URL]


def _troubled(trouble: int | bytes) -> Answer:
    if isinstance(trouble, int):
        return Answer(trouble, b"")
    return Answer(200, trouble, b"text/html" if trouble.startswith(b"<") else b"application/json")


def _told(value: object) -> Answer:
    return Answer(200, json.dumps(value, ensure_ascii=False).encode())


async def _live(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _read(receive: Any) -> bytes | None:
    """The whole body, or None when it is too long."""
    body: bytes = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > BODY_LIMIT:
            return None
        if not message.get("more_body"):
            return body


async def _say(send: Any, answer: Answer) -> None:
    headers = [
        (b"content-type", answer.content_type),
        (b"content-length", str(len(answer.body)).encode()),
        (b"x-mock-contract", b"own-design"),
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
