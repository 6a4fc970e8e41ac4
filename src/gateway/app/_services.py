"""Open the services of a deployment, as its settings say."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from gateway.access.authentication import Authentication
from gateway.access.clients import ClientDirectory
from gateway.access.failures import FailureLimiter, Limits
from gateway.access.idempotency import Replays
from gateway.access.pacing import Pace
from gateway.access.tokens import Tokens
from gateway.access.used import UsedProofs
from gateway.api.options import read_bindings_files, read_options
from gateway.api.services import (
    AccessServices,
    CaseServices,
    DossierServices,
    FormServices,
    LogServices,
    Monitor,
    Services,
)
from gateway.app.sources import check_named, measure_of, read_sources
from gateway.app.vault import open_vault
from gateway.domain.clock import Clock
from gateway.domain.codelists import CodeLists, read_code_lists
from gateway.domain.identifiers import SESSION, SourceId
from gateway.dossiers import (
    MinistryAccount,
    MinistryAdapter,
    Seal,
    confirmed_results,
    damage_alarm,
    read_paths,
    read_protocol,
)
from gateway.dossiers.registry import POPULATION_CODE, Registry
from gateway.dossiers.sync import PortalSync, open_sync
from gateway.forms.catalogue import PublishedForms, read_catalogue
from gateway.forms.remote import read_remote_lists
from gateway.igate.mapping import read_igate
from gateway.keys import Keys
from gateway.log.publishing import LogFolder, Publisher, Witnesses, open_log
from gateway.prefill.confirmation import ConfirmationWorkflow
from gateway.prefill.request import ReadPolicy, read_acts
from gateway.prefill.workflow import PrefillWorkflow
from gateway.reads.gate import ReadGate
from gateway.reads.quotas import Quotas
from gateway.receipts.chains import void_open_chains
from gateway.receipts.receipt import ReceiptSigner, ReceiptStore
from gateway.receipts.tickets import Tickets
from gateway.records.issuers import read_issuers
from gateway.records.kinds import read_kinds
from gateway.records.store import RecordStore
from gateway.records.vault import Vault
from gateway.reduction.publishing import publish_definitions
from gateway.retention.shredding import replay_shreds
from gateway.settings import Settings
from gateway.sources.guarded import counted, gated
from gateway.sources.paper_path import PaperPath
from gateway.sources.registry import registered
from gateway.sources.source import Source
from gateway.storage.database import Database
from gateway.storage.files import make_private_folder
from gateway.submission.bursts import Bursts, read_bursts
from gateway.submission.workflow import SubmissionWorkflow
from gateway.upstream.adapter import Adapter, AdapterAccount
from gateway.upstream.exchange import Exchange, Timeouts
from gateway.upstream.transport import Transport


@dataclass(frozen=True, slots=True)
class _Base:
    """What every workflow of a case is built on."""

    settings: Settings
    database: Database
    keys: Keys
    clock: Clock
    publisher: Publisher
    pace: Pace


async def open_services(
    settings: Settings, clock: Clock, outside: Transport, folder: LogFolder, witnesses: Witnesses
) -> Services:
    """Open everything that routes use; keys and database are made where there are none.

    The log's key, the definition of the measure and every form version are in the log before the
    first call.
    """
    make_private_folder(settings.data)
    database = Database(settings.database, upgrade=True)
    keys = Keys(settings.data / "keys")
    host = urlsplit(settings.issuer).netloc
    opened = await open_log(folder, database, keys, witnesses, host, clock, void_open_chains)
    await replay_shreds(database, folder, opened.origin, opened.publisher.state().size)
    vault = open_vault(settings, keys, clock, outside)
    dossiers = _dossier_services(settings, database, vault, keys, outside, clock)
    code_lists = read_code_lists(settings.schemas)
    sources = read_sources(settings, clock, outside, dossiers.records, code_lists)
    forms = _form_services(settings, code_lists, frozenset({SESSION, *sources}))
    measure = measure_of(settings)
    versions = await database.write(
        lambda c: publish_definitions(c, forms.catalogue, measure, clock(), forms.connected)
    )
    access = _access_services(settings, database, keys, clock)
    monitor = Monitor(reads=Counter(), mock=settings.mock)
    base = _Base(settings, database, keys, clock, opened.publisher, access.pace)
    counting = counted(sources, monitor.reads)
    return Services(
        database=database,
        keys=keys,
        clock=clock,
        access=access,
        forms=forms,
        cases=_case_services(base, forms, dossiers, sources, counting, versions),
        dossiers=dossiers,
        log=LogServices(opened.public_log, opened.publisher, opened.times),
        monitor=monitor,
    )


def _access_services(
    settings: Settings, database: Database, keys: Keys, clock: Clock
) -> AccessServices:
    clients = ClientDirectory(database, settings.data / "clients.stamp")
    signing = keys.token.kid, keys.token.private
    lifetime = settings.token_lifetime_seconds
    tokens = Tokens(signing, settings.issuer, lifetime, clients, clock)
    used = UsedProofs(database, clock)
    return AccessServices(
        clients=clients,
        tokens=tokens,
        authentication=Authentication(tokens, clients, used, settings.issuer, clock),
        replays=Replays(database, keys.idempotency, clock),
        pace=Pace(settings.closed_answer_quantum_ms / 1000),
        reads=ReadGate(
            database,
            keys.index,
            clock,
            Quotas(settings.officer_reads_per_day, settings.officer_quotas, keys.index),
        ),
    )


def _form_services(
    settings: Settings, code_lists: CodeLists, connected: frozenset[SourceId]
) -> FormServices:
    schemas = settings.schemas
    catalogue = read_catalogue(schemas)
    check_named(catalogue)
    return FormServices(
        catalogue=catalogue,
        bindings=read_bindings_files(schemas),
        options=read_options(schemas),
        remote_lists=read_remote_lists(schemas),
        code_lists=code_lists,
        igate=read_igate(schemas, code_lists),
        connected=connected,
    )


def _dossier_services(
    settings: Settings,
    database: Database,
    vault: Vault,
    keys: Keys,
    outside: Transport,
    clock: Clock,
) -> DossierServices:
    records = RecordStore(
        database,
        vault,
        read_kinds(settings.schemas / "record-kinds.json"),
        keys.index,
        clock,
        read_issuers(settings.schemas / "record-issuers.json"),
        confirmed_results(keys.index),
        damage_alarm(clock),
    )
    protocol = read_protocol(settings.schemas / "portal-protocol.json")
    code = settings.portal.population_code if settings.portal else POPULATION_CODE
    registry = Registry(protocol, Seal(keys.outbox), records, keys.index, clock, code)
    portal = _open_portal(settings, database, registry, outside)
    return DossierServices(registry, portal, records, Tickets(keys.ticket, registered().letters))


def _case_services(
    base: _Base,
    forms: FormServices,
    dossiers: DossierServices,
    sources: Mapping[SourceId, Source],
    counting: Mapping[SourceId, Source],
    versions: Mapping[str, int],
) -> CaseServices:
    """The workflows of a case; a prefill's reads are counted (`counting`), a confirmation's are not."""
    settings, database, keys, clock = base.settings, base.database, base.keys, base.clock
    published = PublishedForms(forms.catalogue, versions, forms.remote_lists)
    signer = ReceiptSigner(settings.issuer, keys.receipt.private, keys.receipt.kid)
    receipts = ReceiptStore(database, keys, signer, dossiers.tickets)

    def policy(allowed: Mapping[SourceId, Source], limits: Limits) -> ReadPolicy:
        timeout = settings.source_patience_seconds
        return ReadPolicy(allowed, timeout, FailureLimiter(limits, clock), base.pace)

    return CaseServices(
        prefills=PrefillWorkflow(
            published,
            policy(gated(counting, base.publisher.reads_open), _prefill_limits(settings)),
            receipts,
            clock,
            timedelta(hours=settings.least_age_hours),
        ),
        confirmations=ConfirmationWorkflow(
            policy(sources, _confirmation_limits(settings)),
            database,
            keys.index,
            clock,
            base.publisher.check_reads_open,
        ),
        submissions=SubmissionWorkflow(published, receipts, clock, _bursts_of(settings)),
        legal_acts=read_acts(settings.schemas),
        paper_path=PaperPath(dossiers.records.kinds),
    )


def _open_portal(
    settings: Settings, database: Database, registry: Registry, outside: Transport
) -> PortalSync | None:
    """The synchronisation with the national portal; None where the settings name none."""
    if (access := settings.portal) is None:
        return None
    account = AdapterAccount(
        access.url,
        access.unit,
        access.username,
        access.password.get_secret_value(),
        registry.protocol.login_path,
        access.dstcode,
        access.dstcode_in,
    )
    # one attempt a call: what fails is tried again by the outbox, and nowhere else
    timeouts = Timeouts(access.patience_seconds, access.patience_seconds, attempts=1)
    adapter = Adapter(account, Exchange(outside, timeouts))
    if (other := settings.ministry) is None:
        return open_sync(database, adapter, registry)
    ministry = MinistryAccount(
        other.url,
        other.client_id,
        other.client_secret.get_secret_value(),
        read_paths(settings.schemas / "portal-protocol.json"),
        other.patience_seconds,
    )
    of_ministry = frozenset(other.procedures.split(","))
    return open_sync(database, adapter, registry, MinistryAdapter(ministry, outside), of_ministry)


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
