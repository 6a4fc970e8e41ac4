from pathlib import Path

import pytest

from gateway.access.clients import ClientDirectory
from gateway.storage.database import Database
from tests.clock import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def directory(database: Database, tmp_path: Path) -> ClientDirectory:
    return ClientDirectory(database, tmp_path / "clients.stamp")
