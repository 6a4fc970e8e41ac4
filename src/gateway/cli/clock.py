"""The clock of a command: handed in by whoever calls it, else the machine's.

A program, a test for example, hands one in as the context's object:
`CliRunner().invoke(app, ["dossiers", "list"], obj=clock)`.
"""

from datetime import datetime, timedelta
from typing import cast

import typer

from gateway.domain.clock import Clock, now_in_utc


def clock_of(context: typer.Context) -> Clock:
    """The clock by which a command runs."""
    return now_in_utc if context.obj is None else cast(Clock, context.obj)


def next_second(clock: Clock) -> datetime:
    """The first whole second after now; the portal keeps no smaller time."""
    return clock().replace(microsecond=0) + timedelta(seconds=1)
