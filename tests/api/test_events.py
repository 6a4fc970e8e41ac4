import ast
import json
import logging
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import structlog

import gateway
from gateway.api.events import EVENTS, note_bug, place_of, write_events_to
from gateway.api.strict_json import decode

SECRET = "Bùi Thị Bí Mật 003090000123"
OPERATIONS = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()


@pytest.fixture
def lines() -> StringIO:
    stream = StringIO()
    write_events_to(stream)
    return stream


def _events(lines: StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def test_t31_unlisted_members_are_dropped(lines: StringIO) -> None:
    structlog.get_logger().info("replays_purged", count=3, body=SECRET, personal_id=SECRET)

    (event,) = _events(lines)
    assert event.keys() == {"at", "level", "event", "count"}
    assert (event["event"], event["level"], event["count"]) == ("replays_purged", "info", 3)


def test_unlisted_event_keeps_neither_name_nor_keys(lines: StringIO) -> None:
    structlog.get_logger().warning(f"looked up {SECRET}", count=SECRET)

    (event,) = _events(lines)
    assert event.keys() == {"at", "level", "event"}
    assert event["event"] == "unlisted"


def test_t52_logged_event_stays_one_line(lines: StringIO) -> None:
    forged = 'x\n{"event":"started"}\r\x1b[2K\u2028'
    structlog.get_logger().info("started", address=forged)

    assert lines.getvalue().count("\n") == 1
    assert "\x1b" not in lines.getvalue() and "\r" not in lines.getvalue()
    assert _events(lines)[0]["address"] == forged


def test_library_event_names_logger_without_message(lines: StringIO) -> None:
    try:
        raise KeyError(SECRET)
    except KeyError:
        logging.getLogger("a.library").exception("failed on %s", SECRET)

    (event,) = _events(lines)
    assert (event["event"], event["logger"], event["level"]) == ("server", "a.library", "error")
    assert "Bí Mật" not in lines.getvalue()


def test_bug_event_has_type_and_place(lines: StringIO) -> None:
    try:
        decode(SECRET)  # type: ignore[arg-type]  # the bug
    except TypeError as error:
        note_bug(error)

    (event,) = _events(lines)
    assert (event["event"], event["error"], event["level"]) == ("bug", "TypeError", "error")
    assert re.fullmatch(r"strict_json\.py:[0-9]+", event["place"])
    assert "Bí Mật" not in lines.getvalue()


def test_bug_outside_our_code_is_elsewhere() -> None:
    assert place_of(KeyError(SECRET)) == "elsewhere"


def test_manual_lists_every_event_with_keys() -> None:
    chapter = OPERATIONS.split("\n## Log events\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", chapter, re.MULTILINE)
    documented = {event: set(re.findall(r"`(\w+)`", keys)) for event, keys in rows}

    assert documented == {event: set(keys) for event, keys in EVENTS.items()}


def test_every_event_in_code_is_listed() -> None:
    """Every call of a structlog method with a literal name: `log.info("…")` and its like."""
    named = set()
    for path in Path(gateway.__file__).parent.rglob("*.py"):
        if "structlog" not in (text := path.read_text()):
            continue
        for node in ast.walk(ast.parse(text)):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in {"debug", "info", "warning", "error", "critical"}
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                named.add(node.args[0].value)

    assert {"started", "stopped", "bug"} <= named <= EVENTS.keys()
