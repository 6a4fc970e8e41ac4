"""The router list, and everything else that an application needs to answer HTTP.

A new endpoint is a function in a module of `_routes` (with its models), a line in ROUTERS where the
module is new, and its description in `schemas/openapi.json` (`gateway openapi`).
"""

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from gateway.api._problems import problem_of_a_bug, problem_of_status
from gateway.api._routes import (
    corrections,
    dossiers,
    forms,
    identity,
    igate,
    log,
    metrics,
    operations,
    prefills,
    records,
    sign_in,
    submissions,
)
from gateway.api.events import note_bug
from gateway.api.services import services_of

ROUTERS = (
    prefills.router,
    submissions.router,
    corrections.router,
    igate.router,
    identity.router,
    records.router,
    dossiers.router,
    forms.router,
    metrics.router,
    log.router,
    sign_in.router,
    operations.router,
)


def add_routes(app: FastAPI) -> None:
    """Give an application every route, and problem documents for what no route answers."""
    for router in ROUTERS:
        # handed over one by one: a router that is included costs a second look-up on every call
        for route in router.routes:
            app.router.routes.append(route)
    app.add_exception_handler(HTTPException, _unrouted)
    app.add_exception_handler(Exception, _bug)


async def _unrouted(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type alone
    services_of(request).monitor.requests["none", "none", error.status_code] += 1
    return problem_of_status(error.status_code, error.headers)


async def _bug(_: Request, error: Exception) -> Response:
    note_bug(error)
    return problem_of_a_bug()
