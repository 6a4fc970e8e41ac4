"""What stands behind the front door?

One value, put together by the application at its start and handed to every route that asks for it.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request

from gateway.access.clients import ClientDirectory
from gateway.access.idempotency import Replays
from gateway.access.pacing import Pace
from gateway.access.tokens import Tokens
from gateway.api.options import Options
from gateway.api.traffic import Traffic
from gateway.domain.codelists import CodeLists
from gateway.domain.identifiers import SourceId
from gateway.dossiers.chores import PortalDesk
from gateway.dossiers.registry import Registry
from gateway.forms.catalogue import Catalogue
from gateway.forms.remote import RemoteLists
from gateway.igate.mapping import IGateMapping
from gateway.keys import Keys
from gateway.log.publishing.publisher import Publisher
from gateway.log.publishing.shown import ShownLog
from gateway.prefill.confirmation import ConfirmationWorkflow
from gateway.prefill.workflow import PrefillWorkflow
from gateway.receipts.tickets import Tickets
from gateway.records.store import RecordStore
from gateway.sources.paper_path import PaperPath
from gateway.storage.database import Database
from gateway.submission.workflow import SubmissionWorkflow


@dataclass(frozen=True)
class Services:
    """The services that routes enter."""

    database: Database
    keys: Keys
    clients: ClientDirectory
    tokens: Tokens
    replays: Replays
    catalogue: Catalogue
    bindings: Mapping[str, dict[str, Any]]
    options: Options
    options_at: RemoteLists
    legal_acts: frozenset[str]
    lists: CodeLists
    igate: IGateMapping
    records: RecordStore
    prefills: PrefillWorkflow
    confirmations: ConfirmationWorkflow
    submissions: SubmissionWorkflow
    tickets: Tickets
    paper_path: PaperPath
    log: ShownLog
    publisher: Publisher
    dossiers: Registry
    portal: PortalDesk | None
    mock: bool
    connected: frozenset[SourceId]
    clock: Callable[[], datetime]
    pace: Pace
    traffic: Traffic
    reads: Counter[tuple[SourceId, str]]


def services_of(request: Request) -> Services:
    """The services of the application that the request came to."""
    services: Services = request.app.state.services
    return services


AllServices = Annotated[Services, Depends(services_of)]
