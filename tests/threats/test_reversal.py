"""Whoever has every file of a deployment but its keys finds no personal number by trying all of them."""

import hashlib
import hmac
import re
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import MetaData

from gateway.domain.identifiers import TenantId
from tests.conftest import House

PEOPLE = 100
SPACE = 10**6
"""As many numbers as an attacker has to try who knows province, sex, century and year of birth."""

_ENCODED = re.compile(rb"[A-Za-z0-9+/_-]{22,88}")
_WIDTHS = (16, 20, 32)


def fragments(held: bytes, columns: set[bytes]) -> set[bytes]:
    """Everything in the files that may be a digest: whole values of columns, and what is base64."""
    found = {value[:16] for value in columns if len(value) in _WIDTHS}
    for text in _ENCODED.findall(held):
        try:
            raw = b64decode(text.translate(bytes.maketrans(b"-_", b"+/")) + b"==")
        except ValueError:
            continue
        if len(raw) in _WIDTHS:
            found.add(raw[:16])
    return found


def guesses(number: str, tenant: TenantId) -> Iterator[bytes]:
    """The digests that somebody without keys can make of a number."""
    for said in (number, f"owner|{tenant}|{number}"):
        text = said.encode()
        yield hashlib.sha256(text).digest()
        yield hmac.digest(b"", text, "sha256")


def recovered(known: set[bytes], prefix: str, tenant: TenantId) -> dict[str, set[bytes]]:
    """The numbers of which some digest is among what was found, each with those digests."""
    found: dict[str, set[bytes]] = {}
    for tail in range(SPACE):
        number = f"{prefix}{tail:06d}"
        hits = {one[:16] for one in guesses(number, tenant)} & known
        if hits:
            found[number] = hits
    return found


@pytest.mark.threat(10)
def test_no_number_is_recovered_without_keys(house: House) -> None:
    house.file_records_of(*range(1, PEOPLE + 1))
    house.run(house.services.log.publisher.publish())
    numbers = {house.population.person(n).personal_id for n in range(1, PEOPLE + 1)}
    tenant = TenantId("h99")
    kept = [path for path in sorted(house.folder.rglob("*")) if path.is_file()]
    files = b"".join(path.read_bytes() for path in kept if path.parent.name != "keys")
    known = fragments(files, columns_of(house))
    assert len(known) > PEOPLE

    assert not any(number.encode() in files for number in numbers)
    assert not any(known & {one[:16] for one in guesses(n, tenant)} for n in numbers)

    careless = hashlib.sha256(min(numbers).encode()).digest()[:16]
    found = recovered(known | {careless}, min(numbers)[:6], tenant)
    assert found == {min(numbers): {careless}}  # what was planted, and nothing of the deployment's


def columns_of(house: House) -> set[bytes]:
    """Every value of every table of database and vault that is bytes."""
    records = house.services.dossiers.records
    found: set[bytes] = set()

    def read(connection: Any) -> None:
        for table in tables_of(connection):
            for row in connection.execute(table.select()):
                found.update(value for value in row if isinstance(value, bytes))

    for database in (house.services.database, records.vault.database):
        database.read(read)
    return found


def tables_of(connection: Any) -> list[Any]:
    """The tables that the database has, whatever the code says of them."""
    there = MetaData()
    there.reflect(connection)
    return list(there.tables.values())
