"""Make tiles of the leaves of the database, a page at a time, and go on after any kill.

Per full bundle first the entries, then the tiles of the levels above that it completes, last the
tile of its leaf hashes: where that one exists, everything before it exists. So the full
tiles on disk are all that is kept of how far the work has come; the unfinished edge is read from the
database again. Partial tiles are written for the sizes that are published.
"""

from collections.abc import Callable, Sequence

from gateway.log.publishing._folder import LogDamaged
from gateway.log.publishing._tiles import ENTRIES, WIDTH, TileFolder
from gateway.log.stored import Leaf
from gateway.log.tree import leaf_hash, root_of

ReadLeaves = Callable[[int, int], Sequence[Leaf]]
"""From which index on, and how many at most: the leaves from there on, in order."""

PAGE_LEAVES = 4 * WIDTH


class Integrator:
    """The one writer of a log's tiles; making it raises LogDamaged for a torn one, OSError."""

    def __init__(self, tiles: TileFolder, read: ReadLeaves) -> None:
        self._tiles = tiles
        self._read = read
        self._entries: list[bytes] = []
        bundles = tiles.complete()
        self.size = bundles * WIDTH
        self._rows: list[list[bytes]] = [[]]
        above = bundles
        while above:
            level = len(self._rows)
            first = above - above % WIDTH
            self._rows.append([self._root_of_full(level, index) for index in range(first, above)])
            above //= WIDTH

    def _root_of_full(self, level: int, index: int) -> bytes:
        try:
            return root_of(self._tiles.hashes(level - 1, index))
        except ValueError:
            at = index * WIDTH << 8 * (level - 1)
            raise LogDamaged(at, f"its tile of level {level - 1} is torn") from None

    def advance(self) -> bool:
        """Take in the next page of leaves; False when none waits.

        Raises LogDamaged for a leaf that is missing or not what its hash says, OSError.
        """
        page = self._read(self.size, PAGE_LEAVES)
        for leaf in page:
            self._take(leaf)
        return bool(page)

    def write_partial(self) -> None:
        """Put the partial tiles of the present size in place; raises OSError."""
        for level, row in enumerate(self._rows):
            if row:
                index = (self.size >> (8 * level)) // WIDTH
                self._tiles.write_hashes(level, index, row)
        if self._entries:
            self._tiles.write_bundle(self.size // WIDTH, self._entries)

    def drop_outgrown(self, before: int, published: int) -> None:
        """Delete the partial tiles that full ones replaced as the published log grew from `before`."""
        for level in range(len(self._rows)):
            for index in range((before >> 8 * level) // WIDTH, (published >> 8 * level) // WIDTH):
                self._tiles.drop_partial(level, index)
                if level == 0:
                    self._tiles.drop_partial(ENTRIES, index)

    def _take(self, leaf: Leaf) -> None:
        if leaf.index != self.size:
            raise LogDamaged(self.size, "the database has no leaf there")
        if leaf_hash(leaf.entry) != leaf.hash:
            raise LogDamaged(leaf.index, "the entry is not the one that was hashed")
        self._entries.append(leaf.entry)
        self._rows[0].append(leaf.hash)
        self.size += 1
        if len(self._entries) == WIDTH:
            self._complete_bundle()

    def _complete_bundle(self) -> None:
        index = self.size // WIDTH - 1
        self._tiles.write_bundle(index, self._entries)
        self._carry(1, root_of(self._rows[0]))
        self._tiles.write_hashes(0, index, self._rows[0])
        self._entries, self._rows[0] = [], []

    def _carry(self, level: int, root: bytes) -> None:
        if level == len(self._rows):
            self._rows.append([])
        row = self._rows[level]
        row.append(root)
        if len(row) == WIDTH:
            index = (self.size >> (8 * level)) // WIDTH - 1
            self._tiles.write_hashes(level, index, row)
            self._rows[level] = []
            self._carry(level + 1, root_of(row))
