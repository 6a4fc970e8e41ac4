"""See every fault of the denominator and of the log on the code before it was mended, and gone now.

    python -m tests.before [--only TEXT] [--results FILE]

A temporary git worktree of the commit before the mend is made, the scenes of this folder are laid into
it, and they are played there and here at the same time, in a process of either tree (the present `.venv`
serves both). A row is shown when on the older code each thing that was tried moved a published figure or fooled the verifier,
and on the present code none did. The rows D1 to D9 are about the denominator and the baseline
(`denominator.py`), E1 to E14 about the log and its verifier (`verifier.py`); none of them is left out.

Exit status: 0 every row is shown, 1 one is not (the older code shows no fault, or the present code does),
2 it could not be tried (no such commit in the repository, a scene that broke, no such row).
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from tests.before.play import SCENES
from tests.before.stage import Json

BEFORE = "a548e448505e9568b25dbdb34a4de8aa2068cad1"
"""The last commit before the rows of D and E were mended."""

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "bench" / "results" / "before.json"
LAID = ("tests/before", "tests/verify/forgeries.py")
"""What the older tree is given of this one."""

STOOD = {"tests/verify": "log/verify", "src/gateway_verify": "gateway/log/verify"}
"""Where packages stood in the older tree, from beside their present places."""

SHOWN, NOT_SHOWN, UNCLEAR = "shown", "not shown", "unclear"
_LONGEST_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Played:
    """What a scene saw in one tree; `broke` is how it ended instead."""

    seen: tuple[Json, ...] = ()
    broke: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row, and what came of it on either code."""

    name: str
    says: str
    before: Played
    now: Played

    @property
    def outcome(self) -> str:
        """Shown: faults alone before, none now, of the same things."""
        tried = [[one["tried"] for one in played.seen] for played in (self.before, self.now)]
        if self.before.broke or self.now.broke or not tried[0] or tried[0] != tried[1]:
            return UNCLEAR
        there = all(one["fault"] for one in self.before.seen)
        here = any(one["fault"] for one in self.now.seen)
        return SHOWN if there and not here else NOT_SHOWN


def main(arguments: Sequence[str] | None = None) -> int:
    """Play the rows, print the table, keep the result."""
    parser = argparse.ArgumentParser(prog="python -m tests.before")
    parser.add_argument("--only", default="", help="only rows whose name or words hold this text")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the result is written")
    given = parser.parse_args(arguments)
    wanted = [name for name, (says, _) in SCENES.items() if given.only in f"{name} {says}"]
    if not wanted:
        print(f"no such row: {given.only}", file=sys.stderr)
        return 2
    try:
        with older_tree() as tree, ThreadPoolExecutor(2) as pool:
            before, now = pool.map(lambda one: play(wanted, one), (tree, ROOT))
    except subprocess.CalledProcessError as failed:
        print(f"no worktree of {BEFORE[:7]}: {failed.stderr.strip()}", file=sys.stderr)
        return 2
    rows = [Row(name, SCENES[name][0], before[name], now[name]) for name in wanted]
    show(rows)
    if not given.only:
        keep(rows, given.results)
    outcomes = {row.outcome for row in rows}
    return 2 if UNCLEAR in outcomes else 1 if NOT_SHOWN in outcomes else 0


@contextmanager
def older_tree() -> Iterator[Path]:
    """The code before, with the scenes; raises CalledProcessError where git knows no such commit."""
    with TemporaryDirectory(prefix="before-") as folder:
        tree = Path(folder) / "tree"
        git("worktree", "add", "--quiet", "--detach", str(tree), BEFORE)
        try:
            for place, stood in STOOD.items():
                (tree / place).symlink_to(stood)
            for name in LAID:
                source = ROOT / name
                if source.is_dir():
                    ignored = shutil.ignore_patterns("__pycache__")
                    shutil.copytree(source, tree / name, ignore=ignored)
                else:
                    shutil.copy(source, tree / name)
            yield tree
        finally:
            git("worktree", "remove", "--force", str(tree))


def git(*words: str) -> None:
    subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True)


def play(names: Sequence[str], tree: Path) -> dict[str, Played]:
    """The scenes by the code of one tree; after one that breaks, another process goes on."""
    played: dict[str, Played] = {}
    while left := [name for name in names if name not in played]:
        seen, broke = _process(left, tree)
        played |= zip(left, seen, strict=False)
        if len(seen) < len(left):
            played[left[len(seen)]] = Played(broke=broke)
    return played


def _process(names: Sequence[str], tree: Path) -> tuple[list[Played], str]:
    """What was seen of the first scenes, and how the process ended before the next."""
    paths = os.pathsep.join((str(tree / "src"), str(tree)))
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "tests.before.play", *names]
    with subprocess.Popen(
        command,
        cwd=tree,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            out, err = process.communicate(timeout=_LONGEST_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            out, _ = process.communicate()
            err = f"it did not end within {_LONGEST_SECONDS} s"
    seen = [Played(tuple(json.loads(line))) for line in out.splitlines()]
    return seen, err.strip()[-2000:] or "it said nothing"


def show(rows: Sequence[Row]) -> None:
    """The table, and below it why a scene broke."""
    table = Table(box=SIMPLE_HEAD, title=f"The code of {BEFORE[:7]}, and the present code")
    for heading in ("Row", "Tried", "Older code", "Present code", ""):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(row.name, f"[bold]{row.says}[/]", "", "", row.outcome)
        for before, now in zip(row.before.seen, row.now.seen, strict=False):
            table.add_row("", before["tried"], before["got"], now["got"], "")
    Console(width=150).print(table)
    for row in rows:
        for tree, played in (("older", row.before), ("present", row.now)):
            if played.broke:
                print(f"{row.name} on the {tree} code broke: {played.broke}", file=sys.stderr)


def keep(rows: Sequence[Row], path: Path) -> None:
    """The table as JSON."""
    said = [
        {
            "row": row.name,
            "says": row.says,
            "outcome": row.outcome,
            "tried": [
                {"what": before["tried"], "before": before["got"], "now": now["got"]}
                for before, now in zip(row.before.seen, row.now.seen, strict=False)
            ],
        }
        for row in rows
    ]
    counts = {
        name: sum(row.outcome == name for row in rows) for name in (SHOWN, NOT_SHOWN, UNCLEAR)
    }
    document = {"before": BEFORE, "rows": len(rows), **counts, "table": said}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
