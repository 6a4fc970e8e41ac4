"""Take out every check of the list, one at a time, and see its tests fail.

Exit status: 0 every removal was noticed; 1 one survived; 2 it could not be tried (a line that is
not there, tests that fail or hang without any removal, or that end in another way than by failing).
"""

import argparse
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from tests.removals.checks import PACKAGE, Check, read_list, without

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "bench" / "results" / "removals.json"
LONGEST_SECONDS = 300
COPIED = ("src", "mocks", "schemas", "tests", "docs", "pyproject.toml", "bench", "README.md")


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one removal: `noticed`, `survived`, or `unclear` with the reason."""

    check: Check
    outcome: str
    seconds: float
    reason: str = ""


def main() -> int:
    """Run the list, print the survivors, keep the result."""
    wanted = _arguments()
    checks = [one for one in read_list() if wanted.only in one.name]
    if wanted.list:
        print("\n".join(one.name for one in checks))
        return 0
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="removals-") as scratch:
        copies = [_copy(Path(scratch) / str(number)) for number in range(wanted.jobs)]
        failing = [] if wanted.trust else _failing_without_removal(copies[0], checks)
        if failing:
            console.print("these tests fail or hang before any removal:", *failing, sep="\n  ")
            return 2
        tried = _try_all(copies, checks, console)
    _report(tried, wanted.results)
    outcomes = {one.outcome for one in tried}
    return 2 if "unclear" in outcomes else 1 if "survived" in outcomes else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.removals", description=__doc__)
    parser.add_argument("--only", default="", help="only checks whose name holds this text")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--list", action="store_true", help="print the checks and stop")
    parser.add_argument("--trust", action="store_true", help="do not run the tests unchanged first")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the result is written")
    return parser.parse_args()


def _copy(folder: Path) -> Path:
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "node_modules")
            shutil.copytree(source, folder / name, ignore=ignored)
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, folder / name)
    return folder


def _run(folder: Path, tests: Sequence[str]) -> int:
    """Exit status of pytest; raises subprocess.TimeoutExpired."""
    paths = os.pathsep.join((str(folder / "src"), str(folder)))
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", *tests]
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=LONGEST_SECONDS,
        check=False,
    )
    return done.returncode


def _failing_without_removal(folder: Path, checks: Sequence[Check]) -> list[str]:
    every = sorted({test for check in checks for test in check.tests})
    failing = []
    for test in every:
        try:
            if _run(folder, [test]) != 0:
                failing.append(test)
        except subprocess.TimeoutExpired:
            failing.append(test)
    return failing


def _try(folder: Path, check: Check) -> Tried:
    file = folder / PACKAGE / check.module
    source, began = file.read_text(encoding="utf-8"), time.monotonic()
    try:
        file.write_text(without(source, check), encoding="utf-8")
        status = _run(folder, check.tests)
    except subprocess.TimeoutExpired:
        return Tried(check, "unclear", time.monotonic() - began, "its tests hang")
    except (ValueError, SyntaxError) as error:
        return Tried(check, "unclear", 0.0, str(error))
    finally:
        file.write_text(source, encoding="utf-8")
    seconds = time.monotonic() - began
    if status in (0, 1):
        return Tried(check, "survived" if status == 0 else "noticed", seconds)
    return Tried(check, "unclear", seconds, f"pytest ended with {status}")


def _try_all(copies: list[Path], checks: Sequence[Check], console: Console) -> list[Tried]:
    free: queue.SimpleQueue[Path] = queue.SimpleQueue()
    for copy in copies:
        free.put(copy)

    def one(check: Check) -> Tried:
        folder = free.get()
        try:
            return _try(folder, check)
        finally:
            free.put(folder)

    tried = []
    with ThreadPoolExecutor(len(copies)) as pool, Progress(console=console) as progress:
        task = progress.add_task("removing checks", total=len(checks))
        for done in as_completed([pool.submit(one, check) for check in checks]):
            result = done.result()
            tried.append(result)
            progress.advance(task)
            if result.outcome != "noticed":
                progress.console.print(f"{result.outcome}: {result.check.name} {result.reason}")
    return tried


def _report(tried: Sequence[Tried], results: Path) -> None:
    counts = {name: sum(one.outcome == name for one in tried) for name in OUTCOMES}
    seconds = sum(one.seconds for one in tried)
    rest = [one for one in tried if one.outcome != "noticed"]
    document = {
        "checks": len(tried),
        **counts,
        "processor_minutes": round(seconds / 60, 1),
        "not_noticed": sorted([one.check.name, one.outcome, one.reason] for one in rest),
    }
    results.parent.mkdir(parents=True, exist_ok=True)
    results.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(" · ".join(f"{name} {number}" for name, number in counts.items()), f"of {len(tried)}")


OUTCOMES = ("noticed", "survived", "unclear")

if __name__ == "__main__":
    sys.exit(main())
