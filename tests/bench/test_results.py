import json
from pathlib import Path

from bench.results import Budget, Figure, write


def test_ratio_is_taken_by_pair_before_median() -> None:
    figure = Figure("f", "u", [10.0, 40.0, 90.0], [10.0, 20.0, 30.0])
    assert (figure.value, figure.peer, figure.ratio) == (40.0, 20.0, 2.0)


def test_ratio_budget_ignores_value() -> None:
    half = Budget(0.5, at_least=True, of_ratio=True)
    assert Figure("f", "u", [500.0], [1000.0], half).kept is True
    assert Figure("f", "u", [499.0], [1000.0], half).kept is False


def test_value_budget_is_exclusive_upper_limit() -> None:
    assert Figure("f", "s", [2.99], (), Budget(3.0)).kept is True
    assert Figure("f", "s", [3.0], (), Budget(3.0)).kept is False
    assert Figure("f", "s", [3.0]).kept is None


def test_latest_state_and_raw_runs_are_written(
    tmp_path: Path,
) -> None:
    path = write([Figure("f", "u", [1.0, 3.0], [2.0, 2.0])], {"cpus": 2}, tmp_path)
    assert json.loads(path.read_text()) == {
        "f": {"value": 2.0, "unit": "u", "peer": 2.0, "ratio": 1.0, "runs": [1.0, 3.0]}
    }
    (raw,) = (tmp_path / "raw").iterdir()
    assert json.loads(raw.read_text())["peers"] == {"f": [2.0, 2.0]}


def test_part_measured_alone_keeps_other_figures(
    tmp_path: Path,
) -> None:
    write([Figure("f", "u", [1.0]), Figure("g", "u", [2.0])], {}, tmp_path)
    path = write([Figure("g", "u", [3.0])], {}, tmp_path, keep=True)
    kept = json.loads(path.read_text())
    assert {name: figure["value"] for name, figure in kept.items()} == {"f": 1.0, "g": 3.0}
