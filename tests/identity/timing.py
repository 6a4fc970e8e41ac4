"""Does the time of an answer tell a mismatch from a number that nobody has?

    python -m tests.identity.timing [--pairs 2000] [--seed 2026] [--delay-ms 1] [--out FILE]

Two answers a pair, in an order drawn anew: for a citizen's number under a wrong name or date, and for
a number that nobody has. All pairs are one sample of either kind; they are compared by the two-sample
Kolmogorov-Smirnov statistic D, the largest distance between the two distributions. With 2,000 pairs
D of 0.065 or more comes by chance in one run of 2,000, so one repetition is allowed. A control holds
every answer to a mismatch back by a millisecond on its way; unless that is found the measurement is
worth nothing. Exit: 0 held, 1 told apart, 2 the control was not found.
"""

import argparse
import gc
import json
import random
import sys
import tempfile
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

from gateway.settings import Settings
from mocks.people import Person
from tests.identity.forms import OWN
from tests.identity.world import (
    EVERYTHING,
    Json,
    World,
    nobody_like,
    with_both,
    with_name,
    with_neither,
    wrong_identities,
)

RESULT = Path(__file__).parents[2] / "bench" / "results" / "identity-timing.json"
PAIRS, LIMIT = 2000, 0.065
CONTROL_PAIRS, CONTROL_DELAY_MS = 500, 1.0
CITIZENS = 40
QUANTUM_MS: int = Settings.model_fields["closed_answer_quantum_ms"].default
WRONG = ("a wrong name", "a wrong day", "a wrong year")
DECLINED: tuple[list[str], ...] = ([], ["population"])

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Sample:
    """The seconds of answers to mismatches, and to numbers of nobody."""

    mismatch: Sequence[float]
    nobody: Sequence[float]

    @property
    def distance(self) -> float:
        """The two-sample Kolmogorov-Smirnov statistic."""
        return ks_distance(self.mismatch, self.nobody)

    @property
    def told_apart(self) -> bool:
        """Whether the two distributions differ by more than chance allows so many pairs."""
        return self.distance >= LIMIT * sqrt(PAIRS / len(self.mismatch))

    def as_json(self) -> Json:
        """The figures of this sample."""
        return {
            "pairs": len(self.mismatch),
            "distance": round(self.distance, 4),
            "median_ms": {
                "mismatch": _median_ms(self.mismatch),
                "nobody": _median_ms(self.nobody),
            },
        }


def ks_distance(one: Sequence[float], other: Sequence[float]) -> float:
    """The largest distance between the empirical distributions of two samples."""
    left, right = sorted(one), sorted(other)
    return max(
        abs(bisect_right(left, at) / len(left) - bisect_right(right, at) / len(right))
        for at in (*left, *right)
    )


@dataclass(frozen=True)
class Question:
    """One mismatch, and the same for a number of nobody."""

    mismatch: bytes
    nobody: bytes


class Stopwatch:
    """Asks a running province and takes the time of each answer."""

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._chance = random.Random(seed)
        self._people = [_with_papers(world) for _ in range(CITIZENS)]
        self._questions = list(self._made())

    def _made(self) -> Iterator[Question]:
        for person in self._people:
            free = nobody_like(self._world.people, person.personal_id)
            for wrong in WRONG:
                said = wrong_identities(self._world.people, person)[wrong]
                for without in DECLINED:
                    asked = (
                        self._world.question(OWN, {**said, "personal_id": number}, without=without)
                        for number in (person.personal_id, free)
                    )
                    yield Question(*(json.dumps(one).encode() for one in asked))

    def measure(self, pairs: int, progress: Progress, delay_ms: float = 0.0) -> Sample:
        """The times of so many pairs, each mismatch held back by `delay_ms`."""
        mismatch: list[float] = []
        nobody: list[float] = []
        for number in range(pairs):
            question = self._chance.choice(self._questions)
            both = [(question.mismatch, delay_ms, mismatch), (question.nobody, 0.0, nobody)]
            self._chance.shuffle(both)
            for body, held_back_ms, times in both:
                times.append(self._seconds(body, held_back_ms))
            progress(number + 1, pairs)
        return Sample(mismatch, nobody)

    def _seconds(self, body: bytes, held_back_ms: float) -> float:
        began = time.perf_counter()
        answer = self._world.house.post("/v1/prefills", body, EVERYTHING)
        if held_back_ms:
            time.sleep(held_back_ms / 1000)
        taken = time.perf_counter() - began
        assert answer.status_code == 200, answer.status_code
        return taken


def measured(pairs: int, seed: int, delay_ms: float, progress: Progress) -> Json:
    """The whole measurement; the result is the document that is written."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), closed_answer_quantum_ms=QUANTUM_MS)
        gc.collect()
        gc.freeze()
        watch = Stopwatch(world, seed)
        watch.measure(pairs // 10 + 1, progress)  # whatever is made at first use is made by now
        control = watch.measure(min(pairs, CONTROL_PAIRS), progress, delay_ms)
        runs = [watch.measure(pairs, progress)]
        if runs[0].told_apart:
            runs.append(watch.measure(pairs, progress))
        world.close()
    return {
        "limit": LIMIT,
        "quantum_ms": QUANTUM_MS,
        "runs": [run.as_json() for run in runs],
        "control": {**control.as_json(), "delay_ms": delay_ms, "found": control.told_apart},
        "held": not runs[-1].told_apart,
        "seed": seed,
    }


def _with_papers(world: World) -> Person:
    person = world.somebody()
    world.hold("records", person, with_both(person), with_name(person), with_neither(person))
    world.hold("personal_papers", person, with_both(person), with_name(person))
    return person


def _median_ms(times: Sequence[float]) -> float:
    return round(sorted(times)[len(times) // 2] * 1000, 3)


def _shown(done: int, of: int) -> None:
    if done % 100 == 0 or done == of:
        print(f"\r{done} of {of} pairs", end="", file=sys.stderr, flush=True)


def main(arguments: Sequence[str]) -> int:
    """Measure, write the result, and say what came of it."""
    reader = argparse.ArgumentParser(prog="python -m tests.identity.timing")
    reader.add_argument("--pairs", type=int, default=PAIRS)
    reader.add_argument("--seed", type=int, default=2026)
    reader.add_argument("--delay-ms", type=float, default=CONTROL_DELAY_MS)
    reader.add_argument("--out", type=Path, default=RESULT)
    asked = reader.parse_args(arguments)
    result = measured(asked.pairs, asked.seed, asked.delay_ms, _shown)
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps(result, indent=1) + "\n")
    print(f"\n{json.dumps(result)}", file=sys.stderr)
    if not result["control"]["found"]:
        return 2
    return 0 if result["held"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
