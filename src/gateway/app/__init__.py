"""How are the services connected? The only module that knows every floor."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from urllib.parse import urlsplit

from fastapi import FastAPI

from gateway.access.clients import ClientDirectory
from gateway.access.failures import FailureLimiter, Limits
from gateway.access.idempotency import Replays
from gateway.access.pacing import Pace
from gateway.access.tokens import Tokens
from gateway.api.events import note_refused_form
from gateway.api.options import read_bindings_files, read_options
from gateway.api.routers import add_routes
from gateway.api.services import Services
from gateway.api.traffic import Traffic
from gateway.app._chores import purge_by_the_minute, sweep_by_the_hour
from gateway.app._portal import open_portal, open_registry, portal_chores
from gateway.app.sources import addresses_of, log_policy_of, measure_of, read_sources
from gateway.domain.clock import Clock
from gateway.domain.codelists import read_code_lists
from gateway.domain.errors import FormRefused
from gateway.domain.identifiers import SESSION, SourceId
from gateway.dossiers.evidence.results import confirmed_results
from gateway.forms.catalogue import read_catalogue
from gateway.forms.remote import read_remote_lists
from gateway.igate.mapping import read_igate
from gateway.keys import Keys
from gateway.log.clock_guard import CLOCK_GUARD, ClockGuard
from gateway.log.publishing.chores import publish_by_the_minute
from gateway.log.publishing.folder import LogFolder
from gateway.log.publishing.opening import open_log
from gateway.log.publishing.witnesses import Witnesses
from gateway.prefill.confirmation import ConfirmationWorkflow
from gateway.prefill.legal_basis import read_acts
from gateway.prefill.workflow import PrefillWorkflow
from gateway.receipts.endings import void_open_chains
from gateway.receipts.receipt import ReceiptSigner
from gateway.receipts.tickets import Tickets
from gateway.records.codec import PlainCodec
from gateway.records.issuers import read_issuers
from gateway.records.kinds import read_kinds
from gateway.records.store import RecordStore
from gateway.reduction.publishing import publish_definitions
from gateway.retention.shredding import replay_shreds
from gateway.settings import Settings
from gateway.sources.guarded import counted, gated
from gateway.sources.paper_path import PaperPath
from gateway.storage.database import Database
from gateway.submission.bursts import Bursts, read_bursts
from gateway.submission.workflow import SubmissionWorkflow
from gateway.upstream import http
from gateway.upstream.carrier import FastCarrier
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
        outside = Transport(addresses_of(settings, policy), carrier or FastCarrier())
        witnesses = Witnesses(policy, Posting(outside).post)
        with LogFolder(settings.data / "log") as folder:
            try:
                services = await open_services(settings, clock, outside, folder, witnesses)
            except FormRefused as refusal:
                note_refused_form(refusal)
                raise
            app.state.services = services
            if monotonic is not None:
                guard = ClockGuard(settings.data / "log", clock, monotonic)
                services.database.carried[CLOCK_GUARD] = guard
            stop_event = asyncio.Event()
            chores = asyncio.gather(
                sweep_by_the_hour(services.database, services.keys, clock, stop_event),
                purge_by_the_minute(services.database, clock, stop_event),
                publish_by_the_minute(services.publisher, stop_event),
                *portal_chores(services, stop_event),
            )
            try:
                yield
            finally:
                stop_event.set()  # not cancelled: a sweep that has begun is let end
                await chores
                services.database.close()
                await outside.aclose()

    return lifespan


async def open_services(
    settings: Settings, clock: Clock, outside: Transport, folder: LogFolder, witnesses: Witnesses
) -> Services:
    """Open everything that stands behind the door, keys and database made where there are none.

    The log's key, the definition of the measure and every form version are in the log before the
    first call.
    """
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(settings.database, upgrade=True)
    keys = Keys(settings.data / "keys")
    host = urlsplit(settings.issuer).netloc
    opened = await open_log(folder, database, keys, witnesses, host, clock, void_open_chains)
    await replay_shreds(database, folder, opened.origin, opened.publisher.state().size)
    clients = ClientDirectory(database, settings.data / "clients.stamp")
    kinds = read_kinds(settings.schemas / "record-kinds.json")
    issuers = read_issuers(settings.schemas / "record-issuers.json")
    forms = read_catalogue(settings.schemas)
    store = RecordStore(
        database, kinds, PlainCodec(), keys.index, clock, issuers, confirmed_results(keys.index)
    )
    lists = read_code_lists(settings.schemas)
    options_at = read_remote_lists(settings.schemas)
    reads: Counter[tuple[SourceId, str]] = Counter()
    sources = read_sources(settings, clock, outside, store, lists)
    measure = measure_of(settings)
    connected = frozenset({SESSION, *sources})
    leaves = await database.write(
        lambda c: publish_definitions(c, forms, measure, clock(), connected)
    )
    registry = open_registry(settings, keys, store, clock)
    tickets = Tickets(keys.ticket)
    signer = ReceiptSigner(settings.issuer, keys.receipt.private, keys.receipt.kid)
    pace = Pace(settings.closed_answer_quantum_ms / 1000)
    return Services(
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
        catalogue=forms,
        bindings=read_bindings_files(settings.schemas),
        options=read_options(settings.schemas),
        options_at=options_at,
        legal_acts=read_acts(settings.schemas),
        lists=lists,
        igate=read_igate(settings.schemas, lists),
        records=store,
        prefills=PrefillWorkflow(
            forms,
            leaves,
            gated(counted(sources, reads), opened.publisher.reads_open),
            database,
            keys,
            keys.index,
            signer,
            options_at,
            settings.source_patience_seconds,
            clock,
            FailureLimiter(_prefill_limits(settings), clock),
            tickets,
            pace,
            timedelta(hours=settings.least_age_hours),
        ),
        confirmations=ConfirmationWorkflow(
            sources,
            database,
            keys.index,
            settings.source_patience_seconds,
            clock,
            opened.publisher.check_reads_open,
            FailureLimiter(_confirmation_limits(settings), clock),
            pace,
        ),
        submissions=SubmissionWorkflow(
            forms,
            leaves,
            database,
            keys,
            keys.index,
            signer,
            tickets,
            clock,
            _bursts_of(settings),
            options_at,
        ),
        tickets=tickets,
        paper_path=PaperPath(kinds),
        log=opened.shown,
        publisher=opened.publisher,
        dossiers=registry,
        portal=open_portal(settings, database, registry, outside),
        mock=settings.mock,
        connected=connected,
        clock=clock,
        pace=pace,
        traffic=Traffic(),
        reads=reads,
    )


def _prefill_limits(settings: Settings) -> Limits:
    return Limits(
        settings.prefill_misses_of_tenant,
        settings.prefill_misses_of_all,
        settings.prefill_misses_of_client,
        settings.prefill_misses_of_officer,
    )


def _confirmation_limits(settings: Settings) -> Limits:
    return Limits(
        settings.confirm_misses_of_tenant,
        settings.confirm_misses_of_all,
        settings.confirm_misses_of_client,
        settings.confirm_misses_of_officer,
    )


def _bursts_of(settings: Settings) -> Bursts | None:
    """What marks robots' submissions; a mock deployment without the instant rule marks none."""
    if 0 in (settings.instant_seconds, settings.instant_seconds_per_field):
        return None
    return read_bursts(settings.schemas / "measure.json")
