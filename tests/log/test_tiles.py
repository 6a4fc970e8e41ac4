"""A tile that does not hold what its name says is not read, and a full one stands for its parts."""

from hashlib import sha256
from pathlib import Path

import pytest

from gateway.log.publishing._tiles import (
    ENTRIES,
    HASH_BYTES,
    WIDTH,
    TileFolder,
    decode_bundle,
    encode_bundle,
    tile_path,
)

BUNDLE = [b"", b"a", b"\x00" * 300, b"z" * 65_535]


def hashes(number: int) -> list[bytes]:
    return [sha256(bytes([n])).digest() for n in range(number)]


@pytest.fixture
def tiles(tmp_path: Path) -> TileFolder:
    return TileFolder(tmp_path)


def test_only_whole_bundle_reads_back() -> None:
    assert encode_bundle(BUNDLE[:2]) == b"\x00\x00\x00\x01a"
    assert decode_bundle(encode_bundle(BUNDLE)) == BUNDLE
    whole = encode_bundle(BUNDLE[:3])
    ends = {0, 2, 5, len(whole)}
    for length in range(len(whole) + 1):
        if length in ends:
            assert decode_bundle(whole[:length]) == BUNDLE[: sorted(ends).index(length)]
        else:
            with pytest.raises(ValueError, match="within an entry"):
                decode_bundle(whole[:length])
    with pytest.raises(OverflowError):
        encode_bundle([b"z" * 65_536])


@pytest.mark.parametrize("held", [0, 2, 4])
def test_tile_of_other_size_is_refused(tiles: TileFolder, held: int) -> None:
    for level in (0, ENTRIES):
        path = tiles.root / tile_path(level, 7, 3)
        path.parent.mkdir(parents=True)
        path.write_bytes(b"".join(hashes(held)) if level == 0 else encode_bundle([b"e"] * held))
    with pytest.raises(ValueError, match="does not hold 3 hashes"):
        tiles.hashes(0, 7, 3)
    with pytest.raises(ValueError, match="does not hold 3 entries"):
        tiles.entries(7, 3)


def test_full_tile_replaces_every_partial_one(tiles: TileFolder) -> None:
    entries = [bytes([n]) for n in range(WIDTH)]
    tiles.write_hashes(0, 0, hashes(3))
    tiles.write_bundle(0, entries[:3])
    assert (tiles.hashes(0, 0, 3), tiles.entries(0, 3)) == (hashes(3), entries[:3])
    with pytest.raises(FileNotFoundError):
        tiles.hashes(0, 0, 4)
    tiles.drop_partial(0, 0)
    assert tiles.hashes(0, 0, 3) == hashes(3)

    tiles.write_hashes(0, 0, hashes(WIDTH))
    tiles.write_bundle(0, entries)
    for level in (0, ENTRIES):
        tiles.drop_partial(level, 0)
        assert not (tiles.root / tile_path(level, 0, 3)).exists()

    assert (tiles.hashes(0, 0, 3), tiles.entries(0, 3)) == (hashes(3), entries[:3])
    assert (len(tiles.hashes(0, 0)), len(tiles.entries(0))) == (WIDTH, WIDTH)


@pytest.mark.parametrize("number", [0, 1, 2, 3, 7, 8, 9, 300])
def test_full_tiles_are_counted(tiles: TileFolder, number: int) -> None:
    for index in range(number):
        path = tiles.root / tile_path(0, index)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(HASH_BYTES))
    tiles.write_hashes(0, number, hashes(9))
    assert tiles.complete() == number
