import json
from pathlib import Path

from bench.results import Budget, Figure, write


def test_a_ratio_is_taken_pair_by_pair_before_its_median() -> None:
    figure = Figure("f", "u", [10.0, 40.0, 90.0], [10.0, 20.0, 30.0])
    assert (figure.value, figure.peer, figure.ratio) == (40.0, 20.0, 2.0)


def test_a_budget_of_the_ratio_looks_at_the_peer_and_not_at_the_value() -> None:
    half = Budget(0.5, at_least=True, of_ratio=True)
    assert Figure("f", "u", [500.0], [1000.0], half).kept is True
    assert Figure("f", "u", [499.0], [1000.0], half).kept is False


def test_a_budget_of_the_value_is_an_upper_limit_that_is_not_reached() -> None:
    assert Figure("f", "s", [2.99], (), Budget(3.0)).kept is True
    assert Figure("f", "s", [3.0], (), Budget(3.0)).kept is False
    assert Figure("f", "s", [3.0]).kept is None


def test_the_latest_state_has_five_members_a_figure_and_the_raw_runs_stand_beside(
    tmp_path: Path,
) -> None:
    path = write([Figure("f", "u", [1.0, 3.0], [2.0, 2.0])], {"cpus": 2}, tmp_path)
    assert json.loads(path.read_text()) == {
        "f": {"value": 2.0, "unit": "u", "peer": 2.0, "ratio": 1.0, "runs": [1.0, 3.0]}
    }
    (raw,) = (tmp_path / "raw").iterdir()
    assert json.loads(raw.read_text())["peers"] == {"f": [2.0, 2.0]}


def test_a_part_that_is_measured_alone_leaves_the_other_figures_as_they_were(
    tmp_path: Path,
) -> None:
    write([Figure("f", "u", [1.0]), Figure("g", "u", [2.0])], {}, tmp_path)
    path = write([Figure("g", "u", [3.0])], {}, tmp_path, keep=True)
    kept = json.loads(path.read_text())
    assert {name: figure["value"] for name, figure in kept.items()} == {"f": 1.0, "g": 3.0}
