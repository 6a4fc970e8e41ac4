"""`gateway serve`: start the service, and stop it cleanly."""

import gc
import os
import signal
import sys
import time
from contextlib import suppress

import structlog
import typer
import uvicorn
from pydantic import ValidationError

from gateway.api.events import write_events_to
from gateway.app import create_app
from gateway.app.sources import log_policy_of
from gateway.cli.clock import clock_of
from gateway.domain.clock import Clock, now_in_utc
from gateway.log.publishing.folder import LogFolder
from gateway.log.publishing.refusals import LogInUse
from gateway.settings import Settings, read_settings
from gateway.sources.source import UnusableSource
from gateway.storage.database import Database
from gateway_verify.text.policy import MalformedPolicy

UNUSABLE_SETTINGS = 2
"""Exit status: the environment holds a setting that cannot be used."""

LARGEST_HEADERS_BYTES = 32 * 1024
GRACE_SECONDS = 10


def serve(context: typer.Context) -> None:
    """Serve the gateway as its GATEWAY_* environment says, until SIGTERM.

    Exit status: 0 ended as asked, 2 a setting cannot be used, or another gateway runs here, 3 it
    did not come up.
    """
    serve_until_stopped(clock_of(context))


def serve_until_stopped(clock: Clock) -> None:
    """What `gateway serve` does, by this clock."""
    settings = settings_from_environment()
    _open_once(settings)
    write_events_to()
    log = structlog.get_logger()
    log.info("started", address=f"{settings.host}:{settings.port}", mock=settings.mock)
    # the server ends cleanly on SIGTERM and then raises it once more, for whoever started it
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    gc.freeze()  # what is imported stays: each full collection of it held every answer up by 0.12 s
    with suppress(KeyboardInterrupt):
        server_of(settings, clock).run()
    log.info("stopped")


def _open_once(settings: Settings) -> None:
    """Upgrade the database while no other gateway runs; say why log or database cannot be served.

    A server that does not come up would not say it. Raises DatabaseUnusable, which `main` says.
    """
    try:
        log_policy_of(settings)
        with LogFolder(settings.data / "log"):
            Database(settings.database, upgrade=True).close()
    except (LogInUse, MalformedPolicy, OSError) as refused:
        reason = refused.strerror if isinstance(refused, OSError) else refused
        typer.echo(f"log: {reason}", err=True)
        raise typer.Exit(UNUSABLE_SETTINGS) from None


def server_of(settings: Settings, clock: Clock) -> uvicorn.Server:
    """The server as we run it: fast loop and parser, no access log, no trust in proxy headers."""
    return uvicorn.Server(
        uvicorn.Config(
            create_app(settings, clock, monotonic=time.monotonic if clock is now_in_utc else None),
            host=settings.host,
            port=settings.port,
            loop="uvloop",
            http="httptools",
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
            h11_max_incomplete_event_size=LARGEST_HEADERS_BYTES,
        )
    )


def settings_from_environment() -> Settings:
    """Read the settings; says which one is wrong, without its value, and exits otherwise."""
    try:
        return read_settings(os.environ)
    except UnusableSource as refused:
        print(refused, file=sys.stderr)
    except ValidationError as error:
        for one in error.errors(include_url=False, include_input=False, include_context=False):
            name = "_".join(["GATEWAY", *(str(part).upper() for part in one["loc"])])
            print(f"{name}: {one['msg']}", file=sys.stderr)
    raise typer.Exit(UNUSABLE_SETTINGS)
