"""The ASGI application of the store of papers: sign-in, search, files; and `/_mock/`."""

from types import SimpleNamespace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from mocks.adapter import FORWARD, Entrance
from mocks.journal import Journal
from mocks.papers.asked import Asked
from mocks.papers.desk import FILE, LOGIN, SEARCH, Desk
from mocks.papers.settings import PROVIDER_URL, PapersMockSettings
from mocks.people import Population
from mocks.wire import UNDISTURBED, Call, OnTheWay, Reply, taken, told

__all__ = ["FORWARD", "PapersMock"]


class PapersMock(Entrance):
    """The citizen's store of papers (kho giấy tờ cá nhân) behind the portal's adapter.

    `state.journal`, `state.settings` and `state.trouble` are there for tests in the same process:
    `trouble` is an HTTP status that every call gets instead of an answer, or bytes that it gets.
    """

    provider_url = PROVIDER_URL

    def __init__(self, settings: PapersMockSettings, population: Population) -> None:
        journal = Journal[Asked](settings.journal_entries)
        self.state = SimpleNamespace(settings=settings, journal=journal, trouble=None)
        self.population = population
        self.desk = Desk(settings, population, journal)

    def forwarded(self, call: Call) -> tuple[Reply, OnTheWay]:
        """A call of the unit, unless there is trouble."""
        if self.state.trouble is not None:
            return _troubled(self.state.trouble), UNDISTURBED
        return self._answer(call), UNDISTURBED

    def _answer(self, call: Call) -> Reply:
        if call.method == "GET" and (found := FILE.fullmatch(call.path)):
            return self.desk.file(call.headers.get("session", ""), found.group(1))
        desks = {LOGIN: self.desk.login, SEARCH: self.desk.search}
        if call.path not in desks:
            return Reply(404)
        return call.no_call() or desks[call.path](call.body)

    def steered(self, call: Call) -> Reply:
        """`/_mock/health`, `/_mock/journal`, `/_mock/papers`, `/_mock/sessions`."""
        journal = self.state.journal
        match call.method, call.path:
            case "GET", "/_mock/health":
                seed = self.population.seed
                return told({"status": "ok", "mock": "papers", "seed": seed})
            case "GET", "/_mock/journal":
                return told(journal.as_json())
            case "DELETE", "/_mock/journal":
                journal.clear()
                return told({"total": 0})
            case "POST", "/_mock/papers":
                return taken(call.body, self._put_in)
            case "DELETE", "/_mock/papers":
                self.desk.put_back()
                return told({})
            case "DELETE", "/_mock/sessions":
                self.desk.end_sessions()
                return told({})
        return Reply(404)

    def _put_in(self, wanted: dict[str, Any]) -> dict[str, object]:
        store = _Store.model_validate(wanted)
        self.desk.put_in(store.n, store.papers)
        return {"n": store.n, "papers": len(store.papers)}


class _Store(BaseModel):
    """What one person's store holds, as `POST /_mock/papers` takes it."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    n: int = Field(ge=0)
    papers: list[dict[str, Any]]


def _troubled(trouble: int | bytes) -> Reply:
    if isinstance(trouble, int):
        return Reply(trouble)
    if trouble.startswith(b"<"):
        return Reply(200, trouble, b"text/html")
    return Reply(200, trouble)
