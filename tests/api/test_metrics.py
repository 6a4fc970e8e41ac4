"""Who may read which figures at the front door?"""

import csv
import io

import httpx
import pytest

from gateway.api.services import Services

ADDRESS = "/v1/metrics/field-reduction"


async def test_without_token_releases_are_empty_at_first(
    anybody: httpx.AsyncClient,
) -> None:
    answer = await anybody.get(ADDRESS)

    assert (answer.status_code, answer.json()) == (200, {"releases": []})


async def test_tenant_reads_own_period_unpublished(
    gateway: httpx.AsyncClient,
) -> None:
    answer = await gateway.get(ADDRESS, params={"from": "2026-11", "to": "2026-11-22"})

    document = answer.json()
    assert answer.status_code == 200
    assert document["tenant"] == "h99"
    assert document["period"] == {"from": "2026-11-01", "to": "2026-11-22"}
    assert any("not for publication" in line for line in document["notice"])
    assert "figures from mock sources" in document["notice"][0]


async def test_figures_come_as_csv_too(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.get(ADDRESS, params={"format": "csv", "by": "form"})

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    assert [row["channel"] for row in csv.DictReader(io.StringIO("\n".join(lines)))] == [
        "online",
        "paper",
    ]


@pytest.mark.parametrize(
    ("query", "code", "member"),
    [
        ("from=soon", "parameter_unusable", "from"),
        ("to=2026-02-30", "parameter_unusable", "to"),
        ("by=person", "parameter_unusable", "by"),
        ("format=xml", "parameter_unusable", "format"),
        ("from=2026-01&from=2026-02", "parameter_twice", "from"),
        ("from_=2026-01", "unknown_parameter", None),
    ],
)
async def test_unusable_parameter_is_named_not_repeated(
    gateway: httpx.AsyncClient, query: str, code: str, member: str | None
) -> None:
    answer = await gateway.get(f"{ADDRESS}?{query}")

    assert answer.status_code == 400
    assert (answer.json()["code"], answer.json().get("member")) == (code, member)
    assert "soon" not in answer.text


async def test_invalid_token_reads_no_figures(
    anybody: httpx.AsyncClient, services: Services
) -> None:
    answer = await anybody.get(ADDRESS, headers={"authorization": "Bearer nonsense"})

    assert answer.status_code == 401
