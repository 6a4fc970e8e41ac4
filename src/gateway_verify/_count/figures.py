"""Which figures follow from the sums of a tally? (design of the measure, docs/measure.md)

`D` is what was declared, `A/<class>` what was saved. Each share is a numerator over a denominator, its
value rounded half up to four decimals, none over nothing. A total adds sums, never shares.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from gateway_verify._count.dossiers import ATTACHMENTS, CLASSES, VERDICTS
from gateway_verify._count.patterns import REASONS

_PLACES = Decimal("0.0001")
_REUSED = ("fact", "known", "suggested")
_PLAIN = (
    "dossiers",
    "submissions",
    "auto_instant",
    "dropped",
    "filled",
    "visible",
    "refusals",
    "chains",
)


def share(numerator: int, denominator: int) -> dict[str, Any]:
    """A share as it is published."""
    value = None
    if denominator:
        value = (Decimal(numerator) / Decimal(denominator)).quantize(_PLACES, ROUND_HALF_UP)
    return {"numerator": numerator, "denominator": denominator, "value": value}


def figures_of(
    sums: Mapping[str, int], median: Sequence[int] | None, edition: int
) -> dict[str, Any]:
    """All figures of a cell, or of a total, whose `median` is None, by an edition of the measure."""
    of: Counter[str] = Counter(sums)
    left, auto, dossiers = of["D"], of["verdict/auto"], of["dossiers"]
    kept = of["filled"] - of["verdict/withdrawn"] - of["verdict/hidden"]
    reused = sum(of[f"A/{kind}"] for kind in _REUSED)
    beyond = of["A/fact"] + of["A/suggested"]
    needed = of["A/required"]
    return {
        **{name: of[name] for name in _PLAIN},
        **{verdict: of[f"verdict/{verdict}"] for verdict in VERDICTS.values()},
        "declarable": auto + left,
        "declared": left,
        "declared_extra": of["D/extra"],
        "reduction": share(reused, reused + left),
        "beyond_login": share(beyond, beyond + left),
        "core": share(of["core"], of["core"] + left),
        "required_only": share(needed, needed + of["D/required"]),
        **(_of_first(of) if edition == 1 else _of_second(of)),
        "auto_by_class": {kind: of[f"A/{kind}"] for kind in CLASSES.values()},
        "by_source": {s: _of_source(of, s, reused + left) for s in _second_parts(of, "source")},
        "left_to_declare": {"mean": share(left, dossiers), "median": share(*(median or (0, 0)))},
        "override_rate": share(of["verdict/override"], kept),
        "contested_rate": share(of["verdict/contested"], kept),
        "instant": share(of["instant"], dossiers),
        "burst": share(of["burst"], dossiers),
        "abandoned": share(of["abandoned"], of["abandoned"] + dossiers),
        "offered": share(of["offered"], of["offered/visible"]),
        "empties": {reason: of[f"reason/{reason}"] for reason in REASONS.values()},
        "conflicts": {name: of[f"conflict/{name}"] for name in _second_parts(of, "conflict")},
        "source_failures": {s: _failures(of, s) for s in _second_parts(of, "read")},
        "attachments": _attachments(of),
    }


def _of_first(of: Counter[str]) -> dict[str, Any]:
    return {"ceiling": share(of["ceiling"], of["ceiling/required"])}


def _of_second(of: Counter[str]) -> dict[str, Any]:
    core, left = of["core"], of["D"]
    return {
        "reach": share(core, core + of["reach/missed"]),
        "connected_reach": share(core, core + of["reach/connected"]),
        "missed": of["reach/missed"],
        "missed_connected": of["reach/connected"],
        "core_without_young": share(core - of["young"], core + left),
        "core_without_abolitions": share(core, core + left + of["abolished"]),
        **{name: of[name] for name in ("young", "abolished", "outside_hours")},
        "late": {name: of[f"late/{name}"] for name in ("submissions", "withdrawals")},
    }


def _second_parts(of: Iterable[str], first: str) -> list[str]:
    return sorted({key.split("/")[1] for key in of if key.startswith(first + "/")})


def _of_source(of: Counter[str], source: str, whole: int) -> dict[str, Any]:
    auto = of[f"source/{source}/A"]
    override, contested = of[f"source/{source}/override"], of[f"source/{source}/contested"]
    return {
        "auto": auto,
        "override": override,
        "contested": contested,
        "share": share(auto, whole),
        "acceptance": share(auto, auto + override + contested),
    }


def _failures(of: Counter[str], source: str) -> dict[str, Any]:
    counted = {name: of[f"read/{source}/{name}"] for name in ("reads", "unavailable", "surplus")}
    failed, attempts = of[f"read/{source}/failed"], of[f"read/{source}/attempts"]
    return {**counted, "failed_attempts": share(failed, attempts)}


def _attachments(of: Counter[str]) -> dict[str, Any]:
    counted = {what: of[f"attachments/{what}"] for what in ATTACHMENTS}
    saved, all_of_them = counted["reused"] + counted["replaced"], sum(counted.values())
    return {**counted, "saved": share(saved, all_of_them - counted["blank"])}
