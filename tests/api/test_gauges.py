"""What the monitoring reads is true, documented, and about nobody."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.api.services import Services
from gateway.app import create_app
from gateway.log.append import append_public
from gateway.settings import Settings
from tests.clock import Clock
from tests.conftest import House
from tests.log.writing import some_grant

OPERATIONS = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
FORM = "ct01-permanent-residence"


def samples(text: str) -> dict[tuple[str, ...], float]:
    """Values by name and labels, these in the order of their names."""
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_leaf_counts_before_and_after_publishing(
    anybody: httpx.AsyncClient, services: Services
) -> None:
    await services.log.publisher.publish()
    await services.database.write(lambda c: append_public(c, some_grant("t1")))

    before = samples((await anybody.get("/metrics")).text)
    await services.log.publisher.publish()
    after = samples((await anybody.get("/metrics")).text)

    size = before["gateway_log_size",]
    assert before["gateway_log_published_size",] == size - 1
    assert after["gateway_log_published_size",] == after["gateway_log_size",] == size
    assert after["gateway_log_checkpoint_age_seconds",] >= 0
    assert after["gateway_log_unwitnessed",] == after["gateway_log_stopped",] == 0
    assert after["gateway_person_reads_open",] == 1
    assert after["process_resident_memory_bytes",] > 0


async def test_incident_shows_in_gauge(tmp_path: Path, schemas: Path, clock: Clock) -> None:
    (tmp_path / "log").mkdir(mode=0o700)
    (tmp_path / "log/incident").write_text("shorter\n")
    app = create_app(Settings(data=tmp_path, schemas=schemas, mock=True), clock)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as anybody,
    ):
        told = samples((await anybody.get("/metrics")).text)

    assert (told["gateway_log_stopped",], told["gateway_person_reads_open",]) == (1, 0)


@pytest.mark.threat(31)
def test_days_calls_are_counted_without_names(house: House, faults: Any) -> None:
    person = house.population.persona("ordinary")
    before = samples(house.get("/metrics").text)
    question = house.question(FORM, person, dossier=house.dossier())
    walk = house.filled(question)
    faults.add(status=503)
    house.filled(house.question(FORM, person))
    refused = house.post("/v1/prefills", {"form": FORM, "subject": person.full_name})
    nowhere = house.get(f"/v1/{person.personal_id}")

    text = house.get("/metrics").text

    now = samples(text)
    calls = {
        (route, status): now["gateway_requests_total", method, route, status]
        - before.get(("gateway_requests_total", method, route, status), 0)
        for name, method, route, status in (key for key in now if len(key) == 4)
        if name == "gateway_requests_total"
    }
    assert calls["/v1/prefills", "200"] == 2
    assert calls["/v1/prefills", str(refused.status_code)] == 1
    assert calls["none", str(nowhere.status_code)] == 1
    for outcome in ("found", "unavailable"):
        read = ("gateway_source_reads_total", outcome, "population")
        assert now[read] > before[read]
    assert now["gateway_chains_open",] == before["gateway_chains_open",] + 2
    for secret in (person.personal_id, person.full_name, question["dossier"], walk["id"], FORM):
        assert secret not in text


def test_every_name_is_explained_to_operators(house: House) -> None:
    names = {name for name, *_ in samples(house.get("/metrics").text)}

    ours = {name for name in names if name.startswith("gateway_")}
    assert ours and all(f"`{name}`" in OPERATIONS for name in ours)
