"""How is a walk laid down and taken up again, and what is remembered of the log that was seen?

One JSON file: `{"v": 1, "origin", "seen": null or {"size", "root"}, "walked": {"size", "levels"},
"public": [[index, entry]]}`, hashes and roots in base64, entries as text. `seen` is the last checkpoint
that was proved: a later one must be of a log that begins with it. The file is the auditor's own; what it
says was walked is not walked again.
"""

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from pathlib import Path

from gateway_verify._tree.tiles import HASH_BYTES
from gateway_verify._tree.walk import Walked
from gateway_verify.findings import Kind, Unchecked
from gateway_verify.locations import WIDTH
from gateway_verify.text import canonical
from gateway_verify.text.notes import Checkpoint

EVERY_BUNDLES = 1024
"""So often a walk is laid down on the way."""


@dataclass(slots=True)
class Remembered:
    """What is known of a log from before."""

    origin: str
    seen: tuple[int, bytes] | None = None
    walked: Walked = field(default_factory=Walked)
    public: list[tuple[int, bytes]] = field(default_factory=list)


def remember(path: Path | None, origin: str) -> Remembered:
    """Read the file, if there is one; raises Unchecked for one that cannot be used."""
    if path is None or not path.exists():
        return Remembered(origin)
    try:
        said = canonical.read_json(path.read_bytes())
        seen = said["seen"]
        known = Remembered(
            said["origin"],
            None if seen is None else (seen["size"], b64decode(seen["root"])),
            Walked(said["walked"]["size"], [b64decode(one) for one in said["walked"]["levels"]]),
            [(index, entry.encode()) for index, entry in said["public"]],
        )
        usable = _is_usable(known)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        usable = False
    if not usable:
        raise Unchecked(Kind.MISSING, "the state file cannot be read")
    if known.origin != origin:
        raise Unchecked(Kind.ORIGIN, "the state file is about a log of another origin")
    return known


def _is_usable(known: Remembered) -> bool:
    """Whether sizes are sizes, each level holds what a walk so far would leave there, and so on."""
    size, levels = known.walked.size, known.walked.levels
    indices = [index for index, _ in known.public]
    numbers = [size, *indices, *([known.seen[0]] if known.seen else [])]
    return (
        all(type(number) is int and number >= 0 for number in numbers)
        and indices == sorted(set(indices))
        and indices[-1:] < [size]
        and size >> 8 * len(levels) == 0 == size % WIDTH
        and all(
            len(hashes) == (size >> 8 * level) % WIDTH * HASH_BYTES
            for level, hashes in enumerate(levels)
        )
    )


def lay_down(path: Path, known: Remembered, proved: Checkpoint | None = None) -> None:
    """Write the file by a rename, up to the last whole tile; `proved` replaces what was seen before."""
    seen = (proved.size, proved.root) if proved else known.seen
    said = {
        "v": 1,
        "origin": known.origin,
        "seen": None if seen is None else {"size": seen[0], "root": _text(seen[1])},
        "walked": {
            "size": known.walked.size // WIDTH * WIDTH,
            "levels": ["", *(_text(one) for one in known.walked.levels[1:])],
        },
        "public": [[index, entry.decode()] for index, entry in known.public],
    }
    fresh = path.with_name(path.name + ".new")
    try:
        fresh.write_text(json.dumps(said))
        fresh.replace(path)
    except OSError:
        raise Unchecked(Kind.MISSING, "the state file cannot be written") from None


def _text(raw: bytes) -> str:
    return b64encode(raw).decode()
