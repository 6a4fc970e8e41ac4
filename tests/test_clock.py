"""Nothing of the gateway or its mocks reads the machine's clock, but for one module of each."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from gateway.cli.clock import clock_of, next_second
from gateway.domain.clock import now_in_utc
from tests.clock import NOON, Clock

ROOT = Path(__file__).parents[1]
READ_IT = {"src/gateway/domain/clock.py", "mocks/clock.py"}
READINGS = {
    f"{module}.{name}"
    for module, names in {
        "datetime.datetime": ("now", "utcnow", "today"),
        "datetime.date": ("today",),
        "time": (
            *("time", "time_ns", "localtime", "gmtime", "ctime", "asctime", "strftime"),
            *("clock_gettime", "clock_gettime_ns"),
        ),
    }.items()
    for name in names
}


def readings(source: str) -> Iterator[tuple[int, str]]:
    """Where a module names something that tells the machine's time, by whatever import."""
    tree, known = ast.parse(source), dict[str, str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            known |= {one.asname or one.name: one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            known |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            head, _, rest = ast.unparse(node).partition(".")
            named = known.get(head, head) + ("." + rest if rest else "")
            if named in READINGS:
                yield node.lineno, named


def test_one_module_reads_the_machine_clock() -> None:
    found = {
        path.relative_to(ROOT).as_posix(): list(readings(path.read_text()))
        for top in ("src", "mocks")
        for path in (ROOT / top).rglob("*.py")
    }
    assert {name for name, places in found.items() if places} == READ_IT, found


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import datetime\nx = datetime.now()",
        "import datetime\nx = datetime.datetime.utcnow",
        "import datetime as dt\nx = lambda: dt.date.today()",
        "from datetime import date as day\nx = day.today()",
        "import time\ndef f(clock=time.time): ...",
        "from time import time as now\nx = now()",
        "import time\nx = time.strftime('%Y')",
    ],
)
def test_every_clock_reading_is_found(source: str) -> None:
    assert [line for line, _ in readings(source)] == [2]


@pytest.mark.parametrize(
    "source",
    ["import time\nx = time.monotonic()", "from datetime import time\nx = time()", "x.now()"],
)
def test_reading_without_day_is_allowed(source: str) -> None:
    assert list(readings(source)) == []


def test_commands_use_the_clock_handed_in() -> None:
    app, seen = typer.Typer(), []

    @app.command()
    def show(context: typer.Context) -> None:
        seen.append(clock_of(context))

    clock = Clock()
    CliRunner().invoke(app, [], obj=clock)
    CliRunner().invoke(app, [])

    assert seen == [clock, now_in_utc]


def test_next_second_is_whole_and_later() -> None:
    clock = Clock()
    clock.forward(milliseconds=400)
    assert next_second(clock).isoformat() == NOON.replace(second=1).isoformat()
