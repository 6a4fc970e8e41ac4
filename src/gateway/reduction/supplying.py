"""Enter another system's counts into the log.

A file in UTF-8, as JSON or CSV (ours), of at most 4 MiB:

    dossiers    {"counts": [{"procedure": "1.004222", "channel": "online", "dossiers": 120}, ...]},
                or lines `procedure,channel,dossiers` below these three names; `channel` is `online`,
                `paper`, or null (empty) where the source does not distinguish them
    reads       {"reads": 5120}, or one line below the name `reads`

Procedures of fewer than ten dossiers are summed into entries without a name before they enter the
log, with the smallest others until an entry holds ten, so that the log has no small count.
"""

import csv
import hashlib
import io
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from sqlalchemy import Connection, insert

from gateway.domain.errors import BadRequest, Conflict
from gateway.domain.identifiers import ProcedureCode
from gateway.domain.json_texts import BYTE_ORDER_MARK, AmbiguousJson, read_json
from gateway.log.append import append_public
from gateway.log.entries import ProcedureCount, ReconcileLeaf
from gateway.log.stored import log_size
from gateway.reduction._cases import ONLINE, PAPER
from gateway.reduction._definitions import BASE_CODE
from gateway.reduction._reading import supplied_counts
from gateway.reduction._reconciliation import DOSSIER_SOURCES, Counted
from gateway.reduction.months import Month
from gateway.reduction.releases import FEWEST
from gateway.sources.registry import registered
from gateway.storage.schema import reconciliations

LARGEST_FILE_BYTES = 4 * 1024 * 1024
LARGEST_COUNT = 10**9
ENTRIES_A_LEAF = 500
_NUMBER = re.compile(r"0|[1-9][0-9]{0,9}")
_MEMBERS = ("procedure", "channel", "dossiers")


@dataclass(frozen=True, slots=True)
class Supply:
    """The counts of one file: dossiers by procedure and channel, or a number of reads."""

    month: Month
    source: str
    digest: str
    counts: Mapping[Counted, int]
    reads: int | None

    def leaves(self) -> Iterator[ReconcileLeaf]:
        """The `reconcile` leaves of the file."""
        leaf = ReconcileLeaf(str(self.month), self.source, None, self.reads, self.digest)
        entries = iter(ProcedureCount(*key, number) for key, number in self.counts.items())
        if self.reads is not None:
            yield leaf
        while some := tuple(islice(entries, ENTRIES_A_LEAF)):
            yield replace(leaf, counts=some)


def read_supply(raw: bytes, month: Month, source: str, *, as_csv: bool) -> Supply:
    """Read a file; raises BadRequest `counts_unusable`, naming the line or entry, and the member."""
    known = (*DOSSIER_SOURCES, *registered().remote)
    if source not in known:
        raise _refused("the source", f"is one of {', '.join(known)}", "source")
    if len(raw) > LARGEST_FILE_BYTES:
        raise _refused("the file", "has at most 4 MiB", "file")
    entries = _lines_of(raw) if as_csv else _entries_of(raw)
    digest = "sha256:" + hashlib.sha256(raw).hexdigest()
    if source in registered().remote:
        return Supply(month, source, digest, {}, _reads(list(entries)))
    return Supply(month, source, digest, folded(_counts(entries)), None)


def append_supply(connection: Connection, supply: Supply) -> list[int]:
    """Enter a file's counts into the log; gives the indices of its leaves.

    Raises Conflict `counts_known` for a file that the log holds already.
    """
    for known in supplied_counts(connection, log_size(connection)):
        if (known.source, known.month, known.digest) == (
            supply.source,
            str(supply.month),
            supply.digest,
        ):
            raise Conflict("counts_known", "this file stands in the log already")
    indices = [append_public(connection, leaf).index for leaf in supply.leaves()]
    rows = [{"leaf": index, "month": str(supply.month)} for index in indices]
    connection.execute(insert(reconciliations), rows)
    return indices


def folded(counts: Mapping[Counted, int]) -> dict[Counted, int]:
    """Counts without a small one: what is below ten is summed into its channel's unnamed entry."""
    kept: dict[Counted, int] = {}
    by_channel: defaultdict[str | None, list[tuple[int, Counted]]] = defaultdict(list)
    for key, number in counts.items():
        by_channel[key[1]].append((number, key))
    for channel, numbered in by_channel.items():
        rest = 0
        for number, key in sorted(numbered, key=lambda one: (one[0], str(one[1]))):
            if number < FEWEST or 0 < rest < FEWEST:
                rest += number
            else:
                kept[key] = number
        if 0 < rest < FEWEST:
            raise _refused("the file", "counts fewer than 10 dossiers of a channel", "dossiers")
        if rest:
            kept[None, channel] = rest
    return dict(sorted(kept.items(), key=lambda one: (one[0][0] or "", one[0][1] or "")))


def _entries_of(raw: bytes) -> Iterator[tuple[str, Mapping[str, object]]]:
    """The entries of a JSON file, each with its place."""
    try:
        document = read_json(raw.removeprefix(BYTE_ORDER_MARK))
    except AmbiguousJson as refused:
        raise _refused("the file", f"cannot be read: {refused}", "file") from None
    if isinstance(document, dict) and document.keys() == {"reads"}:
        yield "the file", document
    elif isinstance(document, dict) and document.keys() == {"counts"}:
        entries = document["counts"]
        for number, entry in enumerate(entries if isinstance(entries, list) else [None], 1):
            if not isinstance(entry, dict) or entry.keys() != set(_MEMBERS):
                raise _refused(f"entry {number}", f"has {', '.join(_MEMBERS)}", "counts")
            yield f"entry {number}", entry
    else:
        raise _refused("the file", "has one member, counts or reads", "file")


def _lines_of(raw: bytes) -> Iterator[tuple[str, Mapping[str, object]]]:
    """The lines of a CSV file, each with its number."""
    lines = None
    try:
        lines = csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""), strict=True)
        names = tuple(next(lines, ()))
        if names not in (_MEMBERS, ("reads",)):
            raise _refused("line 1", f"names {','.join(_MEMBERS)}, or reads", "file")
        for line in lines:
            if len(line) != len(names):
                raise _refused(f"line {lines.line_num}", "has another number of cells", "file")
            cells = zip(names, line, strict=True)
            yield f"line {lines.line_num}", {name: _value(name, text) for name, text in cells}
    except (UnicodeDecodeError, csv.Error):
        place = f"line {lines.line_num}" if lines else "the file"
        raise _refused(place, "is CSV in UTF-8", "file") from None


def _value(name: str, text: str) -> str | int | None:
    """A cell as JSON would have it: a number, null for no channel, else the text."""
    if name == "channel":
        return text or None
    return int(text) if name in ("dossiers", "reads") and _NUMBER.fullmatch(text) else text


def _reads(entries: list[tuple[str, Mapping[str, object]]]) -> int:
    if len(entries) != 1 or "reads" not in entries[0][1]:
        raise _refused("the file", "holds one number of reads for this source", "reads")
    return _number(*entries[0], "reads")


def _counts(entries: Iterator[tuple[str, Mapping[str, object]]]) -> dict[Counted, int]:
    counts: dict[Counted, int] = {}
    seen: set[Counted] = set()
    for place, entry in entries:
        if "procedure" not in entry:
            raise _refused("the file", "holds dossiers for this source", "counts")
        named = entry["procedure"]
        try:
            procedure = ProcedureCode(named if isinstance(named, str) else "").text
        except ValueError:
            raise _refused(place, "names a procedure like 1.004222", "procedure") from None
        channel = entry["channel"]
        if channel not in (None, ONLINE, PAPER):
            raise _refused(place, "is online, paper or nothing", "channel")
        code = procedure[:BASE_CODE]
        both = {(code, ONLINE), (code, PAPER)} if channel is None else {(code, None)}
        if (procedure, channel) in counts or not both.isdisjoint(seen):
            raise _refused(place, "counts a procedure and channel twice", "procedure")
        seen.add((code, channel))
        counts[procedure, channel] = _number(place, entry, "dossiers")
    if not counts:
        raise _refused("the file", "counts nothing", "counts")
    return counts


def _number(place: str, entry: Mapping[str, object], member: str) -> int:
    number = entry[member]
    if type(number) is not int or not 0 <= number <= LARGEST_COUNT:
        raise _refused(place, "is a whole number up to 1,000,000,000", member)
    return number


def _refused(place: str, why: str, member: str) -> BadRequest:
    return BadRequest("counts_unusable", f"{place}: {member} {why}", member)
