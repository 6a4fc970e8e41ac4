"""The state of the running gateway in the text format of Prometheus.

Every label is a word of the gateway's own: a route as it is declared, a source, a state. No number
or name of a person, no dossier and no address as it was sent stands in any of them. What is counted
since the start begins at 0 again with the next start.
"""

from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from gateway.api.services import Monitor
from gateway.dossiers import DEAD, QUEUED
from gateway.dossiers.backlog import Waiting, what_waits
from gateway.log.publishing import Publisher
from gateway.log.stored import log_size
from gateway.receipts.tickets import OPEN, SENT
from gateway.storage.database import Database


def exposition(database: Database, publisher: Publisher, monitor: Monitor) -> bytes:
    """Everything as it stands now; raises Busy when the database cannot be read."""
    size = database.read_separately(log_size)
    waiting = database.read_separately(what_waits)
    registry = CollectorRegistry()
    registry.register(_Gauges(publisher, monitor, size, waiting))
    ProcessCollector(registry=registry)
    return generate_latest(registry)


class _Gauges(Collector):
    def __init__(self, publisher: Publisher, monitor: Monitor, size: int, waiting: Waiting) -> None:
        self._publisher, self._monitor = publisher, monitor
        self._size, self._waiting = size, waiting

    def collect(self) -> Iterator[Metric]:
        """What the library asks for."""
        yield from self._log()
        yield from self._waits()
        yield from self._counted()

    def _log(self) -> Iterator[Metric]:
        publisher = self._publisher
        state, age = publisher.state(), publisher.checkpoint_age()
        yield _gauge("log_size", "Leaves in the database.", self._size)
        yield _gauge("log_published_size", "Leaves under the published checkpoint.", state.size)
        yield _gauge(
            "log_unwitnessed", "1 while the quorum of witnesses is owed.", publisher.unwitnessed
        )
        disputing = len(publisher.disputing)
        yield _gauge("log_disputing", "Witnesses that say they saw another history.", disputing)
        yield _gauge("log_stopped", "1 in an incident: nothing is signed.", publisher.stopped)
        if age is not None:
            yield _gauge("log_checkpoint_age_seconds", "Since the published checkpoint.", age)
        yield _gauge("person_reads_open", "0 while no person is read.", state.reads_open)

    def _waits(self) -> Iterator[Metric]:
        dossiers, tickets = self._waiting.dossiers, self._waiting.tickets
        yield _gauge(
            "chains_open", "Chains neither submitted nor ended.", self._waiting.chains_open
        )
        yield _gauge(
            "outbox_waiting", "Dossiers to be sent to the portal.", dossiers.get(QUEUED, 0)
        )
        yield _gauge("outbox_dead", "Dossiers parked for an operator.", dossiers.get(DEAD, 0))
        still = {state: tickets.get(state, 0) for state in (OPEN, SENT)}
        family = GaugeMetricFamily("gateway_tickets", "Corrections not ended.", labels=["state"])
        yield _filled(family, {(state,): number for state, number in still.items()})

    def _counted(self) -> Iterator[Metric]:
        calls = CounterMetricFamily(
            "gateway_requests", "Calls since the start.", labels=["route", "method", "status"]
        )
        counts = self._monitor.requests
        yield _filled(calls, {(r, m, str(s)): n for (r, m, s), n in counts.copy().items()})
        reads = CounterMetricFamily(
            "gateway_source_reads",
            "Reads for prefills since the start.",
            labels=["source", "outcome"],
        )
        yield _filled(reads, {(s, o): n for (s, o), n in self._monitor.reads.copy().items()})


def _gauge(name: str, says: str, value: float) -> Metric:
    return GaugeMetricFamily(f"gateway_{name}", says, value=float(value))


def _filled(
    family: CounterMetricFamily | GaugeMetricFamily, values: Mapping[tuple[str, ...], int]
) -> Metric:
    for labels, value in sorted(values.items()):
        family.add_metric(labels, value)
    return family
