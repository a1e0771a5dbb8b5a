"""Counts for Prometheus, in a registry of their own."""

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from services.executor.core.presets.prices import usd

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class _Kept(Collector):
    """A count that somebody else keeps."""

    def __init__(self, name: str, about: str, value: Callable[[], int]) -> None:
        self._name = name
        self._about = about
        self._value = value

    def collect(self) -> Iterator[CounterMetricFamily]:
        yield CounterMetricFamily(self._name, self._about, value=self._value())


class PrometheusMeter:
    """What the executor counts; a run's id is never a label."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._attempts = Counter(
            "acm2_attempts", "Requests to providers", ["provider", "model", "outcome"], registry=self.registry
        )
        self._cost = Counter(
            "acm2_cost_usd", "Dollars spent, as far as known", ["provider", "model"], registry=self.registry
        )
        self.workers = Gauge("acm2_workers_ready", "Worker processes that take requests", registry=self.registry)
        self.live_runs = Gauge("acm2_runs_live", "Runs under way", registry=self.registry)

    def keep(self, name: str, about: str, value: Callable[[], int]) -> None:
        """Show a count that only grows and is kept elsewhere."""
        self.registry.register(_Kept(name, about, value))

    def attempt(self, provider: str, model: str, outcome: str, cost_nano: int | None) -> None:
        """An attempt ended."""
        self._attempts.labels(provider, model, outcome).inc()
        if cost_nano:
            self._cost.labels(provider, model).inc(usd(cost_nano))

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self.registry)
