"""Whatever is sent, anywhere: a refusal that says why, never a fault, no echo, nothing stored."""

import json
import re
from collections.abc import Iterator
from io import StringIO
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from gateway.api._routing import RequestModel
from gateway.api.events import write_events_to
from gateway.api.services import Services
from gateway.storage.schema import metadata

from .test_strict_json import REFUSED

POSTS = [
    "/v1/prefills",
    "/v1/submissions",
    "/v1/records",
    "/v1/records/search",
    "/v1/records/x/revoke",
    "/v1/identity/confirm",
    "/v1/corrections/search",
    "/v1/corrections/x/state",
    "/v1/igate/eforms/x/prefill",
    "/v1/igate/dossiers",
    "/v1/dossiers",
    "/v1/dossiers/x/progress",
]
CANARY = "Bùi Thị Bí Mật"
NUMBER = "003190000123"
SERVER_OWNED = {
    "tenant",
    "id",
    "verified",
    "state",
    "stored_at",
    "leaf",
    "is_test",
    "grant",
    "class",
}
JSON = {"Content-Type": "application/json"}


def _all_asked(model: type[RequestModel] = RequestModel) -> Iterator[type[RequestModel]]:
    for below in model.__subclasses__():
        yield below
        yield from _all_asked(below)


def _rows(services: Services) -> dict[str, int]:
    tables = metadata.sorted_tables
    return services.database.read(
        lambda c: {
            t.name: c.execute(select(func.count()).select_from(t)).scalar_one() for t in tables
        }
    )


def test_every_json_call_is_tried_here(app: FastAPI) -> None:
    taking = {path for path, calls in app.openapi()["paths"].items() if "post" in calls}

    tried = {re.sub(r"\{\w+\}", "x", path) for path in taking}
    assert tried - {"/oauth/token"} == set(POSTS)


@pytest.mark.parametrize("path", POSTS)
async def test_t29_hostile_body_is_refused_and_not_stored(
    path: str, gateway: httpx.AsyncClient, services: Services
) -> None:
    before = _rows(services)

    for name, (body, code, _) in REFUSED.items():
        answer = await gateway.post(path, content=body, headers=JSON)
        assert (answer.status_code, answer.json()["code"]) == (400, code), name

    assert _rows(services) == before


WRONG: list[Any] = [
    None,
    CANARY,
    [CANARY],
    {},
    {CANARY: CANARY},
    {"form": CANARY, "subject": {"personal_id": NUMBER, "full_name": CANARY}, "legal_basis": {}},
    {
        "form": "no-such-form",
        "subject": {"personal_id": NUMBER, "full_name": CANARY},
        "legal_basis": {"kind": "procedure", "reference": CANARY},
        "data": {CANARY: CANARY},
    },
    {"receipt": CANARY, "data": {"hoTen": CANARY}, "contested": [CANARY]},
    {"kind": CANARY, "owner": {"personal_id": NUMBER, "full_name": CANARY}, "content": {}},
    {
        "kind": "general",
        "owner": {"personal_id": NUMBER, "full_name": CANARY},
        "number": CANARY,
        "issuer": CANARY,
        "issued_on": CANARY,
        "content": {"title": CANARY},
    },
    {"owner": {"personal_id": NUMBER + "0"}, "kind": CANARY},
    {"reason": CANARY},
]


@pytest.mark.parametrize("path", POSTS)
async def test_t31_refusals_and_events_repeat_no_value(
    path: str, gateway: httpx.AsyncClient, services: Services
) -> None:
    lines = StringIO()
    write_events_to(lines)
    before = _rows(services)

    for body in WRONG:
        answer = await gateway.post(path, json=body)
        assert 400 <= answer.status_code < 500
        assert answer.headers["content-type"] == "application/problem+json"
        assert "Bí Mật" not in answer.text and NUMBER not in answer.text
        assert json.dumps(CANARY)[1:-1] not in answer.text

    assert _rows(services) == before
    assert "Mật" not in lines.getvalue() and NUMBER not in lines.getvalue()


CALLERS_OWN = {
    "StepModel": {"state"},  # to which the province brought its own dossier
    "FileModel": {"id"},  # by which the province keeps its own file
    "ResultModel": {"id"},
    "SupplementModel": {"id"},
}


@pytest.mark.parametrize("model", list(_all_asked()), ids=lambda model: model.__name__)
def test_t41_server_owned_members_are_refused(model: type[RequestModel]) -> None:
    assert model.model_config["extra"] == "forbid"
    assert model.model_config["strict"] and model.model_config["hide_input_in_errors"]
    allowed = {"state"} if "Search" in model.__name__ else CALLERS_OWN.get(model.__name__, set())
    assert set(model.model_fields) & SERVER_OWNED <= allowed


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=6,
)
MEMBERS = [
    "form", "subject", "legal_basis", "data", "without", "extends", "officer", "dossier", "channel",
    "receipt", "contested", "entered_by", "kind", "owner", "number", "issuer", "content", "reason",
]  # fmt: skip


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=150,
)
@given(body=st.dictionaries(st.sampled_from(MEMBERS), ANY_JSON, max_size=8))
async def test_t29_no_json_causes_server_error(
    body: dict[str, Any], gateway: httpx.AsyncClient
) -> None:
    for path in POSTS:
        answer = await gateway.post(path, content=json.dumps(body).encode(), headers=JSON)
        assert 400 <= answer.status_code < 500, (path, answer.status_code)
