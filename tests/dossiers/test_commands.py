import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli.main import app
from mocks.portal.catalogue import Change
from tests.clock import Clock

from .world import PEOPLE, dossier, open_world, step


@pytest.fixture
def deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A data folder in which one dossier was delivered, one is parked and one waits."""
    for name, value in {"DATA": str(tmp_path), "MOCK": "true"}.items():
        monkeypatch.setenv(f"GATEWAY_{name}", value)
    return asyncio.run(_deployed(tmp_path))


async def _deployed(folder: Path) -> dict[str, str]:
    world = open_world(folder)
    await world.procedures.refresh()
    world.mock.state.catalogue.change(Change(code="1.001193", public=False))
    await world.procedures.refresh()
    bad = dossier(2, code="H15.01-20261122-0000002", due=0)
    await world.register(dossier(1), bad)
    await world.go_on(dossier(1).code, step(4), step(9, 2))
    await world.settle()
    await world.register(dossier(3))
    world.close()
    return {"delivered": dossier(1).code, "dead": bad.code, "queued": dossier(3).code}


def said(*command: str, exit_code: int = 0) -> Any:
    done = CliRunner().invoke(app, ["dossiers", *command], obj=Clock())
    assert done.exit_code == exit_code, done.output
    assert "Bí Mật" not in done.output and PEOPLE.person(1).personal_id not in done.output
    return json.loads(done.stdout) if "--json" in command else done.output


def test_list_shows_outcome_of_each_dossier(deployed: dict[str, str]) -> None:
    listed = {one["sync"]: one for one in said("list", "--json")}
    assert {sync: one["code"] for sync, one in listed.items()} == deployed
    assert listed["dead"]["reason"] == "portal_not_allowed:MaHoSo"
    assert (listed["delivered"]["state"], listed["delivered"]["portal_state"]) == (9, 9)

    assert [one["code"] for one in said("list", "--sync", "dead", "--json")] == [deployed["dead"]]
    assert [one["code"] for one in said("list", "--overdue", "--json")] == [deployed["dead"]]
    table = said("list")
    assert deployed["dead"] in table and "tạm dừng / parked" in table


def test_dossier_is_shown_and_unknown_one_refused(
    deployed: dict[str, str],
) -> None:
    assert said("show", deployed["delivered"], "--json")["sync"] == "delivered"
    assert "sync: queued" in said("show", deployed["queued"])
    assert "unknown_dossier" in said("show", "H99.01-20261122-9999999", exit_code=1)
    assert "queued, delivered or dead" in said("list", "--sync", "lost", exit_code=1)


def test_parked_dossier_is_queued_again(deployed: dict[str, str]) -> None:
    assert said("retry", "--json") == {"queued": 1}
    assert said("retry", "--json") == {"queued": 0}
    assert said("retry", deployed["queued"], "--json") == {"queued": 1}
    assert "unknown_dossier" in said("retry", deployed["delivered"], exit_code=1)
    assert said("list", "--sync", "dead", "--json") == []


def test_catalogue_changes_are_reported_with_affected_forms(
    deployed: dict[str, str],
) -> None:
    told = said("procedures", "--json")
    assert [(one["code"], one["change"]) for one in told["changes"]] == [("1.001193", "abolished")]
    assert told["forms_flagged"] == [told["changes"][0]["form"]] != [None]
    assert "bãi bỏ / abolished: 1.001193" in said("procedures")


def test_without_deployment_nothing_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_DATA", str(tmp_path))
    assert "no deployment" in said("list", exit_code=1)
