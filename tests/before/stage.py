"""What a scene is, and the doors through which it asks the tree that it runs in.

Both trees have these doors: `gateway` commands, the HTTP application, folders with logs and releases.
A scene first sees that an honest case comes out as it should (an assertion: a scene that no longer fits
the code is no finding), then tries the fault and tells what came of it.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from gateway.cli.main import app

PROVED, REFUTED, UNCHECKED = 0, 1, 2
GATEWAY = ("-c", "import sys; from gateway.cli.main import app; sys.argv[0] = 'gateway'; app()")

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """What was tried, what came of it in a few words, and whether that is the fault of the row."""

    tried: str
    got: str
    fault: bool


Scene = Callable[[Path], Iterator[Seen]]
SCENES: dict[str, tuple[str, Scene]] = {}
"""By the row's name: what the row says, and its scene."""


def row(name: str, says: str) -> Callable[[Scene], Scene]:
    """Enter a scene for a row."""

    def entered(scene: Scene) -> Scene:
        SCENES[name] = says, scene
        return scene

    return entered


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended and what it printed."""

    status: int
    out: str
    err: str = ""

    @property
    def document(self) -> Json:
        read: Json = json.loads(self.out)
        return read

    @property
    def remarks(self) -> str:
        """The remarks of a verifying command that was asked for JSON, as one text."""
        return "\n".join(self.document["remarks"])

    @property
    def words(self) -> str:
        """How it ended, in a few words."""
        if "Traceback" in self.err:
            return f"exit {self.status}, traceback: {self.err.strip().splitlines()[-1][:60]}"
        return f"exit {self.status}"


VERDICTS = {PROVED: "PROVED", REFUTED: "refuted", UNCHECKED: "could not check"}


def gateway(*words: str | Path, **environment: str) -> Said:
    """A `gateway` command within this process: expensive imports are made once."""
    done = CliRunner(env=environment).invoke(app, [*map(str, words)])
    broken = done.exception and not isinstance(done.exception, SystemExit)
    return Said(done.exit_code, done.stdout, f"Traceback: {done.exception!r}" if broken else "")


def apart(*words: str | Path, **how: Any) -> Said:
    """A program of Python in a process of its own."""
    done = subprocess.run(
        [sys.executable, *map(str, words)], capture_output=True, text=True, timeout=500, **how
    )
    return Said(done.returncode, done.stdout, done.stderr)


def verify(where: str | Path, *more: str | Path) -> Said:
    """`gateway audit verify`."""
    return gateway("audit", "verify", where, *more, "--json")


def recompute(folder: Path, *more: str | Path) -> Said:
    """`gateway audit recompute`."""
    return gateway("audit", "recompute", folder, *more, "--json")


def proves(tried: str, said: Said) -> Seen:
    """The fault is that a false thing is proved."""
    return Seen(tried, VERDICTS[said.status], said.status == PROVED)
