"""How many requests each provider has in flight, and how close together they may start: over all runs."""

from collections.abc import Callable

from services.executor.core.preset import ProviderLimit

UNLIMITED = ProviderLimit()
_MINUTE_S = 60.0


class Gate:
    """One provider's door. Every request passes it; a run's own limit says whether it may now."""

    def __init__(self) -> None:
        self.in_use = 0
        self.next_start_s = 0.0
        self._waiting: dict[int, Callable[[], None]] = {}

    def may_start_at(self, limit: ProviderLimit, now_s: float) -> float | None:
        """When a request may start as far as pace goes (now or earlier: at once); None while all places are taken."""
        if limit.concurrency is not None and self.in_use >= limit.concurrency:
            return None
        return self.next_start_s if limit.requests_per_minute is not None else now_s

    def enter(self, limit: ProviderLimit, now_s: float) -> None:
        """A request starts now."""
        self.in_use += 1
        if limit.requests_per_minute is not None:
            self.next_start_s = max(now_s, self.next_start_s) + _MINUTE_S / limit.requests_per_minute

    def leave(self) -> None:
        """A request has ended; whoever waits may look again."""
        self.in_use -= 1
        waiting, self._waiting = self._waiting, {}
        for look_again in waiting.values():
            look_again()

    def when_left(self, who: object, look_again: Callable[[], None]) -> None:
        """Call ``look_again`` once, when the next request ends."""
        self._waiting[id(who)] = look_again


class ProviderGates:
    """The doors of all providers, shared by all runs of this process."""

    def __init__(self) -> None:
        self._gates: dict[str, Gate] = {}

    def of(self, provider: str) -> Gate:
        """The provider's door."""
        return self._gates.setdefault(provider, Gate())
