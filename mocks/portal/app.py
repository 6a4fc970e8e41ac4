"""The ASGI application of the portal's mock: what the adapter forwards, and `/_mock/` to control it."""

import re
from types import SimpleNamespace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from mocks.adapter import PROTOCOL, Entrance
from mocks.people import Population
from mocks.portal.catalogue import Change
from mocks.portal.desk import CALL, LOGIN, Desk
from mocks.portal.dossiers import belongs_to
from mocks.portal.index_766 import Period, report
from mocks.portal.settings import PortalMockSettings
from mocks.wire import UNDISTURBED, Call, OnTheWay, Reply, taken, told

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Report(BaseModel):
    """What the national report counts of a procedure in a month: `POST /_mock/reported`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    procedure: str = Field(pattern=r"^\d\.\d{6}$")
    month: str = Field(pattern=PROTOCOL["formats"]["month"]["regex"])
    count: int = Field(ge=0)


class Passing(BaseModel):
    """Time that passes: `POST /_mock/clock`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    forward_seconds: float = Field(ge=0)


class PortalMock(Entrance):
    """The National Public Service Portal (Cổng Dịch vụ công quốc gia) behind its adapter.

    `state.journal`, `state.faults`, `state.dossiers`, `state.catalogue`, `state.sessions`,
    `state.reported`, `state.clock` and `state.settings` are there for tests in the same process.
    """

    body_limit = 4 * 1024 * 1024

    def __init__(self, settings: PortalMockSettings, population: Population) -> None:
        desk = Desk(settings, population)
        self.desk = desk
        self.population = population
        self.state = SimpleNamespace(
            settings=settings,
            journal=desk.journal,
            faults=desk.faults,
            dossiers=desk.dossiers,
            catalogue=desk.catalogue,
            sessions=desk.sessions,
            reported=desk.reported,
            clock=desk.clock,
        )

    def forwarded(self, call: Call) -> tuple[Reply, OnTheWay]:
        """Sign-in, or a service."""
        desks = {LOGIN: self.desk.login, CALL: self.desk.call}
        if call.path not in desks:
            return Reply(404), UNDISTURBED
        if wrong := call.no_call():
            return wrong, UNDISTURBED
        return desks[call.path](call.body)

    def index_766(self, first: str, last: str, agency: str | None = None) -> dict[str, Any]:
        """The indicators of Decision 766 for the days from `first` to `last`, `yyyy-MM-dd`."""
        dossiers = [
            held
            for held in self.desk.dossiers.held.values()
            if agency is None or belongs_to(agency, held.code.partition("-")[0])
        ]
        period = Period(first.replace("-", ""), last.replace("-", ""))
        database = self.state.settings.population_database
        return report(dossiers, self.desk.catalogue, period, self.desk.reported, database)

    def steered(self, call: Call) -> Reply:
        """Everything under `/_mock/`."""
        place, _, rest = call.path.removeprefix("/_mock/").partition("/")
        doors = {
            "health": self._health,
            "journal": self._journal,
            "faults": self._faults,
            "state": self._state,
            "procedures": self._procedures,
            "reported": self._reported,
            "clock": self._clock,
            "sessions": self._sessions,
            "index-766": self._index,
        }
        if not call.path.startswith("/_mock/") or place not in doors:
            return Reply(404)
        return doors[place](call, rest) or Reply(405)

    def _health(self, call: Call, rest: str) -> Reply | None:
        return told({"status": "ok", "mock": "portal", "seed": self.population.seed})

    def _journal(self, call: Call, rest: str) -> Reply | None:
        if call.method == "DELETE":
            self.desk.journal.clear()
        return told(self.desk.journal.as_json())

    def _faults(self, call: Call, rest: str) -> Reply | None:
        faults = self.desk.faults
        if call.method == "POST":
            return taken(call.body, lambda rule: faults.add(**rule).as_json())
        if call.method == "DELETE" and rest:
            return told({"removed": True}) if faults.remove(rest) else Reply(404)
        if call.method == "DELETE":
            faults.clear()
        return told(faults.as_json())

    def _state(self, call: Call, rest: str) -> Reply | None:
        dossiers = self.desk.dossiers
        if not rest:
            return told(dossiers.as_json())
        if rest == "dossiers":
            return told({code: held.as_json() for code, held in dossiers.held.items()})
        held = dossiers.held.get(rest.removeprefix("dossiers/"))
        return Reply(404) if held is None else told(held.as_json())

    def _procedures(self, call: Call, rest: str) -> Reply | None:
        catalogue = self.desk.catalogue
        if call.method == "POST":
            return taken(call.body, lambda said: catalogue.change(Change.model_validate(said)))
        if call.method == "DELETE":
            catalogue.restore()
        return told(catalogue.as_json())

    def _reported(self, call: Call, rest: str) -> Reply | None:
        reported = self.desk.reported

        def take(said: dict[str, Any]) -> object:
            one = Report.model_validate(said)
            reported[one.procedure, one.month] = one.count
            return one.model_dump()

        if call.method == "POST":
            return taken(call.body, take)
        if call.method == "DELETE":
            reported.clear()
        return told([{"procedure": p, "month": m, "count": n} for (p, m), n in reported.items()])

    def _clock(self, call: Call, rest: str) -> Reply | None:
        clock = self.desk.clock

        def take(said: dict[str, Any]) -> object:
            clock.forward(Passing.model_validate(said).forward_seconds)
            return {"now": clock.stamp()}

        return taken(call.body, take) if call.method == "POST" else told({"now": clock.stamp()})

    def _sessions(self, call: Call, rest: str) -> Reply | None:
        if call.method == "DELETE":
            self.desk.sessions.end_all()
        return told({"opened": self.desk.sessions.opened})

    def _index(self, call: Call, rest: str) -> Reply | None:
        first, last = (call.asked(name) or "" for name in ("from", "to"))
        if not (_DAY.fullmatch(first) and _DAY.fullmatch(last)):
            return told({"error": "makes no sense", "members": ["from", "to"]}, 422)
        return told(self.index_766(first, last, call.asked("agency")))
