"""How hard each provider is asked, as Prometheus reads it."""

from collections.abc import Iterator

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from services.executor.flows.ports import Clock
from services.executor.flows.slots.provider_gates import ProviderGates

_PROVIDER = ["provider"]


class GateMetrics(Collector):
    """The doors of the providers that were asked since the start."""

    def __init__(self, gates: ProviderGates, clock: Clock) -> None:
        self._gates = gates
        self._clock = clock

    def collect(self) -> Iterator[Metric]:
        """All of them as they are now."""
        inside = GaugeMetricFamily(
            "acm2_provider_in_flight", "Calls that hold a place at the provider", labels=_PROVIDER
        )
        most = GaugeMetricFamily(
            "acm2_provider_concurrency_limit",
            "How many at a time, because the provider refused more; absent where it did not",
            labels=_PROVIDER,
        )
        closed = GaugeMetricFamily(
            "acm2_provider_closed_seconds", "How long the provider is left alone, as it asked", labels=_PROVIDER
        )
        refused = CounterMetricFamily("acm2_provider_rate_limited", "Answers `too many requests`", labels=_PROVIDER)
        now_s = self._clock.monotonic_s()
        for gate in self._gates:
            name, allowed = [gate.provider], gate.throttle.most(now_s)
            inside.add_metric(name, gate.in_use)
            if allowed is not None:
                most.add_metric(name, allowed)
            closed.add_metric(name, max(0.0, gate.throttle.closed_until_s - now_s))
            refused.add_metric(name, gate.throttle.refusals)
        yield from (inside, most, closed, refused)
