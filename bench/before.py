"""Measure an earlier commit and the present code in turns: what did the changes between them cost?

    python -m bench.before log [--commit a548e44] [--dossiers 2000000] [--rounds 3]
    python -m bench.before calls [--commit a548e44] [--rounds 3]

`log` has each code write a log of its own and verify and recount it, in processor seconds of the
verifier's process; `calls` runs the quick `python -m bench --only calls` of each. The commit is checked
out into a temporary worktree; both run in the Python of this one, in the order A B, B A, A B. The result
is written to `bench/results/before-PART.json`: every round, the medians and their ratio. Exit status: 0
measured, 1 dearer than the limit of the part, 2 the commit cannot be checked out.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "bench" / "results"
COMMIT = "a548e44"
"""The last commit before figures were counted by measure/2 and persons matched for every source."""

MOST = {"log": 1.15, "calls": float("inf")}
UNUSABLE = 2

_VERIFIER = """
import importlib, sys, time
main = importlib.import_module(sys.argv.pop(1) + ".command").main
began = time.process_time()
status = main(sys.argv[1:])
sys.stderr.write(f"\\n{time.process_time() - began}\\n")
raise SystemExit(status)
"""
_WRITE = (
    "import sys; from pathlib import Path; from bench.made_log import write_log; "
    "write_log(Path(sys.argv[1]), int(sys.argv[2]))"
)


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """A temporary worktree of the commit; raises CalledProcessError where there is none."""
    with tempfile.TemporaryDirectory(prefix="bench-before-") as folder:
        tree = Path(folder) / "tree"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", str(tree), commit], check=True)
        try:
            yield tree
        finally:
            subprocess.run([*git, "remove", "--force", str(tree)], check=True)


def _run(tree: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    path = os.pathsep.join([str(tree / "src"), str(tree)])
    return subprocess.run(
        [sys.executable, "-P", *arguments],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )


def verified(tree: Path, log: Path) -> dict[str, float]:
    """Processor seconds of verifying and of recounting a log with the code of a tree."""
    seconds = {}
    own = (tree / "src" / "gateway_verify").is_dir()
    package = "gateway_verify" if own else "gateway.log.verify"
    for command in ("verify", "recompute"):
        done = _run(tree, "-c", _VERIFIER, package, command, str(log), "--json")
        seconds[command] = float(done.stderr.splitlines()[-1])
    return {**seconds, "both": sum(seconds.values())}


def called(tree: Path) -> dict[str, float]:
    """The quick figures of prefills and submissions with the code of a tree."""
    path = os.pathsep.join([str(tree / "src"), str(tree)])
    command = [sys.executable, "-P", "-m", "bench", "--quick", "--only", "calls"]
    subprocess.run(
        command, cwd=tree, env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.DEVNULL
    )
    kept = json.loads((tree / "bench" / "results" / "quick" / "latest.json").read_text())
    return {name: figure["value"] for name, figure in kept.items() if "value" in figure}


def compared(rounds: list[dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    """The median of each figure before and now, and of the ratios round by round."""
    names = [name for name in rounds[0]["now"] if name in rounds[0]["before"]]
    return {
        name: {
            "before": statistics.median(one["before"][name] for one in rounds),
            "now": statistics.median(one["now"][name] for one in rounds),
            "ratio": statistics.median(one["now"][name] / one["before"][name] for one in rounds),
        }
        for name in names
    }


def measure(
    part: str, tree: Path, dossiers: int, count: int, console: Console
) -> list[dict[str, dict[str, float]]]:
    """So many rounds of both codes in turns."""
    trees: Mapping[str, Path] = {"before": tree, "now": ROOT}
    rounds = []
    with tempfile.TemporaryDirectory(prefix="bench-logs-") as folder:
        logs = {name: Path(folder) / name for name in trees}
        if part == "log":
            for name, where in trees.items():
                with console.status(f"writing a log of {dossiers:,} dossiers: {name}"):
                    logs[name].mkdir()
                    _run(where, "-c", _WRITE, str(logs[name]), str(dossiers))
        for number in range(count):
            order = list(trees) if number % 2 == 0 else list(reversed(trees))
            found = {}
            for name in order:
                with console.status(f"round {number + 1} of {count}: {name}"):
                    where = trees[name]
                    found[name] = verified(where, logs[name]) if part == "log" else called(where)
            rounds.append(found)
            console.print(f"round {number + 1}: {json.dumps(found)}", highlight=False)
    return rounds


def main() -> int:
    """Read the command line, measure, write and show."""
    parser = argparse.ArgumentParser(prog="python -m bench.before")
    parser.add_argument("part", choices=MOST)
    parser.add_argument("--commit", default=COMMIT)
    parser.add_argument("--dossiers", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    console = Console()
    try:
        with checked_out(given.commit) as tree:
            rounds = measure(given.part, tree, given.dossiers, given.rounds, console)
    except subprocess.CalledProcessError as failed:
        console.print(f"{failed}\n{failed.stderr or ''}", highlight=False)
        return UNUSABLE
    medians = compared(rounds)
    document = {
        "commit": given.commit,
        "dossiers": given.dossiers if given.part == "log" else None,
        "medians": medians,
        "rounds": rounds,
    }
    (RESULTS / f"before-{given.part}.json").write_text(json.dumps(document, indent=1) + "\n")
    table = Table("figure", "before", "now", "ratio")
    for name, one in medians.items():
        table.add_row(name, *(f"{one[key]:.4g}" for key in ("before", "now", "ratio")))
    console.print(table)
    limit = MOST[given.part]
    return 1 if any(one["ratio"] > limit for name, one in medians.items() if name == "both") else 0


if __name__ == "__main__":
    raise SystemExit(main())
