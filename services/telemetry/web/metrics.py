"""``/metrics``: what was counted, for Prometheus. No label ever names a run."""

from collections import Counter
from collections.abc import Iterable

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from starlette.types import Receive, Scope, Send

from services.process.connections import STAGES
from services.telemetry.flows.counters import HOPS
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
        yield _counter("acm2_events_stored", "Events written to the log, and synced.", counters.stored)
        yield _counter("acm2_events_fanned_out", "Event frames handed to viewers.", self._fanned_out())
        yield _counter("acm2_events_duplicate", "Repeats of events that were stored already.", counters.duplicates)
        yield _labelled("acm2_events_rejected", "Events refused.", "reason", counters.rejected, _REASONS)
        yield _labelled(
            "acm2_posts_unavailable",
            "Requests with events that were told to come back.",
            "reason",
            counters.unavailable,
            ("storage-full", "unavailable"),
        )
        yield _labelled(
            "acm2_receipts", "What pages said of what they got.", "state", counters.receipts, ("ok", "faulty")
        )
        viewers = GaugeMetricFamily("acm2_subscribers", "Open streams.", labels=["stream"])
        for stream in _STREAMS:
            viewers.add_metric([stream], counters.viewers[stream])
        yield viewers
        yield _labelled("acm2_subscribers_dropped", "Viewers given up.", "reason", counters.dropped, _DROPS)
        yield GaugeMetricFamily(
            "acm2_unaccounted_events",
            "Events that their producers call delivered and that are not stored.",
            sum(channel.unaccounted() or 0 for channel in self._parts.runs.loaded()),
        )
        yield from self._health()
        yield from self._connections()

    def _health(self) -> Iterable[Metric]:
        counters, canary, storage = self._parts.counters, self._parts.canary, self._parts.storage
        yield _counter("acm2_store_failures", "Groups of events that could not be stored.", counters.store_failures)
        yield _counter(
            "acm2_storage_outages", "Times events could not be stored for a while.", counters.storage_outages
        )
        yield GaugeMetricFamily("acm2_storage_ok", "1 while events can be stored.", int(storage.error is None))
        yield _counter("acm2_events_unreadable", "Stored events that cannot be read any more.", counters.unreadable)
        yield _counter("acm2_stream_violations", "Frames held back for a wrong place.", counters.violations)
        yield _counter("acm2_faults", "Errors of this service, each in its log.", counters.faults)
        yield _labelled("acm2_hop_faults", "The same, by where an event met them.", "hop", counters.hop_faults, HOPS)
        yield _counter("acm2_canary_trips", "The service's tests of itself.", canary.trips)
        yield _counter("acm2_canary_failures", "Those that failed.", canary.failures)
        latency = GaugeMetricFamily(
            "acm2_canary_latency_seconds", "From the service's own post to its own stream, the newest test."
        )
        if canary.latency_s is not None:
            latency.add_metric([], canary.latency_s)
        yield latency

    def _connections(self) -> Iterable[Metric]:
        connections = self._parts.connections
        yield GaugeMetricFamily("acm2_connections", "Open connections, the service's own included.", connections.open)
        yield GaugeMetricFamily(
            "acm2_bodies_bytes", "Parts of request bodies that wait for the rest.", self._parts.bodies.used_bytes
        )
        yield _labelled(
            "acm2_requests_timed_out",
            "Connections ended because the client stalled inside a request.",
            "stage",
            connections.timed_out,
            STAGES,
        )

    def _fanned_out(self) -> int:
        here = sum(channel.audience.delivered for channel in self._parts.runs.loaded())
        return self._parts.counters.fanned_out_before + here


def _counter(name: str, meaning: str, value: int) -> CounterMetricFamily:
    return CounterMetricFamily(name, meaning, value)


def _labelled(
    name: str, meaning: str, label: str, counted: Counter[str], always: tuple[str, ...]
) -> CounterMetricFamily:
    family = CounterMetricFamily(name, meaning, labels=[label])
    for value in sorted({*always, *counted}):
        family.add_metric([value], counted[value])
    return family


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
