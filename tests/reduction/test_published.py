"""Does anybody get the release of a month that an operator closed, in every form, and nobody more?"""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from joserfc import jws
from joserfc.jwk import KeySet
from pyarrow import parquet
from typer.testing import CliRunner

from gateway.app import create_app
from gateway.cli.main import app as commands
from gateway.reduction.months import Month
from gateway.settings import Settings
from tests.api.conftest import ADDRESS
from tests.clock import NOON, Clock
from tests.databases import open_database
from tests.reduction.bodies import prefill, submission
from tests.reduction.releases.conftest import House
from tests.reduction.releases.test_closing import FIELDS, month_of_cases

WHERE = "/v1/metrics/field-reduction"
NOW = NOON
MONTH = str(Month.at(NOW))
HOUR = int(NOW.timestamp()) // 3600


@pytest.fixture
async def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A mock deployment's folder with cases of two procedures and of both channels."""
    database = open_database(tmp_path)
    house = House(database, tmp_path)
    await house.open()
    await house.fill(month_of_cases(12, "a", HOUR), NOW)
    await house.fill(month_of_cases(15, "b", HOUR, proc="1.001001"), NOW)
    await house.fill(month_of_cases(11, "c", HOUR, ch="desk"), NOW)
    await house.fill(month_of_cases(10, "d", HOUR, proc=None), NOW)
    database.close()
    monkeypatch.setenv("GATEWAY_DATA", str(tmp_path))
    monkeypatch.setenv("GATEWAY_MOCK", "true")
    return tmp_path


@pytest.fixture
async def anybody(data: Path, schemas: Path) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(Settings(data=data, schemas=schemas, mock=True), Clock(NOW))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ADDRESS) as http,
    ):
        yield http


def close(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(commands, ["metrics", *arguments], obj=Clock(NOW))
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture
def closed(data: Path) -> str:
    assert data.exists()
    status, said, _ = close("close", MONTH, "--json")
    assert status == 0
    return said


async def test_closed_month_is_public(closed: str, anybody: httpx.AsyncClient) -> None:
    made = json.loads(closed)
    assert made["made"] is True

    (listed,) = (await anybody.get(WHERE)).json()["releases"]
    assert (listed["month"], listed["partial"]) == (MONTH, True)
    answer = (await anybody.get(WHERE, params={"month": MONTH})).json()
    assert answer["release"] == made["release"]
    file = await anybody.get(listed["json"])
    keys = KeySet.import_key_set((await anybody.get("/.well-known/jwks.json")).json())
    signed = jws.deserialize_compact(answer["jws"], keys, algorithms=["Ed25519"])
    assert signed.payload == file.content
    assert json.loads(file.content) == answer["release"]
    assert (await anybody.get(listed["jws"])).text == answer["jws"]


@pytest.mark.parametrize(
    ("by", "rows"),
    [
        ("series", [("residence", None, 10), ("residence", "1.001001", 15), ("residence", "1.004222", 12), ("residence", "1.004222", 11)]),
        ("form", [("residence", None, 37), ("residence", None, 11)]),
        ("procedure", [(None, None, 10), (None, "1.001001", 15), (None, "1.004222", 12), (None, "1.004222", 11)]),
    ],
)  # fmt: skip
async def test_rows_are_sums_of_released_cells(
    closed: str, anybody: httpx.AsyncClient, by: str, rows: list[tuple[str | None, str | None, int]]
) -> None:
    assert closed
    answer = (await anybody.get(WHERE, params={"month": MONTH, "by": by})).json()

    told = [(row["form"], row["procedure"], row["dossiers"]) for row in answer["rows"]]
    assert told == rows
    totals = answer["release"]["total"]
    for channel in ("online", "paper"):
        its = [row for row in answer["rows"] if row["channel"] == channel]
        for member in ("numerator", "denominator"):
            assert sum(row["core"][member] for row in its) == totals[channel]["core"][member]


async def test_source_shares_sum_to_reduction(closed: str, anybody: httpx.AsyncClient) -> None:
    assert closed
    answer = (await anybody.get(WHERE, params={"month": MONTH, "by": "source"})).json()

    online = [row for row in answer["rows"] if row["channel"] == "online"]
    total = answer["release"]["total"]["online"]
    assert sum(row["share"]["numerator"] for row in online) == total["reduction"]["numerator"]
    assert [(row["source"], row["reads"]) for row in online] == [("population", 37)]


@pytest.mark.parametrize("by", ["series", "form", "procedure", "source"])
async def test_every_format_holds_the_same_rows(
    closed: str, anybody: httpx.AsyncClient, by: str
) -> None:
    assert closed
    query = {"month": MONTH, "by": by}
    as_csv = await anybody.get(WHERE, params={**query, "format": "csv"})
    as_parquet = await anybody.get(WHERE, params={**query, "format": "parquet"})
    as_xlsx = await anybody.get(WHERE, params={**query, "format": "xlsx"})

    lines = [line for line in as_csv.text.splitlines() if not line.startswith("#")]
    read = list(csv.DictReader(io.StringIO("\n".join(lines))))
    table = parquet.read_table(io.BytesIO(as_parquet.content)).to_pylist()
    assert [row["channel"] for row in read] == [row["channel"] for row in table]
    assert [int(row["auto"]) for row in read] == [row["auto"] for row in table]
    assert as_xlsx.content[:2] == b"PK"
    root = json.loads(closed)["release"]["root"]
    assert f"# root {root}" in as_csv.text
    assert f'filename="field-reduction-{MONTH}.csv"' in as_csv.headers["content-disposition"]


@pytest.mark.parametrize(
    ("query", "status", "code", "member"),
    [
        ({"month": "1999-01"}, 404, "unknown_release", "month"),
        ({"month": "soon"}, 400, "parameter_unusable", "month"),
        ({"month": MONTH, "by": "agency"}, 400, "parameter_unusable", "by"),
        ({"month": MONTH, "by": "person"}, 400, "parameter_unusable", "by"),
        ({"month": MONTH, "format": "pdf"}, 400, "parameter_unusable", "format"),
        ({"month": MONTH, "from": MONTH}, 400, "parameter_unusable", "from"),
        ({"from": MONTH}, 400, "parameter_unusable", "from"),
        ({"format": "xlsx"}, 400, "parameter_unusable", "format"),
        ({"by": "form"}, 400, "parameter_unusable", "by"),
    ],
)
async def test_unanswerable_question_names_its_member(
    closed: str,
    anybody: httpx.AsyncClient,
    query: dict[str, str],
    status: int,
    code: str,
    member: str,
) -> None:
    assert closed
    answer = await anybody.get(WHERE, params=query)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json().get("member") == member


def test_command_reports_work_and_existing_release(data: Path) -> None:
    assert data.exists()
    status, said, _ = close("close", MONTH)
    again, repeated, _ = close("close", MONTH)

    assert (status, again) == (0, 0)
    assert "closed" in said
    assert "stands already" in repeated
    assert said.splitlines()[1:] == repeated.splitlines()[1:]


@pytest.mark.parametrize("month", ["soon", "2999-01"])
def test_command_refuses_what_cannot_close(data: Path, month: str) -> None:
    assert data.exists()
    status, said, why = close("close", month)

    assert (status, said) == (1, "")
    assert why.strip().startswith(("parameter_unusable", "month_not_over"))


def test_supplied_count_stands_in_release_head(data: Path) -> None:
    file = data / "igate.csv"
    file.write_text("procedure,channel,dossiers\n1.004222,online,12\n1.001001,online,30\n")
    status, said, _ = close("reconcile", str(file), "--source", "igate", "--month", MONTH)
    assert (status, "leaves" in said) == (0, True)

    release = json.loads(close("close", MONTH, "--json")[1])["release"]

    (count,) = release["reconciliation"]["counts"]
    assert count["coverage"] == {"numerator": 27, "denominator": 42, "value": 0.6429}
    assert release["reconciliation"]["headline"] == "floor"
    assert any("the floor is the headline" in line for line in release["notice"])
    assert not any("no count supplied" in line for line in release["notice"])


def test_missing_count_is_stated(data: Path) -> None:
    assert data.exists()
    report = json.loads(close("report", "--json")[1])
    release = json.loads(close("close", MONTH, "--json")[1])["release"]

    for document in (report, release):
        assert any("no count supplied" in line for line in document["notice"][:5])
        assert document["reconciliation"] == {"counts": [], "reads": [], "headline": "core"}


@pytest.mark.parametrize("named", ["nothing.csv", "folder.csv"])
def test_unreadable_file_is_refused(data: Path, named: str) -> None:
    (data / "folder.csv").mkdir()
    status, _, why = close("reconcile", str(data / named), "--source", "igate", "--month", MONTH)

    assert (status, named in why) == (1, True)


@pytest.mark.threat(34)
def test_t34_caller_text_reaches_no_release(data: Path) -> None:
    database = open_database(data)
    house = House(database, data)
    bad = [prefill("x", h=HOUR), submission("x", FIELDS, h=HOUR, ten="=1+1")]
    asyncio.run(house.fill(bad, NOW))
    database.close()

    release = close("close", MONTH, "--json")[1]

    assert "=1+1" not in release
