"""How is the national portal reached, where the settings name one?"""

import asyncio
from collections.abc import Coroutine
from typing import Any

from gateway.api.services import Services
from gateway.app.sources import account_of, told_by
from gateway.domain.clock import Clock
from gateway.dossiers.chores import PortalDesk, open_desk
from gateway.dossiers.ministry.client import MinistryAccount, MinistryAdapter, read_paths
from gateway.dossiers.portal.protocol import read_protocol
from gateway.dossiers.registry import POPULATION_CODE, Registry
from gateway.dossiers.telling.outbox import Seal
from gateway.keys import Keys
from gateway.records.store import RecordStore
from gateway.settings import Settings
from gateway.storage.database import Database
from gateway.upstream.adapter import Adapter, AdapterAccount
from gateway.upstream.exchange import Exchange, Timeouts
from gateway.upstream.transport import Transport


def open_registry(settings: Settings, keys: Keys, store: RecordStore, clock: Clock) -> Registry:
    """The register of dossiers, whether or not a portal is connected."""
    protocol = read_protocol(settings.schemas / "portal-protocol.json")
    code = settings.portal.population_code if settings.portal else POPULATION_CODE
    return Registry(protocol, Seal(keys.outbox), store, keys.index, clock, code)


def open_portal(
    settings: Settings, database: Database, registry: Registry, outside: Transport
) -> PortalDesk | None:
    """The desk that tells the portal; None where the settings name none."""
    if (access := settings.portal) is None:
        return None
    way = {"login_path": registry.protocol.login_path}
    account = account_of(AdapterAccount, told_by(access) | way)
    # one attempt a call: what fails is tried again by the outbox, and nowhere else
    timeouts = Timeouts(access.patience_seconds, access.patience_seconds, attempts=1)
    adapter = Adapter(account, Exchange(outside, timeouts))
    if (other := settings.ministry) is None:
        return open_desk(database, adapter, registry)
    ministry = MinistryAccount(
        other.url,
        other.client_id,
        other.client_secret.get_secret_value(),
        read_paths(settings.schemas / "portal-protocol.json"),
        other.patience_seconds,
    )
    of_ministry = frozenset(other.procedures.split(","))
    return open_desk(database, adapter, registry, MinistryAdapter(ministry, outside), of_ministry)


def portal_chores(services: Services, stop_event: asyncio.Event) -> list[Coroutine[Any, Any, None]]:
    """What a gateway does by itself that is connected to the portal."""
    if (desk := services.portal) is None:
        return []
    needed = {code for form in services.catalogue.forms() for code in form.bindings.procedures}
    return [desk.tell_by_the_second(stop_event), desk.refresh_by_the_hour(needed, stop_event)]
