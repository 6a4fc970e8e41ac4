"""Answer one call to the portal, faults included."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from mocks.adapter import DONE, PROTOCOL, Refused, Sessions, members, refused, success
from mocks.adapter.envelope import said
from mocks.adapter.fields import check, fields_of
from mocks.faults import Rules
from mocks.journal import Journal
from mocks.people import Population
from mocks.portal.asked import Asked
from mocks.portal.catalogue import Catalogue
from mocks.portal.dossiers import Dossiers, belongs_to
from mocks.portal.faults import QUIET, Effects, PortalRule
from mocks.portal.settings import Clock, PortalMockSettings
from mocks.wire import Reply

Json = dict[str, Any]

LOGIN: str = PROTOCOL["transport"]["login"]["path"]
CALL: str = PROTOCOL["transport"]["call"]["path"]

_TRANSPORT, _SERVICES, _LISTS = (PROTOCOL[name] for name in ("transport", "services", "lists"))
_SIGN_IN, _ENVELOPE = (
    fields_of([{"name": name, "required": "filled"} for name in _TRANSPORT[way]["request"]], {})
    for way in ("login", "call")
)
_REQUESTS = {name: _ENVELOPE + fields_of(one["request"], _LISTS) for name, one in _SERVICES.items()}
_ROWS = {name: fields_of(one["data"], _LISTS) for name, one in _SERVICES.items() if "data" in one}
_MOST = {
    "DongBoHoSoMC": _TRANSPORT["dossiers_per_call"]["value"],
    "CapNhatTienDoHoSoMC": _TRANSPORT["progress_rows_per_call"]["value"],
}


class Desk:
    """Signs units in, answers services, and notes everything down."""

    def __init__(self, settings: PortalMockSettings, population: Population) -> None:
        self._settings = settings
        self._population = population
        self.clock = Clock(settings.clock)
        self.journal = Journal[Asked](settings.journal_entries)
        self.faults = Rules(PortalRule, self.clock)
        self.catalogue = Catalogue(settings.unit)
        self.dossiers = Dossiers(self.catalogue, self.clock.stamp)
        self.reported = Counter[tuple[str, str]]()
        self.sessions = Sessions(
            {settings.unit: settings.password}, self.clock, settings.session_seconds
        )
        self._services: Mapping[str, Callable[[str, Json], list[Json]]] = {
            "LayDanhSachTTHC": lambda unit, asked: self.catalogue.listed(),
            "LayThuTuc": lambda unit, asked: self.catalogue.tree(asked["maTTHC"]),
            "LayDanhMucCoQuan": lambda unit, asked: self.catalogue.agencies(),
            "LayDanhMucLinhVuc": lambda unit, asked: self.catalogue.sectors(),
            "TraCuuTechID": self._technical_id,
            "TraCuuHoSo": self._look_up,
            "DongBoHoSoMC": self._take,
            "CapNhatTienDoHoSoMC": self._advance,
            "DongBoTrangThaiHoSo": self._tell_state,
            "DoiSoatHoSo": self._reconcile,
        }

    def login(self, body: bytes) -> tuple[Reply, Effects]:
        """A new session for the unit."""
        return self._answered(body, "login", self._login)

    def call(self, body: bytes) -> tuple[Reply, Effects]:
        """Any service."""
        return self._answered(body, None, self._serve)

    def _answered(
        self, body: bytes, service: str | None, work: Callable[[Json], Json]
    ) -> tuple[Reply, Effects]:
        asked = members(body)
        if asked is None:
            self._note(service or "", "malformed_body", {}, QUIET)
            return refused(Refused("missing", "không phải JSON"), 400), QUIET
        service = service or _text(asked.get("service"))
        effects = self._struck(service, asked)
        if effects.keeps_away() or effects.failing_message is not None:
            self._note(service, "fault", asked, effects)
            return said("0", effects.failing_message or DONE, result=[]), effects
        if effects.expire_session:
            self.sessions.end_all()
        try:
            told = work(asked)
        except Refused as error:
            self._note(service, error.name, asked, effects)
            return self._refusal(error, effects), effects.loses()
        self._note(service, "done", asked, effects)
        return _success(told, effects), effects.loses()

    def _struck(self, service: str, asked: Json) -> Effects:
        if not len(self.faults):
            return QUIET
        dossiers, procedures = _named(asked, "MaHoSo", "mahoso"), _named(asked, "MaTTHC", "maTTHC")
        struck = self.faults.struck(lambda rule: rule.fits(service, dossiers, procedures))
        return Effects.model_validate(struck) if struck else QUIET

    def _refusal(self, error: Refused, effects: Effects) -> Reply:
        code: str | int = error.code
        if error.name == "exists":
            code = effects.exists_code or self._settings.exists_code
        if effects.success_code == "number":
            code = int(code)
        return said(code, error.message)

    def _login(self, asked: Json) -> Json:
        check(_SIGN_IN, asked)
        return {"session": self.sessions.open(asked["username"], asked["password"])}

    def _serve(self, asked: Json) -> Json:
        service = asked.get("service")
        if not isinstance(service, str) or service not in _SERVICES:
            raise Refused("unknown_service")
        data = asked.get("data")
        check(_REQUESTS[service], {k: v for k, v in asked.items() if k != "data"})
        unit = self.sessions.unit(asked["session"])
        if not belongs_to(unit, asked["madonvi"]):
            raise Refused("not_allowed", "với madonvi này")
        if service in _ROWS:
            _check_data(service, data)
        elif "data" in asked:
            raise Refused("malformed", "data")
        if service not in self._services:
            return {"result": self.catalogue.entries(service)}
        return {"result": self._services[service](unit, asked)}

    def _technical_id(self, unit: str, asked: Json) -> list[Json]:
        person = self._population.by_number(asked["mstorcmnd"])
        if person is None:
            return []
        named = f"{self._population.seed} {person.n}".encode()
        return [{"TECHNICALID": sha256(named).hexdigest()[:32]}]

    def _look_up(self, unit: str, asked: Json) -> list[Json]:
        held = self.dossiers.held.get(asked["mahoso"])
        if held is None or held.unit != unit:
            return []
        return [
            {
                "MAHOSO": held.code,
                "MATTHC": held.procedure,
                "TRANGTHAI": held.state,
                "NGAYDONGBO": held.arrived_at,
                "NGAYDUOCTIEPNHAN": held.accepted_at or "",
            }
        ]

    def _take(self, unit: str, asked: Json) -> list[Json]:
        self.dossiers.take(unit, asked["data"], updating=asked["isUpdating"] == "True")
        return []

    def _advance(self, unit: str, asked: Json) -> list[Json]:
        self.dossiers.advance(unit, asked["data"])
        return []

    def _tell_state(self, unit: str, asked: Json) -> list[Json]:
        self.dossiers.tell_state(unit, asked["data"])
        return []

    def _reconcile(self, unit: str, asked: Json) -> list[Json]:
        """Per procedure and month: what is here, what was first accepted then, what is reported."""
        first, last = asked["tuThang"], asked["denThang"]
        counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
        for held in self.dossiers.held.values():
            if held.unit == unit:
                counts[held.procedure, held.said["NgayTiepNhan"][:6]][0] += 1
                if held.accepted_at:
                    counts[held.procedure, held.accepted_at[:6]][1] += 1
        for place, reported in self.reported.items():
            counts[place][2] += reported
        return [
            {
                "MATTHC": procedure,
                "THANG": month,
                "SOHOSO": str(here),
                "SODUOCTIEPNHAN": str(accepted),
                "SOBAOCAO": str(max(here, reported)),
            }
            for (procedure, month), (here, accepted, reported) in sorted(counts.items())
            if first <= month <= last
        ]

    def _note(self, service: str, outcome: str, asked: Json, effects: Effects) -> None:
        data = asked.get("data")
        self.journal.add(
            Asked(
                self.clock(),
                service,
                outcome,
                _text(asked.get("madonvi") or asked.get("username")),
                _named(asked, "MaHoSo", "mahoso"),
                len(data) if isinstance(data, list) else int(data is not None),
                () if effects is QUIET else tuple(effects.model_dump(exclude_none=True)),
            )
        )


def _check_data(service: str, data: object) -> None:
    if data is None:
        raise Refused("missing", "data")
    if _SERVICES[service].get("data_is") == "object":
        return check(_ROWS[service], data, "data.")
    if not isinstance(data, list) or len(data) > _MOST[service]:
        raise Refused("malformed", "data")
    if not data:
        raise Refused("missing", "data")
    for number, row in enumerate(data):
        check(_ROWS[service], row, f"data[{number}].")
    return None


def _success(told: Json, effects: Effects) -> Reply:
    match effects.success_code:
        case "00":
            return said("00", DONE, **told)
        case "number":
            return said(0, DONE, **told)
    return success(**told)


def _named(asked: Json, in_data: str, beside: str) -> tuple[str, ...]:
    """The codes that a call names, in its rows or beside them."""
    data = asked.get("data")
    rows = data if isinstance(data, list) else [data]
    codes = [row.get(in_data) for row in rows if isinstance(row, dict)]
    return tuple(dict.fromkeys(c for c in [*codes, asked.get(beside)] if isinstance(c, str)))


def _text(value: object) -> str:
    return value[:100] if isinstance(value, str) else ""
