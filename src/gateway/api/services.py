"""The services that routes use, in groups by what they are for.

The application builds one `Services` at its start. A route names by its annotations the groups that it
needs (`forms: UseForms`), and gets no others.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from gateway.access.authentication import Authentication
from gateway.access.clients import ClientDirectory
from gateway.access.idempotency import Replays
from gateway.access.pacing import Pace
from gateway.access.tokens import Tokens
from gateway.api.options import Options
from gateway.domain.clock import Clock
from gateway.domain.codelists import CodeLists
from gateway.domain.identifiers import SourceId
from gateway.dossiers.registry import Registry
from gateway.dossiers.sync import PortalSync
from gateway.forms.catalogue import Catalogue
from gateway.forms.remote import RemoteLists
from gateway.igate.mapping import IGateMapping
from gateway.keys import Keys
from gateway.log.publishing import PublicLog, Publisher, WitnessTimes
from gateway.prefill.confirmation import ConfirmationWorkflow
from gateway.prefill.workflow import PrefillWorkflow
from gateway.reads.gate import ReadGate
from gateway.receipts.tickets import Tickets
from gateway.records.store import RecordStore
from gateway.sources.paper_path import PaperPath
from gateway.storage.database import Database
from gateway.submission.workflow import SubmissionWorkflow


@dataclass(frozen=True, slots=True)
class AccessServices:
    """Who calls, which calls are repetitions, and how long an answer about nobody takes."""

    clients: ClientDirectory
    tokens: Tokens
    authentication: Authentication
    replays: Replays
    pace: Pace
    reads: ReadGate


@dataclass(frozen=True, slots=True)
class FormServices:
    """The registered forms, the lists that their fields offer, and iGate's names for both.

    `connected` are the sources that this deployment reads.
    """

    catalogue: Catalogue
    bindings: Mapping[str, dict[str, object]]
    options: Options
    remote_lists: RemoteLists
    code_lists: CodeLists
    igate: IGateMapping
    connected: frozenset[SourceId]


@dataclass(frozen=True, slots=True)
class CaseServices:
    """What is done in a citizen's case: fill, confirm an identity, judge a submission."""

    prefills: PrefillWorkflow
    confirmations: ConfirmationWorkflow
    submissions: SubmissionWorkflow
    legal_acts: frozenset[str]
    paper_path: PaperPath


@dataclass(frozen=True, slots=True)
class DossierServices:
    """What a province keeps: dossiers for the portal, digitised records, correction tickets."""

    registry: Registry
    portal: PortalSync | None
    records: RecordStore
    tickets: Tickets


@dataclass(frozen=True, slots=True)
class LogServices:
    """The transparency log: its published files, and what publishes them."""

    published: PublicLog
    publisher: Publisher
    times: WitnessTimes


@dataclass(frozen=True, slots=True)
class Monitor:
    """What the process counts since its start; no label is a caller's own text.

    `requests` by route as declared, method and status; `reads` by source and outcome. `mock` says that
    no figure of this deployment is about real people.
    """

    reads: Counter[tuple[SourceId, str]]
    mock: bool
    requests: Counter[tuple[str, str, int]] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that a running gateway consists of, as far as routes use it."""

    database: Database
    keys: Keys
    clock: Clock
    access: AccessServices
    forms: FormServices
    cases: CaseServices
    dossiers: DossierServices
    log: LogServices
    monitor: Monitor


def services_of(request: Request) -> Services:
    """The services of the application that the request came to."""
    services: Services = request.app.state.services
    return services


def _database(request: Request) -> Database:
    return services_of(request).database


def _keys(request: Request) -> Keys:
    return services_of(request).keys


def _clock(request: Request) -> Clock:
    return services_of(request).clock


def _access(request: Request) -> AccessServices:
    return services_of(request).access


def _forms(request: Request) -> FormServices:
    return services_of(request).forms


def _cases(request: Request) -> CaseServices:
    return services_of(request).cases


def _dossiers(request: Request) -> DossierServices:
    return services_of(request).dossiers


def _log(request: Request) -> LogServices:
    return services_of(request).log


def _monitor(request: Request) -> Monitor:
    return services_of(request).monitor


UseDatabase = Annotated[Database, Depends(_database)]
UseKeys = Annotated[Keys, Depends(_keys)]
UseClock = Annotated[Clock, Depends(_clock)]
UseAccess = Annotated[AccessServices, Depends(_access)]
UseForms = Annotated[FormServices, Depends(_forms)]
UseCases = Annotated[CaseServices, Depends(_cases)]
UseDossiers = Annotated[DossierServices, Depends(_dossiers)]
UseLog = Annotated[LogServices, Depends(_log)]
UseMonitor = Annotated[Monitor, Depends(_monitor)]
