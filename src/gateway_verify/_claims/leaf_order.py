"""Do the public leaves follow from one another, as a log that hides nothing would write them?

1. A definition of the measure stands before the first case entry, and none outside a mock goes below the
lower bounds. 2. A log has one name, and each
`key` leaf is signed by the key before it and by its own. 3. Tallies close ranges of entries that begin
at 0 and leave no gap, months in order, each before its own leaves. 4. The tallies of a close can be
true (`tallies.py`), and account for all the case entries of the range. 5. What an auditor signed is
about this log, and a sample names the sealed entry that held its commitment. 6. A `shred` leaf is about entries above it,
or of a log that was closed before. 7. Whether a tenant is a test tenant is said in its first `grant` leaf, and
no later one says otherwise. 8. A baseline is stated once, as its origin states it (`baselines.py`). 9. What
witnesses said of the time is true (`witnessed.py`). 10. Every source that is named has letters of its own
(`sources.py`).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway_verify._claims.baselines import baselines_of
from gateway_verify._claims.definitions import LEAST_AGE, LOWER_BOUNDS, edition_of
from gateway_verify._claims.sources import check_letters
from gateway_verify._claims.tallies import Close, check_close
from gateway_verify._claims.test_marks import check_marks
from gateway_verify._claims.witnessed import check_witnessed
from gateway_verify._tree.walk import Bundle
from gateway_verify.findings import Kind, Refuted
from gateway_verify.leaves import Leaf, check_signed, read_leaf
from gateway_verify.sampling.bound import PARTS, bound_of
from gateway_verify.text.canonical import LARGEST_INTEGER


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

    @property
    def previous(self) -> str | None:
        """The name of the log that this one follows."""
        before = [leaf["previous"] for _, leaf in self.of_kind("key") if leaf["previous"]]
        return before[0]["origin"] if before else None

    def _check_definitions(self) -> None:
        for index, leaf in self.of_kind("metric-definition"):
            if edition_of(leaf) != leaf["v"]:
                raise Refuted(Kind.ENTRY, "a definition of another edition", index=index)
            low = any(leaf[name] < least for name, least in LOWER_BOUNDS.items() if name in leaf)
            if leaf["v"] > 1 and (
                leaf["least_age_hours"] < LEAST_AGE or (low and not leaf["mock"])
            ):
                says = "a definition below the lower bounds, which only a mock may go"
                raise Refuted(Kind.ENTRY, says, index=index)

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
        """Hold the whole story against rules 2 to 10; raises Refuted at the first difference."""
        self._check_keys()
        self._check_definitions()
        check_marks(self.of_kind("grant"), self.origin, self.previous)
        baselines_of(self.of_kind("form-version"), self.origin, self.previous)
        check_witnessed(self.of_kind("witnessed"), self.origin)
        check_letters(self.leaves.items())
        self._check_closes()
        sampled = set[int]()
        for index, leaf in self.of_kind("audit"):
            check_signed(leaf, "signature", leaf["auditor"], leaf["signature"], index)
            if leaf["size"] > index:
                raise Refuted(Kind.AUDIT, "an audit of entries that came later", index=index)
            if leaf["sample"] is not None:
                self._check_entered(index, leaf)
                _check_bound(index, leaf)
                if leaf["sample"]["entered"] in sampled:
                    raise Refuted(Kind.AUDIT, "that commitment has an outcome already", index=index)
                sampled.add(leaf["sample"]["entered"])
        for index, leaf in self.of_kind("shred"):
            if not leaf["first"] <= leaf["last"] < self._end_of(leaf["origin"], index):
                raise Refuted(Kind.ORDER, "a shred of entries that are not above it", index=index)

    def _check_keys(self) -> None:
        before: str | None = None
        for index, leaf in self.of_kind("key"):
            if leaf["origin"] != self.origin:
                raise Refuted(Kind.ORIGIN, "a key leaf of a log of another origin", index=index)
            follows = before is None or leaf["previous"] is None
            if leaf["old_key"] != before or leaf["since_size"] > index or not follows:
                raise Refuted(Kind.KEY_CHAIN, "it does not follow the key before it", index=index)
            signed = {one["by"]: one["signature"] for one in leaf["signatures"]}
            if signed.keys() != ({"new"} if before is None else {"old", "new"}):
                raise Refuted(Kind.KEY_CHAIN, "old and new key both sign a key leaf", index=index)
            check_signed(leaf, "signatures", leaf["key"], signed["new"], index)
            if before is not None:
                check_signed(leaf, "signatures", before, signed["old"], index)
            before = leaf["key"]

    def shreds(self, origin: str | None = None) -> list[tuple[int, int]]:
        """The ranges of this log, or of one named, whose bodies were destroyed: first and last entry."""
        named = self.origin if origin is None else origin
        its = (leaf for _, leaf in self.of_kind("shred") if leaf["origin"] == named)
        return [(leaf["first"], leaf["last"]) for leaf in its]

    def _end_of(self, origin: str, index: int) -> int:
        """Below which entry a leaf at `index` can speak of a log; of logs closed earlier nothing is known."""
        before = [leaf["previous"] for _, leaf in self.of_kind("key") if leaf["previous"]]
        if origin == self.origin:
            return index
        sizes = {one["origin"]: int(one["size"]) for one in before}
        return sizes.get(origin, LARGEST_INTEGER + 1) if before else 0

    def _check_entered(self, index: int, leaf: Leaf) -> None:
        """A sample was entered behind the root that it draws from, and before what came of it."""
        entered = leaf["sample"]["entered"]
        if not leaf["size"] <= entered < index or entered in self.leaves:
            says = "no sealed entry before it and behind its root holds its commitment"
            raise Refuted(Kind.AUDIT, says, index=index)

    def _check_closes(self) -> None:
        end, month = 0, ""
        for close in self.closes():
            if close.first != end or not close.first <= close.last < close.at:
                says = f"its range begins at {close.first}, entries are closed up to {end}"
                raise Refuted(Kind.TALLY, says, index=close.at)
            if close.month <= month:
                raise Refuted(Kind.TALLY, "its month is not after the one before", index=close.at)
            end, month = close.last + 1, close.month
            check_close(close, self.leaves)
            self._check_whole(close)

    def _check_whole(self, close: Close) -> None:
        said = sum(leaf["leaves"] for leaf in close.tallies.values())
        found = self.cases_between(close.first, close.last)
        if said != found:
            says = f"the tallies account for {said} of {found} case entries in their range"
            raise Refuted(Kind.TALLY, says, index=close.at)


def _check_bound(index: int, leaf: Leaf) -> None:
    """A sample of a frame bounds what its numbers bound; before there were frames nothing was asked."""
    sample = leaf["sample"]
    if "frame" not in sample:
        return
    try:
        bound = bound_of(sample["units"], sample["drawn"], sample["wrong"])
        holds = sample["bound"] == [bound, PARTS] and leaf["differences"] == sample["wrong"]
    except ValueError:
        holds = False
    if not holds or leaf["result"] != "sampled":
        raise Refuted(Kind.AUDIT, "the numbers of a sample contradict each other", index=index)
