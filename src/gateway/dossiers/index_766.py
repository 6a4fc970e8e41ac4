"""The indicators of Decision 766/QĐ-TTg over the dossiers that the portal has.

Digitisation (4.1 to 4.5b), online results and payments (3.3, 3.6), on-time settlement (2.1) and the
synchronised share (1.4), by the formulas under `index_766` of `schemas/portal-protocol.json`, over what
the portal has and nothing else: a dossier that still waits stands in none of them. All dossiers are those
received in the period, days in Vietnam, both included. Dossiers are read one by one and let go: what
stays are counts by procedure and month. Numerators and denominators are whole; a score has two
decimals, half up, and is null where its threshold is not known or nothing was counted.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from operator import attrgetter
from typing import NotRequired, TypedDict

from sqlalchemy import Connection, select

from gateway.dossiers._portal.protocol import Indicators
from gateway.dossiers._telling.confirming import SentDossier, read_sent
from gateway.dossiers.dossier import DONE, REFUSED, RETURNED, STOPPED, SUPPLEMENT, WITHDRAWN
from gateway.forms.values import LOCAL_ZONE
from gateway.storage.schema import dossier_steps, dossiers, portal_procedures

Reported = Mapping[tuple[str, str], int]
"""(procedure, month as yyyyMM) -> how many dossiers the national report counts."""

_ENDS = (frozenset({DONE}), frozenset({RETURNED}), frozenset({STOPPED, REFUSED, WITHDRAWN}))
_BASE_CODE = 8
_ONLINE = "2"
_STREAMED = {"yield_per": 500}


@dataclass(frozen=True, slots=True)
class _Procedure:
    """What an indicator needs to know of a procedure."""

    code: str
    sector: str
    citizens: bool
    result_paper: bool


@dataclass(frozen=True, slots=True)
class _Sent:
    """One dossier as the portal has it: what was sent, and the states it passed, with their times."""

    procedure: str
    sent: SentDossier
    steps: Sequence[tuple[int, int]]

    @property
    def received(self) -> date:
        """The day in Vietnam on which it was received."""
        return datetime.fromtimestamp(self.sent.received, UTC).astimezone(LOCAL_ZONE).date()

    def has(self, flag: str, value: str | None = None) -> bool:
        """Whether the portal has this flag."""
        return any(m.flag == flag and value in (None, m.value) for m in self.sent.marks)

    def population_data(self, code: str) -> bool:
        """Whether it counts as using the population's data."""
        return (
            self.has("TaiKhoanDuocXacThucVoiVNeID")
            or self.has("DuocLayTuKhoDMQG")
            or self.has("DSKetNoiCSDL", code)
        )


class Share(TypedDict):
    """An indicator's numerator and denominator; `points` and `score` where it has points."""

    numerator: int
    denominator: int
    points: NotRequired[int]
    score: NotRequired[str | None]


class Index766(TypedDict):
    """The indicators of one tenant by their number, and 1.4 and 2.1 of each sector."""

    dossiers: int
    indicators: Mapping[str, Share]
    sectors: Mapping[str, Mapping[str, Share]]


def index_766(
    connection: Connection,
    definition: Indicators,
    tenant: str,
    period: tuple[date | None, date | None],
    reported: Reported,
    population_code: str,
) -> Index766:
    """The indicators of one tenant, and of each sector (lĩnh vực) 1.4 and 2.1.

    `definition` is `index_766` of the protocol; `reported` are the counts of the months concerned.
    """
    procedures = _procedures(connection)
    whole, by_sector = _Counted(), defaultdict[str, _Counted](_Counted)
    for one in _sent(connection, tenant):
        if _received_in(one, period):
            whole.add(one, procedures, population_code)
            by_sector[_sector(procedures, one.procedure)].add(one, procedures, population_code)
    for procedure, _ in reported:
        by_sector.setdefault(_sector(procedures, procedure), _Counted())
    return {
        "dossiers": whole.sums["all"],
        "indicators": _digitisation(whole, procedures, definition)
        | _online(whole, definition)
        | _passage(whole, reported, definition),
        "sectors": {
            sector: _passage(counted, _of_sector(reported, procedures, sector), definition)
            for sector, counted in sorted(by_sector.items())
        },
    }


def _sent(connection: Connection, tenant: str) -> Iterator[_Sent]:
    """What the portal was sent, dossier by dossier, beside the rows of progress that it has."""
    own = dossiers.c.tenant == tenant, dossiers.c.told.is_not(None)
    asked = select(dossiers.c.code, dossiers.c.procedure, dossiers.c.told).where(*own)
    passed = (
        select(dossier_steps.c.code, dossier_steps.c.state, dossier_steps.c.at)
        .join(dossiers, dossiers.c.code == dossier_steps.c.code)
        .where(*own, dossier_steps.c.sealed.is_(None))
        .order_by(dossier_steps.c.code, dossier_steps.c.seq)
    )
    by_code = groupby(
        connection.execute(passed, execution_options=_STREAMED), key=attrgetter("code")
    )
    code, steps = next(by_code, (None, iter(())))
    for row in connection.execute(asked.order_by(dossiers.c.code), execution_options=_STREAMED):
        own_steps = [(one.state, one.at) for one in steps] if code == row.code else []
        if code == row.code:
            code, steps = next(by_code, (None, iter(())))
        if (sent := read_sent(row.told)) is not None:
            yield _Sent(row.procedure[:_BASE_CODE], sent, own_steps)


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


@dataclass(slots=True)
class _Counted:
    """What the dossiers of a period add up to."""

    sums: Counter[str] = field(default_factory=Counter)
    held: Counter[tuple[str, str]] = field(default_factory=Counter)
    using: set[str] = field(default_factory=set)

    def add(self, one: _Sent, procedures: Mapping[str, _Procedure], code: str) -> None:
        """Count a dossier in; `code` is the portal's of the population database."""
        known = procedures.get(one.procedure)
        paper, sent = known is not None and known.result_paper, one.sent
        uses = one.population_data(code)
        ended = _end(one.steps) is not None
        self.held[one.procedure, f"{one.received:%Y%m}"] += 1
        self.using |= {one.procedure} if uses else set()
        for name, holds in {
            "all": True,
            "result_paper": paper,
            "e_result": paper and sent.e_result,
            "digitised": sent.with_file and (sent.e_result or not paper),
            "reused": one.has("HoSoCoThanhPhanSoHoa"),
            "stored": one.has("DuocLayTuKhoDMQG") or sent.e_result,
            "population": uses,
            "online": one.has("KenhThucHien", _ONLINE) and sent.e_result,
            "priced": sent.priced,
            "paid": sent.priced and sent.paid,
            "ended": ended,
            "in_time": ended and _in_time(one),
        }.items():
            self.sums[name] += holds


def _digitisation(
    counted: _Counted, procedures: Mapping[str, _Procedure], definition: Indicators
) -> dict[str, Share]:
    sums, citizens = counted.sums, {one for one, said in procedures.items() if said.citizens}
    counts = {
        "4.1": (sums["e_result"], sums["result_paper"]),
        "4.2": (sums["digitised"], sums["all"]),
        "4.3": (sums["reused"], sums["all"]),
        "4.4": (sums["stored"], sums["all"]),
        "4.5a": (len(counted.using & citizens), len(citizens)),
        "4.5b": (sums["population"], sums["all"]),
    }
    return {
        one.id: _scored(*counts[one.id], one.points, one.full_score_at)
        for one in definition.digitisation
    }


def _online(counted: _Counted, definition: Indicators) -> dict[str, Share]:
    """3.3 and 3.6, of which no points are known."""
    sums = counted.sums
    return {
        definition.online.id: _share(sums["online"], sums["all"]),
        definition.paid_online.id: _share(sums["paid"], sums["priced"]),
    }


def _passage(counted: _Counted, reported: Reported, definition: Indicators) -> dict[str, Share]:
    """1.4 and 2.1, which have no points of their own here."""
    held, sums = counted.held, counted.sums
    larger = sum(max(held[place], reported.get(place, 0)) for place in {*held, *reported})
    return {
        definition.synchronised.id: _share(sums["all"], larger),
        definition.on_time.id: _share(sums["in_time"], sums["ended"]),
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
    return turns <= 1 and end - waited <= one.sent.due


def _share(part: int, whole: int) -> Share:
    return {"numerator": part, "denominator": whole}


def _scored(part: int, whole: int, points: int, full: float | None) -> Share:
    score = _score(part, whole, points, full)
    return {**_share(part, whole), "points": points, "score": score}


def _score(part: int, whole: int, points: int, full: float | None) -> str | None:
    if full is None or not whole:
        return None
    exact = Decimal(points) * part / whole / Decimal(str(full))
    return str(min(Decimal(points), exact).quantize(Decimal("0.01"), ROUND_HALF_UP))
