"""Do the public leaves follow from one another, as a log that hides nothing would write them?

1. A definition of the measure stands before the first case entry. 2. A log has one name, and each
`key` leaf is signed by the key before it and by its own. 3. Tallies close ranges of entries that begin
at 0 and leave no gap, months in order, each before its own leaves. 4. The tallies of a close speak of
cells that exclude each other, by the definition in force and form versions above them, and their
leaves are all the case entries of the range. 5. A cell has at least ten cases, and its sums agree with
one another. 6. What an auditor signed is about this log. 7. A `shred` leaf is about entries above it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.log.verify.findings import Kind, Refuted
from gateway.log.verify.leaves import Leaf, check_signed, read_leaf
from gateway.log.verify.tree.walk import Bundle

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


@dataclass(slots=True)
class Story:
    """The public leaves of a log, by index, as they come."""

    origin: str
    leaves: dict[int, Leaf] = field(default_factory=dict)
    has_cases: bool = False

    def take(self, bundle: Bundle) -> None:
        """Read the public entries of the next bundle; raises Refuted by rule 1 or for their form."""
        for index, entry in bundle.public:
            self.leaves[index] = read_leaf(index, entry)
        if self.has_cases:
            return
        cases = (bundle.first + at for at, seal in enumerate(bundle.seals) if seal is not None)
        first_case = next(cases, None)
        if first_case is not None:
            if self.definition_in_force(first_case) is None:
                says = "a case stands before any definition of the measure"
                raise Refuted(Kind.ORDER, says, index=first_case)
            self.has_cases = True

    def of_kind(self, kind: str) -> Iterator[tuple[int, Leaf]]:
        """The leaves of a kind with their indices, in order."""
        return ((index, leaf) for index, leaf in self.leaves.items() if leaf["kind"] == kind)

    def cases_between(self, first: int, last: int) -> int:
        """How many case entries stand from `first` to `last`."""
        indices = list(self.leaves)
        public = bisect_right(indices, last) - bisect_left(indices, first)
        return last - first + 1 - public

    def closes(self) -> list[Close]:
        """The closed months in the order of the log."""
        found: dict[tuple[int, int], Close] = {}
        for index, leaf in self.of_kind("tally"):
            first, last = leaf["range"]
            close = found.setdefault((first, last), Close(leaf["month"], first, last, {}))
            close.tallies[index] = leaf
        return list(found.values())

    def definition_in_force(self, index: int) -> int | None:
        """The leaf of the definition that an entry at `index` is counted by."""
        before = [at for at, _ in self.of_kind("metric-definition") if at < index]
        return before[-1] if before else None

    def check(self) -> None:
        """Hold the whole story against rules 2 to 7; raises Refuted at the first difference."""
        self._check_keys()
        self._check_closes()
        for index, leaf in self.of_kind("audit"):
            check_signed(leaf, "signature", leaf["auditor"], leaf["signature"], index)
            if leaf["size"] > index:
                raise Refuted(Kind.AUDIT, "an audit of entries that came later", index=index)
        for index, leaf in self.of_kind("shred"):
            if not leaf["first"] <= leaf["last"] < index:
                raise Refuted(Kind.ORDER, "a shred of entries that are not above it", index=index)

    def last_key(self) -> str | None:
        """The key that the last `key` leaf puts in force, if there is any such leaf."""
        keys = [leaf["key"] for _, leaf in self.of_kind("key")]
        return keys[-1] if keys else None

    def _check_keys(self) -> None:
        before: str | None = None
        for index, leaf in self.of_kind("key"):
            if leaf["origin"] != self.origin:
                raise Refuted(Kind.ORIGIN, "a key leaf of a log of another origin", index=index)
            if leaf["old_key"] != before or leaf["since_size"] > index:
                raise Refuted(Kind.KEY_CHAIN, "it does not follow the key before it", index=index)
            signed = {one["by"]: one["signature"] for one in leaf["signatures"]}
            if signed.keys() != ({"new"} if before is None else {"old", "new"}):
                raise Refuted(Kind.KEY_CHAIN, "old and new key both sign a key leaf", index=index)
            check_signed(leaf, "signatures", leaf["key"], signed["new"], index)
            if before is not None:
                check_signed(leaf, "signatures", before, signed["old"], index)
            before = leaf["key"]

    def _check_closes(self) -> None:
        end, month = 0, ""
        for close in self.closes():
            if close.first != end or not close.first <= close.last < close.at:
                says = f"its range begins at {close.first}, entries are closed up to {end}"
                raise Refuted(Kind.TALLY, says, index=close.at)
            if close.month <= month:
                raise Refuted(Kind.TALLY, "its month is not after the one before", index=close.at)
            end, month = close.last + 1, close.month
            self._check_close(close)

    def _check_close(self, close: Close) -> None:
        cells: set[tuple[str | None, ...]] = set()
        for index, leaf in close.tallies.items():
            cell = tuple(leaf["cell"].values())
            if cell in cells or leaf["month"] != close.month:
                raise Refuted(Kind.TALLY, "a cell stands twice, or in another month", index=index)
            cells.add(cell)
            self._check_tally(index, leaf)
        said = sum(leaf["leaves"] for leaf in close.tallies.values())
        found = self.cases_between(close.first, close.last)
        if said != found:
            says = f"the tallies account for {said} of {found} case entries in their range"
            raise Refuted(Kind.TALLY, says, index=close.at)

    def _check_tally(self, index: int, leaf: Leaf) -> None:
        cell, level = leaf["cell"], leaf["cell"]["level"]
        if self.definition_in_force(leaf["range"][1] + 1) != leaf["definition"]:
            raise Refuted(Kind.TALLY, "it names another definition than that in force", index=index)
        named = {name for name in _OUTSIDE if cell[name] is not None}
        if level in ("series", "procedure"):
            named.discard("procedure")
        if named != _HOLDS[level] or (cell["channel"] == "mixed" and level != "province"):
            raise Refuted(Kind.TALLY, "its cell is not one of its level", index=index)
        self._check_versions(index, leaf)
        if level == "outside":
            if leaf["cases"] or leaf["sums"] or leaf["versions"] or leaf["median_left"]:
                raise Refuted(Kind.TALLY, "what no figure counts has no sums", index=index)
        elif leaf["cases"] < FEWEST_CASES:
            raise Refuted(Kind.TALLY, f"a cell of fewer than {FEWEST_CASES} cases", index=index)
        else:
            _check_sums(index, leaf)

    def _check_versions(self, index: int, leaf: Leaf) -> None:
        """The form versions that a tally counts by, and that of its cell, stand in or above its range."""
        last, cell = leaf["range"][1], leaf["cell"]
        forms = {at: one for at, one in self.of_kind("form-version") if at <= last}
        if not set(leaf["versions"]) <= forms.keys():
            raise Refuted(Kind.TALLY, "it counts by what is no form version above", index=index)
        series = {(one["form"], one["series"]) for one in forms.values()}
        if cell["level"] == "series" and (cell["form"], cell["series"]) not in series:
            raise Refuted(Kind.TALLY, "its cell is of no form version above", index=index)


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
        "dossiers": of("instant") <= of("dossiers") <= leaf["cases"],
        "core": of("core") <= of("verdict/auto"),
        "left": (leaf["median_left"] is not None) == (of("dossiers") > 0),
    }
    if 0 < of("dossiers") < FEWEST_CASES:
        raise Refuted(Kind.TALLY, f"a cell of fewer than {FEWEST_CASES} dossiers", index=index)
    for name, holds in agree.items():
        if not holds:
            raise Refuted(Kind.TALLY, f"its sums do not agree over `{name}`", index=index)
