"""The figures that follow from a row's sums (design of the measure, section 3.4).

Every figure keeps numerator and denominator beside the rounded value; a total is the sum of its
rows' sums and never a mean of their percentages.
"""

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import TypedDict

from gateway.domain.verdicts import FieldClass, Reason
from gateway.log.entries import Quotient
from gateway.reduction._dossiers import BEYOND_LOGIN_CLASSES, REDUCTION_CLASSES, Sums


class Figure(TypedDict):
    """A fraction as published; `value` is null where the denominator is 0."""

    numerator: int
    denominator: int
    value: float | None


class SourceFigures(TypedDict):
    """The outcomes of one source's values, of the classes of the reduction."""

    auto: int
    override: int
    contested: int
    share: Figure
    acceptance: Figure


class ReadFigures(TypedDict):
    """The reads of one source and their outcomes."""

    reads: int
    unavailable: int
    surplus: int
    failed_attempts: Figure


class LeftFigures(TypedDict):
    """How many fields a dossier had left to declare."""

    mean: Figure
    median: Figure


class LateFigures(TypedDict):
    """Leaves that came after the hours of their dossier's month."""

    submissions: int
    withdrawals: int


class AttachmentFigures(TypedDict):
    """Visible file components by outcome."""

    reused: int
    replaced: int
    uploaded: int
    officer: int
    blank: int
    saved: Figure


class _Fields(TypedDict):
    dossiers: int
    submissions: int
    declarable: int
    declared: int
    contested: int
    officer: int
    auto: int
    override: int
    missing: int
    manual: int
    blank: int
    withdrawn: int
    hidden: int
    auto_instant: int
    dropped: int
    filled: int
    visible: int


class _ByEdition(TypedDict, total=False):
    ceiling: Figure  # of the first edition alone, the others since the second
    reach: Figure
    connected_reach: Figure
    missed: int
    missed_connected: int
    core_without_young: Figure
    young: int
    core_without_abolitions: Figure
    abolished: int
    outside_hours: int
    late: LateFigures


class Figures(_Fields, _ByEdition):
    """Every figure of one row or of a total."""

    reduction: Figure
    beyond_login: Figure
    core: Figure
    required_only: Figure
    auto_by_class: Mapping[str, int]
    by_source: Mapping[str, SourceFigures]
    left_to_declare: LeftFigures
    declared_extra: int
    override_rate: Figure
    contested_rate: Figure
    instant: Figure
    burst: Figure
    abandoned: Figure
    refusals: int
    chains: int
    offered: Figure
    empties: Mapping[str, int]
    conflicts: Mapping[str, int]
    source_failures: Mapping[str, ReadFigures]
    attachments: AttachmentFigures


_FOUR_DECIMALS = Decimal("0.0001")


def figure(numerator: int, denominator: int) -> Figure:
    """A fraction as published: exact, and rounded half up to four decimals; null over 0."""
    value = None
    if denominator:
        value = float((Decimal(numerator) / denominator).quantize(_FOUR_DECIMALS, ROUND_HALF_UP))
    return {"numerator": numerator, "denominator": denominator, "value": value}


def figures_of(sums: Sums, median: Quotient | None = None, edition: int = 2) -> Figures:
    """Every figure of one row or of a total that needs no portal, by one edition of the measure.

    `median` is that of what was left to declare where the sums do not hold its distribution.
    """
    declared = sums["D",]
    shown = sums["filled",] - sums["verdict", "withdrawn"] - sums["verdict", "hidden"]
    return {
        **_fields(sums),
        "reduction": _reduction(sums, REDUCTION_CLASSES),
        "beyond_login": _reduction(sums, BEYOND_LOGIN_CLASSES),
        "core": figure(sums["core",], sums["core",] + declared),
        "required_only": figure(
            sums["A", "required"], sums["A", "required"] + sums["D", "required"]
        ),
        **(_ceiling(sums) if edition == 1 else _beside_core(sums)),
        "auto_by_class": {kind.value: sums["A", kind.value] for kind in FieldClass},
        "by_source": _by_source(sums),
        "left_to_declare": {
            "mean": figure(declared, sums["dossiers",]),
            "median": figure(*_middle(sums, median)),
        },
        "declared_extra": sums["D", "extra"],
        "override_rate": figure(sums["verdict", "override"], shown),
        "contested_rate": figure(sums["verdict", "contested"], shown),
        "instant": figure(sums["instant",], sums["dossiers",]),
        "burst": figure(sums["burst",], sums["dossiers",]),
        "abandoned": figure(sums["abandoned",], sums["abandoned",] + sums["dossiers",]),
        "refusals": sums["refusals",],
        "chains": sums["chains",],
        "offered": figure(sums["offered",], sums["offered", "visible"]),
        "empties": {reason.value: sums["reason", reason.value] for reason in Reason},
        "conflicts": {name: sums["conflict", name] for name in _named(sums, "conflict")},
        "source_failures": _source_failures(sums),
        "attachments": _attachments(sums),
    }


def _ceiling(sums: Sums) -> _ByEdition:
    return {"ceiling": figure(sums["ceiling",], sums["ceiling", "required"])}


def _beside_core(sums: Sums) -> _ByEdition:
    """The figures beside core since the second edition: reach, and stricter variants of core."""
    core, declared, young = sums["core",], sums["D",], sums["young",]
    missed, connected = sums["reach", "missed"], sums["reach", "connected"]
    return {
        "reach": figure(core, core + missed),
        "connected_reach": figure(core, core + connected),
        "missed": missed,
        "missed_connected": connected,
        "core_without_young": figure(core - young, core + declared),
        "young": young,
        "core_without_abolitions": figure(core, core + declared + sums["abolished",]),
        "abolished": sums["abolished",],
        "outside_hours": sums["outside_hours",],
        "late": {
            "submissions": sums["late", "submissions"],
            "withdrawals": sums["late", "withdrawals"],
        },
    }


def _fields(sums: Sums) -> _Fields:
    """The numbers of dossiers, and of fields by outcome."""
    return {
        "dossiers": sums["dossiers",],
        "submissions": sums["submissions",],
        "declarable": sums["verdict", "auto"] + sums["D",],
        "declared": sums["D",],
        "contested": sums["verdict", "contested"],
        "officer": sums["verdict", "officer"],
        "auto": sums["verdict", "auto"],
        "override": sums["verdict", "override"],
        "missing": sums["verdict", "missing"],
        "manual": sums["verdict", "manual"],
        "blank": sums["verdict", "blank"],
        "withdrawn": sums["verdict", "withdrawn"],
        "hidden": sums["verdict", "hidden"],
        "auto_instant": sums["auto_instant",],
        "dropped": sums["dropped",],
        "filled": sums["filled",],
        "visible": sums["visible",],
    }


def _reduction(sums: Sums, classes: Iterable[FieldClass]) -> Figure:
    """R(S): an `auto` of another class leaves numerator and denominator."""
    saved = sum(sums["A", kind.value] for kind in classes)
    return figure(saved, saved + sums["D",])


def _by_source(sums: Sums) -> dict[str, SourceFigures]:
    whole = sum(sums["A", kind.value] for kind in REDUCTION_CLASSES) + sums["D",]
    answer: dict[str, SourceFigures] = {}
    for source in _named(sums, "source"):
        auto, override, contested = (
            sums["source", source, what] for what in ("A", "override", "contested")
        )
        answer[source] = {
            "auto": auto,
            "override": override,
            "contested": contested,
            "share": figure(auto, whole),
            "acceptance": figure(auto, auto + override + contested),
        }
    return answer


def _source_failures(sums: Sums) -> dict[str, ReadFigures]:
    return {
        source: {
            "reads": sums["read", source, "reads"],
            "unavailable": sums["read", source, "unavailable"],
            "surplus": sums["read", source, "surplus"],
            "failed_attempts": figure(
                sums["read", source, "failed"], sums["read", source, "attempts"]
            ),
        }
        for source in _named(sums, "read")
    }


def _named(sums: Sums, about: str) -> list[str]:
    return sorted({str(key[1]) for key in sums if key[0] == about})


def _attachments(sums: Sums) -> AttachmentFigures:
    reused, replaced, uploaded, officer, blank = (
        sums["attachments", what] for what in ("reused", "replaced", "uploaded", "officer", "blank")
    )
    saved = reused + replaced
    return {
        "reused": reused,
        "replaced": replaced,
        "uploaded": uploaded,
        "officer": officer,
        "blank": blank,
        "saved": figure(saved, saved + uploaded + officer),
    }


def median_left(sums: Sums) -> Quotient | None:
    """The median of D over dossiers; the mean of the two middle ones where their number is even."""
    dossiers = sums["dossiers",]
    if not dossiers:
        return None
    lower, upper = _at_rank(sums, (dossiers - 1) // 2), _at_rank(sums, dossiers // 2)
    return Quotient(lower, 1) if lower == upper else Quotient(lower + upper, 2)


def _middle(sums: Sums, median: Quotient | None) -> Quotient:
    if median is None and any(key[0] == "left" for key in sums):
        median = median_left(sums)
    return median or Quotient(0, 0)


def _at_rank(sums: Sums, rank: int) -> int:
    passed = 0
    for left in sorted(int(key[1]) for key in sums if key[0] == "left"):
        passed += sums["left", left]
        if passed > rank:
            return left
    raise AssertionError("every dossier has its place among those left to declare")
