"""How are the rooms connected? The only module that knows every floor."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from gateway.access.clients import ClientDirectory
from gateway.access.tokens import Tokens
from gateway.api import catalogue, operations, records, sign_in
from gateway.api.events import note_bug
from gateway.api.options import read_options
from gateway.api.problems import problem_of_a_bug, problem_of_status
from gateway.api.rooms import Rooms
from gateway.custody.keys import Keys
from gateway.custody.replays import Replays, purge_replays
from gateway.domain.errors import Busy
from gateway.domain.identifiers import POPULATION, RECORDS, SESSION
from gateway.forms.catalogue import read_catalogue
from gateway.records.codec import PlainCodec
from gateway.records.kinds import read_kinds
from gateway.records.store import RecordStore
from gateway.settings import Settings
from gateway.storage.database import Database

Clock = Callable[[], datetime]

TITLE = "eForm gateway"
VERSION = "0.1.0"
PURGE_EVERY_SECONDS = 60.0
_ROUTERS = (records.router, catalogue.router, sign_in.router, operations.router)


def now_in_utc() -> datetime:
    """The clock that a deployment runs by."""
    return datetime.now(UTC)


def create_app(settings: Settings, clock: Clock = now_in_utc) -> FastAPI:
    """The gateway as an ASGI application; nothing is opened before its lifespan begins."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        rooms = open_rooms(settings, clock)
        app.state.rooms = rooms
        sweeping = asyncio.create_task(_sweep(rooms))
        try:
            yield
        finally:
            sweeping.cancel()
            with suppress(asyncio.CancelledError):
                await sweeping
            rooms.database.close()

    app = FastAPI(
        title=TITLE,
        version=VERSION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        exception_handlers=_handlers(),
    )
    for router in _ROUTERS:
        # handed over one by one: a router that is included costs a second look-up on every call
        for route in router.routes:
            app.router.routes.append(route)
    return app


def open_rooms(settings: Settings, clock: Clock) -> Rooms:
    """Open everything that stands behind the door, keys and database made where there are none."""
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(settings.data / "gateway.db")
    keys = Keys(settings.data / "keys")
    clients = ClientDirectory(database, settings.data / "clients.stamp")
    kinds = read_kinds(settings.schemas / "record-kinds.json")
    connected = {SESSION, RECORDS} | ({POPULATION} if settings.population else set())
    return Rooms(
        database=database,
        keys=keys,
        clients=clients,
        tokens=Tokens(
            (keys.token.kid, keys.token.private),
            settings.issuer,
            settings.token_lifetime_seconds,
            clients,
            clock,
        ),
        replays=Replays(database, keys.idempotency, clock),
        catalogue=read_catalogue(settings.schemas),
        options=read_options(settings.schemas),
        records=RecordStore(database, kinds, PlainCodec(), keys.index, clock),
        connected=frozenset(connected),
        clock=clock,
    )


async def _sweep(rooms: Rooms) -> None:
    """Let what has a life of minutes end in time."""
    log = structlog.get_logger()
    while True:
        try:
            count = await rooms.database.write(lambda c: purge_replays(c, rooms.clock()))
            if count:
                log.info("replays_purged", count=count)
        except Busy as busy:
            log.warning("sweep_failed", error=busy.code)
        await asyncio.sleep(PURGE_EVERY_SECONDS)


def _handlers() -> dict[
    int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]
]:
    async def refused(_: Request, error: HTTPException) -> Response:
        return problem_of_status(error.status_code, error.headers)

    async def bug(_: Request, error: Exception) -> Response:
        note_bug(error)
        return problem_of_a_bug()

    return {HTTPException: refused, Exception: bug}
