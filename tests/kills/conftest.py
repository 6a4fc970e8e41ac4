"""One population database for every gateway that falls in these tests, and schemas of few forms."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.few_forms import schemas_with
from tests.kills.gateways import population

FORMS = ("social-pension", "tk01-passport", "ct01-temporary-residence")


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    with population(tmp_path_factory.mktemp("mocks")) as told:
        yield told


@pytest.fixture(scope="session")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return schemas_with(tmp_path_factory.mktemp("few"), *FORMS)
