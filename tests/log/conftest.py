from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.log.building import SmallLog


@pytest.fixture
def small(tmp_path: Path) -> Iterator[SmallLog]:
    log = SmallLog(tmp_path)
    yield log
    log.close()
