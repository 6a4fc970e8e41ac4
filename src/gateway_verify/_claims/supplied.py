"""What did others count of a month, and what share of that do its tallies measure?

The member `reconciliation` of a release, made of its tallies and of the `reconcile` leaves above its last
one. Of each source and month the latest file holds, all leaves of its digest together; a source is compared
when it counted every month since the close before.

    counts      per source of dossiers: source, leaves, coverage (measured over counted), surplus (measured
                beyond a count), floor per channel: core over core + D + N * F
    reads       per source of reads: source, leaves, claimed, counted
    headline    `floor` where a coverage is below 95 %, else `core`

A row is counted under the procedure that it names, or under the unnamed rest; what was merged above the
procedure fills up what is missing, the unnamed rest first, then procedures of which nothing was measured.
N is what is missing still; F, rounded up for N together, is the mean of A + D of the procedure's
dossiers, else of the channel's, else of all. (docs/measure.md)

Against the counts of the portal a linked declaration (`bundle`) stands for its parts (`part/...`), which
it has as dossiers of their own, and for nothing else.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from gateway_verify._count.figures import share
from gateway_verify._count.patterns import known_by
from gateway_verify.leaves import Leaf

_OF_DOSSIERS = ("igate", "portal")
_FIRST_READ = ("population", "personal_papers")
_CHANNELS = ("online", "paper")

_Key: TypeAlias = tuple[str | None, str | None]
"""A procedure, None for all that are not named; a channel, None for both."""


def reconciliation_of(
    tallies: Sequence[Leaf],
    supplied: Sequence[tuple[int, Leaf]],
    months: Iterable[str],
    edition: int,
) -> dict[str, Any]:
    """The member `reconciliation`; `supplied` are the `reconcile` leaves in the order of the log."""
    files: dict[tuple[str, str], list[tuple[int, Leaf]]] = {}
    for index, leaf in supplied:
        held = files.setdefault((leaf["source"], leaf["month"]), [])
        if held and held[0][1]["digest"] != leaf["digest"]:
            held.clear()
        held.append((index, leaf))
    wanted = list(months)
    others = sorted({source for source, _ in files} - {*_OF_DOSSIERS, *_FIRST_READ})
    of_reads = (*_FIRST_READ, *others)
    whole = {
        source: [one for month in wanted for one in files[source, month]]
        for source in (*_OF_DOSSIERS, *of_reads)
        if wanted and all((source, month) in files for month in wanted)
    }
    counts = [_counted(s, whole[s], tallies, edition) for s in _OF_DOSSIERS if s in whole]
    shares = [one["coverage"] for one in counts]
    low = any(100 * one["numerator"] < 95 * one["denominator"] for one in shares)
    reads = [_read(s, whole[s], tallies) for s in of_reads if s in whole]
    return {"counts": counts, "reads": reads, "headline": "floor" if low else "core"}


def _read(
    source: str, leaves: Sequence[tuple[int, Leaf]], tallies: Sequence[Leaf]
) -> dict[str, Any]:
    return {
        "source": source,
        "leaves": [index for index, _ in leaves],
        "claimed": sum(_of(one, f"read/{source}/reads") for one in tallies),
        "counted": sum(leaf["reads"] or 0 for _, leaf in leaves),
    }


def _counted(
    source: str, leaves: Sequence[tuple[int, Leaf]], tallies: Sequence[Leaf], edition: int
) -> dict[str, Any]:
    theirs: Counter[_Key] = Counter()
    for _, leaf in leaves:
        for one in leaf["counts"] or ():
            theirs[known_by(one["procedure"], edition), one["channel"]] += one["dossiers"]
    rows: dict[_Key, list[Leaf]] = {key: [] for key in theirs}
    for tally in tallies:
        for key in _keys_of(tally, theirs):
            rows[key].append(tally)
    apart = _Apart(tallies, theirs) if source == "portal" else None
    ours = {
        key: _dossiers(its) + (apart.instead(key, its) if apart else 0) for key, its in rows.items()
    }
    open_ = {key: max(0, theirs[key] - ours[key]) for key in theirs}
    missing = _filled_up(open_, ours, tallies, "bundle" if apart else None)
    total = theirs.total()
    return {
        "source": source,
        "leaves": [index for index, _ in leaves],
        "coverage": share(total - sum(missing.values()), total),
        "surplus": sum(max(0, ours[key] - theirs[key]) for key in theirs),
        "floor": {channel: _floor(channel, missing, rows, tallies) for channel in _CHANNELS},
    }


class _Apart:
    """Linked declarations as the portal counts them: once for each of their procedures."""

    def __init__(self, tallies: Sequence[Leaf], theirs: Mapping[_Key, int]) -> None:
        self._parts: Counter[_Key] = Counter()
        for tally in tallies:
            channel = tally["cell"]["channel"]
            for name, number in tally["sums"].items():
                first, _, procedure = name.partition("/")
                if first == "part":
                    own = [(procedure, channel), (procedure, None)]
                    rest: list[_Key] = [(None, channel), (None, None)]
                    for key in [k for k in own if k in theirs] or rest:
                        self._parts[key] += number

    def instead(self, key: _Key, tallies: Iterable[Leaf]) -> int:
        """What a count gains by parts, and loses by the declarations themselves."""
        return self._parts[key] - sum(_of(one, "bundle") for one in tallies)


def _keys_of(tally: Leaf, theirs: Mapping[_Key, int]) -> list[_Key]:
    """Under which counts of a source the dossiers of a tally are looked for."""
    procedure, channel = tally["cell"]["procedure"], tally["cell"]["channel"]
    if procedure is None:
        return []
    own: list[_Key] = [(procedure, channel), (procedure, None)]
    named = [key for key in own if key in theirs]
    rest: list[_Key] = [(None, channel), (None, None)]
    return named or [key for key in rest if key in theirs]


def _filled_up(
    missing: dict[_Key, int],
    ours: Mapping[_Key, int],
    tallies: Sequence[Leaf],
    but: str | None,
) -> dict[_Key, int]:
    """What is missing still once every dossier of a merged cell stands where it may belong."""
    merged: Counter[str] = Counter()
    for tally in tallies:
        if tally["cell"]["level"] == "province":
            merged[tally["cell"]["channel"]] += _of(tally, "dossiers") - _of(tally, but or "")
    for key in sorted(missing, key=lambda key: (key[0] is not None, ours[key] > 0, *map(str, key))):
        for channel in merged:
            if key[1] is None or channel == "mixed" or channel == key[1]:
                taken = min(missing[key], merged[channel])
                missing[key] -= taken
                merged[channel] -= taken
    return missing


def _floor(
    channel: str,
    missing: Mapping[_Key, int],
    rows: Mapping[_Key, Sequence[Leaf]],
    tallies: Sequence[Leaf],
) -> dict[str, Any]:
    own = [one for one in tallies if one["cell"]["channel"] == channel]
    core, left = (sum(_of(one, key) for one in own) for key in ("core", "D"))
    burden = 0
    for key, number in missing.items():
        if key[1] in (None, channel):
            its = [one for one in rows[key] if one["cell"]["channel"] == channel]
            known = next((some for some in (its, own, tallies) if _dossiers(some)), [])
            whole = sum(_of(one, "verdict/auto") + _of(one, "D") for one in known)
            burden += -(-number * whole // (_dossiers(known) or 1))
    return share(core, core + left + burden)


def _dossiers(tallies: Iterable[Leaf]) -> int:
    return sum(_of(one, "dossiers") for one in tallies)


def _of(tally: Leaf, key: str) -> int:
    number: int = tally["sums"].get(key, 0)
    return number
