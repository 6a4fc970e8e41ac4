"""Compare the published files with the root that is about to be signed, and with the database.

The root is counted on a second code path that knows nothing of how tiles were made. It reads the entry
bundles back from the disk, hashes every entry again, folds the hashes into a stack of complete subtrees,
and compares every tile of hashes on the way with its own. At a start it begins at leaf 0; later it continues
after the last full bundle it has counted.
"""

from hashlib import sha256

from gateway.log.publishing._folder import LogDamaged
from gateway.log.publishing._tiles import WIDTH, TileFolder
from gateway.log.stored import LeafRows
from gateway.log.tree import leaf_hash

_EMPTY = sha256(b"").digest()


class Recount:
    """Counts one log's root from its published entries."""

    def __init__(self, tiles: TileFolder) -> None:
        self._tiles = tiles
        self._stack: list[tuple[int, bytes]] = []
        self._rows: list[list[bytes]] = []
        self.counted = 0

    def advance(self, size: int) -> bool:
        """Count the next full bundle below `size`; False when none is left.

        Raises LogDamaged for a bundle or a tile that is missing, torn or altered.
        """
        if self.counted + WIDTH > size:
            return False
        hashes = self._bundle(self.counted // WIDTH, WIDTH)
        _fold(self._stack, hashes)
        self._raise_row(0, hashes, self.counted)
        self.counted += WIDTH
        return True

    def root(self, size: int) -> bytes:
        """The root over the first `size` leaves, partial tiles included; raises LogDamaged."""
        while self.advance(size):
            pass
        stack = list(self._stack)
        if rest := size - self.counted:
            hashes = self._bundle(self.counted // WIDTH, rest)
            self._compare(0, self.counted // WIDTH, hashes, self.counted)
            _fold(stack, hashes)
        for level, row in enumerate(self._rows):
            if row:
                place = (size >> (8 * (level + 1))) // WIDTH
                self._compare(level + 1, place, row, self.counted)
        if not stack:
            return _EMPTY
        root = stack.pop()[1]
        while stack:
            root = _node(stack.pop()[1], root)
        return root

    def _bundle(self, index: int, width: int) -> list[bytes]:
        try:
            entries = self._tiles.entries(index, width)
        except (FileNotFoundError, ValueError):
            raise LogDamaged(index * WIDTH, "its entry bundle is missing or torn") from None
        return [sha256(b"\x00" + entry).digest() for entry in entries]

    def _raise_row(self, level: int, hashes: list[bytes], first: int) -> None:
        """Compare a full tile with the disk, and add its root to the row above."""
        self._compare(level, (first >> (8 * level)) // WIDTH, hashes, first)
        if level == len(self._rows):
            self._rows.append([])
        stack: list[tuple[int, bytes]] = []
        _fold(stack, hashes)
        row = self._rows[level]
        row.append(stack[0][1])
        if len(row) == WIDTH:
            self._rows[level] = []
            self._raise_row(level + 1, row, first)

    def _compare(self, level: int, index: int, hashes: list[bytes], first: int) -> None:
        try:
            there = self._tiles.hashes(level, index, len(hashes))
        except (FileNotFoundError, ValueError):
            raise LogDamaged(first, f"its tile of level {level} is missing or torn") from None
        for offset, (one, other) in enumerate(zip(hashes, there, strict=True)):
            if one != other:
                at = (index * WIDTH + offset) << (8 * level)
                raise LogDamaged(at, f"its tile of level {level} holds another hash")


def _fold(stack: list[tuple[int, bytes]], hashes: list[bytes]) -> None:
    for one in hashes:
        size, node = 1, one
        while stack and stack[-1][0] == size:
            node = _node(stack.pop()[1], node)
            size *= 2
        stack.append((size, node))


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def check_rows(tiles: TileFolder, rows: LeafRows, size: int) -> None:
    """Compare every leaf of the database below `size`, a published size, with the tiles.

    Tiles that are gone are passed over: they are written again from the database, and the signer
    compares the roots. Raises LogDamaged with the first leaf that differs, Busy, OSError.
    """
    for first in range(0, size, WIDTH):
        width = min(WIDTH, size - first)
        try:
            published = tiles.hashes(0, first // WIDTH, width)
        except FileNotFoundError:
            return
        except ValueError:
            raise LogDamaged(first, "its tile of level 0 is torn") from None
        page = rows.page(first, width)
        for offset, hash_ in enumerate(published):
            if offset >= len(page) or page[offset].index != first + offset:
                raise LogDamaged(first + offset, "the database has no leaf there")
            if not leaf_hash(page[offset].entry) == page[offset].hash == hash_:
                raise LogDamaged(
                    first + offset, "the database holds another leaf than was published"
                )
