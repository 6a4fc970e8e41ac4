"""What can a sample ask about, and which leaves tell of one unit of it?

The units of a frame (`draw.py`) are found in the bodies of the `submission` leaves of a closed range;
what test tenants submitted is left out. They are numbered from 0 in the order of the log, within a body:

    fields        each field instance whose verdict is `A` (`auto`): first the letters of `vd`, then row by
                  row those of `vr`, in the order of its text
    submissions   the submission itself
    records       each letter of `rc` and `rr` that stands at a field with the verdict `A`, in the order of
                  these fields; the unit's fields are all of that letter. `*`, which stands for any record
                  beyond the twentieth, is a unit for each field; so is, in a body without `rc`, each
                  field with the verdict `A` from the source `r` or `y`: left out, the member hides nothing
"""

from base64 import b64encode
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import accumulate
from typing import Any

from gateway_verify._claims.leaf_order import Story
from gateway_verify._claims.tallies import Close
from gateway_verify._count.forms import Form, Misspelt, form_of
from gateway_verify._count.records import SALT_BYTES
from gateway_verify._proofs import leaf_hash
from gateway_verify._tree.tiles import read_bundle, split_bundle
from gateway_verify.findings import Kind, Refuted, Unchecked
from gateway_verify.locations import WIDTH, Place
from gateway_verify.sampling.draw import FIELDS, RECORDS, SUBMISSIONS
from gateway_verify.text import canonical

_DOMAIN = b"eform-gateway/case/v1"
_SEALED = b'{"kind":"case",'
_AUTO = "A"
_FROM_RECORDS = frozenset({"r", "y"})
_UNNUMBERED = "*"

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Opened:
    """A case leaf whose body opens its seal."""

    index: int
    hash: bytes
    salt: bytes = field(repr=False)
    body: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of a frame: its submission leaf, and which unit of that leaf it is.

    `path` names the field of the frame `fields`; `paths` the fields that a record of `records` filled.
    """

    leaf: Opened
    ordinal: int
    path: str | None = None
    paths: tuple[str, ...] = ()


def open_bundle(place: Place, size: int, number: int) -> Iterator[Opened]:
    """The case leaves of a bundle of a log of `size` entries whose bodies are there.

    Raises Refuted for a body that is not the sealed one, Unchecked without the file.
    """
    first, width = number * WIDTH, min(WIDTH, size - number * WIDTH)
    entries = split_bundle(*read_bundle(place, number, width), first, width)
    path, raw = read_bundle(place, number, width, "bodies")
    bodies = split_bundle(path, raw, first, width)
    for index, (entry, body) in enumerate(zip(entries, bodies, strict=True), first):
        if not entry.startswith(_SEALED) or not body:
            continue
        seal = b64encode(sha256(_DOMAIN + body).digest())
        if entry != _SEALED + b'"seal":"' + seal + b'","v":1}':
            raise Refuted(Kind.BODY, "the body is not the one that was sealed", path, index)
        said = _read(index, body[SALT_BYTES:])
        yield Opened(index, leaf_hash(entry), body[:SALT_BYTES], said)


def _read(index: int, text: bytes) -> Mapping[str, Any]:
    try:
        said = canonical.read_json(text)
    except canonical.NotCanonical:
        said = None
    if not isinstance(said, dict) or not isinstance(said.get("chain", ""), str):
        raise Refuted(Kind.BODY, "no body of a known kind", index=index)
    return said


class Units:
    """The units of one close, known by their numbers; counts are kept per bundle alone."""

    def __init__(
        self,
        place: Place,
        size: int,
        story: Story,
        close: Close,
        progress: Progress,
        frame: str = FIELDS,
    ) -> None:
        self._place, self._size, self._close, self._frame = place, size, close, frame
        self._tests = frozenset(g["tenant"] for _, g in story.of_kind("grant") if g["is_test"])
        self._forms: dict[int, Form] = {i: form_of(i, f) for i, f in story.of_kind("form-version")}
        self._first = close.first // WIDTH
        numbers = range(self._first, close.last // WIDTH + 1)
        opened, counts = 0, list[int]()
        for done, number in enumerate(numbers, 1):
            leaves = self._within(number)
            opened += len(leaves)
            counts.append(sum(len(self._units(leaf)) for leaf in leaves))
            progress(done, len(numbers))
        self._ends = list(accumulate(counts))
        sealed = story.cases_between(close.first, close.last)
        if opened != sealed:
            says = f"{sealed - opened} bodies of the month are not there"
            raise Unchecked(Kind.BODY, says, index=close.first)

    @property
    def count(self) -> int:
        """How many units there are."""
        return self._ends[-1]

    def numbered(self, numbers: Iterable[int]) -> list[Unit]:
        """The units of these numbers, in the order asked for."""
        wanted, found = list(numbers), dict[int, Unit]()
        for bundle in sorted({bisect_right(self._ends, number) for number in wanted}):
            begin = self._ends[bundle - 1] if bundle else 0
            mine = {number for number in wanted if begin <= number < self._ends[bundle]}
            for number, unit in enumerate(self._of_bundle(self._first + bundle), begin):
                if number in mine:
                    found[number] = unit
        return [found[number] for number in wanted]

    def _of_bundle(self, number: int) -> Iterator[Unit]:
        for leaf in self._within(number):
            yield from self._units(leaf)

    def _within(self, number: int) -> list[Opened]:
        first, last = self._close.first, self._close.last
        leaves = open_bundle(self._place, self._size, number)
        return [leaf for leaf in leaves if first <= leaf.index <= last]

    def _units(self, leaf: Opened) -> list[Unit]:
        body = leaf.body
        if body.get("k") != "submission":
            return []
        try:
            if body["ten"] in self._tests:
                return []
            return list(units_of(self._frame, leaf, self._forms[body["fv"]]))
        except (KeyError, TypeError, AttributeError, Misspelt):
            says = "its letters are not those of its form"
            raise Refuted(Kind.BODY, says, index=leaf.index) from None


def units_of(frame: str, leaf: Opened, form: Form) -> Iterator[Unit]:
    """The units of a frame in one submission; raises Misspelt, or what a malformed body gives."""
    body = leaf.body
    letters = form.spread(body["vd"], body.get("vr", {}))
    saved = [path for path, _, letter in letters if letter == _AUTO]
    if frame == FIELDS:
        yield from (Unit(leaf, number, path) for number, path in enumerate(saved))
    elif frame == SUBMISSIONS:
        yield Unit(leaf, 0)
    elif frame == RECORDS:
        records = _by_record(body, form, saved)
        yield from (Unit(leaf, number, None, paths) for number, paths in enumerate(records))


def _by_record(body: Mapping[str, Any], form: Form, saved: list[str]) -> list[tuple[str, ...]]:
    """The saved fields that unvouched records filled, put together by record."""
    numbered = "rc" in body
    letters, rows = ("rc", "rr") if numbered else ("so", "sr")
    held = {path: letter for path, _, letter in form.spread(body[letters], body.get(rows, {}))}
    records: dict[tuple[str, str], list[str]] = {}
    for path in saved:
        letter = held.get(path)
        if letter is not None and (numbered or letter in _FROM_RECORDS):
            apart = not numbered or letter == _UNNUMBERED
            records.setdefault((letter, path if apart else ""), []).append(path)
    return [tuple(paths) for paths in records.values()]


def leaves_of_chains(
    place: Place, size: int, chains: Iterable[str], last: int, progress: Progress
) -> dict[str, list[Opened]]:
    """Every case leaf up to `last` that names one of the chains, in the order of the log.

    Bundles that the pack lacks are passed over; raises Unchecked where a prefill of a chain stands in one.
    """
    found: dict[str, list[Opened]] = {chain: [] for chain in chains}
    numbers = range(last // WIDTH + 1)
    for number in numbers:
        for leaf in _there(place, size, number):
            if leaf.body.get("chain") in found and leaf.index <= last:
                found[leaf.body["chain"]].append(leaf)
        progress(number + 1, len(numbers))
    for leaves in found.values():
        _check_whole(leaves)
    return found


def _there(place: Place, size: int, number: int) -> Iterator[Opened]:
    try:
        yield from open_bundle(place, size, number)
    except Unchecked as missing:
        if missing.finding.kind is not Kind.MISSING:
            raise


def _check_whole(leaves: list[Opened]) -> None:
    """Every leaf before that a leaf of the chain names is there too."""
    there = {leaf.index for leaf in leaves}
    for leaf in leaves:
        before = leaf.body.get("pf", leaf.body.get("prev"))
        if before is not None and before not in there:
            raise Unchecked(Kind.BODY, "a drawn chain begins in bodies not there", index=before)
