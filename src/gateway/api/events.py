"""The events of the operators' log, each with the keys that it may have.

One JSON object a line on stderr: `at` (RFC 3339, UTC), `level`, `event` (a name in EVENTS) and the
keys that EVENTS lists for it; anything else is dropped, not masked. No body, no query string, no
exception text. The operators' log may be lost; no figure comes from it.
"""

import json
import logging
import sys
from collections.abc import MutableMapping
from pathlib import Path
from traceback import walk_tb
from types import TracebackType
from typing import TextIO

import structlog

from gateway.domain.errors import FormRefused
from gateway.sources.source import UnusableSource

EVENTS: dict[str, frozenset[str]] = {
    "started": frozenset({"address", "mock"}),
    "stopped": frozenset(),
    "bug": frozenset({"error", "place"}),
    "server": frozenset({"logger"}),
    "form_refused": frozenset({"places"}),
    "source_unusable": frozenset({"reason"}),
    "chains_abandoned": frozenset({"count"}),
    "day_keys_erased": frozenset({"count"}),
    "orphans_erased": frozenset({"count"}),
    "replays_purged": frozenset({"count"}),
    "proofs_purged": frozenset({"count"}),
    "dossiers_sent": frozenset({"count"}),
    "procedures_changed": frozenset({"count"}),
    "portal_not_told": frozenset({"error"}),
    "sweep_failed": frozenset({"error"}),
    "ticket_unreadable": frozenset({"ticket"}),
    "clock_differs": frozenset({"seconds"}),
    "log_disputed": frozenset({"count"}),
    "log_not_published": frozenset({"error"}),
    "log_stopped": frozenset(),
    "unlisted": frozenset(),
}
_ALWAYS = frozenset({"at", "level", "event"})
_ROOM = "gateway"


def write_events_to(stream: TextIO | None = None) -> None:
    """Send every event, the server's own messages included, through the allow-list."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper("iso", utc=True, key="at"),
            keep_listed,
            # ASCII alone, so that no line separator of Unicode ends a line for some reader
            lambda _logger, _method, event: json.dumps(event, default=str),
        ],
        logger_factory=structlog.PrintLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [_ServerMessages()]
    root.setLevel(logging.WARNING)


def keep_listed(
    _logger: object, _method: str, event: MutableMapping[str, object]
) -> MutableMapping[str, object]:
    """Drop what the list does not name; an event that it does not name becomes `unlisted`."""
    name = event.get("event")
    if name not in EVENTS:
        event["event"] = name = "unlisted"
    listed = EVENTS[name] | _ALWAYS
    return {key: value for key, value in event.items() if key in listed}


def note_bug(error: BaseException) -> None:
    """Say of a fault of ours what it is called and where it happened, and not what it says."""
    structlog.get_logger().error("bug", error=type(error).__name__, place=place_of(error))


def note_refused_form(refusal: FormRefused) -> None:
    """Say which form keeps the gateway from starting, and where; of a form, never of a person."""
    structlog.get_logger().error("form_refused", places=refusal.detail)


def note_unusable_source(unusable: UnusableSource) -> None:
    """Say which source keeps the gateway from starting, and why."""
    structlog.get_logger().error("source_unusable", reason=str(unusable))


def place_of(error: BaseException) -> str:
    """The innermost line of ours that an exception passed: `file.py:12`."""
    return _innermost(error.__traceback__)


def _innermost(traceback: TracebackType | None) -> str:
    ours = [
        f"{Path(frame.f_code.co_filename).name}:{line}"
        for frame, line in walk_tb(traceback)
        if frame.f_globals.get("__name__", "").partition(".")[0] == _ROOM
    ]
    return ours[-1] if ours else "elsewhere"


class _ServerMessages(logging.Handler):
    """Messages of libraries: that there was one and from whom; their texts may quote a request."""

    def emit(self, record: logging.LogRecord) -> None:
        """Pass on the logger's name and the level."""
        log = structlog.get_logger()
        log.log(max(record.levelno, logging.WARNING), "server", logger=record.name)
