"""Can the tallies of one close be true, as far as anybody can see without the bodies?

They speak of one month, by the definition in force at the end of their range and by form versions above
it; their cells exclude each other; a cell has at least ten cases and no or ten dossiers; its sums agree
with one another. A month that was not over is closed only where the definition says `mock`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.log.verify.claims.leaves import Leaf
from gateway.log.verify.findings import Kind, Refuted

FEWEST_CASES = 10
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
    measures = [index for index, leaf in above.items() if leaf["kind"] == "metric-definition"]
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
        if measures[-1:] != [leaf["definition"]]:
            raise Refuted(Kind.TALLY, "it names another definition than that in force", index=index)
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
    """Sums of dossiers that balance one by one balance."""
    sums = dict(leaf["sums"])

    def of(*keys: str) -> int:
        return sum(sums.get(key, 0) for key in keys)

    declared = of(*(f"verdict/{verdict}" for verdict in _DECLARED))
    auto = of("verdict/auto", "auto_instant")
    classes = sum(n for key, n in sums.items() if key.startswith("A/") and key != "A/required")
    agree = {
        "visible": of("visible") == auto + declared + of("verdict/blank"),
        "D": of("D") == declared + of("dropped"),
        "A": of("verdict/auto") == classes,
        "dossiers": of("burst") <= of("instant") <= of("dossiers") <= leaf["cases"],
        "core": of("core") <= of("verdict/auto"),
        "left": (leaf["median_left"] is not None) == (of("dossiers") > 0),
    }
    if 0 < of("dossiers") < FEWEST_CASES:
        raise Refuted(Kind.TALLY, f"a cell of fewer than {FEWEST_CASES} dossiers", index=index)
    for name, holds in agree.items():
        if not holds:
            raise Refuted(Kind.TALLY, f"its sums do not agree over `{name}`", index=index)
