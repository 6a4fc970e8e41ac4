"""One province a module: starting is most of the cost, and there are people enough for every test."""

from collections.abc import Iterator

import pytest

from tests.identity.world import World


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("identity"))
    yield world
    world.close()


@pytest.fixture
def world(running: World) -> World:
    """The module's province with nothing wrong in it."""
    running.reset()
    return running
