import json
import random
from pathlib import Path

import pytest

from gateway_verify._proofs import check_inclusion, leaf_hash
from gateway_verify._tree.tiles import TileTree
from gateway_verify.evidence import Way, root_at, verify_log
from gateway_verify.findings import Kind, Refuted, Unchecked
from gateway_verify.locations import Folder, path_of
from tests.verify.building import BuiltLog, root, small_log, tile_name
from tests.verify.closing import shred_leaf


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 600, 1024])
def test_true_log_is_proved_to_root(size: int, tmp_path: Path) -> None:
    log = small_log(size - 1)
    proved = verify_log(Folder(log.write(tmp_path)), None, Way())
    assert (proved.checkpoint.size, proved.checkpoint.root) == (size, log.root)


def test_log_with_second_tile_level_is_proved(tmp_path: Path) -> None:
    log = BuiltLog(entries=small_log(0).entries + small_log(1).entries[1:] * (65_536 + 300))
    log.write(tmp_path)
    seen: list[tuple[int, int]] = []
    verify_log(Folder(tmp_path), None, Way(lambda done, of: seen.append((done, of))))
    assert seen[-1] == (len(log.entries), len(log.entries))
    assert (tmp_path / "tile/1/000").stat().st_size == 8192
    assert (tmp_path / "tile/2/000.p/1").stat().st_size == 32


def test_path_groups_three_digits() -> None:
    for number in (0, 7, 999, 1000, 67, 1_234_067, 10**9):
        assert path_of("tile/3", number) == f"tile/3/{tile_name(number)}"
    assert path_of("tile/entries", 1234067, 8) == "tile/entries/x001/x234/067.p/8"


def test_tiles_give_older_roots_and_inclusion(tmp_path: Path) -> None:
    log = small_log(700)
    place = Folder(log.write(tmp_path))
    proved = verify_log(place, None, Way())
    for size in (1, 2, 255, 256, 257, 512, 699, 701):
        assert root_at(place, proved.checkpoint, size) == root(log.hashes[:size])
    for index in (0, 255, 256, 700):
        siblings = TileTree(place, 701).inclusion(index)
        check_inclusion(index, 701, leaf_hash(log.entries[index]), siblings, log.root)


def test_whole_tile_replaces_partial_one(tmp_path: Path) -> None:
    log = small_log(299)
    log.write(tmp_path)
    grown = BuiltLog(entries=log.entries + small_log(212).entries[1:])
    other = grown.write(tmp_path / "grown")
    for name in ("tile/0/001", "tile/entries/001"):
        (tmp_path / f"{name}.p/44").unlink()
        (other / name).rename(tmp_path / name)
    verify_log(Folder(tmp_path), None, Way())


class Shelf:
    """Evidence held in memory, where an edit costs nothing."""

    def __init__(self, folder: Path) -> None:
        self.files = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    def read(self, path: str, most: int) -> bytes:
        try:
            return self.files[path][: most + 1]
        except KeyError:
            raise Unchecked(Kind.MISSING, "there is no such file", path) from None


@pytest.mark.threat(21)
@pytest.mark.parametrize(("cases", "share"), [(7, 1.0), (599, 0.01)])
def test_every_edited_byte_is_refused(cases: int, share: float, tmp_path: Path) -> None:
    """Every byte of a small log, one in a hundred of a larger one: checkpoint, tiles and entries."""
    shelf = Shelf(small_log(cases).write(tmp_path))
    chance = random.Random(21)
    verify_log(shelf, None, Way())
    for path, whole in list(shelf.files.items()):
        if path == "key" or path.startswith("bodies/"):
            continue
        for at in range(len(whole)):
            if chance.random() < share:
                shelf.files[path] = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
                with pytest.raises((Refuted, Unchecked)):
                    verify_log(shelf, None, Way())
        shelf.files[path] = whole


def test_walk_resumes_where_it_stopped(tmp_path: Path) -> None:
    log, state = small_log(1000), tmp_path / "state.json"
    place = Folder(log.write(tmp_path / "log"))
    first = verify_log(place, None, Way(state=state))
    done: list[int] = []
    again = verify_log(place, None, Way(lambda at, of: done.append(at), state=state))
    assert done == [1001]
    assert again.checkpoint == first.checkpoint
    assert again.story.leaves == first.story.leaves


def test_walk_resumes_on_grown_log(tmp_path: Path) -> None:
    log, state = small_log(300), tmp_path / "state.json"
    verify_log(Folder(log.write(tmp_path / "log")), None, Way(state=state))
    for _ in range(400):
        log.case({"k": "confirmation"})
    done: list[int] = []
    verify_log(
        Folder(log.write(tmp_path / "log")), None, Way(lambda at, _: done.append(at), state=state)
    )
    assert done == [512, 701]


@pytest.mark.threat(22)
def test_truncated_log_is_refused_by_state(tmp_path: Path) -> None:
    log, state = small_log(300), tmp_path / "state.json"
    verify_log(Folder(log.write(tmp_path / "log")), None, Way(state=state))
    del log.entries[290:]
    log.opened.clear()
    with pytest.raises(Refuted, match="truncated: checkpoint, entry 290: .* 301 entries"):
        verify_log(Folder(log.write(tmp_path / "shorter")), None, Way(state=state))


@pytest.mark.threat(23)
def test_forked_log_is_refused_by_state(tmp_path: Path) -> None:
    log, state = small_log(300), tmp_path / "state.json"
    verify_log(Folder(log.write(tmp_path / "log")), None, Way(state=state))
    log.entries[280] = log.entries[279]
    log.public(shred_leaf(1, 2, reason="expired"))
    with pytest.raises(Refuted, match="fork: checkpoint: .* 301 entries had another root"):
        verify_log(Folder(log.write(tmp_path / "other")), None, Way(state=state))


def test_a_refuted_walk_is_begun_anew(tmp_path: Path) -> None:
    log, state = small_log(600), tmp_path / "state.json"
    folder = log.write(tmp_path / "log")
    (folder / "checkpoint").write_text(log.checkpoint(root_said=bytes(32)))
    with pytest.raises(Refuted, match="root"):
        verify_log(Folder(folder), None, Way(state=state))
    (folder / "checkpoint").write_text(log.checkpoint())
    done: list[int] = []
    verify_log(Folder(folder), None, Way(lambda at, _: done.append(at), state=state))
    assert done == [256, 512, 601]


class PulledOut(Exception):
    """Somebody pulls the plug."""


def test_interrupted_walk_resumes_from_its_note(tmp_path: Path) -> None:
    place, state = Folder(small_log(1100).write(tmp_path / "log")), tmp_path / "state.json"

    def pull(done: int, _: int) -> None:
        if done == 768:
            raise PulledOut

    with pytest.raises(PulledOut):
        verify_log(place, None, Way(pull, state=state, bundles_between_notes=2))
    done: list[int] = []
    verify_log(place, None, Way(lambda at, _: done.append(at), state=state))
    assert done == [768, 1024, 1101]
    whole = verify_log(place, None, Way())
    assert verify_log(place, None, Way(state=state)).story.leaves == whole.story.leaves


NO_WALK = {
    "a size in words": {"seen": {"size": "3", "root": ""}},
    "a size within a tile": {"walked": {"size": 255, "levels": [""]}},
    "a level of another length": {"walked": {"size": 512, "levels": ["", "AAAA"]}},
    "an index in words": {"public": [["0", "{}"]]},
    "an entry that was not walked": {"public": [[0, "{}"]]},
}


@pytest.mark.parametrize("name", NO_WALK)
def test_impossible_state_file_is_no_proof(name: str, tmp_path: Path) -> None:
    state, place = tmp_path / "state.json", Folder(small_log(3).write(tmp_path / "log"))
    verify_log(place, None, Way(state=state))
    state.write_text(json.dumps(json.loads(state.read_text()) | NO_WALK[name]))
    with pytest.raises(Unchecked, match="state file"):
        verify_log(place, None, Way(state=state))


@pytest.mark.parametrize("text", ["", "{}", '{"origin": 1}', "[]", "\0", "[" * 100_000])
def test_unreadable_state_file_is_no_proof(text: str, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_text(text)
    with pytest.raises(Unchecked, match="state file"):
        verify_log(Folder(small_log(3).write(tmp_path / "log")), None, Way(state=state))
