"""The mock of the population database and a filled vault, each as a source."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.domain.codelists import CodeLists, read_code_lists
from gateway.records.kinds import read_kinds
from gateway.records.store import RecordStore
from gateway.records.vault import Vault
from gateway.storage.database import Database
from mocks.people import Population

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def lists() -> CodeLists:
    return read_code_lists(ROOT / "schemas")


@pytest.fixture(scope="session")
def people() -> Population:
    return Population(2026)


@pytest.fixture
def store(database: Database, empty_vault: Vault) -> RecordStore:
    kinds = read_kinds(ROOT / "schemas" / "record-kinds.json")
    return RecordStore(database, empty_vault, kinds, b"k" * 32, lambda: NOW)
