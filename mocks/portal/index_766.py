"""The portal's report of Decision 766/QĐ-TTg on a unit, computed from what the unit sent.

Rules and their tags stand under `index_766` of the protocol. Whole numbers are exact; a score is a
text with two decimals, half up, or None where the threshold is not known or nothing was counted.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from mocks.adapter import PROTOCOL
from mocks.portal.catalogue import Catalogue
from mocks.portal.dossiers import Held

Json = dict[str, Any]
Reported = Mapping[tuple[str, str], int]
"""(procedure, month as yyyyMM) -> how many dossiers the national report counts."""

_INDICATORS: list[Json] = PROTOCOL["index_766"]["digitisation"]
_SYNCHRONISED: str = PROTOCOL["index_766"]["synchronised"]["id"]
_ON_TIME: str = PROTOCOL["index_766"]["on_time"]["id"]
_ONLINE: str = PROTOCOL["index_766"]["online"]["id"]
_PAID: str = PROTOCOL["index_766"]["paid_online"]["id"]
_PAID_ONLINE = frozenset({"1", "2"})
_DELETED = frozenset({"True", "1"})
_ENDS = (("9",), ("10",), ("8", "3", "7"))


@dataclass(frozen=True, slots=True)
class Period:
    """Days of receipt, both included, as `yyyyMMdd`."""

    first: str
    last: str

    def holds(self, stamp: str) -> bool:
        """Whether a time `yyyyMMddHHmmss` lies in it."""
        return self.first <= stamp[:8] <= self.last


@dataclass(frozen=True, slots=True)
class Marks:
    """What a dossier shows of digitisation."""

    result_paper: bool
    e_result: bool
    component_file: bool
    reused: bool
    from_store: bool
    population_data: bool


def report(
    dossiers: Iterable[Held],
    catalogue: Catalogue,
    period: Period,
    reported: Reported,
    population_database: str,
) -> Json:
    """The indicators of the unit, and of each sector (lĩnh vực) the ones that pass through time."""
    chosen = [held for held in dossiers if period.holds(held.said["NgayTiepNhan"])]
    by_sector: dict[str, list[Held]] = defaultdict(list)
    for held in chosen:
        by_sector[held.said["MaLinhVuc"]].append(held)
    counted = {k: n for k, n in reported.items() if period.first[:6] <= k[1] <= period.last[:6]}
    for procedure, _ in counted:
        by_sector[_sector(catalogue, procedure)] += []
    return {
        "dossiers": len(chosen),
        "indicators": _digitisation(chosen, catalogue, population_database)
        | _online(chosen)
        | _passage(chosen, counted),
        "sectors": {
            sector: _passage(
                held, {k: n for k, n in counted.items() if _sector(catalogue, k[0]) == sector}
            )
            for sector, held in sorted(by_sector.items())
        },
    }


def _sector(catalogue: Catalogue, procedure: str) -> str:
    found = catalogue.find(procedure)
    return "" if found is None else str(found["sector"])


def _digitisation(chosen: list[Held], catalogue: Catalogue, database: str) -> Json:
    marks = [(held, marks_of(held, catalogue, database)) for held in chosen]
    citizens = {one["code"] for one in catalogue.public() if "citizen" in one["users"]}
    connected = {held.procedure for held, m in marks if m.population_data} & citizens
    every = len(marks)
    counts = {
        "4.1": (
            sum(m.result_paper and m.e_result for _, m in marks),
            sum(m.result_paper for _, m in marks),
        ),
        "4.2": (
            sum(m.component_file and (m.e_result or not m.result_paper) for _, m in marks),
            every,
        ),
        "4.3": (sum(m.reused for _, m in marks), every),
        "4.4": (sum(m.from_store or m.e_result for _, m in marks), every),
        "4.5a": (len(connected), len(citizens)),
        "4.5b": (sum(m.population_data for _, m in marks), every),
    }
    return {
        one["id"]: _share(*counts[one["id"]], one["points"], one["full_score_at"])
        for one in _INDICATORS
    }


def marks_of(held: Held, catalogue: Catalogue, population_database: str) -> Marks:
    """Read the marks off what the unit sent, and nothing else."""
    said = held.said
    files = [f for f in said.get("TaiLieuNop", ()) if f.get("IsDeleted") not in _DELETED]
    procedure = catalogue.find(held.procedure)
    from_store = any(file.get("DuocLayTuKhoDMQG") == "1" for file in files)
    databases = {one["MaCSDL"] for one in said.get("DSKetNoiCSDL", ())}
    if said.get("NoiNopHoSo") == "1":
        reused = any(file.get("DuocSoHoa") == "1" for file in files)
    else:
        reused = said.get("HoSoCoThanhPhanSoHoa") == "1"
    return Marks(
        result_paper=procedure is not None and procedure["result"] is not None,
        e_result=has_e_result(held),
        component_file=any(file.get("DuongDanTaiTepTin") for file in files),
        reused=reused,
        from_store=from_store,
        population_data=said.get("TaiKhoanDuocXacThucVoiVNeID") == "1"
        or from_store
        or population_database in databases,
    )


def has_e_result(held: Held) -> bool:
    """Whether a link to an electronic result was sent."""
    return any(r.get("DuongDanTepTinKetQua") for r in held.said.get("DanhSachGiayToKetQua", ()))


def _online(chosen: list[Held]) -> Json:
    """3.3 and 3.6; a dossier without a fee that costs anything can be paid in no way."""
    online = [h for h in chosen if h.said.get("KenhThucHien") == "2" and has_e_result(h)]
    priced = [
        held
        for held in chosen
        if any(int(fee.get("Gia", "0")) for fee in held.said.get("DanhSachLePhi", ()))
    ]
    paid = [held for held in priced if held.said.get("DuocThanhToanTrucTuyen") in _PAID_ONLINE]
    return {
        _ONLINE: _share(len(online), len(chosen)),
        _PAID: _share(len(paid), len(priced)),
    }


def _passage(chosen: list[Held], reported: Reported) -> Json:
    """1.4 and 2.1, which have no points of their own here."""
    ended = [held for held in chosen if end_of(held) is not None]
    held_of = Counter((held.procedure, held.said["NgayTiepNhan"][:6]) for held in chosen)
    larger = sum(max(held_of[place], reported.get(place, 0)) for place in {*held_of, *reported})
    return {
        _SYNCHRONISED: _share(len(chosen), larger),
        _ON_TIME: _share(sum(map(in_time, ended)), len(ended)),
    }


def end_of(held: Held) -> str | None:
    """When processing ended: at state 9, else 10, else 8, 3 or 7; None while it goes on."""
    for states in _ENDS:
        for row in held.progress:
            if row["TrangThai"] in states:
                return str(row["ThoiDiemXuLy"])
    return None


def in_time(held: Held) -> bool:
    """Whether it ended by NgayHenTra, waiting left out; a second turn to state 5 is late."""
    end = end_of(held)
    if end is None:
        return False
    waited, since, turns = 0.0, None, 0
    for row in held.progress:
        at = min(row["ThoiDiemXuLy"], end)
        if row["TrangThai"] == "5" and since is None:
            since, turns = at, turns + 1
        elif row["TrangThai"] != "5" and since is not None:
            waited, since = waited + _seconds(since, at), None
    late = _seconds(held.said["NgayHenTra"], end) - waited
    return turns <= 1 and late <= 0


def _seconds(start: str, end: str) -> float:
    """Between two times `yyyyMMddHHmmss` of one zone; below 0 where the second is earlier."""
    pattern = "%Y%m%d%H%M%S"
    return (datetime.strptime(end, pattern) - datetime.strptime(start, pattern)).total_seconds()


def _share(part: int, whole: int, points: int | None = None, full: float | None = None) -> Json:
    told: Json = {"numerator": part, "denominator": whole}
    if points is not None:
        told |= {"points": points, "score": _score(part, whole, points, full)}
    return told


def _score(part: int, whole: int, points: int, full: float | None) -> str | None:
    if full is None or not whole:
        return None
    exact = Decimal(points) * part / whole / Decimal(str(full))
    return str(min(Decimal(points), exact).quantize(Decimal("0.01"), ROUND_HALF_UP))
