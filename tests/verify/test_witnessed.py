"""The hours of bodies between the times at which witnesses saw the log without them, and with them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway_verify.command import PROVED, REFUTED, run_recompute, run_verify
from gateway_verify.findings import Kind
from tests.verify.building import LOG_KEY, Json, signer, text64
from tests.verify.closing import closed_log
from tests.verify.second import (
    FORM,
    HOUR,
    WITNESS,
    SecondLog,
    begun,
    dossiers,
    of_one,
    witnessed,
)

pytestmark = pytest.mark.threat(72)

OTHER = signer("witness.example/other", 4, 2)
POLICY = f"log {LOG_KEY.vkey}\nwitness w {WITNESS.vkey}\nquorum w\n"


def seconds(hour: int) -> int:
    return hour * 3600 + 1800


def month(hour: int, before: int | None, after: int | None, late: bool = False) -> SecondLog:
    """A month of dossiers of one hour, seen before them and after them; `late` behind one case more."""
    log = begun()
    if before is not None:
        log.see(seconds(before))
    dossiers(log, h=hour)
    if late:
        log.case({"k": "confirmation", "case": "x", "ten": "h99", "h": HOUR})
    if after is not None:
        log.see(seconds(after))
    return log


PLACES = {
    "between": (HOUR, HOUR - 6, HOUR, 0),
    "at both ends": (HOUR, HOUR, HOUR, 0),
    "two hours too early": (HOUR, HOUR + 2, HOUR + 6, 0),
    "three hours too early": (HOUR, HOUR + 3, HOUR + 6, 2),
    "two hours too late": (HOUR, HOUR - 9, HOUR - 2, 0),
    "three hours too late": (HOUR, HOUR - 9, HOUR - 3, 2),
    "never seen before, too late": (HOUR, None, HOUR - 3, 2),
    "never seen with them, too early": (HOUR, HOUR + 3, None, 2),
    "never seen": (HOUR, None, None, 0),
}


@pytest.mark.parametrize("name", PLACES)
def test_t72_hours_outside_what_witnesses_saw(name: str, tmp_path: Path) -> None:
    hour, before, after, outside = PLACES[name]
    log = month(hour, before, after)
    sums = of_one(log, tmp_path)
    assert sums.get("outside_hours", 0) == outside
    assert ("core" in sums) == (not outside)
    for run in (run_verify, run_recompute):
        answer = run(str(tmp_path), None)
        assert (answer.status, answer.finding) == (PROVED, None)


@pytest.mark.parametrize("name", [name for name in PLACES if PLACES[name][3]])
def test_t72_tally_ignoring_witnesses_is_refuted(name: str, tmp_path: Path) -> None:
    hour, before, after, _ = PLACES[name]
    blind = month(hour, before, after)
    blind.witnessed.clear()
    blind.close()
    answer = run_recompute(str(blind.write(tmp_path)), None)
    assert answer.status == REFUTED
    assert "another `sums." in str(answer.finding)


def test_t72_time_bounds_only_bodies_around_it(tmp_path: Path) -> None:
    log = begun()
    dossiers(log, number=12, h=HOUR)
    log.see(seconds(HOUR + 10))
    dossiers(log, number=12, name="d", h=HOUR + 20)
    log.see(seconds(HOUR + 20))
    dossiers(log, number=12, name="e", h=HOUR + 10)  # said to be from before they were absent
    (tally,) = log.close()
    assert tally["sums"]["outside_hours"] == 24
    assert (tally["sums"]["instant"], tally["sums"]["dossiers"]) == (12, 36)
    assert run_recompute(str(log.write(tmp_path)), None).status == PROVED


def test_t72_late_time_changes_no_count(tmp_path: Path) -> None:
    log = month(HOUR, None, None)
    log.close()
    log.see(seconds(HOUR - 9), len(log.entries) - 1)
    assert run_recompute(str(log.write(tmp_path)), None).status == PROVED


def test_t72_later_close_keeps_known_times(tmp_path: Path) -> None:
    """A time that was entered behind November's tallies moves none of its dossiers in December."""
    log = begun()
    dossiers(log)
    log.close()
    log.see(seconds(HOUR - 9), len(log.entries) - 1)
    later = HOUR + 720
    for number in range(12):
        log.submission(f"c{number}", FORM, h=later)
    dossiers(log, name="d", h=later)
    (december,) = log.close("2026-12")
    assert december["sums"]["late/submissions"] == 12
    assert "outside_hours" not in december["sums"]
    assert run_recompute(str(log.write(tmp_path)), None).status == PROVED


def test_t72_first_edition_ignores_witnessed_times(tmp_path: Path) -> None:
    log = closed_log()
    log.public(witnessed(log, 5, 20))
    assert run_recompute(str(log.write(tmp_path)), None).status == PROVED


def change(**said: Any) -> Callable[[Json], Json]:
    return lambda leaf: leaf | said


def cosigned(**said: Any) -> Callable[[Json], Json]:
    return lambda leaf: leaf | {"cosignatures": [leaf["cosignatures"][0] | said]}


FALSE: dict[str, Callable[[Json], Json]] = {
    "of another size": change(size=5),
    "of another root": change(root=text64(bytes(32))),
    "of entries to come": change(size=99),
    "at another time": cosigned(time=seconds(HOUR) + 1),
    "by another key": cosigned(key=OTHER.vkey),
    "by a log's key": cosigned(key=LOG_KEY.vkey),
    "by nobody": change(cosignatures=[]),
    "twice by one": lambda leaf: leaf | {"cosignatures": leaf["cosignatures"] * 2},
    "at no time": cosigned(time=0),
    "a member more": lambda leaf: leaf | {"witness": "w"},
}


@pytest.mark.parametrize("name", FALSE)
def test_t72_a_false_time_is_refuted(name: str, tmp_path: Path) -> None:
    log = begun()
    dossiers(log)
    leaf = FALSE[name](witnessed(log, seconds(HOUR), len(log.entries)))
    index = log.public(leaf)
    answer = run_verify(str(log.write(tmp_path)), None)
    assert answer.finding is not None
    assert (answer.status, answer.finding.index) == (REFUTED, index)
    assert answer.finding.kind in (Kind.TIME, Kind.ENTRY)


def test_t72_unknown_root_is_refuted(tmp_path: Path) -> None:
    """The witness did sign it: of another log of this name."""
    log, fork = begun(), begun()
    dossiers(log)
    dossiers(fork, name="d")
    index = log.public(witnessed(fork, seconds(HOUR), len(log.entries)))
    answer = run_verify(str(log.write(tmp_path)), None)
    assert answer.finding is not None
    assert (answer.finding.kind, answer.finding.index) == (Kind.TIME, index)
    assert "never had the root" in answer.finding.says


def test_t72_times_are_unique_and_ordered(tmp_path: Path) -> None:
    for number, size in enumerate((5, 4)):
        log = begun()
        dossiers(log)
        log.public(witnessed(log, seconds(HOUR), 5))
        index = log.public(witnessed(log, seconds(HOUR), size))
        answer = run_verify(str(log.write(tmp_path / str(number))), None)
        assert answer.finding is not None
        assert (answer.finding.kind, answer.finding.index) == (Kind.TIME, index)


@pytest.mark.parametrize(("apart", "status"), [(7200, PROVED), (7201, REFUTED)])
def test_t72_witnesses_two_hours_apart_agree(apart: int, status: int, tmp_path: Path) -> None:
    log = begun()
    dossiers(log)
    time = seconds(HOUR)
    log.public(witnessed(log, time, len(log.entries), OTHER, at=time + apart))
    log.witnessed.append((len(log.entries) - 1, len(log.entries) - 1, time, time + apart))
    if status == PROVED:
        log.close()
    assert run_recompute(str(log.write(tmp_path)), None).status == status


def remarks(log: SecondLog, folder: Path, policy: str = POLICY) -> str:
    (folder / "policy.txt").write_text(policy)
    log.signers.append(WITNESS)
    answer = run_verify(str(log.write(folder / "log")), folder / "policy.txt")
    assert answer.status == PROVED
    return "\n".join(answer.remarks)


def test_t72_months_without_witness_are_named(tmp_path: Path) -> None:
    log = month(HOUR, None, None)
    log.close()
    assert "the hours of 24 sealed entries rest on the gateway's clock" in remarks(log, tmp_path)
    bounded = month(HOUR, None, HOUR)
    bounded.close()
    (tmp_path / "other").mkdir()
    assert "rest on the gateway's clock" not in remarks(bounded, tmp_path / "other")


def test_t72_times_by_strangers_are_numbered(tmp_path: Path) -> None:
    log = begun()
    dossiers(log)
    leaf = witnessed(log, seconds(HOUR), len(log.entries), OTHER)
    index = log.public(leaf | {"cosignatures": leaf["cosignatures"][1:]})
    log.witnessed.append((index, index, seconds(HOUR), seconds(HOUR)))
    log.close()
    said = remarks(log, tmp_path)
    assert f"1 times from entry {index} on are of witnesses that the policy does not name" in said
