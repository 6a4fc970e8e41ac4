"""Reading thirty forms is dear: all tests here ask one gateway, which none of them changes."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from gateway.app import create_app
from gateway.settings import Settings
from tests.clock import Clock

from .conftest import ADDRESS, SCHEMAS, admit, signed_in

pytestmark = pytest.mark.asyncio(loop_scope="module")
FORMS = sorted(path.parent.name for path in (SCHEMAS / "forms").glob("*/form.json"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def app(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FastAPI]:
    app = create_app(Settings(data=tmp_path_factory.mktemp("data"), mock=True), Clock())
    async with app.router.lifespan_context(app):
        yield app


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def anybody(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as http:
        yield http


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    services = app.state.services
    async with signed_in(app, services, await admit(services, "h99", Clock())) as http:
        yield http


async def test_every_registered_form_is_listed(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.get("/v1/forms")

    listed = {form["code"]: form for form in answer.json()["forms"]}
    assert sorted(listed) == FORMS
    assert all(0 < form["items_supplied"] <= form["items"] for form in listed.values())


@pytest.mark.parametrize("form", FORMS)
async def test_form_has_definition_and_manual_of_fields(
    gateway: httpx.AsyncClient, form: str
) -> None:
    answer = (await gateway.get(f"/v1/forms/{form}")).json()

    bindings = json.loads((SCHEMAS / "forms" / form / "bindings.json").read_text())
    assert answer["definition"] == json.loads((SCHEMAS / "forms" / form / "form.json").read_text())
    assert answer["bindings"] == bindings
    bound = {row["path"]: row["attribute"] for row in answer["manual"] if row["attribute"]}
    assert bound == {one["field"]: one["attribute"] for one in bindings["bindings"]}
    assert answer["potential"]["supplied"] <= answer["potential"]["items"]


async def test_unknown_form_is_404(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.get("/v1/forms/tax-return")

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_form")


async def test_forms_need_sign_in(anybody: httpx.AsyncClient) -> None:
    assert (await anybody.get("/v1/forms")).status_code == 401


@pytest.mark.parametrize(
    "path, some",
    [
        ("/catalogue/provinces", {"label": "Thành phố Hà Nội", "value": "01"}),
        ("/catalogue/communes?province=01", {"label": "Phường Ba Đình", "value": "00004"}),
        ("/catalogue/countries", {"label": "Việt Nam", "value": "VN"}),
        ("/catalogue/business-lines", {"label": "Trồng lúa", "value": "0111"}),
        (
            "/catalogue/hospitals?province=01",
            {"label": "Trạm y tế Phường Ba Đình", "value": "01-00004"},
        ),
        (
            "/catalogue/banks",
            {"label": "Ngân hàng TMCP Ngoại thương Việt Nam (Vietcombank)", "value": "VCB"},
        ),
    ],
)
async def test_select_fetches_options_without_sign_in(
    anybody: httpx.AsyncClient, path: str, some: dict[str, str]
) -> None:
    answer = await anybody.get(path)

    assert some in answer.json()
    assert all(option.keys() == {"label", "value"} for option in answer.json())
    assert answer.headers["cache-control"] == "public, max-age=3600"


async def test_every_remote_select_finds_its_list(app: FastAPI) -> None:
    served = {route.path for route in app.routes}
    asked = {
        component.split("?")[0]
        for form in FORMS
        for component in (SCHEMAS / "forms" / form / "form.json").read_text().split('"')
        if component.startswith("/catalogue/")
    }
    assert asked and asked <= served


async def test_without_province_there_are_no_communes(anybody: httpx.AsyncClient) -> None:
    assert (await anybody.get("/catalogue/communes?province=")).json() == []


@pytest.mark.parametrize("path", ["communes", "hospitals"])
async def test_unknown_province_is_404(anybody: httpx.AsyncClient, path: str) -> None:
    answer = await anybody.get(f"/catalogue/{path}?province=99")

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_province")


async def test_linked_declaration_states_savings_per_procedure(
    gateway: httpx.AsyncClient,
) -> None:
    birth = (await gateway.get("/v1/forms/bundle-birth")).json()
    alone = (await gateway.get("/v1/forms/birth-registration")).json()

    assert alone["serves"] == []
    registration = next(row for row in birth["serves"] if row["procedure"] == "1.001193")
    assert registration["alone"] == alone["potential"]["items"]
    assert 0 < registration["shared"] < registration["within"] < birth["potential"]["items"]
