"""The envelope of every answer of the portal: a code and a message that must both be read."""

import json
from typing import Any

from mocks.adapter.protocol import PROTOCOL
from mocks.wire import Reply

DONE = "Thành công"

_ANSWERS = PROTOCOL["answers"]


class Refused(Exception):
    """An error of the envelope, by its name under `answers` of the protocol.

    `about` is the member or the fact that is wrong, never a value of a person.
    """

    def __init__(self, name: str, about: str = "") -> None:
        super().__init__(name)
        self.name = name
        self.code: str = _ANSWERS[name]["code"]
        words: str = _ANSWERS[name]["words"]
        self.message = f"{words} {about}".strip()


def members(body: bytes) -> dict[str, Any] | None:
    """The object that a body holds, or None where it is none."""
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return asked if isinstance(asked, dict) else None


def success(message: str = DONE, **more: Any) -> Reply:
    """An answer whose code and words both say that it is done."""
    return _envelope(_ANSWERS["done"]["code"], message, more)


def refused(error: Refused, status: int = 200) -> Reply:
    """An answer that says what is wrong; as a rule HTTP itself went well."""
    return _envelope(error.code, error.message, {}, status)


def said(code: str | int, message: str, **more: Any) -> Reply:
    """An answer with any code and words, for the manners that have been seen."""
    return _envelope(code, message, more)


def _envelope(code: str | int, message: str, more: dict[str, Any], status: int = 200) -> Reply:
    told = {"error_code": code, "message": message, **more}
    return Reply(status, json.dumps(told, ensure_ascii=False).encode())
