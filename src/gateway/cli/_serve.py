"""`gateway serve` and `gateway openapi`: run the service, and write what its interface is."""

import asyncio
import gc
import json
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import structlog
import typer
import uvicorn

from gateway.api.events import write_events_to
from gateway.app import create_app
from gateway.app.sources import log_policy_of
from gateway.app.vault import upgrade_databases
from gateway.cli._deployment import COULD_NOT, settings_from_environment
from gateway.cli.clock import clock_of
from gateway.domain.clock import Clock, now_in_utc
from gateway.domain.errors import VaultClosed
from gateway.keys import KeyFileUnsafe, Keys
from gateway.log.publishing import LogFolder, LogInUse
from gateway.settings import Settings
from gateway.storage.files import make_private_folder
from gateway_verify.text.policy import MalformedPolicy

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
    _open_once(settings, clock)
    write_events_to()
    log = structlog.get_logger()
    log.info("started", address=f"{settings.host}:{settings.port}", mock=settings.mock)
    # the server ends cleanly on SIGTERM and then raises it once more, for whoever started it
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    gc.freeze()  # what is imported stays: each full collection of it held every answer up by 0.12 s
    with suppress(KeyboardInterrupt):
        server_of(settings, clock).run()
    log.info("stopped")


def _open_once(settings: Settings, clock: Clock) -> None:
    """Upgrade the database while no other gateway runs; say why log or database cannot be served.

    A server that does not come up would not say it. Raises DatabaseUnusable, which `main` says.
    """
    try:
        log_policy_of(settings)
        make_private_folder(settings.data)
        Keys(settings.data / "keys")
        with LogFolder(settings.data / "log"):
            asyncio.run(upgrade_databases(settings, clock, lambda done, total: None))
    except (LogInUse, MalformedPolicy, OSError) as refused:
        reason = refused.strerror if isinstance(refused, OSError) else refused
        typer.echo(f"log: {reason}", err=True)
        raise typer.Exit(COULD_NOT) from None
    except (KeyFileUnsafe, VaultClosed) as unsafe:
        typer.echo(str(unsafe), err=True)
        raise typer.Exit(COULD_NOT) from None


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


def write_openapi(
    file: Annotated[Path | None, typer.Argument(help="Where to; else it is printed.")] = None,
) -> None:
    """Write the OpenAPI document, the same bytes for the same interface."""
    text = described()
    if file is None:
        typer.echo(text, nl=False)
    else:
        file.write_text(text)


def described() -> str:
    """The OpenAPI document as text, members in order."""
    document = create_app(Settings(), now_in_utc).openapi()
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
