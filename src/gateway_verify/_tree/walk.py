"""Do all entries lead to the root that was signed, and every tile on the way?

Steps, for each bundle in turn: 1. it holds exactly its entries; 2. their hashes are the tile of level
0; 3. where that tile is whole, its root goes into the tile above, which is compared when it is whole,
and so on upwards; at the end: 4. every last, partial tile is compared; 5. the root is the signed one.

What has been walked is described by the last tile of each level (at a multiple of 256 entries that of
level 0 is empty), so that a walk can be laid down and taken up again.

A **case** entry has one form and length, `{"kind":"case","seal":"<base64 of 32 bytes>","v":1}`;
any other entry is taken for a public one and handed on to be read.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from gateway_verify._tree.tiles import (
    HASH_BYTES,
    join,
    read_bundle,
    read_hashes,
    root_of,
    split_bundle,
)
from gateway_verify.findings import Kind, Refuted
from gateway_verify.locations import WIDTH, Place, path_of
from gateway_verify.text.notes import Checkpoint

_CASE = rb'\{"kind":"case","seal":"([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)","v":1\}'
CASE_ENTRY = re.compile(_CASE)
CASE_BYTES = 75
_FRAMED = CASE_BYTES + 2
_ONLY_CASES = re.compile(rb"(?:\x00\x4b" + _CASE.replace(b"(", b"(?:") + rb")*")


@dataclass(frozen=True, slots=True)
class Bundle:
    """Up to 256 entries that have been checked against their tile: the seals of the case entries in
    order, with `None` where a public entry stands, and the public ones by index."""

    first: int
    count: int
    seals: list[bytes | None] = field(repr=False)
    public: list[tuple[int, bytes]] = field(repr=False)


@dataclass(slots=True)
class Walked:
    """How far a walk has come: entries, and the last tile of each level."""

    size: int = 0
    levels: list[bytes] = field(default_factory=list, repr=False)


def walk(
    place: Place, checkpoint: Checkpoint, walked: Walked, known: Mapping[int, bytes]
) -> Iterator[Bundle]:
    """Hand on each bundle once it is checked; `walked` grows as it goes.

    `known` are roots that the log is known to have had at other sizes: 6. each is met on the way.
    Raises Refuted at the first difference, Unchecked where a file is missing.
    """
    for first in range(walked.size, checkpoint.size, WIDTH):
        number, width = first // WIDTH, min(WIDTH, checkpoint.size - first)
        path, raw = read_bundle(place, number, width)
        bundle, hashes = _read(path, raw, first, width)  # 1
        _compare(hashes, read_hashes(place, 0, number, width), 0, number, width)  # 2
        for size in range(first + 1, first + width + 1) if known else ():
            if size in known:
                part = hashes[: (size - first) * HASH_BYTES]
                _meet(known[size], [part, *walked.levels[1:]], size)  # 6
        _climb(place, walked, hashes)  # 3
        walked.size = first + width
        yield bundle
    _compare_last(place, walked)  # 4
    if root_of(walked.levels) != checkpoint.root:  # 5
        raise Refuted(
            Kind.ROOT, "the entries lead to another root than the signed one", "checkpoint"
        )


def _read(path: str, raw: bytes, first: int, width: int) -> tuple[Bundle, bytes]:
    if len(raw) == width * _FRAMED and _ONLY_CASES.fullmatch(raw):
        entries = [raw[at : at + CASE_BYTES] for at in range(2, len(raw), _FRAMED)]
        seals: list[bytes | None] = [raw[at : at + 44] for at in range(25, len(raw), _FRAMED)]
        public: list[tuple[int, bytes]] = []
    else:
        entries = split_bundle(path, raw, first, width)
        found = [CASE_ENTRY.fullmatch(entry) for entry in entries]
        seals = [None if one is None else one[1] for one in found]
        public = [(first + at, e) for at, e in enumerate(entries) if seals[at] is None]
    hashes = b"".join([sha256(b"\x00" + entry).digest() for entry in entries])
    return Bundle(first, width, seals, public), hashes


def _climb(place: Place, walked: Walked, hashes: bytes) -> None:
    level, number = 0, walked.size // WIDTH
    while True:
        if len(walked.levels) == level:
            walked.levels.append(b"")
        walked.levels[level] += hashes
        if len(walked.levels[level]) < WIDTH * HASH_BYTES:
            return
        hashes = join(walked.levels[level])
        if level:
            _compare(walked.levels[level], read_hashes(place, level, number, WIDTH), level, number)
        walked.levels[level] = b""
        level, number = level + 1, number // WIDTH


def _compare_last(place: Place, walked: Walked) -> None:
    for level, hashes in enumerate(walked.levels):
        if level and hashes:
            number, width = walked.size >> 8 * (level + 1), len(hashes) // HASH_BYTES
            _compare(hashes, read_hashes(place, level, number, width), level, number, width)


def _compare(ours: bytes, theirs: bytes, level: int, number: int, width: int = WIDTH) -> None:
    if ours == theirs:
        return
    pieces = range(0, len(ours), HASH_BYTES)
    at = next(i for i in pieces if ours[i : i + HASH_BYTES] != theirs[i : i + HASH_BYTES])
    place = at // HASH_BYTES + number * WIDTH
    says = (
        "the tile gives it another hash" if not level else "a hash of the tile is not of its tree"
    )
    path = path_of(f"tile/{level}", number, width)
    raise Refuted(Kind.TILE, says, path, place << 8 * level)


def _meet(root: bytes, levels: list[bytes], size: int) -> None:
    if root_of(levels) != root:
        raise Refuted(
            Kind.FORK, f"the log that was seen with {size} entries had another root", "checkpoint"
        )
