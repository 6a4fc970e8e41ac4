"""Endpoints for operators, developers and verifiers: health, metrics, error codes, keys, documentation."""

import asyncio
from html import escape
from typing import Any, Literal

from fastapi import Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from gateway.api._error_codes import ERRORS
from gateway.api._exposition import exposition
from gateway.api._problems import status_of
from gateway.api._routing import ResponseModel, new_router
from gateway.api.services import UseDatabase, UseForms, UseKeys, UseLog, UseMonitor
from gateway.dossiers import abolished

router = new_router("operations")


class Health(ResponseModel):
    """`ok`, and nothing about the inside."""

    status: str = "ok"


class LogHealth(ResponseModel):
    """How the log stands: the size that is published, and what holds it up, if anything does.

    `unwitnessed`: published without the quorum of witnesses; `late`: leaves have waited for over a
    minute; `closed`: for over four hours; `incident`: nothing is signed until an operator has
    looked. In the last two no person is read; typing by hand stays open in all of them.
    """

    state: Literal["published", "unwitnessed", "late", "closed", "incident"]
    size: int
    reads_open: bool


class Readiness(ResponseModel):
    """`ok`, how the log stands, and the procedures of our forms that the portal publishes no more."""

    status: str = "ok"
    log: LogHealth
    procedures_abolished: list[str]


class ErrorListed(ResponseModel):
    """One code of the catalogue."""

    code: str
    status: int
    title: str
    title_vi: str
    remedy: str


class ErrorsResponse(ResponseModel):
    """Every code that a problem document can bear."""

    errors: list[ErrorListed]


class PublicKeys(ResponseModel):
    """The keys under which receipts verify, as a JWK Set (RFC 7517)."""

    keys: list[dict[str, str]]


@router.get("/healthz")
async def healthz() -> Health:
    """The process answers."""
    return Health()


@router.get("/readyz")
async def readyz(database: UseDatabase, forms: UseForms, log: UseLog) -> Readiness:
    """Calls can be served: the database answers and the keys are there; 503 otherwise.

    An abolished procedure makes nothing unready; it is named so that its form is looked at.
    """
    database.check()
    state = log.publisher.state()
    health = LogHealth(state=state.state, size=state.size, reads_open=state.reads_open)
    bound = forms.catalogue.procedures()
    gone = database.read(lambda c: abolished(c, bound))
    return Readiness(log=health, procedures_abolished=sorted(gone))


@router.get("/metrics", response_class=Response)
async def metrics(database: UseDatabase, log: UseLog, monitor: UseMonitor) -> Response:
    """How the process, the log and what waits stand: Prometheus text, for operators alone.

    No label names a person, a dossier or an address as it was sent.
    """
    text = await asyncio.to_thread(exposition, database, log.publisher, monitor)
    return Response(text, 200, {"Cache-Control": "no-store"}, CONTENT_TYPE_LATEST)


@router.get("/v1/errors")
async def errors() -> ErrorsResponse:
    """The stable codes of problem documents, and what to do about each."""
    return ErrorsResponse(
        errors=[
            ErrorListed(
                code=entry.code,
                status=status_of(entry.borne_by, entry.code),
                title=entry.title,
                title_vi=entry.title_vi,
                remedy=entry.remedy,
            )
            for entry in ERRORS.values()
        ]
    )


@router.get("/.well-known/jwks.json")
async def jwks(keys: UseKeys) -> PublicKeys:
    """The public keys of receipts and of releases; the latter is the key that signs the log."""
    return PublicKeys(keys=[keys.receipt.public_jwk, keys.log.public_jwk])


@router.get("/docs", include_in_schema=False)
async def docs(request: Request) -> Response:
    """The calls as a page that loads nothing from anywhere."""
    page = _page(request.app.openapi())
    headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
    return Response(page, 200, headers, "text/html")


def _page(described: dict[str, Any]) -> str:
    calls = "".join(
        f"<dt><code>{method.upper()} {escape(path)}</code></dt>"
        f"<dd>{escape(call.get('description', call['summary']))}</dd>"
        for path, methods in described["paths"].items()
        for method, call in methods.items()
    )
    title = escape(described["info"]["title"])
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        "<style>body{font:16px/1.5 system-ui;max-width:50rem;margin:2rem auto;padding:0 1rem}"
        "dt{margin-top:1rem}code{font-weight:600}</style>"
        f"<h1>{title}</h1><p>Machine-readable: <a href='/openapi.json'>/openapi.json</a>. "
        f"Refusals: <a href='/v1/errors'>/v1/errors</a>.</p><dl>{calls}</dl></html>"
    )
