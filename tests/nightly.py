"""The long checks of a night, in parts that each end within their minutes.

    python -m tests.nightly [--list] [--part NAME ...] [--resume]

Each part writes `bench/results/nightly/NAME.json` (its status, seconds, command, commit and when it
began) and `NAME.log`. The status is `passed`, `failed`, or `over` for a part that was ended at its
limit. `--resume` skips what has ended at this commit with nothing uncommitted, and counts its result.
Exit status: 0 every part passed, 1 one did not, 2 there is no such part, 130 stopped: go on with
`--resume`. A further part is one line of `PARTS`.
"""

import argparse
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "bench" / "results" / "nightly"
LONGEST_MINUTES = 100
FAILED, UNKNOWN_PART, STOPPED = 1, 2, 130
_GRACE_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Part:
    """One part: `command` is run in the project's folder; `python` is the one that runs this."""

    name: str
    minutes: float
    command: str


PARTS = (
    Part("checks", 100, "make check"),
    Part("date-today-plus-100", 100, "python -m tests.dates +100"),
    Part("date-2027-03-31", 100, "python -m tests.dates 2027-03-31"),
    Part("date-2028-02-29", 100, "python -m tests.dates 2028-02-29"),
    Part("date-2034-06-15", 100, "python -m tests.dates 2034-06-15"),
    Part("demo-any-day", 60, "python -m tests.dates --demo today 2027-03-31 2034-06-15"),
    Part("identity-timing", 60, "python -m tests.identity.timing"),
    Part("kills", 60, "python -m tests.kills"),
    Part(
        "formio-20000-forms",
        100,
        "env FORMS_SEED=7 FORMS_PAIRS=20000 python -m pytest tests/forms/test_against_formio.py",
    ),
    Part("reach", 30, "python -m tests.journeys.reach 20"),
    Part("removals", 60, "python -m tests.removals"),
    Part("before", 30, "python -m tests.before"),
    Part("bench-calls", 100, "python -m bench --nightly --only calls"),
    Part("bench-month", 60, "python -m bench --nightly --only month"),
    Part("bench-log", 60, "python -m bench --nightly --only log"),
    Part("bench-rest", 60, "python -m bench --nightly --only forms append portal"),
)


@dataclass(frozen=True, slots=True)
class Result:
    """How a part ended."""

    name: str
    status: str
    exit_status: int | None
    seconds: float
    command: str
    commit: str
    began: str


def commit_of(root: Path) -> str:
    """The commit that is checked out, with `+` where anything but results is not committed."""
    head = _git(root, "rev-parse", "HEAD")
    changed = _git(root, "status", "--porcelain", "--", ".", ":!bench/results")
    return head + ("+" if changed else "")


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True)
    return done.stdout.strip()


def run(part: Part, root: Path, results: Path, commit: str) -> Result:
    """Run one part to its end or its limit, and keep how it ended."""
    results.mkdir(parents=True, exist_ok=True)
    words = [sys.executable if word == "python" else word for word in shlex.split(part.command)]
    began, now = time.monotonic(), datetime.now(UTC)
    with (results / f"{part.name}.log").open("wb") as log:
        process = subprocess.Popen(
            words, cwd=root, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            exit_status: int | None = process.wait(min(part.minutes, LONGEST_MINUTES) * 60)
        except subprocess.TimeoutExpired:
            exit_status = None
        finally:
            _end(process)
    status = "over" if exit_status is None else "failed" if exit_status else "passed"
    seconds, at = round(time.monotonic() - began, 1), now.isoformat(timespec="seconds")
    result = Result(part.name, status, exit_status, seconds, part.command, commit, at)
    draft = results / f".{part.name}.json"
    draft.write_text(json.dumps(asdict(result), indent=1) + "\n")
    draft.replace(results / f"{part.name}.json")
    return result


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a part with every process that it started and left."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            return
        try:
            process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            continue


def kept(part: Part, results: Path, commit: str) -> Result | None:
    """How a part ended at this very commit, if it did."""
    try:
        result = Result(**json.loads((results / f"{part.name}.json").read_text()))
    except (OSError, TypeError, json.JSONDecodeError):
        return None
    same = (result.commit, result.command) == (commit, part.command)
    return result if same and commit and not commit.endswith("+") else None


def night(
    parts: Sequence[Part], *, resume: bool, root: Path = ROOT, results: Path = RESULTS
) -> list[Result]:
    """Run the parts one after another; raises KeyboardInterrupt between or within them."""
    commit, ended = commit_of(root), []
    for part in parts:
        before = kept(part, results, commit) if resume else None
        result = before or run(part, root, results, commit)
        note = " (kept)" if before else ""
        print(f"{result.status:<7} {part.name:<22} {result.seconds:>8.1f} s{note}", flush=True)
        ended.append(result)
    return ended


def main(
    arguments: Sequence[str],
    parts: Sequence[Part] = PARTS,
    root: Path = ROOT,
    results: Path = RESULTS,
) -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.nightly")
    parser.add_argument("--list", action="store_true", help="name the parts, run nothing")
    parser.add_argument("--part", action="append", metavar="NAME", help="some parts")
    parser.add_argument("--resume", action="store_true", help="skip what ended at this commit")
    given = parser.parse_args(arguments)
    by_name = {part.name: part for part in parts}
    if unknown := [name for name in given.part or () if name not in by_name]:
        print(f"no such part: {', '.join(unknown)}; see --list", file=sys.stderr)
        return UNKNOWN_PART
    if given.list:
        for part in parts:
            print(f"{part.name:<22} {part.minutes:>4.0f} min  {part.command}")
        return 0
    # whoever stops the night stops its part too
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        chosen = [by_name[one] for one in given.part or by_name]
        ended = night(chosen, resume=given.resume, root=root, results=results)
    except KeyboardInterrupt:
        print("stopped; go on with: make nightly RESUME=1", file=sys.stderr)
        return STOPPED
    return FAILED if any(result.status != "passed" for result in ended) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
