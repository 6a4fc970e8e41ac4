"""Make proofs from a handful of tiles, however long the log is.

The proofs are those of RFC 6962 section 2.1 (`tree.py` checks them). A published tree is read by its
complete subtrees, each of which stands in a tile or is hashed from at most 255 neighbours in one, so
that a proof over n leaves reads O(log n) hashes.
"""

from base64 import b64encode
from collections.abc import Sequence

from gateway.log.publishing._tiles import WIDTH, TileFolder
from gateway.log.tree import EMPTY_ROOT, node_hash, root_of, split_of

_HEIGHT = WIDTH.bit_length() - 1


class PublishedTree:
    """The tree of `size` leaves whose tiles, partial ones included, lie in a folder."""

    def __init__(self, tiles: TileFolder, size: int) -> None:
        self._tiles = tiles
        self.size = size

    def leaf(self, index: int) -> bytes:
        """One leaf hash; raises IndexError outside the tree."""
        if not 0 <= index < self.size:
            raise IndexError("no leaf stands there")
        return self._row(0, index, 1)[0]

    def root(self, start: int = 0, end: int | None = None) -> bytes:
        """The root over the leaves from `start` to `end`, a range that RFC 6962 splits into.

        Raises OSError or ValueError when a tile is missing or torn.
        """
        end = self.size if end is None else end
        count = end - start
        if count == 0:
            return EMPTY_ROOT
        if count & (count - 1) == 0:
            return self._subtree(start, count.bit_length() - 1)
        k = split_of(count)
        return node_hash(self.root(start, start + k), self.root(start + k, end))

    def inclusion(self, index: int, size: int | None = None) -> tuple[bytes, ...]:
        """The inclusion proof of the leaf at `index` in the tree of `size` leaves; IndexError outside it."""
        end = self._within(size)
        if not 0 <= index < end:
            raise IndexError("no leaf stands there")
        start, proof = 0, list[bytes]()
        while end - start > 1:
            middle = start + split_of(end - start)
            if index < middle:
                proof.append(self.root(middle, end))
                end = middle
            else:
                proof.append(self.root(start, middle))
                start = middle
        return tuple(reversed(proof))

    def consistency(self, old_size: int, size: int | None = None) -> tuple[bytes, ...]:
        """The consistency proof from the tree of `old_size` leaves to that of `size`; IndexError outside."""
        end = self._within(size)
        if not 0 < old_size <= end:
            raise IndexError("the older tree is not a beginning of this one")
        start, proof, whole = 0, list[bytes](), True
        while old_size != end:
            middle = start + split_of(end - start)
            if old_size <= middle:
                proof.append(self.root(middle, end))
                end = middle
            else:
                proof.append(self.root(start, middle))
                start, whole = middle, False
        if not whole:
            proof.append(self.root(start, end))
        return tuple(reversed(proof))

    def _within(self, size: int | None) -> int:
        if size is None:
            return self.size
        if not 0 <= size <= self.size:
            raise IndexError("the tree is not published up to that size")
        return size

    def _subtree(self, start: int, height: int) -> bytes:
        """The root of a complete subtree of 2^height leaves."""
        level = height // _HEIGHT
        count = 1 << (height - level * _HEIGHT)
        return root_of(self._row(level, start >> (level * _HEIGHT), count))

    def _row(self, level: int, first: int, count: int) -> list[bytes]:
        tile, offset = divmod(first, WIDTH)
        there = self.size >> (level * _HEIGHT)
        width = min(WIDTH, there - tile * WIDTH)
        try:
            hashes = self._tiles.hashes(level, tile, width)
        except FileNotFoundError:
            if width == WIDTH:
                raise
            hashes = self._tiles.hashes(
                level, tile
            )  # the log has grown since: the full one stands in
        return hashes[offset : offset + count]


def proof_text(head: Sequence[str], hashes: Sequence[bytes], note: bytes) -> bytes:
    """A proof as text: lines, one of base64 for each hash, an empty line, the checkpoint's note."""
    lines = [*head, *(b64encode(one).decode() for one in hashes), "", ""]
    return "\n".join(lines).encode() + note


def inclusion_text(tree: PublishedTree, index: int, note: bytes) -> bytes:
    """The C2SP tlog-proof of one leaf under the checkpoint of this tree."""
    head = ["c2sp.org/tlog-proof@v1", f"index {index}"]
    return proof_text(head, tree.inclusion(index), note)
