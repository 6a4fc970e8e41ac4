"""Read the files of a log from a folder or from an address.

A path is one of the log's layout, `checkpoint` or `tile/0/000`. At an address it is asked for by
HTTP below the address, one request after the other over one connection, within TIMEOUT_SECONDS each,
status line, headers and body together; nothing is asked twice, no redirect is followed, no proxy is used.
A web page, and an answer that is cut off, are no evidence of anything. An address without a checkpoint is tried
with `/log` behind it.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import (
    HTTPConnection,
    HTTPException,
    HTTPResponse,
    HTTPSConnection,
    IncompleteRead,
    RemoteDisconnected,
)
from io import BufferedReader, RawIOBase
from pathlib import Path
from socket import socket
from time import monotonic
from typing import Any, Protocol
from urllib.parse import urlsplit

from gateway_verify.findings import Kind, Unchecked

TIMEOUT_SECONDS = 20.0
_PORTS: Mapping[str, type[HTTPConnection]] = {"http": HTTPConnection, "https": HTTPSConnection}
_NOT_THERE = (404, 410)
_FAILED = (OSError, HTTPException, UnicodeError)
"""What comes of asking; a host that cannot be written for the network is a UnicodeError."""


_ANSWERED = "answered with"


WIDTH = 256
"""So many hashes or entries stand in a whole tile (C2SP tlog-tiles, height 8)."""


def path_of(folder: str, number: int, width: int = WIDTH) -> str:
    """The path of a file below `folder` (`tile/0`, `tile/entries`, `bodies`)."""
    digits = f"{number:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    path = "/".join([folder, *("x" + group for group in groups[:-1]), groups[-1]])
    return path if width == WIDTH else f"{path}.p/{width}"


def read_file(path: Path, most: int) -> bytes:
    """A file that somebody names; raises OSError, and Unchecked for one of more than `most` bytes."""
    with path.open("rb") as file:
        raw = file.read(most + 1)
    if len(raw) > most:
        raise Unchecked(Kind.AUDIT, f"the file has more than {most:,} bytes", str(path))
    return raw


class Place(Protocol):
    """Somewhere that the files of a log can be read from."""

    def read(self, path: str, most: int) -> bytes:
        """The file's bytes, but never more than `most` + 1; raises Unchecked when there is none."""
        ...


class Folder:
    """Evidence in a folder, as an evidence pack is unpacked."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, path: str, most: int) -> bytes:
        """The file's bytes, but never more than `most` + 1."""
        file = self._root / path
        try:
            if not file.is_file() and file.exists():
                raise Unchecked(Kind.MISSING, "this is no file", path)
            with file.open("rb") as opened:
                return opened.read(most + 1)
        except OSError:
            raise Unchecked(Kind.MISSING, "the file cannot be read", path) from None

    def listed(self, folder: str) -> list[str]:
        """The paths of the files right below a folder of the layout, in order."""
        below = (self._root / folder).glob("*")
        return sorted(f"{folder}/{one.name}" for one in below)


class Address:
    """Evidence at an address, as the gateway serves it below `/log/`."""

    def __init__(self, address: str, seconds: float = TIMEOUT_SECONDS) -> None:
        try:
            parts = urlsplit(address)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise Unchecked(Kind.NETWORK, "host or port of the address are none") from None
        if parts.scheme not in _PORTS or not host or parts.query or parts.fragment:
            raise Unchecked(Kind.NETWORK, "an address reads http(s)://host[:port]/path")
        self._seconds = seconds
        self._below = parts.path.rstrip("/")
        self._connection = _PORTS[parts.scheme](host, port, timeout=seconds)
        self._connection.response_class = _Timed

    def read(self, path: str, most: int) -> bytes:
        """The file's bytes, but never more than `most` + 1."""
        try:
            return self._ask(path, most)
        except RemoteDisconnected:
            self._connection.close()  # closed while idle: nothing was answered, so nothing is asked twice
        except _FAILED as failed:
            raise Unchecked(Kind.NETWORK, type(failed).__name__, path) from None
        try:
            return self._ask(path, most)
        except _FAILED as failed:
            raise Unchecked(Kind.NETWORK, type(failed).__name__, path) from None

    def is_answered(self, path: str) -> bool:
        """Whether there is such a file; a network that fails is left to the first true reading."""
        try:
            self.read(path, 0)
        except Unchecked as refused:
            return refused.finding.kind is Kind.NETWORK and not refused.finding.says.startswith(
                _ANSWERED
            )
        return True

    def close(self) -> None:
        """Let the connection go."""
        self._connection.close()

    def _ask(self, path: str, most: int) -> bytes:
        if self._connection.sock is not None:
            self._connection.sock.settimeout(self._seconds)
        self._connection.request("GET", f"{self._below}/{path}")
        answer = self._connection.getresponse()
        body = _read_up_to(answer, most + 1)
        if not answer.isclosed():
            self._connection.close()
        if answer.status in _NOT_THERE:
            raise Unchecked(Kind.MISSING, "there is no such file", path)
        if answer.status != 200:
            raise Unchecked(Kind.NETWORK, f"{_ANSWERED} status {answer.status}", path)
        if answer.headers.get_content_type() == "text/html":
            raise Unchecked(Kind.NETWORK, f"{_ANSWERED} a web page", path)
        return body


def _read_up_to(answer: HTTPResponse, most: int) -> bytes:
    body = bytearray()
    while len(body) < most and (piece := answer.read1(most - len(body))):
        body += piece
    if len(body) < most and answer.length:
        raise IncompleteRead(b"", answer.length)
    return bytes(body)


class _Timed(HTTPResponse):
    """An answer that comes in drops, headers or body, is given up like one that does not come."""

    def __init__(self, sock: socket, *rest: Any, **named: Any) -> None:
        super().__init__(sock, *rest, **named)
        self.fp = BufferedReader(_UntilDeadline(sock, self.fp.detach()))


class _UntilDeadline(RawIOBase):
    """What a socket brings before its time is over."""

    def __init__(self, sock: socket, raw: RawIOBase) -> None:
        self._socket, self._raw = sock, raw
        self._deadline = monotonic() + (sock.gettimeout() or TIMEOUT_SECONDS)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


@contextmanager
def open_place(text: str) -> Iterator[Place]:
    """A folder, or an address that begins with `http://` or `https://`; Unchecked for neither."""
    if text.startswith(("http://", "https://")):
        with closing(_log_below(text)) as address:
            yield address
    elif Path(text).is_dir():
        yield Folder(Path(text))
    else:
        raise Unchecked(Kind.MISSING, "neither a folder nor an http(s) address")


def _log_below(text: str) -> Address:
    """The address of a log, or of the host that serves one below `/log`."""
    address = Address(text)
    if address.is_answered("checkpoint"):
        return address
    below = Address(f"{text.rstrip('/')}/log")
    if below.is_answered("checkpoint"):
        address.close()
        return below
    below.close()
    return address


def read_if_there(place: Place, path: str, most: int) -> bytes | None:
    """The file's bytes, or None where there is no such file; a silent network is no such thing."""
    try:
        return place.read(path, most)
    except Unchecked as missing:
        if missing.finding.kind is Kind.MISSING:
            return None
        raise
