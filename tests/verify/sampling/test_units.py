"""Which fields a sample can ask about, on a log whose letters are known."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from gateway_verify.evidence import Proved, Way, verify_log
from gateway_verify.findings import Refuted, Unchecked
from gateway_verify.locations import Folder
from gateway_verify.sampling.draw import draw_numbers
from gateway_verify.sampling.units import Units, leaves_of_chains
from tests.verify.building import BuiltLog, canonical, case_entry
from tests.verify.closing import CASES, FIRST_CASE, closed_log, submission


def nobody(done: int, of: int) -> None:
    assert 0 < done <= of


def written(log: BuiltLog, folder: Path) -> tuple[Folder, Proved]:
    place = Folder(log.write(folder))
    return place, verify_log(place, None, Way())


def units_of(place: Folder, proved: Proved) -> Units:
    (close,) = proved.story.closes()
    return Units(place, proved.checkpoint.size, proved.story, close, nobody)


@pytest.mark.parametrize(
    "said", [[], {}, {"ten": 1, "vd": []}, {"ten": "h99", "fv": []}, {"chain": []}, {"vd": 4}]
)
def test_malformed_body_is_named(said: Any, tmp_path: Path) -> None:
    log = closed_log()
    body = said if isinstance(said, list) else {"k": "submission", **said}
    salt, content = log.opened[FIRST_CASE][:32], canonical(body)
    log.entries[FIRST_CASE] = case_entry(salt, content)
    log.opened[FIRST_CASE] = salt + content
    with pytest.raises(Refuted) as refuted:
        units_of(*written(log, tmp_path))
    assert refuted.value.finding.index == FIRST_CASE


def test_units_are_numbered_in_log_order(tmp_path: Path) -> None:
    units = units_of(*written(closed_log(), tmp_path / "log"))
    assert units.count == 2 * CASES
    every = units.numbered(range(units.count))
    assert [unit.path for unit in every] == ["hoTen", "gioiTinh"] * CASES
    assert [unit.ordinal for unit in every] == [0, 1] * CASES
    assert [unit.leaf.index for unit in every[::2]] == [
        FIRST_CASE + 1 + 2 * number for number in range(CASES)
    ]
    assert units.numbered([5, 0]) == [every[5], every[0]]


def test_absent_or_altered_body_is_no_sample(tmp_path: Path) -> None:
    log = closed_log()
    place, proved = written(log, tmp_path / "log")
    whole = dict(log.opened)
    log.opened[FIRST_CASE] = b""
    log.write(tmp_path / "log")
    with pytest.raises(Unchecked, match="1 bodies"):
        units_of(place, proved)
    log.opened = whole | {FIRST_CASE: whole[FIRST_CASE + 2]}
    log.write(tmp_path / "log")
    with pytest.raises(Refuted, match=f"entry {FIRST_CASE}"):
        units_of(place, proved)
    shutil.rmtree(tmp_path / "log" / "bodies")
    with pytest.raises(Unchecked, match="bodies/000"):
        units_of(place, proved)


def test_letters_of_another_form_are_refuted(tmp_path: Path) -> None:
    log = closed_log()
    at = FIRST_CASE + 1
    false = BuiltLog(opened={}, entries=[])
    false.case(submission("c0", vd="AA"))
    log.entries[at], log.opened[at] = false.entries[0], false.opened[0]
    with pytest.raises(Refuted, match=f"entry {at}"):
        units_of(*written(log, tmp_path / "log"))


def test_chain_without_its_beginning_cannot_open(tmp_path: Path) -> None:
    log = closed_log()
    at = FIRST_CASE + 1
    linked = BuiltLog()
    linked.case(submission("c0", pf=FIRST_CASE))
    log.entries[at], log.opened[at] = linked.entries[0], linked.opened[0]
    place, proved = written(log, tmp_path / "log")
    size = proved.checkpoint.size
    (leaves,) = leaves_of_chains(place, size, ["chain-c0"], at, nobody).values()
    assert [leaf.index for leaf in leaves] == [FIRST_CASE, at]
    log.opened[FIRST_CASE] = b""
    log.write(tmp_path / "log")
    with pytest.raises(Unchecked, match=f"entry {FIRST_CASE}"):
        leaves_of_chains(place, size, ["chain-c0"], at, nobody)


def test_draw_gives_each_unit_at_most_once() -> None:
    numbers = draw_numbers(bytes(32), bytes(32), b"draw", 10, 299)
    assert sorted(numbers) == list(range(10))
    assert draw_numbers(bytes(32), bytes(32), b"draw", 0, 299) == []


def test_draw_is_deterministic_in_every_part() -> None:
    drawn = draw_numbers(bytes(32), bytes(32), b"draw", 1000, 5)
    assert drawn == draw_numbers(bytes(32), bytes(32), b"draw", 1000, 5)
    others = (
        (b"\x01" * 32, bytes(32), b"draw"),
        (bytes(32), b"\x01" * 32, b"draw"),
        (bytes(32), bytes(32), b"drav"),
    )
    assert all(draw_numbers(*other, 1000, 5) != drawn for other in others)
    with pytest.raises(ValueError, match="draw"):
        draw_numbers(bytes(32), bytes(32), b"", 1000, 5)


def test_numbers_are_drawn_about_equally_often() -> None:
    counts = [0] * 7
    for nonce in range(700):
        (number,) = draw_numbers(bytes(32), nonce.to_bytes(32, "big"), b"draw", 7, 1)
        counts[number] += 1
    assert all(70 < count < 130 for count in counts)
