"""Encrypt payloads and salts of a range of the log to an accredited auditor.

`bodies.tar.age` is a tar archive encrypted to the auditor's recipient (age-encryption.org/v1, X25519).
Unpacked in the pack's folder it adds, in the layout of entry bundles:

    bodies/<N>          per entry its 16-bit big-endian length, then 32-byte salt and payload; length 0 for
                        a public entry and for a payload that was destroyed; `bodies/<N>.p/<W>` at the edge

Whole bundles are given: up to 255 payloads more than the range at either end. Nothing is written unencrypted,
and no more than a bundle is held in memory. Before it, an `access` case leaf records who is given what.
"""

import tarfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import cast

import pyrage
from sqlalchemy import ColumnElement, Connection, select, true

from gateway.audits._auditors import Auditor, check_begun
from gateway.audits._packs import Pack, Progress
from gateway.domain.clock import hour_of
from gateway.domain.errors import BadRequest, Busy, CannotMeasure
from gateway.log.append import AppendedCase, append_case
from gateway.log.entries import AccessPayload, LeafRange
from gateway.log.keys import latest_key
from gateway.log.notes import Checkpoint
from gateway.log.publishing import WIDTH, encode_bundle
from gateway.storage.database import Database
from gateway.storage.schema import bodies, closed_bodies
from gateway_verify.locations import path_of
from gateway_verify.sampling.entered import digest_of_key

FILE = "bodies.tar.age"


def note_giving(
    connection: Connection, auditor: Auditor, span: tuple[int, int], log: Checkpoint, now: datetime
) -> AppendedCase:
    """Record in an `access` leaf which leaves of a log this auditor is about to be given.

    Raises BadRequest `range_unusable`, Conflict `log_not_begun`.
    """
    size = log.size
    check_begun(connection)
    _check_range(span, size)
    first, last = span[0] // WIDTH * WIDTH, min(size, (span[1] // WIDTH + 1) * WIDTH) - 1
    payload = AccessPayload(
        case=None,
        auditor=digest_of_key(auditor.vkey),
        log=log.origin,
        leaves=LeafRange(first, last),
        size=size,
        hour=hour_of(now),
    )
    return append_case(connection, payload)


def _check_range(span: tuple[int, int], size: int) -> None:
    if not 0 <= span[0] <= span[1] < size:
        raise BadRequest("range_unusable", "the range lies within the published log", "first")


def write_bodies(
    pack: Pack, database: Database, auditor: Auditor, span: tuple[int, int], progress: Progress
) -> Path:
    """Encrypt the payloads of a range of leaf indices, both ends included, into the pack.

    Raises BadRequest `range_unusable` for a range beyond the pack's log, Busy, CannotMeasure for a payload
    that is too long for a bundle.
    """
    _check_range(span, pack.size)
    recipient = pyrage.x25519.Recipient.from_str(auditor.recipient)
    path = pack.folder / FILE
    source = _Source(_archive(pack.signed.checkpoint, database, span, progress))
    try:
        with path.open("wb") as sealed:
            pyrage.encrypt_io(source, sealed, [recipient])
    except (Busy, CannotMeasure, OSError, pyrage.EncryptError) as failed:
        path.unlink(missing_ok=True)
        raise (source.failed or failed) from None
    return path


class _Source:
    """An iterator read as a file; keeps the error, since the cipher does not pass it on."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._held = b""
        self.failed: Exception | None = None

    def read(self, most: int) -> bytes:
        """At most `most` bytes; none at the end."""
        try:
            while not self._held:
                self._held = next(self._pieces)
        except StopIteration:
            return b""
        except (Busy, CannotMeasure) as failed:
            self.failed = failed
            raise
        given, self._held = self._held[:most], self._held[most:]
        return given


def _archive(
    log: Checkpoint, database: Database, span: tuple[int, int], progress: Progress
) -> Iterator[bytes]:
    """A tar archive, one member after the other."""
    numbers = range(span[0] // WIDTH, span[1] // WIDTH + 1)
    for done, number in enumerate(numbers, 1):
        width = min(WIDTH, log.size - number * WIDTH)
        content = _bundle(database, log.origin, number * WIDTH, width)
        member = tarfile.TarInfo(path_of("bodies", number, width))
        member.size, member.mode = len(content), 0o600
        yield member.tobuf(tarfile.USTAR_FORMAT)
        yield content + bytes(-len(content) % tarfile.BLOCKSIZE)
        progress(done, len(numbers))
    yield bytes(2 * tarfile.BLOCKSIZE)


def _bundle(database: Database, origin: str, first: int, width: int) -> bytes:
    held = database.read_separately(lambda c: _held(c, origin, first, first + width - 1))
    try:
        return encode_bundle(held.get(index, b"") for index in range(first, first + width))
    except OverflowError:
        longest = max(held, key=lambda index: len(held[index]))
        raise CannotMeasure(longest, "its body is longer than an entry can be") from None


def _held(connection: Connection, origin: str, first: int, last: int) -> dict[int, bytes]:
    """Salt and body by index, of the running log or of a closed one by its name."""
    table, mine = bodies, cast("ColumnElement[bool]", true())
    if (latest_key(connection) or f"{origin}+").partition("+")[0] != origin:
        table, mine = closed_bodies, closed_bodies.c.origin == origin
    within = table.c.idx.between(first, last)
    wanted = select(table.c.idx, table.c.salt, table.c.body).where(mine, within)
    return {row.idx: row.salt + row.body for row in connection.execute(wanted)}
