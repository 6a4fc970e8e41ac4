"""Proofs out of tiles: the published vectors' roots, a handful of files, and few bytes."""

from pathlib import Path

import pytest

from gateway.log.notes import Checkpoint, sign_checkpoint
from gateway.log.publishing._proofs import PublishedTree, inclusion_text
from gateway.log.publishing._tiles import WIDTH, TileFolder, is_tile_path, tile_path
from gateway.log.tree import check_consistency, check_inclusion, root_of
from tests.log.building import KEY, hashes
from tests.log.proving import prove_consistency, prove_inclusion

FOUR_MILLION = 4_000_000


class EqualLeaves(TileFolder):
    """The tiles of a log in which every entry is the same; counts what is read."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.reads = 0
        self._of_level = [hashes(1)[0]]

    def hashes(self, level: int, index: int, width: int = WIDTH) -> list[bytes]:
        self.reads += 1
        while len(self._of_level) <= level:
            self._of_level.append(root_of([self._of_level[-1]] * WIDTH))
        return [self._of_level[level]] * width


@pytest.mark.parametrize("index", [0, 1, 2_097_151, 2_097_152, 3_333_333, 3_999_999])
def test_proof_over_four_million_leaves_is_small(tmp_path: Path, index: int) -> None:
    tiles = EqualLeaves(tmp_path)
    tree = PublishedTree(tiles, FOUR_MILLION)
    root = tree.root()
    tiles.reads = 0

    proof = tree.inclusion(index)

    assert tiles.reads < 60
    check_inclusion(index, FOUR_MILLION, hashes(1)[0], proof, root)
    checkpoint = Checkpoint("gateway.haiphong.example.gov.vn/log/2026", FOUR_MILLION, root)
    signed = sign_checkpoint(checkpoint, KEY)
    text = inclusion_text(tree, index, signed.note)
    assert len(text) <= 1536


def test_consistency_over_four_million_leaves_needs_few_tiles(tmp_path: Path) -> None:
    tiles = EqualLeaves(tmp_path)
    tree = PublishedTree(tiles, FOUR_MILLION)
    old, new = PublishedTree(tiles, 2_999_999).root(), tree.root()
    tiles.reads = 0

    proof = tree.consistency(2_999_999)

    assert tiles.reads < 60
    check_consistency(2_999_999, FOUR_MILLION, old, new, proof)


class Written(TileFolder):
    """The tiles of a small log, made from its hashes."""

    def __init__(self, all_hashes: list[bytes]) -> None:
        super().__init__(Path())
        self._all = all_hashes

    def hashes(self, level: int, index: int, width: int = WIDTH) -> list[bytes]:
        span = WIDTH**level
        first = index * WIDTH
        rows = [self._all[at * span : (at + 1) * span] for at in range(first, first + width)]
        assert all(len(row) == span for row in rows)
        return [root_of(row) for row in rows]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 255, 256, 257, 511, 513, 700])
def test_proofs_from_tiles_match_definition(size: int) -> None:
    all_hashes = hashes(size)
    tree = PublishedTree(Written(all_hashes), size)

    assert tree.root() == root_of(all_hashes)
    for index in {0, size // 3, size // 2, size - 1}:
        assert tree.leaf(index) == all_hashes[index]
        assert tree.inclusion(index) == prove_inclusion(index, all_hashes)
        assert tree.consistency(index + 1) == prove_consistency(index + 1, all_hashes)
    for outside in (-1, size):
        with pytest.raises(IndexError):
            tree.inclusion(outside)
        with pytest.raises(IndexError):
            tree.leaf(outside)
    for outside in (0, size + 1):
        with pytest.raises(IndexError):
            tree.consistency(outside)


@pytest.mark.parametrize(
    ("index", "path"),
    [(0, "000"), (999, "999"), (1000, "x001/000"), (1_234_067, "x001/x234/067")],
)
def test_tile_path_follows_tlog_tiles(index: int, path: str) -> None:
    assert tile_path(2, index) == f"tile/2/{path}"
    assert tile_path("entries", index, 17) == f"tile/entries/{path}.p/17"
    assert is_tile_path(tile_path(2, index)) and is_tile_path(tile_path(0, index, 255))
