"""What a child of the nursery does with its life."""

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any


def live(environment: Mapping[str, str], log: str, crash_at: Sequence[str]) -> None:
    """Be `gateway serve`; with `crash_at` fall at the named points, see `fall_at`."""
    _write_to(log)
    for name in [name for name in os.environ if name.startswith("GATEWAY_")]:
        del os.environ[name]
    os.environ.update(environment)
    if crash_at:
        fall_at(crash_at)
    from gateway.cli._serve import serve_until_stopped
    from gateway.domain.clock import now_in_utc

    serve_until_stopped(now_in_utc)


def live_as_mocks(info: str, log: str) -> None:
    """Be `python -m mocks.serve`, the population database alone."""
    _write_to(log)
    from mocks.serve import main

    main(["--info", info])


def fall_at(points: Sequence[str]) -> None:
    """SIGKILL this process at the first point met while the file `armed` stands beside the data.

    `before PATTERN`    a file is about to be renamed to a place that fits the pattern
    `after PATTERN`     it stands there, and its folder is about to be synced
    `statement N`       the writer is about to run its N-th statement, commits counted

    Renames are told by the interpreter's own audit events. Unarmed it lives: a gateway publishes
    by itself when its minute is over, which may be before anybody has asked it for anything.
    """
    armed = Path(os.environ["GATEWAY_DATA"]).with_name("armed")
    renames = [point.partition(" ")[::2] for point in points]
    renamed: list[str] = []

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "os.rename" and armed.exists():
            target = str(arguments[1])
            for when, pattern in renames:
                if fnmatch(target, pattern):
                    if when == "before":
                        _fall()
                    renamed.append(when)
        elif event == "open" and "after" in renamed:
            _fall()

    sys.addaudithook(hear)
    for when, pattern in renames:
        if when == "statement":
            _fall_at_statement(int(pattern), armed)


def _fall_at_statement(number: int, armed: Path) -> None:
    from sqlalchemy import Engine, event

    met = 0

    @event.listens_for(Engine, "connect")
    def trace(connection: Any, _record: Any) -> None:
        def count(_statement: str) -> None:
            nonlocal met
            if connection.in_transaction and armed.exists():
                met += 1
                if met == number:
                    _fall()

        connection.set_trace_callback(count)


def _fall() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _write_to(log: str) -> None:
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(descriptor, stream)
