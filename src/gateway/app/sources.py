"""Open the sources that a deployment reads, and list whom it may call at all."""

from gateway.domain.clock import Clock
from gateway.domain.codelists import CodeLists
from gateway.domain.identifiers import SourceId
from gateway.forms.catalogue import Catalogue
from gateway.log.publishing import WitnessPolicy, read_witness_policy
from gateway.records.store import RecordStore
from gateway.reduction.publishing import Measure, read_measure
from gateway.settings import Settings
from gateway.sources.registry import registered, unknown_sources
from gateway.sources.source import Source, SourceContext, UnusableSource
from gateway.upstream.exchange import Exchange, Timeouts
from gateway.upstream.transport import Transport


def read_sources(
    settings: Settings,
    clock: Clock,
    outside: Transport,
    store: RecordStore,
    lists: CodeLists,
) -> dict[SourceId, Source]:
    """The sources that this deployment reads: those that need no settings, and those that have them."""
    exchange = Exchange(outside, Timeouts(deadline_seconds=settings.source_patience_seconds))
    context = SourceContext(exchange, lists, store, clock)
    opened: dict[SourceId, Source] = {}
    for spec in registered().specs:
        if spec.local is not None:
            opened[spec.id] = spec.local(context)
        elif (access := settings.sources.get(spec.id)) is not None:
            opened[spec.id] = access.open(context)
    return opened


def check_named(catalogue: Catalogue) -> None:
    """Raise UnusableSource where the dictionary names a source that is not installed."""
    named = {source for form in catalogue.forms() for source in form.dictionary.sources}
    if unknown := unknown_sources(named):
        raise UnusableSource(f"the dictionary names {', '.join(unknown)}, which no source is")


def addresses_of(settings: Settings, policy: WitnessPolicy | None) -> tuple[str, ...]:
    """Every address that the gateway may call."""
    called = [url for one in settings.sources.values() for url in one.addresses().values()]
    called += [
        one.url for one in (settings.portal, settings.ministry, settings.transit) if one is not None
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
