"""Run the tests, or the demo, as of other days.

    python -m tests.dates 2034-06-15 [2027-03-03T18:00 ...] [-- arguments of pytest]
    python -m tests.dates --demo 2027-03-31 2034-06-15 [-- arguments of `gateway demo`]

A day is `2034-06-15` (noon in Vietnam), a moment in UTC `2027-03-03T18:00`, `today`, or `+100` days
from now. Debian's `faketime` shifts the clock of every process; the monotonic clock, by which
deadlines run, stays real. With `--demo` the figures of each day are held against those of the first.
Exit status: 0 all passed, or the same figures; 1 a test failed, or figures differ (they are named);
2 faketime is missing, or a day cannot be read.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import which
from typing import Any

from tests.formio import node

ROOT = Path(__file__).parents[1]
FAILED, UNUSABLE = 1, 2
NOON_IN_VIETNAM = timedelta(hours=5)
TESTS = ["-n", str((os.cpu_count() or 1) * 3 // 2), "--dist", "loadfile", "--no-loadscope-reorder"]
DEMO = "from gateway.cli.main import app; app()"
OF_THE_DAY = {
    "entries", "from", "hours", "log", "month", "origin", "range", "releases", "root", "seconds", "to",
}  # fmt: skip
"""Members of the demo's document that name the day or the log of its year, or hang on the machine."""


class Unusable(Exception):
    """A day that cannot be read."""


def moment(day: str, now: datetime) -> datetime:
    """The moment that a day of the command line means; raises Unusable."""
    try:
        if day == "today":
            return now
        if day.startswith("+"):
            return now + timedelta(days=int(day))
        told = datetime.fromisoformat(day).replace(tzinfo=UTC)
    except ValueError:
        raise Unusable(f"{day}: a day reads 2034-06-15, 2034-06-15T18:00, today or +100") from None
    return told if "T" in day else told + NOON_IN_VIETNAM


def as_of(when: datetime, now: datetime, command: Sequence[str]) -> list[str]:
    """The command under a clock that stands at `when` now, and goes on."""
    shift = round((when - now).total_seconds())
    return ["faketime", "-m", "--exclude-monotonic", "-f", f"{shift:+d}s", *command]


def environment() -> dict[str, str]:
    """That of the children: files keep their real times, or every module would be compiled anew."""
    return os.environ | {"NO_FAKE_STAT": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def run_tests(days: Sequence[datetime], arguments: Sequence[str]) -> int:
    """Run the tests as of each day, all of them unless arguments name some.

    The packages from npm are fetched by the real clock: by another one certificates have expired.
    """
    node.install(json.loads((node.HERE / "package.json").read_text())["dependencies"])
    statuses = []
    for when in days:
        print(f"tests as of {when:%Y-%m-%dT%H:%MZ}", flush=True)
        command = [sys.executable, "-m", "pytest", *(arguments or TESTS)]
        shifted = as_of(when, datetime.now(UTC), command)
        statuses.append(subprocess.run(shifted, cwd=ROOT, env=environment()).returncode)
    return FAILED if any(statuses) else 0


def run_demo(days: Sequence[datetime], arguments: Sequence[str]) -> int:
    """Run the demo as of each day and name every figure that is not the first day's."""
    documents = [_demo(when, arguments) for when in days]
    differing = sorted({one for later in documents[1:] for one in differences(documents[0], later)})
    for one in differing:
        print(f"differs: {one}")
    print(f"{len(days)} days, {len(differing)} figures differ")
    return FAILED if differing else 0


def _demo(when: datetime, arguments: Sequence[str]) -> Any:
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-c", DEMO, "demo", "--json", "--out", out, *arguments]
        shifted = as_of(when, datetime.now(UTC), command)
        done = subprocess.run(shifted, cwd=ROOT, env=environment(), stdout=subprocess.PIPE)
    print(f"demo as of {when:%Y-%m-%d}: exit status {done.returncode}", flush=True)
    return json.loads(done.stdout)


def differences(one: Any, other: Any, path: str = "") -> Iterator[str]:
    """Where two documents differ, but for what names the day."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in {**one, **other}.keys() - OF_THE_DAY:
            yield from differences(one.get(name), other.get(name), f"{path}.{name}".strip("."))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from differences(left, right, f"{path}[{number}]")
    elif one != other:
        yield path


def main(arguments: Sequence[str]) -> int:
    """Read the command line and run."""
    given, _, more = " ".join(arguments).partition(" -- ")
    words = given.split()
    if {"-h", "--help"} & set(words):
        print(__doc__)
        return 0
    demo, days = "--demo" in words, [word for word in words if word != "--demo"]
    if which("faketime") is None:
        print("faketime is missing; on Debian: apt-get install faketime", file=sys.stderr)
        return UNUSABLE
    try:
        moments = [moment(day, datetime.now(UTC)) for day in days]
    except Unusable as unusable:
        print(unusable, file=sys.stderr)
        return UNUSABLE
    if not moments:
        print(__doc__, file=sys.stderr)
        return UNUSABLE
    return (run_demo if demo else run_tests)(moments, more.split())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
