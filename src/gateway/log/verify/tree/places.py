"""Where does the evidence lie: in a folder, or at an address?

A path is one of the log's layout, `checkpoint` or `tile/0/000`. At an address it is asked for by
HTTP below the address, one request after the other over one connection, within TIMEOUT_SECONDS each;
nothing is asked twice, no redirect is followed, no proxy is used.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import (
    HTTPConnection,
    HTTPException,
    HTTPResponse,
    HTTPSConnection,
    RemoteDisconnected,
)
from pathlib import Path
from time import monotonic
from typing import Protocol
from urllib.parse import urlsplit

from gateway.log.verify.findings import Kind, Unchecked

TIMEOUT_SECONDS = 20.0
_PORTS: Mapping[str, type[HTTPConnection]] = {"http": HTTPConnection, "https": HTTPSConnection}
_NOT_THERE = (404, 410)


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
        try:
            with (self._root / path).open("rb") as file:
                return file.read(most + 1)
        except OSError:
            raise Unchecked(Kind.MISSING, "the file cannot be read", path) from None


class Address:
    """Evidence at an address, as the gateway serves it below `/log/`."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme not in _PORTS or not parts.hostname or parts.query or parts.fragment:
            raise Unchecked(Kind.NETWORK, "an address reads http(s)://host[:port]/path")
        self._below = parts.path.rstrip("/")
        try:
            connection = _PORTS[parts.scheme]
            self._connection = connection(parts.hostname, parts.port, timeout=TIMEOUT_SECONDS)
        except ValueError:
            raise Unchecked(Kind.NETWORK, "the port of the address is none") from None

    def read(self, path: str, most: int) -> bytes:
        """The file's bytes, but never more than `most` + 1."""
        try:
            return self._ask(path, most)
        except RemoteDisconnected:
            self._connection.close()  # closed while idle: nothing was answered, so nothing is asked twice
        except (OSError, HTTPException) as failed:
            raise Unchecked(Kind.NETWORK, type(failed).__name__, path) from None
        try:
            return self._ask(path, most)
        except (OSError, HTTPException) as failed:
            raise Unchecked(Kind.NETWORK, type(failed).__name__, path) from None

    def close(self) -> None:
        """Let the connection go."""
        self._connection.close()

    def _ask(self, path: str, most: int) -> bytes:
        self._connection.request("GET", f"{self._below}/{path}")
        answer = self._connection.getresponse()
        body = _read_in_time(answer, most + 1)
        if not answer.isclosed():
            self._connection.close()
        if answer.status in _NOT_THERE:
            raise Unchecked(Kind.MISSING, "there is no such file", path)
        if answer.status != 200:
            raise Unchecked(Kind.NETWORK, f"answered with status {answer.status}", path)
        return body


def _read_in_time(answer: HTTPResponse, most: int) -> bytes:
    """A body that comes in drops is given up like one that does not come."""
    body, deadline = bytearray(), monotonic() + TIMEOUT_SECONDS
    while len(body) < most and (piece := answer.read1(most - len(body))):
        body += piece
        if monotonic() > deadline:
            raise TimeoutError
    return bytes(body)


@contextmanager
def open_place(text: str) -> Iterator[Place]:
    """A folder, or an address that begins with `http://` or `https://`; Unchecked for neither."""
    if text.startswith(("http://", "https://")):
        with closing(Address(text)) as address:
            yield address
    elif Path(text).is_dir():
        yield Folder(Path(text))
    else:
        raise Unchecked(Kind.MISSING, "neither a folder nor an http(s) address")


def read_if_there(place: Place, path: str, most: int) -> bytes | None:
    """The file's bytes, or None where there is no such file; a silent network is no such thing."""
    try:
        return place.read(path, most)
    except Unchecked as missing:
        if missing.finding.kind is Kind.MISSING:
            return None
        raise
