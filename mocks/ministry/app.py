"""The ASGI application of the ministry's adapter: six calls, and `/_mock/` to control the mock."""

import json
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

from mocks.adapter import PROTOCOL, Refused
from mocks.faults import Losing, Rule, Rules
from mocks.journal import Journal
from mocks.ministry.desk import Desk, Forbidden
from mocks.ministry.multipart import files_in
from mocks.ministry.settings import MinistryMockSettings
from mocks.portal.asked import Asked
from mocks.portal.settings import Clock
from mocks.wire import UNDISTURBED, Application, Call, OnTheWay, Reply, taken, told

_PATHS: dict[str, str] = PROTOCOL["ministry"]["paths"]
_CALLS = {path: name for name, path in _PATHS.items() if name != "tag"}


class MinistryRule(Losing, Rule):
    """One fault: the `call` it is about, by its name under `ministry.paths`, and effects."""

    call: str | None = None

    def conditions(self) -> set[str]:
        """The members that say which requests are meant."""
        return {"call"}


class MinistryMock(Application):
    """A ministry's adapter as an ASGI application.

    `state.journal`, `state.faults`, `state.desk`, `state.clock` and `state.settings` are there for
    tests in the same process.
    """

    body_limit = 32 * 1024 * 1024

    def __init__(self, settings: MinistryMockSettings) -> None:
        clock = Clock(settings.clock)
        self.desk = Desk(settings, clock)
        self.state = SimpleNamespace(
            settings=settings,
            clock=clock,
            desk=self.desk,
            journal=Journal[Asked](settings.journal_entries),
            faults=Rules(MinistryRule, clock),
        )

    def answered(self, call: Call) -> tuple[Reply, OnTheWay]:
        """One of the six calls, or a wish to the mock."""
        if call.path.startswith("/_mock/"):
            return self._steered(call), UNDISTURBED
        name = _CALLS.get(call.path)
        if name is None:
            return _enveloped(404, "không có dịch vụ này"), UNDISTURBED
        struck = self.state.faults.struck(lambda rule: rule.call in (None, name))
        effects = Losing.model_validate(struck)
        if effects.keeps_away():
            self._note(name, "fault", effects)
            return Reply(200), effects
        reply = self._reply(name, call)
        self._note(name, str(reply.status), effects)
        return reply, effects.loses()

    def _reply(self, name: str, call: Call) -> Reply:
        if call.method != ("GET" if name == "next_code" else "POST"):
            return _enveloped(400, "phương thức không hợp lệ")
        if name == "token":
            return self._token(call)
        if not self.desk.knows(call.headers.get("authorization", "")):
            return _enveloped(401, "token không hợp lệ hoặc đã hết hạn")
        try:
            return self._done(name, call)
        except Forbidden:
            return _enveloped(403, "không có quyền với đơn vị này")
        except Refused as error:
            return _enveloped(400, error.message)

    def _token(self, call: Call) -> Reply:
        form = parse_qs(call.body.decode("latin-1"))
        given = (form.get(name, [""])[0] for name in ("client_id", "client_secret"))
        issued = self.desk.token(*given)
        return _enveloped(401, "sai client") if issued is None else told(issued)

    def _done(self, name: str, call: Call) -> Reply:
        if name == "next_code":
            return told({"value": self.desk.next_code(call.asked("code") or "")})
        if name == "upload":
            files = files_in(call.headers.get("content-type", ""), call.body)
            return _enveloped(200, "Thành công", self.desk.upload(files))
        said = _read(call.body)
        if name == "create":
            return self._created(said)
        if name == "progress":
            self.desk.progress(said)
        else:
            self.desk.state(said)
        return _enveloped(200, "Thành công", [])

    def _created(self, said: Any) -> Reply:
        try:
            return _enveloped(200, "Thành công", self.desk.create(said))
        except Refused as error:
            if error.name != "exists":
                raise
            return _enveloped(400, error.message, self.desk.named(said["MaHoSo"]))

    def _note(self, name: str, outcome: str, effects: Losing) -> None:
        struck = tuple(effects.model_dump(exclude_none=True))
        self.state.journal.add(Asked(self.state.clock(), name, outcome, faults=struck))

    def _steered(self, call: Call) -> Reply:
        faults, journal = self.state.faults, self.state.journal
        match call.method, call.path:
            case "GET", "/_mock/health":
                return told({"status": "ok", "mock": "ministry"})
            case "GET", "/_mock/journal":
                return told(journal.as_json())
            case "DELETE", "/_mock/journal":
                journal.clear()
                return told(journal.as_json())
            case "GET", "/_mock/faults":
                return told(faults.as_json())
            case "POST", "/_mock/faults":
                return taken(call.body, lambda rule: faults.add(**rule).as_json())
            case "DELETE", "/_mock/faults":
                faults.clear()
                return told([])
            case "GET", "/_mock/state":
                return told({code: kept.as_json() for code, kept in self.desk.kept.items()})
            case "DELETE", "/_mock/tokens":
                self.desk.end_tokens()
                return told({})
        return Reply(404)


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Refused("malformed", "JSON") from None


def _enveloped(status: int, message: str, data: object = None) -> Reply:
    return told({"code": status, "message": message, "data": data}, status)
