"""A vault in a fresh database, under a clock that stands."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.records.kinds import Kinds, read_kinds
from gateway.records.store import RecordStore
from gateway.records.vault import Vault
from gateway.storage.database import Database
from mocks.people import Population
from mocks.people.knowledge import records_of

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def kinds() -> Kinds:
    return read_kinds(ROOT / "schemas" / "record-kinds.json")


@pytest.fixture(scope="session")
def people() -> Population:
    return Population(2026)


@pytest.fixture
def store(database: Database, empty_vault: Vault, kinds: Kinds) -> RecordStore:
    return RecordStore(database, empty_vault, kinds, b"k" * 32, lambda: NOW)


@pytest.fixture
def card(people: Population) -> dict[str, Any]:
    """The identity card of the ordinary person."""
    papers = records_of(people, people.persona("ordinary").n)
    return next(paper for paper in papers if paper["kind"] == "identity_card")
