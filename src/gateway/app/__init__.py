"""The application: every package wired together. No other package knows all layers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI

from gateway.api.events import note_refused_form, note_unusable_source
from gateway.api.routers import add_routes
from gateway.app._schedule import run_schedule
from gateway.app._services import open_services
from gateway.app.sources import addresses_of, log_policy_of
from gateway.domain.clock import Clock
from gateway.domain.errors import FormRefused
from gateway.log.append import CLOCK_GUARD, ClockGuard
from gateway.log.publishing import LogFolder, Witnesses
from gateway.settings import Settings
from gateway.sources.source import UnusableSource
from gateway.upstream import http
from gateway.upstream.carrier import AiohttpTransport
from gateway.upstream.exchange import Posting
from gateway.upstream.transport import Transport

TITLE = "eForm gateway"
VERSION = "0.1.0"


def create_app(
    settings: Settings,
    clock: Clock,
    carrier: http.AsyncBaseTransport | None = None,
    monotonic: Callable[[], float] | None = None,
) -> FastAPI:
    """The gateway as an ASGI application; nothing is opened before its lifespan begins.

    `carrier` takes the calls outwards. `monotonic` is what the clock is held against, if anything.
    """
    app = FastAPI(
        title=TITLE,
        version=VERSION,
        lifespan=_lifespan(settings, clock, carrier, monotonic),
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    add_routes(app)
    return app


def _lifespan(
    settings: Settings,
    clock: Clock,
    carrier: http.AsyncBaseTransport | None,
    monotonic: Callable[[], float] | None,
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Open the services, keep them running, and close them in order."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        policy = log_policy_of(settings)
        outside = Transport(addresses_of(settings, policy), carrier or AiohttpTransport())
        witnesses = Witnesses(policy, Posting(outside).post)
        with LogFolder(settings.data / "log") as folder:
            try:
                services = await open_services(settings, clock, outside, folder, witnesses)
            except FormRefused as refusal:
                note_refused_form(refusal)
                raise
            except UnusableSource as unusable:
                note_unusable_source(unusable)
                raise
            app.state.services = services
            if monotonic is not None:
                guard = ClockGuard(settings.data / "log", clock, monotonic)
                services.database.write_info[CLOCK_GUARD] = guard
            stop_event = asyncio.Event()
            schedule = asyncio.create_task(run_schedule(services, stop_event))
            try:
                yield
            finally:
                stop_event.set()  # not cancelled: a sweep that has begun is let end
                await schedule
                services.database.close()
                services.dossiers.records.vault.database.close()
                await outside.aclose()

    return lifespan
