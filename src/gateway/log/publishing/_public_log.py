"""The public side of the log: files that anybody may fetch, and proofs on request.

The static files of C2SP tlog-tiles for the current log and for closed ones, and two kinds of proof:

    inclusion       C2SP tlog-proof: `c2sp.org/tlog-proof@v1`, `index <n>`, a hash a line from the
                    leaf's sibling up, an empty line, the checkpoint
    consistency     ours: `old <n>`, `new <m>`, a hash a line, an empty line, the checkpoint
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.domain.errors import BadRequest, Busy, NotFound
from gateway.log.publishing._folder import LogDamaged, LogFolder
from gateway.log.publishing._proofs import PublishedTree, inclusion_text, proof_text
from gateway.log.publishing._publisher import Publisher
from gateway.log.publishing._tiles import TileFolder, is_tile_path
from gateway.log.stored import LeafRows

_YEAR = re.compile(r"([0-9]{4}(?:-[1-9][0-9]{0,2})?)/(.+)", re.DOTALL)
_RELEASE = re.compile(r"releases/[0-9]{4}-(?:0[1-9]|1[0-2])\.(?:json|jws)")
_TEXT = "text/plain; charset=utf-8"
_TEXTS = frozenset({"checkpoint", "key", "policy"})


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """A file that anybody may fetch; `lasting` when it never changes."""

    content: bytes
    media_type: str
    lasting: bool


class PublicLog:
    """The public side of the log."""

    def __init__(self, folder: LogFolder, publisher: Publisher, rows: LeafRows) -> None:
        self._folder = folder
        self._publisher = publisher
        self._rows = rows

    def file(self, address: str) -> PublishedFile:
        """A file by its address below `/log/`; raises NotFound for whatever is none.

        An address is recognised as a whole before any path is made of it.
        """
        root, name, closed = self._folder.public, address, False
        if (matched := _YEAR.fullmatch(address)) is not None:
            root, name, closed = self._folder.closed / matched[1], matched[2], True
        if name == "checkpoint" and not closed and self._publisher.published is not None:
            # from memory: whoever has it can ask for proofs to it, not a moment later
            return PublishedFile(self._publisher.published.note, _TEXT, lasting=False)
        if name in _TEXTS:
            return _read(root / name, _TEXT, lasting=closed)
        if is_tile_path(name):
            return _read(root / name, "application/octet-stream", lasting=True)
        if _RELEASE.fullmatch(name):
            kind = "application/json" if name.endswith(".json") else "application/jose"
            return _read(root / name, kind, lasting=True)
        raise _not_there()

    def inclusion(self, leaf: bytes) -> bytes:
        """The proof that a leaf of this hash stands in the published log.

        Raises NotFound `leaf_not_published` while it does not, and for a leaf that nobody knows;
        Busy `log_unreadable` when a file that the proof needs is gone or torn.
        """
        index = self._rows.index_of(leaf)
        published, tiles = self._publisher.published, self._folder.tiles
        if index is None and (place := self._rows.closed_place_of(leaf)) is not None:
            origin, index = place
            tiles = TileFolder(self._folder.closed / origin.rpartition("/")[2])
            with _reading():
                published = LogFolder.checkpoint_in(tiles.root)
        if index is None or published is None or index >= published.checkpoint.size:
            raise NotFound("leaf_not_published", "no published leaf has this hash yet", "leaf")
        with _reading():
            return inclusion_text(
                PublishedTree(tiles, published.checkpoint.size), index, published.note
            )

    def consistency(self, old: int, new: int) -> bytes:
        """The proof that the first `new` leaves begin with the first `old`.

        Raises BadRequest `parameter_unusable` unless 0 < old <= new <= the published size; Busy
        `log_unreadable` as `inclusion` does.
        """
        published = self._publisher.published
        if published is None or not 0 < old <= new <= published.checkpoint.size:
            raise BadRequest("parameter_unusable", "sizes go from 1 to the published one", "from")
        tree = PublishedTree(self._folder.tiles, published.checkpoint.size)
        with _reading():
            proof = tree.consistency(old, new)
        return proof_text([f"old {old}", f"new {new}"], proof, published.note)


@contextmanager
def _reading() -> Iterator[None]:
    """What is wrong with a published file is the operator's to mend, not a fault of the call."""
    try:
        yield
    except (OSError, ValueError, LogDamaged):
        detail = "a published file that the proof needs is gone or torn"
        raise Busy("log_unreadable", detail) from None


def _read(path: Path, media_type: str, *, lasting: bool) -> PublishedFile:
    try:
        return PublishedFile(path.read_bytes(), media_type, lasting)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        raise _not_there() from None


def _not_there() -> NotFound:
    return NotFound("not_found", "the log has no such file")
