"""The measurement of answer times: its statistic, its verdict, and its control on a few pairs."""

import json
from pathlib import Path

import pytest

from tests.identity.timing import CONTROL_PAIRS, LIMIT, PAIRS, Sample, ks_distance, main


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [
        ([1, 2, 3, 4], [1, 2, 3, 4], 0.0),
        ([1, 2, 3, 4], [5, 6, 7, 8], 1.0),
        ([1, 2, 3, 4], [3, 4, 5, 6], 0.5),
        ([1, 1, 1, 2], [1, 2, 2, 2], 0.5),
    ],
)
def test_distance_is_that_of_distributions(
    one: list[float], other: list[float], distance: float
) -> None:
    assert ks_distance(one, other) == pytest.approx(distance)


def test_fewer_pairs_need_larger_distance() -> None:
    apart = [float(n) for n in range(CONTROL_PAIRS)]
    moved = [n + 1.2 * LIMIT * CONTROL_PAIRS for n in apart]
    assert not Sample(apart, moved).told_apart
    moved = [n + 2.2 * LIMIT * CONTROL_PAIRS for n in apart]
    assert Sample(apart, moved).told_apart
    assert PAIRS == 4 * CONTROL_PAIRS


@pytest.mark.threat(36)
def test_planted_delay_is_found(tmp_path: Path) -> None:
    """A short run: whether it held is for the long one to say."""
    out = tmp_path / "timing.json"
    main(["--pairs", "30", "--delay-ms", "40", "--out", str(out)])
    result = json.loads(out.read_text())
    assert result["control"]["found"]
    assert result["control"]["pairs"] == 30
    assert result["runs"][0]["pairs"] == 30
