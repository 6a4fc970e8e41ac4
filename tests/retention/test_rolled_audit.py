"""An auditor counts a closed log again beside the one that the gateway began after it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.access.callers import Grant
from gateway.access.grants import register_tenant
from gateway.cli.main import app
from mocks.igate import stories
from tests.before.denominator import FORM, schemas_of, without
from tests.conftest import BOTH, House
from tests.reduction.closed_months import lay_bodies_open

PEOPLE = 12
MONTH = "2026-11"


@contextmanager
def running(folder: Path, schemas: Path) -> Iterator[House]:
    house = House(folder / "data", schemas=schemas)
    yield house
    house.run(house.services.log.publisher.publish())
    house.close()


@pytest.fixture(scope="module")
def rolled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A year with an ordinary and a test tenant, its month closed, and the next log with a shorter form."""
    folder = tmp_path_factory.mktemp("rolled")
    environment = {"GATEWAY_DATA": str(folder / "data"), "GATEWAY_MOCK": "true"}
    with running(folder, schemas_of(folder / "first")) as house:
        clock, now = house.clock, house.clock()
        house.run(
            house.services.database.write(
                lambda c: register_tenant(
                    c, "h98", "Tỉnh", "H98", Grant(BOTH, None, None), is_test=True, now=now
                )
            )
        )
        people = dict.fromkeys(one.n for one in stories(house.population, FORM, 60, 5))
        for n in [*people][:PEOPLE]:
            answer = house.filled(house.question(FORM, house.population.person(n)))
            house.accepted({"receipt": answer["receipt"], "data": answer["data"]})
    for command in (["metrics", "close", MONTH], ["log", "publish"]):
        done = CliRunner().invoke(app, command, env=environment, obj=clock)
        assert done.exit_code == 0, done.output
    lay_bodies_open(folder / "data")
    done = CliRunner().invoke(app, ["log", "rotate", "--leave-open"], env=environment, obj=clock)
    assert done.exit_code == 0, done.output
    with running(folder, schemas_of(folder / "second", without)) as house:
        house.filled(house.question(FORM, "ordinary"))
    return folder / "data" / "log"


@pytest.mark.threat(68, 73)
def test_t68_closed_log_is_proved_beside_the_next(rolled: Path) -> None:
    (closed,) = (rolled / "closed").iterdir()
    words = ["audit", "recompute", str(closed), "--later", str(rolled / "public"), "--json"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    proved = json.loads(done.stdout)["proved"]
    assert proved["recomputed"] == proved["releases"] == [MONTH]
    assert proved["bodies"] == 2 * PEOPLE
    after = json.loads(
        CliRunner().invoke(app, ["audit", "verify", str(rolled / "public"), "--json"]).stdout
    )
    assert after["proved"]["previous"].startswith(proved["origin"])
