"""Calls made for an officer whom the grant does not name, and reads while the log is closed."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import House

GRANTED, STRANGER = "H99.01.cb001", "H99.01.cb002"
TENANT = "one-officer"
FORM = "tk01-passport"


@pytest.fixture(scope="module")
def house(house: House) -> House:
    house.admit(TENANT, officers=frozenset({GRANTED}))
    return house


def asked(house: House, path: str, officer: str) -> httpx.Response:
    body: dict[str, Any] = house.question(FORM, "ordinary", officer=officer)
    if path != "/v1/prefills":
        body = {name: body[name] for name in ("subject", "legal_basis", "officer")}
    body["dossier"] = house.open_dossier(TENANT)
    return house.post(path, body, TENANT)


@pytest.mark.parametrize("path", ["/v1/prefills", "/v1/identity/confirm"])
def test_officer_outside_grant_is_refused(house: House, path: str) -> None:
    leaves = house.leaf_count()
    house.database.state.journal.clear()
    refused = asked(house, path, STRANGER)

    assert (refused.status_code, refused.json()["code"]) == (403, "officer_not_granted")
    assert house.leaf_count() == leaves + 1 and not house.asked()
    assert asked(house, path, GRANTED).status_code == 200


def test_records_search_waits_for_log(tmp_path: Path, schemas: Path) -> None:
    (tmp_path / "log").mkdir(mode=0o700)
    (tmp_path / "log/incident").write_text("shorter\n")
    stopped = House(tmp_path, schemas=schemas)
    person = stopped.population.persona("ordinary")
    owner = {"personal_id": person.personal_id, "full_name": person.full_name}
    try:
        closed = stopped.post("/v1/records/search", {"owner": owner})
    finally:
        stopped.close()
    assert (closed.status_code, closed.json()["code"]) == (503, "person_reads_closed")
