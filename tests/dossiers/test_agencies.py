"""A dossier's code is of the caller's agency or below it; to every other code there is one answer."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from gateway.domain.identifiers import DossierCode, agency_groups, lies_in
from tests.clock import Clock
from tests.dossiers.conftest import client_of, dossier, row, said

pytestmark = pytest.mark.threat(74)

AGENCIES = {
    "H99.01-20261122-0000001": ("H99", "01"),
    "000.00.53.H48-20261122-0001": ("H48", "53"),
    "012.00.53.H48-261122-0001": ("H48", "53", "00", "012"),
    "G09.20-20261122-0000001": ("G09", "20"),
    "H48.00-20261122-0000001": ("H48",),
    "12.34-20261122-0000001": (),
}
FOREIGN = (
    "H01.01-20261122-0000001",
    "H99.02-20261122-0000001",
    "H99-20261122-0000001",
    "H99.011-20261122-0000001",
    "000.00.01.H01-20261122-0001",
    "G09.20-20261122-0000001",
    "12.34-20261122-0000001",
)
OWN = ("H99.01-20261122-0000001", "H99.01.05-20261122-0000001", "000.00.01.H99-20261122-0001")


@pytest.mark.parametrize("code", AGENCIES)
def test_agency_is_read_from_level_one(code: str) -> None:
    assert DossierCode(code).agency == AGENCIES[code]


def test_below_is_by_whole_groups() -> None:
    assert lies_in(("H99", "01", "05"), agency_groups("H99.01"))
    assert not lies_in(("H99", "011"), agency_groups("H99.01"))
    assert not lies_in((), agency_groups("H99")) and not lies_in(("H99",), ())


def calls(code: str) -> dict[str, tuple[str, str, Any]]:
    """Every call that names a dossier."""
    subject = {"personal_id": "003090000123", "full_name": "Trần Bí Mật", "birth_date": "1990"}
    ground = {"kind": "procedure", "reference": "social-pension"}
    person = {"subject": subject, "legal_basis": ground, "dossier": code}
    owner = {"personal_id": "003090000123", "full_name": "Trần Bí Mật"}
    return {
        "register": ("POST", "/v1/dossiers", dossier(code=code)),
        "progress": ("POST", f"/v1/dossiers/{code}/progress", {"rows": [row(2)]}),
        "ask": ("GET", f"/v1/dossiers/{code}", None),
        "prefill": ("POST", "/v1/prefills", {"form": "social-pension", **person}),
        "submit": ("POST", "/v1/submissions", {"receipt": "x", "data": {}, "dossier": code}),
        "confirm": ("POST", "/v1/identity/confirm", person),
        "record": ("POST", "/v1/records", {"kind": "x", "owner": owner, "dossier": code}),
        "tickets": ("POST", "/v1/corrections/search", {"dossier": code}),
    }


async def answer_to(client: httpx.AsyncClient, call: tuple[str, str, Any]) -> tuple[int, Any]:
    method, path, body = call
    answer = await client.request(method, path, json=body)
    said = answer.json()
    said.pop("member", None)
    return answer.status_code, said


@pytest.mark.parametrize("name", calls("H01-20261122-0001"))
async def test_foreign_codes_get_one_answer(
    province: httpx.AsyncClient, app: FastAPI, name: str
) -> None:
    async with await client_of(app, "h01", "H01.01") as other:
        held = dossier(code=FOREIGN[0])
        await said(await other.post("/v1/dossiers", json=held), 201)
    answers = [await answer_to(province, calls(code)[name]) for code in FOREIGN]
    status, document = answers[0]
    assert (status, document["code"]) == (422, "dossier_not_granted")
    assert all(one == answers[0] for one in answers)


async def test_owner_is_not_held_off(province: httpx.AsyncClient, app: FastAPI) -> None:
    code = FOREIGN[0]
    answer = await province.post("/v1/dossiers", json=dossier(code=code))
    assert (answer.status_code, answer.json()["member"]) == (422, "code")
    async with await client_of(app, "h01", "H01.01") as owner:
        await said(await owner.post("/v1/dossiers", json=dossier(code=code)), 201)


@pytest.mark.parametrize("code", OWN)
async def test_own_codes_are_taken(province: httpx.AsyncClient, code: str) -> None:
    await said(await province.post("/v1/dossiers", json=dossier(code=code)), 201)


async def test_granted_agencies_are_taken(app: FastAPI) -> None:
    async with await client_of(app, "h97", agencies=frozenset({"G09.20"})) as client:
        code = "G09.20-20261122-0000001"
        await said(await client.post("/v1/dossiers", json=dossier(code=code)), 201)


async def test_neighbour_learns_nothing_of_taken_code(
    province: httpx.AsyncClient, app: FastAPI
) -> None:
    """Of two systems of one agency the second gets the answer that foreign codes get."""
    await said(await province.post("/v1/dossiers", json=dossier()), 201)
    async with await client_of(app, "h98") as second:
        taken = await answer_to(second, ("POST", "/v1/dossiers", dossier()))
        foreign = await answer_to(second, ("POST", "/v1/dossiers", dossier(code=FOREIGN[0])))
    assert taken == foreign


IMPOSSIBLE: dict[str, tuple[dict[str, Any], str]] = {
    "due before it was submitted": ({"due": "2026-10-24T17:00:00+07:00"}, "due"),
    "due after thirty years": ({"due": "2056-11-29T17:00:00+07:00"}, "due"),
    "submitted in 2030": (
        {"submitted": "2030-01-01T09:00:00+07:00", "received": None, "due": "2030-02-01T09:00:00Z"},
        "submitted",
    ),
    "received next year": ({"received": "2027-11-22T10:00:00+07:00"}, "received"),
}


@pytest.mark.parametrize("moments", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
async def test_impossible_moments_are_refused(
    province: httpx.AsyncClient, moments: tuple[dict[str, Any], str]
) -> None:
    changed, member = moments
    answer = await province.post("/v1/dossiers", json=dossier(**changed))
    said = answer.json()
    assert (answer.status_code, said["code"], said["member"]) == (422, "impossible_time", member)


async def test_impossible_progress_is_refused(province: httpx.AsyncClient, clock: Clock) -> None:
    await said(await province.post("/v1/dossiers", json=dossier()), 201)
    path = f"/v1/dossiers/{dossier()['code']}/progress"
    late = (clock() + timedelta(days=3)).isoformat()
    for rows, member in (
        ([row(2, 1)], "rows[0].at"),
        ([row(2, 11), row(4, 10)], "rows[1].at"),
        ([row(2) | {"at": late}], "rows[0].at"),
        ([row(2, 11, began="2026-11-25T09:00:00+07:00")], "rows[0].began"),
    ):
        answer = await province.post(path, json={"rows": rows})
        document = answer.json()
        assert (answer.status_code, document["code"]) == (422, "impossible_time")
        assert document["member"] == member
    await said(await province.post(path, json={"rows": [row(4, 11)]}))
    answer = await province.post(path, json={"rows": [row(9, 10)]})
    assert answer.json()["code"] == "impossible_time"


async def test_form_serves_procedure(province: httpx.AsyncClient) -> None:
    answer = await province.post("/v1/dossiers", json=dossier(form="social-pension"))
    document = answer.json()
    assert (answer.status_code, document["code"]) == (422, "form_not_of_procedure")
    assert document["member"] == "form"


async def test_form_without_procedure_serves_unbound_codes(province: httpx.AsyncClient) -> None:
    unbound = dossier(form="vehicle-registration", procedure="9.000102")
    assert (await said(await province.post("/v1/dossiers", json=unbound), 201))["created"]


@pytest.mark.parametrize("kind", ["procedure", "consent", "law"])
async def test_legal_basis_names_what_exists(province: httpx.AsyncClient, kind: str) -> None:
    body = calls("H99.01-20261122-0000001")["prefill"][2]
    body["legal_basis"] = {"kind": kind, "reference": "9.999999"}
    for path in ("/v1/prefills", "/v1/identity/confirm"):
        if path != "/v1/prefills":
            body.pop("form")
        answer = await province.post(path, json=body)
        document = answer.json()
        assert (answer.status_code, document["code"]) == (422, "legal_basis_unknown")
        assert document["member"] == "legal_basis.reference"
