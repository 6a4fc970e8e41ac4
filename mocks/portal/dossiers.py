"""The dossiers that the portal holds, their states, and how they came there.

A call is taken whole or not at all. A dossier is new once; an update replaces the members that it
names, files by their TepDinhKemId. A progress row that is there already, word for word, is not
added again: a call that brings no other is told `đã tồn tại`. All of this is ours.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from sys import intern
from typing import Any

from mocks.adapter import PROTOCOL, Refused
from mocks.portal.catalogue import Catalogue

Json = dict[str, Any]

_FIRST = frozenset(PROTOCOL["transitions"]["first"])
_NEXT = {state: frozenset(then) for state, then in PROTOCOL["transitions"]["next"].items()}
_REFUSED_BY_ONE_CLIENT = "11"
ACCEPTED, REFUSED = "2", "3"


@dataclass(slots=True, eq=False)
class Held:
    """One dossier (hồ sơ) as it stands; empty members are left out of `said`.

    `history` holds (state, time of receipt, how) for each change of state; `progress` the rows in
    the order in which they came. `accepted_at` is when the portal first had it at state 2.
    """

    code: str
    unit: str
    procedure: str
    state: str
    arrived_at: str
    said: Json = field(repr=False)
    accepted_at: str | None = None
    updates: int = 0
    history: list[tuple[str, str, str]] = field(default_factory=list)
    progress: list[Json] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)

    def as_json(self) -> Json:
        """The dossier as `/_mock/state/dossiers/{code}` shows it."""
        return {
            "code": self.code,
            "unit": self.unit,
            "procedure": self.procedure,
            "state": self.state,
            "arrived_at": self.arrived_at,
            "accepted_at": self.accepted_at,
            "updates": self.updates,
            "history": [{"state": s, "at": at, "by": by} for s, at, by in self.history],
            "progress": self.progress,
            "flags": self.flags,
            "said": self.said,
        }


def belongs_to(unit: str, agency: str) -> bool:
    """Whether an agency is the unit or stands under it, by the new codes or the old ones."""
    return agency == unit or agency.startswith(f"{unit}.") or agency.endswith(f".{unit}")


class Dossiers:
    """The dossiers of all units. `stamp` tells the time as the portal writes it."""

    def __init__(self, catalogue: Catalogue, stamp: Callable[[], str]) -> None:
        self._catalogue = catalogue
        self._stamp = stamp
        self.held: dict[str, Held] = {}
        self.seen = Counter[str]()

    def find(self, unit: str, code: str) -> Held:
        """One dossier of the unit; Refused where there is none."""
        held = self.held.get(code)
        if held is None or held.unit != unit:
            raise Refused("unknown", "hồ sơ này")
        return held

    def take(self, unit: str, rows: Sequence[Json], *, updating: bool) -> None:
        """`DongBoHoSoMC`, checked before anything is written."""
        codes = [row["MaHoSo"] for row in rows]
        if len(set(codes)) < len(codes):
            raise Refused("malformed", "data: MaHoSo lặp lại")
        for number, row in enumerate(rows):
            self._check_row(unit, row, f"data[{number}].", updating=updating)
        there = [number for number, code in enumerate(codes) if code in self.held]
        if there and not updating:
            self.seen["exists"] += 1
            raise Refused("exists", f"data[{there[0]}].MaHoSo")
        for row in rows:
            if updating:
                self._update(row)
            else:
                self._add(unit, row)

    def _check_row(self, unit: str, row: Json, place: str, *, updating: bool) -> None:
        if not belongs_to(unit, row["MaHoSo"].partition("-")[0]):
            raise Refused("not_allowed", "với cơ quan trong MaHoSo")
        held = self.find(unit, row["MaHoSo"]) if updating else self.held.get(row["MaHoSo"])
        procedure = self._catalogue.find(row["MaTTHC"])
        if procedure is None or not (procedure["public"] or held):
            raise Refused("unknown_procedure", "không tồn tại hoặc đã bãi bỏ")
        if held and updating and held.procedure != procedure["code"]:
            raise Refused("malformed", f"{place}MaTTHC")
        if row["MaLinhVuc"] != procedure["sector"]:
            raise Refused("malformed", f"{place}MaLinhVuc")
        for number, file in enumerate(row.get("TaiLieuNop", ())):
            if file.get("DuocTaiSuDung") == "2" and not file.get("MaKetQuaThayThe"):
                raise Refused("missing", f"{place}TaiLieuNop[{number}].MaKetQuaThayThe")
        if held is None or updating:
            check_transition(None if held is None else held.state, row["TrangThaiHoSo"])

    def _add(self, unit: str, row: Json) -> None:
        code, procedure = row["MaHoSo"], row["MaTTHC"][:8]
        held = Held(code, unit, procedure, "", self._stamp(), _filled(row))
        self.held[code] = held
        self._move(held, row["TrangThaiHoSo"], "dossier")

    def _update(self, row: Json) -> None:
        held = self.held[row["MaHoSo"]]
        files = {file["TepDinhKemId"]: file for file in held.said.get("TaiLieuNop", ())}
        held.said = _filled(held.said | row)
        if "TaiLieuNop" in row:
            files |= {file["TepDinhKemId"]: _filled(file) for file in row["TaiLieuNop"]}
            held.said["TaiLieuNop"] = list(files.values())
        held.updates += 1
        self._move(held, row["TrangThaiHoSo"], "dossier")

    def advance(self, unit: str, rows: Sequence[Json]) -> None:
        """`CapNhatTienDoHoSoMC`, checked before anything is written."""
        states: dict[str, str] = {}
        new: list[tuple[Held, Json]] = []
        for row in rows:
            held = self.find(unit, row["MaHoSo"])
            kept = _filled({name: text for name, text in row.items() if name != "MaHoSo"})
            if kept in held.progress or (held, kept) in new:
                continue
            check_transition(states.get(held.code, held.state), row["TrangThai"])
            states[held.code] = row["TrangThai"]
            new.append((held, kept))
        self.seen["progress_rows_again"] += len(rows) - len(new)
        if not new:
            raise Refused("exists")
        for held, kept in new:
            if held.progress and kept["ThoiDiemXuLy"] < held.progress[-1]["ThoiDiemXuLy"]:
                held.flags.append("progress_back_in_time")
            held.progress.append(kept)
            self._move(held, kept["TrangThai"], "progress")

    def tell_state(self, unit: str, data: Json) -> None:
        """`DongBoTrangThaiHoSo`; 11 is taken as 3, and flagged."""
        held = self.find(unit, data["MaHoSo"])
        state = data["TrangThai"]
        if state == _REFUSED_BY_ONE_CLIENT:
            state = REFUSED
        check_transition(held.state, state)
        if state != data["TrangThai"]:
            held.flags.append("state_11")
        self._move(held, state, "state")

    def _move(self, held: Held, state: str, by: str) -> None:
        if state == held.state:
            return
        now = self._stamp()
        if state == ACCEPTED and held.accepted_at is not None:
            held.flags.append("back_to_accepted")
        held.state = state
        held.history.append((state, now, by))
        if state == ACCEPTED and held.accepted_at is None:
            held.accepted_at = now

    def as_json(self) -> Json:
        """How much there is, as `/_mock/state` shows it."""
        return {
            "dossiers": len(self.held),
            "progress": sum(len(held.progress) for held in self.held.values()),
            "states": dict(sorted(Counter(held.state for held in self.held.values()).items())),
            "flagged": sum(bool(held.flags) for held in self.held.values()),
            "seen_again": dict(self.seen),
        }


def check_transition(before: str | None, after: str) -> None:
    """Refused where a state may not follow; `before` None is a new dossier."""
    allowed = _FIRST if before is None else _NEXT[before] | {before}
    if after not in allowed:
        raise Refused("illegal_state", f"không hợp lệ: {before or 'mới'} -> {after}")


def _filled(row: Json) -> Json:
    """What is not empty; names are shared, since many thousand rows have the same."""
    return {intern(name): _kept(value) for name, value in row.items() if value not in ("", [])}


def _kept(value: Any) -> Any:
    if isinstance(value, list):
        return [_filled(one) if isinstance(one, dict) else one for one in value]
    return value
