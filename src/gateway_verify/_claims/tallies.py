"""Can the tallies of one close be true, as far as anybody can see without the bodies?

They speak of one month, by the definition that counts it and by form versions above the end of their range,
and their version is its edition; their cells exclude each other; a cell has at least ten cases and no or ten dossiers; its sums agree
with one another. A month that was not over is closed only where the definition says `mock`.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway_verify._claims.definitions import edition_of, of_month
from gateway_verify.findings import Kind, Refuted
from gateway_verify.leaves import Leaf

FEWEST_CASES = 10
DEFINITION = "metric-definition"
_REUSED = ("A/fact", "A/known", "A/suggested")
_NO_PAPERS = ("session", "population")
_DECLARED = ("contested", "officer", "override", "missing", "manual")
_OUTSIDE = {"procedure": None, "form": None, "series": None, "channel": None}
_HOLDS = {
    "series": {"form", "series", "channel"},
    "procedure": {"channel"},
    "province": {"channel"},
    "outside": set(),
}
"""What a cell of each level must name; the first two name a procedure too, where the form has one."""


@dataclass(frozen=True, slots=True)
class Close:
    """One closing of a month: the range of entries, and its tallies by leaf index."""

    month: str
    first: int
    last: int
    tallies: dict[int, Leaf] = field(repr=False)

    @property
    def at(self) -> int:
        """The index of its first tally."""
        return min(self.tallies)


def check_close(close: Close, leaves: Mapping[int, Leaf]) -> None:
    """Check every tally of a close; raises Refuted at the first that cannot be true."""
    above = {index: leaf for index, leaf in leaves.items() if index <= close.last}
    measures = ((index, leaf) for index, leaf in above.items() if leaf["kind"] == DEFINITION)
    measure = of_month(measures, close.last, close.month)
    forms = {index: leaf for index, leaf in above.items() if leaf["kind"] == "form-version"}
    series = {(leaf["form"], leaf["series"]) for leaf in forms.values()}
    cells: set[tuple[str | None, ...]] = set()
    for index, leaf in close.tallies.items():
        cell = tuple(leaf["cell"].values())
        if cell in cells or leaf["month"] != close.month:
            raise Refuted(Kind.TALLY, "a cell stands twice, or in another month", index=index)
        cells.add(cell)
        if leaf["partial"] != next(iter(close.tallies.values()))["partial"]:
            raise Refuted(Kind.TALLY, "the month cannot be over and not over", index=index)
        if measure is None or measure[0] != leaf["definition"]:
            raise Refuted(Kind.TALLY, "it names another definition than that in force", index=index)
        if leaf["v"] != edition_of(measure[1]):
            raise Refuted(Kind.TALLY, "it is of another edition than its definition", index=index)
        if leaf["partial"] and not leaves[leaf["definition"]]["mock"]:
            raise Refuted(Kind.TALLY, "only a mock closes a month that is not over", index=index)
        if not set(leaf["versions"]) <= forms.keys():
            raise Refuted(Kind.TALLY, "it counts by what is no form version above", index=index)
        named = (leaf["cell"]["form"], leaf["cell"]["series"])
        if leaf["cell"]["level"] == "series" and named not in series:
            raise Refuted(Kind.TALLY, "its cell is of no form version above", index=index)
        _check_tally(index, leaf)


def _check_tally(index: int, leaf: Leaf) -> None:
    cell, level = leaf["cell"], leaf["cell"]["level"]
    named = {name for name in _OUTSIDE if cell[name] is not None}
    if level in ("series", "procedure"):
        named.discard("procedure")
    if named != _HOLDS[level] or (cell["channel"] == "mixed" and level != "province"):
        raise Refuted(Kind.TALLY, "its cell is not one of its level", index=index)
    if level == "outside":
        if leaf["cases"] or leaf["sums"] or leaf["versions"] or leaf["median_left"]:
            raise Refuted(Kind.TALLY, "what no figure counts has no sums", index=index)
    elif leaf["cases"] < FEWEST_CASES:
        raise Refuted(Kind.TALLY, f"a cell of fewer than {FEWEST_CASES} cases", index=index)
    else:
        _check_sums(index, leaf)


def _check_sums(index: int, leaf: Leaf) -> None:
    """Sums of dossiers that balance one by one balance, and each bounds others."""
    of: Counter[str] = Counter(leaf["sums"])
    if 0 < of["dossiers"] < FEWEST_CASES:
        raise Refuted(Kind.TALLY, f"a cell of fewer than {FEWEST_CASES} dossiers", index=index)
    agree = {**_balances(of), **_bounds(of), **_left_over(leaf, of)}
    for name, holds in agree.items():
        if not holds:
            raise Refuted(Kind.TALLY, f"its sums do not agree over `{name}`", index=index)


def _balances(of: Counter[str]) -> dict[str, bool]:
    declared = sum(of[f"verdict/{verdict}"] for verdict in _DECLARED)
    auto = of["verdict/auto"] + of["auto_instant"]
    classes = sum(n for key, n in of.items() if key.startswith("A/") and key != "A/required")
    by_source = {
        what: sum(n for key, n in of.items() if key.startswith("source/") and key.endswith(what))
        for what in ("/A", "/override", "/contested")
    }
    filled = auto + of["verdict/override"] + of["verdict/withdrawn"] + of["verdict/hidden"]
    conflicts = sum(n for key, n in of.items() if key.startswith("conflict/"))
    parts = [n for key, n in of.items() if key.startswith("part/")]
    return {
        "visible": of["visible"] == auto + declared + of["verdict/blank"],
        "filled": filled
        <= of["filled"]
        <= filled + of["verdict/contested"] + of["verdict/officer"],
        "D": of["D"] == declared + of["dropped"],
        "A": of["verdict/auto"] == classes,
        "source": by_source["/A"] == sum(of[key] for key in _REUSED)
        and by_source["/override"] <= of["verdict/override"]
        and by_source["/contested"] <= of["verdict/contested"],
        "conflict": conflicts == of["reason/conflict"],
        "part": max(parts, default=0) <= of["bundle"] <= min(sum(parts), of["dossiers"]),
    }


def _bounds(of: Counter[str]) -> dict[str, bool]:
    missable = of["D"] - of["dropped"] + of["auto_instant"]
    reads = {key.split("/")[1] for key in of if key.startswith("read/")}
    return {
        "core": of["core"] <= min(of["A/fact"], of["A/required"]),
        "young": of["young"] <= min(of["core"], sum(of[key] for key in of if _holds_papers(key))),
        "reach": of["reach/connected"] <= of["reach/missed"] <= missable,
        "required": of["A/required"] <= of["verdict/auto"]
        and of["dropped"] <= of["D/required"] <= of["D"],
        "extra": of["D/extra"] <= of["D"] - of["dropped"],
        "auto": (of["instant"] > 0 or not of["auto_instant"])
        and (of["instant"] < of["dossiers"] or not of["verdict/auto"]),
        "dossiers": of["burst"] <= of["instant"] <= of["dossiers"] <= of["submissions"]
        and (of["dossiers"] > 0 or not (of["visible"] or of["filled"] or of["D"])),
        "read": all(
            of[f"read/{one}/unavailable"] <= of[f"read/{one}/reads"]
            and of[f"read/{one}/failed"] <= of[f"read/{one}/attempts"]
            for one in reads
        ),
    }


def _holds_papers(key: str) -> bool:
    """Whether a sum counts what a source filled that can hold papers of its own."""
    first, _, rest = key.partition("/")
    return first == "source" and rest.endswith("/A") and rest[:-2] not in _NO_PAPERS


def _left_over(leaf: Leaf, of: Counter[str]) -> dict[str, bool]:
    median = leaf["median_left"]
    left = (median is not None) == (of["dossiers"] > 0)
    if left and median is not None:
        left = 2 * of["D"] * median[1] >= median[0] * of["dossiers"]
    return {
        "left": left,
        "cases": of["dossiers"] <= leaf["cases"]
        and of["abandoned"] <= leaf["cases"]
        and of["outside_hours"] <= leaf["leaves"],
    }
