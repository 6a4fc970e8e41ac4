"""The night's parts end within their minutes, keep their results, and go on where they stopped."""

import json
import os
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests import nightly
from tests.nightly import PARTS, Part, night

QUICK = Part("quick", 1, 'python -c \'import pathlib; pathlib.Path("ran").open("a").write("x")\'')
FAILING = Part("failing", 1, "python -c 'print(\"why\"); raise SystemExit(3)'")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A committed project, and what its parts write is ignored."""
    (tmp_path / ".gitignore").write_text("ran\nbench/\npid\n")
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.test"]
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "first"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    return tmp_path


def run(project: Path, *parts: Part, resume: bool = False) -> list[str]:
    results = project / "bench" / "results" / "nightly"
    return [one.status for one in night(parts, resume=resume, root=project, results=results)]


def result_of(project: Path, name: str) -> dict[str, object]:
    read: dict[str, object] = json.loads(
        (project / "bench/results/nightly" / f"{name}.json").read_text()
    )
    return read


def times_run(project: Path) -> int:
    return len((project / "ran").read_text())


def test_result_is_kept_with_its_commit(project: Path) -> None:
    assert run(project, QUICK, FAILING) == ["passed", "failed"]
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=project, capture_output=True, text=True, check=True
    ).stdout.strip()
    kept = result_of(project, "failing")
    assert (kept["exit_status"], kept["commit"]) == (3, head)
    assert (project / "bench/results/nightly/failing.log").read_text() == "why\n"


def test_resume_skips_parts_of_this_commit(project: Path) -> None:
    run(project, QUICK)
    assert run(project, QUICK, FAILING, resume=True) == ["passed", "failed"]
    assert times_run(project) == 1
    run(project, QUICK)
    assert times_run(project) == 2


def test_resume_runs_again_after_a_change(project: Path) -> None:
    run(project, QUICK)
    (project / "changed").write_text("not committed")
    run(project, QUICK, resume=True)
    run(project, QUICK, resume=True)
    assert times_run(project) == 3


def alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def test_overlong_part_is_ended_with_children(project: Path) -> None:
    began = time.monotonic()
    slow = Part("long", 1, "sh -c 'sleep 600 & echo $! > pid; wait'")
    assert run(project, replace(slow, minutes=0.02)) == ["over"]
    assert time.monotonic() - began < 60
    assert result_of(project, "long")["exit_status"] is None
    assert not alive(int((project / "pid").read_text()))


@pytest.mark.parametrize(
    ("part", "status"), [(QUICK, 0), (FAILING, nightly.FAILED)], ids=["passed", "failed"]
)
def test_exit_status_tells_of_failures(project: Path, part: Part, status: int) -> None:
    assert nightly.main([], [part], project, project / "bench") == status


def test_unknown_part_ends_with_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert nightly.main(["--part", "nobody"]) == nightly.UNKNOWN_PART
    assert "nobody" in capsys.readouterr().err


def test_parts_are_limited_to_100_minutes() -> None:
    assert max(part.minutes for part in PARTS) <= nightly.LONGEST_MINUTES == 100
    assert len({part.name for part in PARTS}) == len(PARTS)
