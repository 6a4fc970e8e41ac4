from pathlib import Path

import pytest

from gateway.access.clients import ClientDirectory
from gateway.storage.database import Database


@pytest.fixture
def directory(database: Database, tmp_path: Path) -> ClientDirectory:
    return ClientDirectory(database, tmp_path / "clients.stamp")
