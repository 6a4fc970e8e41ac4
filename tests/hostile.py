"""Files that somebody might hand to a command: no JSON, odd JSON, and none that anybody can read."""

from collections.abc import Callable
from pathlib import Path

NO_JSON: dict[str, bytes] = {
    "nothing": b"",
    "blanks": b" \n\t",
    "a byte order mark alone": b"\xef\xbb\xbf",
    "UTF-16": '{"a": "á"}'.encode("utf-16"),
    "UTF-16 without a mark": b'{"a": 1}'.decode().encode("utf-16-le"),
    "Latin-1": b'{"a":\n "\xe9"}',
    "lists without end": b"[" * 200_000,
    "objects without end": b'{"a":' * 200_000,
    "deep lists": b"[" * 5_000 + b"]" * 5_000,
    "a number of 100,000 digits": b'{"a": ' + b"9" * 100_000 + b"}",
    "a number beyond a double": b'{"a": 1e999999999}',
    "an exponent beyond every decimal": b'{"a": 1e-99999999999999999999}',
    "no number": b'{"a": NaN}',
    "a NUL": b'{"a": "\x00"}',
    "nothing but NUL": b"\0" * 100,
    "half of a pair": b'{"a": "\\ud800"}',
    "a name twice": b'{"a": 1,\n "a": 2}',
    "broken off": b'{"a',
    "something behind it": b"{} {}",
}
"""What no command takes for a document; `half of a pair` and the number with a fraction some do, as JSON."""

OTHER_JSON: dict[str, bytes] = {
    "a list": b"[]",
    "null": b"null",
    "a text": b'"x"',
    "an object": b"{}",
    "a NUL in a name": b'{"\\u0000": "\\u0000"}',
}
"""What is JSON and nothing that a command asks for."""

HOSTILE = NO_JSON | OTHER_JSON


def _nowhere(path: Path) -> None:
    path.unlink(missing_ok=True)


def _endless(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to("/dev/zero")


UNREADABLE: dict[str, Callable[[Path], None]] = {
    "a file that is not there": _nowhere,
    "a folder": Path.mkdir,
    "a file without end": _endless,
}
"""How to put something at a path that no file can be read from."""
