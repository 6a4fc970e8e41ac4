"""What closes months of a deployment with an invented log."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, insert, select

from gateway.reduction.months import Month
from gateway.reduction.releases._closing import ClosingContext, close_month
from gateway.reduction.releases._release import ReleaseSigner
from gateway.reduction.releases._stored import Closed
from gateway.storage.database import Database
from gateway.storage.schema import case_persons
from gateway_verify._claims.signatures import thumbprint
from tests.databases import open_database
from tests.log.writing import append_body
from tests.reduction.test_reading import publish

NOVEMBER = datetime(2026, 11, 22, 9, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 22, 9, tzinfo=UTC)
ORIGIN = "gateway.test/log/2026"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def hour_of(when: datetime) -> int:
    return int(when.timestamp()) // 3600


@dataclass
class House:
    """What tests of the month's end need at hand; the clock stands where it is put."""

    database: Database
    folder: Path
    now: datetime = DECEMBER
    mock: bool = False
    key: Ed25519PrivateKey = KEY
    published: list[int] = field(default_factory=list)

    @property
    def office(self) -> ClosingContext:
        return ClosingContext(
            self.database,
            ORIGIN,
            self.mock,
            ReleaseSigner(self.key, thumbprint(self.key.public_key().public_bytes_raw())),
            self.folder,
            lambda: self.now,
            self._publish,
        )

    async def _publish(self) -> None:
        self.published.append(1)

    async def open(self, **measure: Any) -> None:
        await self.database.write(lambda c: publish(c, **measure))

    async def fill(self, bodies: Iterable[dict[str, Any]], when: datetime = NOVEMBER) -> None:
        """Append these bodies, each case being of a person of its own."""
        taken = list(bodies)

        def change(connection: Connection) -> None:
            for body in taken:
                append_body(connection, body, when)
                person = sha256(body["case"].encode()).digest()
                known = {"person_index": person, "case_ref": body["case"], "applicant": True}
                of = select(case_persons).where(case_persons.c.case_ref == body["case"])
                if connection.execute(of).first() is None:
                    connection.execute(insert(case_persons), known)

        await self.database.write(change)

    async def close(self, month: str) -> tuple[Closed, bool]:
        return await close_month(self.office, Month.read(month), lambda done, total: None)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    database = open_database(tmp_path)
    yield House(database, tmp_path / "releases")
    database.close()
