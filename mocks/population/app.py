"""The mock's HTTP interface: a bare ASGI application with the endpoint, and `/_mock/` to control it."""

from types import SimpleNamespace
from typing import Any

from mocks.people import PERSONAS, Population
from mocks.population import answer
from mocks.population.asked import Requests
from mocks.population.changes import Change, changed
from mocks.population.desk import XML, Answer, Desk
from mocks.population.faults import Faults
from mocks.population.lgsp import Platforms
from mocks.population.settings import PopulationMockSettings
from mocks.wire import JSON, Reply, deliver, live, read, taken, told

ENDPOINT = "/dancu/1.0"
"""The mock's path; the real one is unknown (ours)."""

BODY_LIMIT = 65_536
_TAKEN_TYPES = ("application/xml", "text/xml")


class PopulationMock:
    """The national population database (CSDLQGvDC) as an ASGI application.

    `state.journal`, `state.faults`, `state.settings` and `state.tokens` (of the provincial
    platforms before it) are there for tests in the same process.
    """

    def __init__(self, settings: PopulationMockSettings, population: Population) -> None:
        self.state = SimpleNamespace(
            settings=settings, journal=Requests(settings.journal_entries), faults=Faults()
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
            await live(receive, send)
        elif scope["path"] == ENDPOINT:
            await self._soap(scope, receive, send)
        elif self._platforms.serves(scope["path"]):
            await self._platform(scope, receive, send)
        else:
            body = await read(receive, BODY_LIMIT) or b""
            await deliver(send, self._steered(scope["method"], scope["path"], body))

    async def _platform(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["method"] != "POST":
            return await _not_allowed(send, JSON)
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        body = await read(receive, BODY_LIMIT)
        if body is None:
            return await deliver(send, told({"error": "the body is too long"}, 413))
        return await _deliver(send, self._platforms.answer(scope["path"], headers, body))

    async def _soap(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["method"] != "POST":
            return await _not_allowed(send, XML)
        headers = dict(scope["headers"])
        body = await read(receive, BODY_LIMIT)
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

    def _steered(self, method: str, path: str, body: bytes) -> Reply:
        faults, journal = self.state.faults, self.state.journal
        match method, path:
            case "GET", "/_mock/health":
                health = {"status": "ok", "mock": "population", "seed": self.population.seed}
                return told({**health, "personas": sorted(PERSONAS)})
            case "GET", "/_mock/journal":
                return told(journal.as_json())
            case "DELETE", "/_mock/journal":
                journal.clear()
                return told({"total": 0})
            case "GET", "/_mock/faults":
                return told(faults.as_json())
            case "POST", "/_mock/faults":
                return taken(body, lambda rule: faults.add(**rule).as_json())
            case "DELETE", "/_mock/faults":
                faults.clear()
                return told([])
            case "POST", "/_mock/changes":
                return taken(body, self._change)
            case "DELETE", "/_mock/changes":
                self._desk.population = self._unchanged
                return told({})
        if path.startswith("/_mock/faults/") and method == "DELETE":
            gone = faults.remove(path.removeprefix("/_mock/faults/"))
            return told({"removed": gone}, 200 if gone else 404)
        return told({"error": "no such place"}, 404)

    def _change(self, wanted: dict[str, Any]) -> dict[str, object]:
        change = Change.model_validate(wanted)
        self._desk.population = changed(self.population, change)
        return {"n": change.place(), "fields": sorted(change.values())}


async def _deliver(send: Any, reply: Answer) -> None:
    """The answer, with whatever goes wrong on the way."""
    whole = Reply(reply.status, reply.body.encode(), reply.content_type, reply.headers)
    await deliver(send, whole, reply.effects)


async def _not_allowed(send: Any, content_type: bytes) -> None:
    await deliver(send, Reply(405, b"", content_type, ((b"allow", b"POST"),)))


async def _say(send: Any, status: int, text: str) -> None:
    await deliver(send, Reply(status, text.encode(), XML))
