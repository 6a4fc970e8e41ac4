"""Two countings that share no line: the gateway's makes the tallies, the verifier's holds them."""

import random
from pathlib import Path

import pytest

from bench.audit import audited
from bench.made_log import write_log
from gateway_verify.command import run_recompute, run_verify
from tests.verify.closing import closed_log, outside, tally


@pytest.mark.parametrize("seed", [1, 2])
def test_both_counts_agree_on_all_forms(seed: int, tmp_path: Path) -> None:
    write_log(tmp_path, 1500, seed)
    for answer in (run_verify(str(tmp_path), None), run_recompute(str(tmp_path), None)):
        assert answer.finding is None
        assert answer.proved["closed"] == ["2026-10", "2026-11"]
        assert answer.proved["releases"] == ["2026-10", "2026-11"]
    assert answer.proved["recomputed"] == ["2026-10", "2026-11"]


def test_single_month_can_be_recomputed(tmp_path: Path) -> None:
    write_log(tmp_path, 1500)
    assert run_recompute(str(tmp_path), None, "2026-10").proved["recomputed"] == ["2026-10"]
    assert run_recompute(str(tmp_path), None, "2026-11").proved["recomputed"] == ["2026-11"]


def test_tally_sums_cannot_be_off_by_one(tmp_path: Path) -> None:
    chance = random.Random(4)
    for name in chance.sample(sorted(tally()["sums"]), 12):
        for change in (-1, 1):
            spoilt = tally(sums=tally()["sums"] | {name: tally()["sums"][name] + change})
            folder = closed_log(spoilt, outside()).write(tmp_path / f"{name}{change}")
            assert run_recompute(str(folder), None).verdict == "refuted"


def test_small_benchmark_measures_its_figures() -> None:
    names = [figure.name for figure in audited(20_000)]
    assert "log_proof_bytes_4m" in names
    assert len(names) == 6
