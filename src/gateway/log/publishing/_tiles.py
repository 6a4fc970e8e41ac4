"""The tiles of the published log: their addresses, and what is in them.

The static files of C2SP tlog-tiles, tiles 256 wide:

    tile/<L>/<N>            256 hashes of 32 bytes: the roots of 256^L leaves each, L = 0 the leaves
    tile/entries/<N>        256 entries, each its length in 2 bytes, big-endian, then its bytes
    ….p/<W>                 the same with W < 256, at the right edge of a published tree

N is written in groups of three digits, all but the last behind an `x`: 1234067 is x001/x234/067. A
partial tile is never hashed into the level above, and goes once the full one is there.
"""

import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from gateway.storage.files import write_atomically

WIDTH = 256
ENTRIES = "entries"
HASH_BYTES = 32
_LENGTH_BYTES = 2
_TILE = re.compile(
    r"tile/(?:entries|0|[1-9][0-9]?)/(?:x[0-9]{3}/){0,6}[0-9]{3}(?:\.p/[1-9][0-9]{0,2})?"
)


def tile_path(level: int | str, index: int, width: int = WIDTH) -> str:
    """The address of a tile below the log's own; `level` is a number or ENTRIES."""
    digits = str(index).zfill(-(-len(str(index)) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    name = "/".join([*("x" + group for group in groups[:-1]), groups[-1]])
    return f"tile/{level}/{name}" + ("" if width == WIDTH else f".p/{width}")


def is_tile_path(path: str) -> bool:
    """Whether the text has the form of a tile's address, and of nothing outside the log."""
    return _TILE.fullmatch(path) is not None


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Write entries one behind the other; raises OverflowError for one over 65,535 bytes."""
    return b"".join(len(entry).to_bytes(_LENGTH_BYTES) + entry for entry in entries)


def decode_bundle(raw: bytes) -> list[bytes]:
    """The entries of a bundle; raises ValueError when it ends within one."""
    entries, at = [], 0
    while at < len(raw):
        start = at + _LENGTH_BYTES
        at = start + int.from_bytes(raw[at:start])
        if at > len(raw) or start > len(raw):
            raise ValueError("the bundle ends within an entry")
        entries.append(raw[start:at])
    return entries


class TileFolder:
    """The published files of one log in one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write_hashes(self, level: int, index: int, hashes: Sequence[bytes]) -> None:
        """Put a tile in place, durably; raises OSError."""
        path = self.root / tile_path(level, index, len(hashes))
        write_atomically(path, b"".join(hashes))

    def write_bundle(self, index: int, entries: Sequence[bytes]) -> None:
        """Put an entry bundle in place, durably; raises OSError."""
        path = self.root / tile_path(ENTRIES, index, len(entries))
        write_atomically(path, encode_bundle(entries))

    def hashes(self, level: int, index: int, width: int = WIDTH) -> list[bytes]:
        """The hashes of a tile; raises FileNotFoundError, ValueError for one of another width."""
        raw, whole = self._read(level, index, width)
        if len(raw) != whole * HASH_BYTES:
            raise ValueError(f"{tile_path(level, index, whole)} does not hold {whole} hashes")
        return [raw[at : at + HASH_BYTES] for at in range(0, width * HASH_BYTES, HASH_BYTES)]

    def entries(self, index: int, width: int = WIDTH) -> list[bytes]:
        """The entries of a bundle; raises FileNotFoundError, ValueError for another number."""
        raw, whole = self._read(ENTRIES, index, width)
        entries = decode_bundle(raw)
        if len(entries) != whole:
            raise ValueError(f"{tile_path(ENTRIES, index, whole)} does not hold {whole} entries")
        return entries[:width]

    def _read(self, level: int | str, index: int, width: int) -> tuple[bytes, int]:
        """A partial tile, or the full one that has taken its place; the width that was read."""
        try:
            return (self.root / tile_path(level, index, width)).read_bytes(), width
        except FileNotFoundError:
            return (self.root / tile_path(level, index)).read_bytes(), WIDTH

    def complete(self) -> int:
        """How many full tiles of leaves there are; they are written in order."""
        high = 1
        while self._is_full(high - 1):
            high *= 2
        low = high // 2
        while low < high - 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._is_full(middle - 1) else (low, middle)
        return low

    def drop_partial(self, level: int | str, index: int) -> None:
        """Delete the partial tiles of a full one; nothing where there are none."""
        path = self.root / tile_path(level, index)
        if path.exists():
            shutil.rmtree(path.with_name(path.name + ".p"), ignore_errors=True)

    def _is_full(self, index: int) -> bool:
        return (self.root / tile_path(0, index)).exists()
