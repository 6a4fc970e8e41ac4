"""Which sources does this deployment read, by which routes, and whom may it call at all?"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar, assert_never

from pydantic import SecretStr

from gateway.domain.clock import Clock
from gateway.domain.codelists import CodeLists
from gateway.domain.identifiers import SourceId
from gateway.log.publishing.witnesses import WitnessPolicy, read_witness_policy
from gateway.records.store import RecordStore
from gateway.reduction.publishing import Measure, read_measure
from gateway.settings import PapersAccess, PopulationAccess, PortalAccess, Settings
from gateway.sources.personal_papers import LOGIN as PAPERS_LOGIN
from gateway.sources.personal_papers import PersonalPapers
from gateway.sources.population import (
    DirectAccount,
    DirectRoute,
    JsonAccount,
    JsonFacade,
    PopulationDatabase,
    PopulationSettings,
    Route,
    TokenAccount,
    TokenFacade,
)
from gateway.sources.records import RecordsSource
from gateway.sources.source import Source
from gateway.upstream.adapter import Adapter, AdapterAccount
from gateway.upstream.exchange import Exchange, Timeouts
from gateway.upstream.transport import Transport

A = TypeVar("A", DirectAccount, TokenAccount, JsonAccount, AdapterAccount)


def read_sources(
    settings: Settings,
    clock: Clock,
    outside: Transport,
    store: RecordStore,
    lists: CodeLists,
) -> dict[SourceId, Source]:
    """The sources that this deployment reads; a new one is one more line here."""
    sources: list[Source] = [RecordsSource(store, lists, clock)]
    exchange = Exchange(outside, Timeouts(deadline_seconds=settings.source_patience_seconds))
    if (access := settings.population) is not None:
        route = _population_route(access, exchange, clock)
        account = PopulationSettings(access.officer, access.agency)
        sources.append(PopulationDatabase(account, route, lists, clock))
    if settings.papers is not None:
        way = {"username": settings.papers.unit, "login_path": PAPERS_LOGIN}
        unit = account_of(AdapterAccount, told_by(settings.papers) | way)
        adapter = Adapter(unit, exchange)
        sources.append(PersonalPapers(adapter, store.kinds, lists, clock, store.issuers))
    return {source.id: source for source in sources}


def _population_route(access: PopulationAccess, exchange: Exchange, clock: Clock) -> Route:
    """The way to the population database that the settings choose."""
    told = told_by(access)
    match access.route:
        case "direct":
            return DirectRoute(account_of(DirectAccount, told), exchange, clock)
        case "lgsp_token":
            keys = {"access_key": access.username, "secret_key": told["secret"]}
            return TokenFacade(account_of(TokenAccount, told | keys), exchange, clock)
        case "lgsp_json":
            flat = {"body": access.json_body}
            return JsonFacade(account_of(JsonAccount, told | flat), exchange, clock)
        case _:
            assert_never(access.route)


def told_by(access: PopulationAccess | PapersAccess | PortalAccess) -> dict[str, Any]:
    """What the settings say, secrets in clear."""
    told = access.model_dump(exclude_none=True)
    return told | {n: v.get_secret_value() for n, v in told.items() if isinstance(v, SecretStr)}


def account_of(kind: type[A], told: Mapping[str, Any]) -> A:
    """An account of that kind from the settings of its members' names."""
    return kind(**{f.name: told[f.name] for f in fields(kind) if f.name in told})


def addresses_of(settings: Settings, policy: WitnessPolicy | None) -> tuple[str, ...]:
    """Every address that the gateway may call."""
    called = [] if settings.population is None else [*settings.population.addresses().values()]
    called += [
        one.url for one in (settings.papers, settings.portal, settings.ministry) if one is not None
    ]
    return (*called, *([] if policy is None else policy.addresses.values()))


def log_policy_of(settings: Settings) -> WitnessPolicy | None:
    """Whose cosignatures the log's checkpoints need; raises MalformedPolicy, OSError."""
    path = settings.log_policy
    return None if path is None else read_witness_policy(path.read_bytes())


def measure_of(settings: Settings) -> Measure:
    """The definition that a deployment counts by; raises ValueError for a number below its bound."""
    return read_measure(
        settings.schemas / "measure.json",
        mock=settings.mock,
        instant_seconds=settings.instant_seconds,
        instant_seconds_per_field=settings.instant_seconds_per_field,
        least_age_hours=settings.least_age_hours,
        portal=settings.portal is not None,
    )
