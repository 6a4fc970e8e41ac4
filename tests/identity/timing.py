"""Does the time of an answer tell a mismatch from a number that nobody has?

    python -m tests.identity.timing [--pairs 2000] [--seed 2026] [--delay-ms 3] [--out FILE]

Two answers a pair, in an order drawn anew: for a citizen's number under a wrong name or date, and for
a number that nobody has. All pairs are one sample of either kind; they are compared by the two-sample
Kolmogorov-Smirnov statistic D, the largest distance between the two distributions. With 2,000 pairs
D of 0.065 or more comes by chance in one run of 2,000, so one repetition is allowed. A control delays
the database's answers for citizens' numbers by some milliseconds and must be found, else the
measurement is worth nothing. Exit: 0 held, 1 told apart, 2 the control was not found.
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
CONTROL_PAIRS, CONTROL_DELAY_MS = 500, 3.0
CITIZENS = 40
NO_LIMIT = 10_000_000
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

    def measure(self, pairs: int, progress: Progress) -> Sample:
        """The times of so many pairs."""
        mismatch: list[float] = []
        nobody: list[float] = []
        for number in range(pairs):
            question = self._chance.choice(self._questions)
            both = [(question.mismatch, mismatch), (question.nobody, nobody)]
            self._chance.shuffle(both)
            for body, times in both:
                times.append(self._seconds(body))
            progress(number + 1, pairs)
        return Sample(mismatch, nobody)

    def control(self, pairs: int, delay_ms: float, progress: Progress) -> Sample:
        """The same while the database takes longer over citizens' numbers."""
        for person in self._people:
            self._world.fails(number=person.personal_id, delay_ms=delay_ms)
        sample = self.measure(pairs, progress)
        self._world.reset()
        return sample

    def _seconds(self, body: bytes) -> float:
        began = time.perf_counter()
        answer = self._world.house.post("/v1/prefills", body, EVERYTHING)
        taken = time.perf_counter() - began
        assert answer.status_code == 200, answer.status_code
        return taken


def measured(pairs: int, seed: int, delay_ms: float, progress: Progress) -> Json:
    """The whole measurement; the result is the document that is written."""
    with tempfile.TemporaryDirectory() as folder:
        misses = {"prefill_misses_of_tenant": NO_LIMIT, "prefill_misses_of_all": NO_LIMIT}
        world = World(Path(folder), **misses)
        gc.collect()
        gc.freeze()
        watch = Stopwatch(world, seed)
        watch.measure(pairs // 10 + 1, progress)  # whatever is made at first use is made by now
        control = watch.control(min(pairs, CONTROL_PAIRS), delay_ms, progress)
        runs = [watch.measure(pairs, progress)]
        if runs[0].told_apart:
            runs.append(watch.measure(pairs, progress))
        world.close()
    return {
        "limit": LIMIT,
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
