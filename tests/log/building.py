"""A small log in a folder, published by the parts that publish the real one."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.log.append import append_public
from gateway.log.entries import GrantLeaf
from gateway.log.notes import signing_name
from gateway.log.publishing._folder import LogFolder
from gateway.log.publishing._public_log import PublicLog
from gateway.log.publishing._publisher import Publisher
from gateway.log.publishing._signer import CheckpointSigner
from gateway.log.publishing._witnesses import Witnesses
from gateway.log.stored import LeafRows
from gateway.log.tree import leaf_hash
from tests.databases import open_database
from tests.log.writing import some_grant


async def _nobody(url: str, content: bytes) -> Any:
    raise AssertionError(f"nobody is to be asked, {url} least of all: {len(content)}")


ORIGIN = "gateway.test/log/2026"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def grant(number: int) -> GrantLeaf:
    return some_grant(f"h{number}")


def entry(number: int) -> bytes:
    return grant(number).encode()


def hashes(size: int) -> list[bytes]:
    return [leaf_hash(entry(number)) for number in range(size)]


class SmallLog:
    """A database and a log folder; `again()` is a restart."""

    def __init__(self, folder: Path) -> None:
        self.root = folder
        self.now = datetime(2026, 11, 22, 5, tzinfo=UTC)
        self.database = open_database(folder)
        self.rows = LeafRows(self.database)
        self.folder = LogFolder(folder / "log")
        self.folder.__enter__()
        self.size = self.rows.size()
        self.witnesses = Witnesses(None, _nobody)
        self.publisher = self.again()

    def again(self) -> Publisher:
        self.signer = CheckpointSigner(self.folder.signer, ORIGIN, KEY)
        self.publisher = Publisher(
            self.folder, self.rows, self.signer, self.witnesses, lambda: self.now
        )
        self.public_log = PublicLog(self.folder, self.publisher, self.rows)
        return self.publisher

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)

    async def grow(self, count: int) -> None:
        first = self.size

        def add(connection: Any) -> None:
            for number in range(first, first + count):
                append_public(connection, grant(number))

        await self.database.write(add)
        self.size += count

    def close(self) -> None:
        self.folder.__exit__()
        self.database.close()


def signer_key() -> str:
    """The verifier key of every log that is built here."""
    return str(signing_name(ORIGIN, KEY))
