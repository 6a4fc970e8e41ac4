from pathlib import Path

import pytest

from gateway.domain.codelists import CodeLists, read_code_lists


@pytest.fixture(scope="session")
def lists() -> CodeLists:
    return read_code_lists(Path(__file__).parents[2] / "schemas")
