"""How are hashes and entries laid out in files? (C2SP tlog-tiles, height 8)

    tile/<L>/<N>             the hashes numbered 256 N to 256 N + 255 of level 8 L, 32 bytes each
    tile/entries/<N>         the entries numbered 256 N to 256 N + 255, each after its 16-bit
                             big-endian length
    …/<N>.p/<W>              the first W of them: the last file of a level whose number is no
                             multiple of 256; the whole file stands in for it once it is there

N is written in groups of three digits, all but the last with an `x` before: 1234067 is `x001/x234/067`.
Hash n of level L covers the 2^L entries from n 2^L on.
"""

from hashlib import sha256

from gateway_verify.findings import Kind, Refuted
from gateway_verify.locations import WIDTH, Place, path_of, read_if_there

HASH_BYTES = 32
LARGEST_ENTRY_BYTES = 0xFFFF
_LARGEST_BUNDLE_BYTES = WIDTH * (2 + LARGEST_ENTRY_BYTES)
EMPTY_ROOT = sha256(b"").digest()


def read_hashes(place: Place, level: int, number: int, width: int) -> bytes:
    """The first `width` hashes of a tile; raises Refuted for a file of another length."""
    most = WIDTH * HASH_BYTES
    path, raw = _read_either(place, f"tile/{level}", number, width, most)
    if len(raw) < width * HASH_BYTES or len(raw) > most or len(raw) % HASH_BYTES:
        raise Refuted(Kind.TILE, "the tile has another length", path)
    return raw[: width * HASH_BYTES]


def read_bundle(
    place: Place, number: int, width: int, folder: str = "tile/entries"
) -> tuple[str, bytes]:
    """Path and bytes of the entries, or bodies, of a bundle as they lie there."""
    return _read_either(place, folder, number, width, _LARGEST_BUNDLE_BYTES)


def _read_either(
    place: Place, folder: str, number: int, width: int, most: int
) -> tuple[str, bytes]:
    path = path_of(folder, number, width)
    if width < WIDTH and (raw := read_if_there(place, path, most)) is None:
        path = path_of(folder, number)
        raw = read_if_there(place, path, most)
        if raw is not None:
            return path, raw
        path = path_of(folder, number, width)
    return path, place.read(path, most) if width == WIDTH or raw is None else raw


def split_bundle(path: str, raw: bytes, first: int, width: int) -> list[bytes]:
    """The first `width` of a bundle's entries, the first one being entry `first` of the log.

    Raises Refuted, naming the entry at which the file does not go on as it should.
    """
    entries, at = [], 0
    for number in range(width):
        length = int.from_bytes(raw[at : at + 2], "big")
        entry = raw[at + 2 : at + 2 + length]
        if len(raw) < at + 2 or len(entry) != length:
            raise Refuted(
                Kind.ENTRY, "the bundle ends within it or before it", path, first + number
            )
        entries.append(entry)
        at += 2 + length
    if at != len(raw) and path.find(".p/") >= 0:
        raise Refuted(Kind.ENTRY, "the bundle goes on behind it", path, first + width - 1)
    return entries


def join(hashes: bytes) -> bytes:
    """The root over a power of two of hashes that stand one after the other."""
    while len(hashes) > HASH_BYTES:
        hashes = b"".join(
            [
                sha256(b"\x01" + hashes[at : at + 2 * HASH_BYTES]).digest()
                for at in range(0, len(hashes), 2 * HASH_BYTES)
            ]
        )
    return hashes


def root_of(levels: list[bytes]) -> bytes:
    """The root over what the last tile of each level holds, `levels[0]` being the hashes of entries.

    What a tile holds falls apart into complete trees, largest first; lower levels stand to the right.
    """
    trees: list[bytes] = []
    for hashes in reversed(levels):
        at = 0
        count = len(hashes) // HASH_BYTES
        for bit in reversed(range(count.bit_length())):
            if count >> bit & 1:
                end = at + (HASH_BYTES << bit)
                trees.append(join(hashes[at:end]))
                at = end
    if not trees:
        return EMPTY_ROOT
    root = trees.pop()
    while trees:
        root = sha256(b"\x01" + trees.pop() + root).digest()
    return root


class TileTree:
    """Subtrees and proofs out of the hash tiles of a log of `size` entries, tile by tile as needed."""

    def __init__(self, place: Place, size: int) -> None:
        self._place = place
        self._size = size
        self._tiles: dict[tuple[int, int], bytes] = {}

    def consistency(self, old: int) -> tuple[bytes, list[bytes]]:
        """The root that the tree had at `old` entries, and the proof that this tree begins with it."""
        return self._root(0, old), self._grown(old, 0, self._size, whole=True)

    def leaf(self, index: int) -> bytes:
        """The hash of entry `index`, which lies within the tree."""
        return self._complete(0, index)

    def inclusion(self, index: int) -> list[bytes]:
        """The siblings of entry `index`, leaf-most first."""
        return self._path(index, 0, self._size)

    def _path(self, index: int, first: int, end: int) -> list[bytes]:
        if end - first == 1:
            return []
        middle = first + _largest_below(end - first)
        if index < middle:
            return [*self._path(index, first, middle), self._root(middle, end)]
        return [*self._path(index, middle, end), self._root(first, middle)]

    def _grown(self, old: int, first: int, end: int, whole: bool) -> list[bytes]:
        if old == end:
            return [] if whole else [self._root(first, end)]
        middle = first + _largest_below(end - first)
        if old <= middle:
            return [*self._grown(old, first, middle, whole), self._root(middle, end)]
        return [*self._grown(old, middle, end, whole=False), self._root(first, middle)]

    def _root(self, first: int, end: int) -> bytes:
        """The root over the entries from `first` to before `end`, `first` a multiple of the larger half."""
        count = end - first
        if count & count - 1 == 0:
            return self._complete(count.bit_length() - 1, first)
        middle = first + _largest_below(count)
        return sha256(b"\x01" + self._root(first, middle) + self._root(middle, end)).digest()

    def _complete(self, height: int, first: int) -> bytes:
        level, span = height // 8, 1 << height % 8
        at = first >> 8 * level
        tile = self._tile(level, at // WIDTH)
        begin = at % WIDTH * HASH_BYTES
        return join(tile[begin : begin + span * HASH_BYTES])

    def _tile(self, level: int, number: int) -> bytes:
        if (level, number) not in self._tiles:
            width = min(WIDTH, (self._size >> 8 * level) - number * WIDTH)
            self._tiles[level, number] = read_hashes(self._place, level, number, width)
        return self._tiles[level, number]


def _largest_below(count: int) -> int:
    return 1 << (count - 1).bit_length() - 1
