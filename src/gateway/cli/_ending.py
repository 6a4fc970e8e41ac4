"""Exit status of commands whose status 1 is a finding about what they checked.

A fault of the program, a full disk or a missing library is no such finding, so it is told in a sentence and ends
with 2; Python's own status for it would be 1.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from gateway_verify.ending import broken


@contextmanager
def findings_alone() -> Iterator[None]:
    """Whatever breaks the command inside ends it with 2; how it ends by itself stays."""
    try:
        yield
    except BaseException as failed:
        unread = isinstance(failed.__context__, BrokenPipeError)  # as rich ends by itself, with 1
        by_itself = hasattr(failed, "exit_code") or isinstance(failed, SystemExit | typer.Abort)
        if by_itself and not unread:
            raise
        raise typer.Exit(broken(failed)) from None
