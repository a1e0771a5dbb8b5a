"""What the delivery has counted, as Prometheus reads it: read where it is counted, at the moment of asking."""

from collections.abc import Iterator, Mapping, Sequence

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from services.executor.core.delivery.acknowledgement import DropReason
from services.executor.core.delivery.telemetry_answer import Cause
from services.executor.flows.delivery.deliver import DeliveryDesk
from services.executor.flows.ports import Ledger

DROPPED: tuple[DropReason, ...] = ("refused", "unreadable")
FOUND = ("equal", "different")


class HopMetrics(Collector):
    """The hops from the ledger to telemetry; a run's id is never a label."""

    def __init__(self, desk: DeliveryDesk, ledger: Ledger) -> None:
        self._desk = desk
        self._ledger = ledger

    def collect(self) -> Iterator[Metric]:
        """All of them as they are now."""
        counts = self._desk.counts
        # What is written and not yet durable has been made, and nothing else has.
        produced = counts.enqueued + self._ledger.pending
        yield _counter("acm2_events_produced", "Events made by runs", produced)
        yield _counter("acm2_events_enqueued", "Events durable in the ledger", counts.enqueued)
        yield _counter("acm2_events_sent", "Events put into requests, repetitions included", counts.sent)
        yield _counter("acm2_events_accepted", "Events telemetry took as new", counts.accepted)
        yield _counter("acm2_events_duplicate", "Events telemetry had already", counts.duplicate)
        yield _counter("acm2_events_resent", "Events telemetry had lost again, to be sent again", counts.resent)
        yield _by("acm2_events_discarded", "Events given up and reported as such", "reason", counts.discarded, DROPPED)
        yield _by(
            "acm2_delivery_failures", "Steps of a delivery that brought nothing", "reason", counts.failures, list(Cause)
        )
        yield _counter("acm2_deliveries_stopped", "Runs telemetry takes no more events of", counts.halted)
        yield _by("acm2_runs_reconciled", "Comparisons at a run's end", "result", counts.reconciled, FOUND)
        yield _gauge("acm2_telemetry_link_up", "Whether telemetry takes events", self._desk.link.state == "up")
        yield _gauge("acm2_ledger_pending", "Events telemetry has not taken", self._desk.pending_events)
        yield _gauge(
            "acm2_ledger_oldest_seconds", "Age of the oldest event telemetry has not taken", self._desk.oldest_pending_s
        )
        yield _gauge(
            "acm2_unaccounted_events",
            "Events called delivered that telemetry does not confirm or have; must be 0",
            self._desk.unaccounted_events,
        )
        yield _gauge("acm2_deletions_pending", "Runs telemetry still has to forget", self._desk.deletions.pending)


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(name, text, value=value)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _by(name: str, text: str, label: str, counts: Mapping[str, int], values: Sequence[str]) -> Metric:
    family = CounterMetricFamily(name, text, labels=[label])
    for value in values:
        family.add_metric([str(value)], counts.get(str(value), 0))
    return family
