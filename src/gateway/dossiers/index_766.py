"""What would Decision 766/QĐ-TTg give a province for the dossiers that the portal was told of?

Digitisation (4.1 to 4.5b), on-time settlement (2.1) and the synchronised share (1.4), by the formulas
under `index_766` of `schemas/portal-protocol.json`, over what was told and nothing else: a dossier that
still waits stands in none of them. All dossiers are those received in the period, days in Vietnam, both
included. Numerators and denominators are whole; a score has two decimals, half up, and is null
where its threshold is not known or nothing was counted.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import Connection, select

from gateway.dossiers.dossier import DONE, REFUSED, RETURNED, STOPPED, SUPPLEMENT, WITHDRAWN
from gateway.dossiers.telling.confirming import ToldDossier, read_told
from gateway.forms.values import LOCAL_ZONE
from gateway.storage.portal_tables import dossier_steps, dossiers, portal_procedures

Json = dict[str, Any]
Reported = Mapping[tuple[str, str], int]
"""(procedure, month as yyyyMM) -> how many dossiers the national report counts."""

_ENDS = (frozenset({DONE}), frozenset({RETURNED}), frozenset({STOPPED, REFUSED, WITHDRAWN}))
_BASE_CODE = 8


@dataclass(frozen=True, slots=True)
class _Procedure:
    """What an indicator needs to know of a procedure."""

    code: str
    sector: str
    citizens: bool
    result_paper: bool


@dataclass(frozen=True, slots=True)
class _Sent:
    """One dossier as the portal has it: what was told, and the states it passed, with their times."""

    procedure: str
    told: ToldDossier
    steps: Sequence[tuple[int, int]]

    @property
    def received(self) -> date:
        """The day in Vietnam on which it was received."""
        return datetime.fromtimestamp(self.told.received, UTC).astimezone(LOCAL_ZONE).date()

    def has(self, flag: str, value: str | None = None) -> bool:
        """Whether the portal was told this flag."""
        return any(m.flag == flag and value in (None, m.value) for m in self.told.marks)

    def population_data(self, code: str) -> bool:
        """Whether it counts as using the population's data."""
        return (
            self.has("TaiKhoanDuocXacThucVoiVNeID")
            or self.has("DuocLayTuKhoDMQG")
            or self.has("DSKetNoiCSDL", code)
        )


def index_766(
    connection: Connection,
    definition: Mapping[str, Any],
    tenant: str,
    period: tuple[date | None, date | None],
    reported: Reported,
    population_code: str,
) -> Json:
    """The indicators of one tenant, and of each sector (lĩnh vực) 1.4 and 2.1.

    `definition` is `index_766` of the protocol; `reported` are the counts of the months concerned.
    """
    sent = [one for one in _sent(connection, tenant) if _received_in(one, period)]
    procedures = _procedures(connection)
    by_sector: dict[str, list[_Sent]] = defaultdict(list)
    for one in sent:
        by_sector[_sector(procedures, one.procedure)].append(one)
    for procedure, _ in reported:
        by_sector[_sector(procedures, procedure)] += []
    return {
        "dossiers": len(sent),
        "indicators": _digitisation(sent, procedures, definition, population_code)
        | _passage(sent, reported, definition),
        "sectors": {
            sector: _passage(ones, _of_sector(reported, procedures, sector), definition)
            for sector, ones in sorted(by_sector.items())
        },
    }


def _sent(connection: Connection, tenant: str) -> Iterable[_Sent]:
    asked = select(dossiers.c.code, dossiers.c.procedure, dossiers.c.told).where(
        dossiers.c.tenant == tenant, dossiers.c.told.is_not(None)
    )
    rows = connection.execute(asked).all()
    steps: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for step in connection.execute(
        select(dossier_steps.c.code, dossier_steps.c.state, dossier_steps.c.at)
        .join(dossiers, dossiers.c.code == dossier_steps.c.code)
        .where(dossiers.c.tenant == tenant, dossier_steps.c.sealed.is_(None))
        .order_by(dossier_steps.c.code, dossier_steps.c.seq)
    ):
        steps[step.code].append((step.state, step.at))
    for row in rows:
        told = read_told(row.told)
        if told is not None:
            yield _Sent(row.procedure[:_BASE_CODE], told, steps[row.code])


def _received_in(one: _Sent, period: tuple[date | None, date | None]) -> bool:
    first, last = period
    return (first is None or first <= one.received) and (last is None or one.received <= last)


def _procedures(connection: Connection) -> dict[str, _Procedure]:
    table = portal_procedures
    return {
        row.code: _Procedure(
            row.code, row.sector, row.public and row.listed and row.for_citizens, row.has_result
        )
        for row in connection.execute(select(table))
    }


def _sector(procedures: Mapping[str, _Procedure], code: str) -> str:
    return procedures[code].sector if code in procedures else ""


def _of_sector(
    reported: Reported, procedures: Mapping[str, _Procedure], sector: str
) -> dict[tuple[str, str], int]:
    return {k: n for k, n in reported.items() if _sector(procedures, k[0]) == sector}


def _digitisation(
    sent: Sequence[_Sent],
    procedures: Mapping[str, _Procedure],
    definition: Mapping[str, Any],
    code: str,
) -> Json:
    paper = {one for one, said in procedures.items() if said.result_paper}
    citizens = {one for one, said in procedures.items() if said.citizens}
    using = [one.population_data(code) for one in sent]
    connected = {one.procedure for one, uses in zip(sent, using, strict=True) if uses} & citizens
    with_paper = [one for one in sent if one.procedure in paper]
    whole = len(sent)
    counts = {
        "4.1": (sum(one.told.e_result for one in with_paper), len(with_paper)),
        "4.2": (
            sum(
                one.told.with_file and (one.told.e_result or one.procedure not in paper)
                for one in sent
            ),
            whole,
        ),
        "4.3": (sum(one.has("HoSoCoThanhPhanSoHoa") for one in sent), whole),
        "4.4": (sum(one.has("DuocLayTuKhoDMQG") or one.told.e_result for one in sent), whole),
        "4.5a": (len(connected), len(citizens)),
        "4.5b": (sum(using), whole),
    }
    return {
        one["id"]: _scored(*counts[one["id"]], one["points"], one["full_score_at"])
        for one in definition["digitisation"]
    }


def _passage(sent: Sequence[_Sent], reported: Reported, definition: Mapping[str, Any]) -> Json:
    """1.4 and 2.1, which have no points of their own here."""
    told = Counter((one.procedure, f"{one.received:%Y%m}") for one in sent)
    larger = sum(max(told[place], reported.get(place, 0)) for place in {*told, *reported})
    ended = [one for one in sent if _end(one.steps) is not None]
    return {
        definition["synchronised"]["id"]: _share(len(sent), larger),
        definition["on_time"]["id"]: _share(sum(map(_in_time, ended)), len(ended)),
    }


def _end(steps: Sequence[tuple[int, int]]) -> int | None:
    """When processing ended: at state 9, else 10, else 8, 3 or 7; None while it goes on."""
    for states in _ENDS:
        for state, at in steps:
            if state in states:
                return at
    return None


def _in_time(one: _Sent) -> bool:
    """Whether it ended by the promised time, waiting left out; a second turn to state 5 is late."""
    end = _end(one.steps)
    if end is None:
        return False
    waited, since, turns = 0, None, 0
    for state, at in one.steps:
        at = min(at, end)
        if state == SUPPLEMENT and since is None:
            since, turns = at, turns + 1
        elif state != SUPPLEMENT and since is not None:
            waited, since = waited + at - since, None
    return turns <= 1 and end - waited <= one.told.due


def _share(part: int, whole: int) -> Json:
    return {"numerator": part, "denominator": whole}


def _scored(part: int, whole: int, points: int, full: float | None) -> Json:
    return _share(part, whole) | {"points": points, "score": _score(part, whole, points, full)}


def _score(part: int, whole: int, points: int, full: float | None) -> str | None:
    if full is None or not whole:
        return None
    exact = Decimal(points) * part / whole / Decimal(str(full))
    return str(min(Decimal(points), exact).quantize(Decimal("0.01"), ROUND_HALF_UP))
