"""Two processes answer, sign and log the same in the same order, whatever Python hashes names to."""

import os
import subprocess
import sys


def written_by(seed: str) -> list[str]:
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    command = [sys.executable, "-m", "tests.journeys.ordered"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_seeds_give_two_orders() -> None:
    code = "print([*{'population', 'records'}])"
    orders = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True
        ).stdout
        for seed in ("1", "3")
    }
    assert len(orders) == 2


def test_order_is_independent_of_hash_seed() -> None:
    one, other = written_by("1"), written_by("3")
    assert len(one) > 50
    assert one == other
