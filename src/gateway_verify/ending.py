"""How does a run end, so that its exit status says what was found and nothing else?

0 and 1 are verdicts. Whatever keeps a run from one ends it with 2 and one sentence on the other stream: a
missing library, an interrupt, a full disk, no memory, a fault of the program itself. A pipe that nobody reads
any more is no such thing: the verdict stands, and the status says it. What cannot be written in the stream's
encoding is written with backslashes.
"""

import os
import sys
import traceback
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

COULD_NOT = 2


def tell(text: str, stream: TextIO | None = None) -> bool:
    """Write a text and a newline to the output, at once; whether somebody was there to read it.

    Raises OSError where it cannot be written for another reason.
    """
    out = stream or sys.stdout
    if out is None:  # closed before the program began
        return False
    if isinstance(out, TextIOWrapper):
        out.reconfigure(errors="backslashreplace")
    try:
        out.write(f"{text}\n")
        out.flush()
    except BrokenPipeError:
        _let_go(out)
        return False
    return True


def _let_go(out: TextIO) -> None:
    """Send what is still held for a pipe without a reader nowhere; the end of the program would trip over it."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, out.fileno())
        os.close(nowhere)


def what_failed(failed: BaseException) -> str:
    """Kind and place of what ended a run, without a word of its message: it may hold a value."""
    if isinstance(failed, KeyboardInterrupt):
        return "interrupted"
    if isinstance(failed, OSError):
        return (
            f"{type(failed).__name__}: {os.strerror(failed.errno)}" if failed.errno else _at(failed)
        )
    return _at(failed)


def _at(failed: BaseException) -> str:
    frames = traceback.extract_tb(failed.__traceback__)
    where = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return f"{type(failed).__name__}{where}"


def broken(failed: BaseException) -> int:
    """Say in one sentence what ended a run without a verdict; gives the exit status."""
    with suppress(OSError, ValueError):
        tell(f"KHÔNG KIỂM TRA ĐƯỢC / COULD NOT CHECK: {what_failed(failed)}", sys.stderr)
    return COULD_NOT


class Tenths:
    """Progress in plain lines, one for each tenth."""

    def __init__(self) -> None:
        self._last = 0

    def __call__(self, done: int, of: int) -> None:
        tenth = 10 * done // of if of else 10
        if tenth != self._last:
            self._last = tenth
            with suppress(OSError):
                tell(f"{done}/{of}", sys.stderr)
