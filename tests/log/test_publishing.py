"""From the leaves of the database to a checkpoint that anybody can check, and back after a fall."""

import os
import shutil
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from gateway.log.append import append_public
from gateway.log.notes import Checkpoint, read_checkpoint, signing_name
from gateway.log.publishing._folder import LogDamaged, LogFolder, LogForked, LogInUse, LogStopped
from gateway.log.publishing._opening import incident_at_start
from gateway.log.publishing._proofs import PublishedTree
from gateway.log.publishing._signer import CheckpointSigner
from gateway.log.publishing._tiles import WIDTH, decode_bundle, tile_path
from gateway.log.tree import check_consistency, check_inclusion, root_of
from gateway.storage.schema import leaves
from tests.log.building import KEY, ORIGIN, SmallLog, entry, grant, hashes, signer_key


async def test_checkpoint_signs_size_and_root(small: SmallLog) -> None:
    await small.grow(5)

    await small.publisher.publish()

    signed = read_checkpoint((small.folder.public / "checkpoint").read_bytes())
    assert signed.checkpoint == Checkpoint(ORIGIN, 5, root_of(hashes(5)))
    key = signing_name(ORIGIN, KEY)
    signature = signed.signature_of(key)
    assert signature is not None
    assert key.signed(signed.checkpoint.text.encode(), signature)
    assert (small.folder.public / "key").read_text() == f"{key}\n"


async def test_nothing_new_is_no_new_checkpoint(small: SmallLog) -> None:
    assert await small.publisher.publish() is None
    await small.grow(1)
    assert await small.publisher.publish() is not None
    assert await small.publisher.publish() is None


@pytest.mark.parametrize("sizes", [[1, 2, 3], [255, 256, 257], [256 * 3, 700, 1500], [66_000]])
async def test_published_size_has_tiles_and_root(small: SmallLog, sizes: list[int]) -> None:
    reached = 0
    for size in sorted(sizes):
        await small.grow(size - reached)
        reached = size
        await small.publisher.publish()

        tree = PublishedTree(small.folder.tiles, size)
        assert tree.root() == root_of(hashes(size))
        for level in range(3):
            row = size >> (8 * level)
            full, partial = divmod(row, WIDTH)
            if full:
                assert len(small.folder.tiles.hashes(level, full - 1)) == WIDTH
            if partial:
                assert len(small.folder.tiles.hashes(level, full, partial)) == partial
        last = small.folder.tiles.entries((size - 1) // WIDTH, (size - 1) % WIDTH + 1)
        assert last[-1] == entry(size - 1)


async def test_full_tile_replaces_partial_ones(small: SmallLog) -> None:
    await small.grow(200)
    await small.publisher.publish()
    assert (small.folder.public / "tile/0/000.p/200").exists()
    await small.grow(100)
    await small.publisher.publish()

    assert not (small.folder.public / "tile/0/000.p").exists()
    assert not (small.folder.public / "tile/entries/000.p").exists()
    assert (small.folder.public / "tile/0/001.p/44").exists()


@pytest.mark.threat(24)
async def test_every_leaf_and_consistency_is_provable(small: SmallLog) -> None:
    sizes = [1, 3, 256, 300, 600]
    reached, roots = 0, {}
    for size in sizes:
        await small.grow(size - reached)
        reached = size
        await small.publisher.publish()
        roots[size] = root_of(hashes(size))
    tree, all_hashes = PublishedTree(small.folder.tiles, 600), hashes(600)

    for index in range(0, 600, 7):
        check_inclusion(index, 600, all_hashes[index], tree.inclusion(index), roots[600])
    for old in sizes:
        for new in sizes:
            if old <= new:
                proof = tree.consistency(old, new)
                check_consistency(old, new, roots[old], roots[new], proof)


async def test_proof_survives_removal_of_partial_tile(
    small: SmallLog,
) -> None:
    await small.grow(200)
    await small.publisher.publish()
    asked = PublishedTree(small.folder.tiles, 200)
    await small.grow(100)
    await small.publisher.publish()

    check_inclusion(7, 200, hashes(8)[7], asked.inclusion(7), root_of(hashes(200)))


async def test_restart_continues_where_files_end(small: SmallLog) -> None:
    await small.grow(700)
    await small.publisher.publish()
    before = (small.folder.public / tile_path(0, 1)).stat().st_mtime_ns

    small.again()
    await small.grow(400)
    await small.publisher.publish()

    assert PublishedTree(small.folder.tiles, 1100).root() == root_of(hashes(1100))
    assert (small.folder.public / tile_path(0, 1)).stat().st_mtime_ns == before


async def test_kill_between_files_leaves_usable_log(
    small: SmallLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever file was the last to be put in place: the next start ends at the same root."""
    await small.grow(300)
    await small.publisher.publish()
    await small.grow(300)
    wanted = root_of(hashes(600))
    shutil.copytree(small.folder.root, tmp_path / "before")
    renames, real = 0, os.replace

    for limit in range(1, 40):
        shutil.rmtree(small.folder.root)
        shutil.copytree(tmp_path / "before", small.folder.root)
        small.again()
        renames = 0

        def fall(self: Path, target: Path, limit: int = limit) -> None:
            nonlocal renames
            renames += 1
            if renames == limit:
                raise OSError("the power went")
            real(self, target)

        with monkeypatch.context() as patched:
            patched.setattr(Path, "replace", fall)
            try:
                await small.publisher.publish()
            except OSError:
                pass
            else:
                break
        published = small.folder.published()
        assert published is not None
        assert published.checkpoint.size in (300, 600)
        small.again()
        await small.publisher.publish()
        published = small.folder.published()
        assert published is not None
        assert published.checkpoint == Checkpoint(ORIGIN, 600, wanted)
    assert limit >= 8


@pytest.mark.threat(22)
def test_signer_signs_one_growing_history_only(tmp_path: Path) -> None:
    signer = CheckpointSigner(tmp_path, ORIGIN, KEY)
    all_hashes = hashes(9)
    five, nine = (Checkpoint(ORIGIN, n, root_of(all_hashes[:n])) for n in (5, 9))
    first = signer.sign(five, ())
    assert CheckpointSigner(tmp_path, ORIGIN, KEY).sign(five, ()) == first

    from tests.log.proving import prove_consistency

    proof = prove_consistency(5, all_hashes)
    for refused in (
        (Checkpoint(ORIGIN, 5, bytes(32)), ()),
        (Checkpoint(ORIGIN, 4, root_of(all_hashes[:4])), ()),
        (Checkpoint(ORIGIN, 9, bytes(32)), proof),
        (Checkpoint("gateway.test/log/2027", 9, nine.root), proof),
        (nine, ()),
        (nine, proof[:-1]),
    ):
        with pytest.raises(LogForked):
            signer.sign(*refused)
    assert signer.last() == five
    signer.sign(nine, proof)
    with pytest.raises(LogForked):
        signer.sign(five, ())


def test_signer_without_memory_does_not_sign(tmp_path: Path) -> None:
    (tmp_path / "last").write_text("gateway.test/log/2026\n5\n")
    with pytest.raises(LogForked):
        CheckpointSigner(tmp_path, ORIGIN, KEY).sign(Checkpoint(ORIGIN, 5, bytes(32)), ())


@pytest.mark.threat(21)
@pytest.mark.parametrize("index", [0, 100, 299, 300, 310])
async def test_rewritten_database_leaf_stops_signing(small: SmallLog, index: int) -> None:
    await small.grow(600)
    await small.publisher.publish()
    await small.grow(300)
    other = entry(10_000)
    await small.database.write(
        lambda c: c.execute(update(leaves).where(leaves.c.idx == index).values(entry=other))
    )
    small.again()

    with pytest.raises(LogDamaged) as damaged:
        await small.publisher.publish()

    assert damaged.value.index == index
    assert small.publisher.state().state == "incident"
    assert not small.publisher.reads_open()
    with pytest.raises(LogStopped):
        await small.publisher.publish()


@pytest.mark.threat(21)
@pytest.mark.parametrize(
    ("file", "place", "named"),
    [
        ("tile/entries/000", 4000, range(256)),
        ("tile/entries/001", 30, range(256, 512)),
        ("tile/0/001", 33, range(257, 258)),
        ("tile/1/000.p/2", 32, range(256, 512)),
    ],
)
async def test_flipped_published_byte_stops_signing(
    small: SmallLog, file: str, place: int, named: range
) -> None:
    await small.grow(600)
    await small.publisher.publish()
    await small.grow(1 if file.startswith("tile/1") else 300)
    path = small.folder.public / file
    raw = bytearray(path.read_bytes())
    raw[place] ^= 1
    path.write_bytes(raw)
    small.again()

    if file.startswith("tile/1"):  # partial ones are written anew for every size
        await small.publisher.publish()
        return
    with pytest.raises(LogDamaged) as damaged:
        await small.publisher.publish()
    assert damaged.value.index in named


async def test_missing_tiles_are_rewritten_to_signed_root(
    small: SmallLog,
) -> None:
    await small.grow(600)
    await small.publisher.publish()
    shutil.rmtree(small.folder.public / "tile")
    await small.grow(1)
    small.again()

    await small.publisher.publish()

    assert PublishedTree(small.folder.tiles, 601).root() == root_of(hashes(601))


def test_second_process_on_log_is_refused(small: SmallLog) -> None:
    with pytest.raises(LogInUse), LogFolder(small.folder.root):
        raise AssertionError("both are in")


async def test_four_hours_without_checkpoint_close_reads(
    small: SmallLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    await small.grow(1)
    (small.folder.public / "tile").write_text("in the way")
    with pytest.raises(OSError):
        await small.publisher.publish()
    assert small.publisher.reads_open()
    small.forward(minutes=3)
    assert small.publisher.state().state == "late"
    small.forward(hours=3)
    small.again()
    assert small.publisher.reads_open()

    small.forward(hours=1)
    assert small.publisher.state().state == "closed"
    assert not small.publisher.reads_open()

    (small.folder.public / "tile").unlink()
    await small.publisher.publish()
    assert small.publisher.state().state == "published"
    assert small.publisher.reads_open()


async def test_bundle_is_read_entry_by_entry(small: SmallLog) -> None:
    await small.grow(3)
    await small.publisher.publish()
    raw = (small.folder.public / "tile/entries/000.p/3").read_bytes()
    assert decode_bundle(raw) == [entry(0), entry(1), entry(2)]
    for torn in (raw[:-1], raw[: 2 + len(entry(0)) + 1]):
        with pytest.raises(ValueError):
            decode_bundle(torn)


async def test_reader_of_older_checkpoint_finds_full_tile(small: SmallLog) -> None:
    await small.grow(200)
    await small.publisher.publish()
    older = PublishedTree(small.folder.tiles, 200)
    await small.grow(100)
    await small.publisher.publish()

    assert older.root() == root_of(hashes(200))
    assert small.folder.tiles.entries(0, 200)[-1] == entry(199)


async def test_torn_checkpoint_is_incident_but_typing_continues(small: SmallLog) -> None:
    await small.grow(3)
    await small.publisher.publish()
    (small.folder.public / "checkpoint").write_bytes(b"half a checkp")

    why = incident_at_start(small.folder, small.rows, small.signer, signer_key())

    assert why == "unreadable"
    small.folder.note_incident(why)
    small.again()
    assert small.publisher.state().state == "incident"
    with pytest.raises(LogStopped):
        await small.publisher.publish()


@pytest.mark.threat(22)
async def test_start_names_inconsistency(small: SmallLog) -> None:
    def why() -> str | None:
        return incident_at_start(small.folder, small.rows, small.signer, signer_key())

    await small.grow(300)
    assert why() is None
    await small.publisher.publish()
    assert why() is None
    assert incident_at_start(small.folder, small.rows, small.signer, "another") == "other_key"
    await small.database.write(lambda c: c.execute(delete(leaves).where(leaves.c.idx == 299)))
    assert why() == "shorter"
    small.size = 299
    await small.database.write(lambda c: append_public(c, grant(7)))
    assert why() == "other_leaf"
    tile = small.folder.public / "tile/1/000.p/1"
    tile.write_bytes(bytes(32))
    assert why() == "other_root"
