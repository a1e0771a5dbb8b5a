"""``/metrics``: what was counted, for Prometheus. No label ever names a run."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from starlette.types import Receive, Scope, Send

from services.telemetry.web.parts import Parts

_REASONS = ("invalid-event", "not-json", "too-large", "sequence-gap", "sequence-conflict")
_STREAMS = ("log", "live", "many", "summary")
_DROPS = ("stalled", "gone")


class ServiceCollector(Collector):
    """Reads the service's plain counters when somebody looks."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def collect(self) -> Iterable[Metric]:
        """Everything as it is now."""
        counters = self._parts.counters
        yield _counter("acm2_events_accepted", "Events stored.", counters.accepted)
        yield _counter("acm2_events_duplicate", "Repeats of events that were stored already.", counters.duplicates)
        rejected = CounterMetricFamily("acm2_events_rejected", "Events refused.", labels=["reason"])
        for reason in sorted({*_REASONS, *counters.rejected}):
            rejected.add_metric([reason], counters.rejected[reason])
        yield rejected
        viewers = GaugeMetricFamily("acm2_subscribers", "Open streams.", labels=["stream"])
        for stream in _STREAMS:
            viewers.add_metric([stream], counters.viewers[stream])
        yield viewers
        dropped = CounterMetricFamily("acm2_subscribers_dropped", "Viewers given up.", labels=["reason"])
        for reason in sorted({*_DROPS, *counters.dropped}):
            dropped.add_metric([reason], counters.dropped[reason])
        yield dropped
        yield GaugeMetricFamily(
            "acm2_unaccounted_events",
            "Events live producers made that are neither stored nor waiting at the producer.",
            self._unaccounted(),
        )
        yield _counter("acm2_store_failures", "Groups of events that could not be stored.", counters.store_failures)
        yield _counter("acm2_faults", "Errors of this service, each in its log.", counters.faults)

    def _unaccounted(self) -> int:
        now_ms = self._parts.clock.now_ms()
        missing = 0
        for channel in self._parts.runs.loaded():
            producer = channel.producer
            if producer is None or producer.is_silent(now_ms):
                continue
            produced, pending = producer.said.produced, producer.said.pending
            if produced is not None and pending is not None:
                missing += max(0, produced - pending - channel.log.high)
        return missing


def _counter(name: str, meaning: str, value: int) -> CounterMetricFamily:
    return CounterMetricFamily(name, meaning, value)


class Metrics:
    """The endpoint."""

    def __init__(self, parts: Parts) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(ServiceCollector(parts))

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        body = generate_latest(self._registry)
        headers = [(b"content-type", CONTENT_TYPE_LATEST.encode()), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})
