"""The doors of the providers, shared by all runs: how many requests are inside, how close together they start.

A provider that answers "too many" (429) again and again closes its door: nobody is let in before the moment it named,
and only half as many at once from then on. With every round of answers one more is let in again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from services.executor.core.limits.throttle import Throttle
from services.executor.core.presets.preset import ProviderLimit
from shared.events import WaitsFor

UNLIMITED = ProviderLimit()
TOLD_AGAIN_S = 1.0
"""A moment that moves by less is not told again."""

_MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class Wait:
    """Why a request may not start now, in the words of ``call_waiting``; ``at_s`` is None where nobody knows how long."""

    waits_for: WaitsFor
    reason: str | None = None
    at_s: float | None = None
    refused: bool = False
    """Whether the provider itself asks for it, which every call it keeps waiting is told."""

    def is_news(self, told: "Wait | None") -> bool:
        """Whether it is worth an event for a call that was told the other."""
        if told is None or self.waits_for != told.waits_for:
            return True
        later_s = (self.at_s or 0.0) - (told.at_s or 0.0)
        return self.refused and (self.reason != told.reason or later_s >= TOLD_AGAIN_S)


class Gate:
    """One provider's door. Every request passes it; a run's own limit says whether it may now."""

    def __init__(self, provider: str) -> None:
        self.provider = provider
        self.in_use = 0
        self.next_start_s = 0.0
        self.throttle = Throttle()
        self._waiting: dict[int, Callable[[], None]] = {}
        self._last_in: int | None = None

    def wait(self, limit: ProviderLimit, now_s: float) -> Wait | None:
        """What a request has to wait for; None where it may start."""
        wait = self.wait_inside(limit, now_s, let_in=True)
        if wait is not None:
            return wait
        most = self.throttle.most(now_s)
        if most is not None and self.in_use >= most and (limit.concurrency is None or most < limit.concurrency):
            reason = f"{self.throttle.why}: {self.provider} is asked {most} at a time for now"
            return Wait("slot", reason, refused=True)
        if limit.concurrency is not None and self.in_use >= limit.concurrency:
            return Wait("slot", f"{self.provider} is asked {limit.concurrency} at a time")
        return self.wait_inside(limit, now_s, let_in=False)

    def wait_inside(self, limit: ProviderLimit, now_s: float, *, let_in: bool) -> Wait | None:
        """What a request has to wait for whose call is inside already; ``let_in`` where it has been paced before."""
        if self.throttle.closed_until_s > now_s:
            return Wait("backoff", self.throttle.why, self.throttle.closed_until_s, refused=True)
        if let_in or limit.requests_per_minute is None or self.next_start_s <= now_s:
            return None
        reason = f"{limit.requests_per_minute:g} requests a minute to {self.provider}"
        return Wait("rate", reason, self.next_start_s)

    def enter(self, limit: ProviderLimit, now_s: float, who: object) -> None:
        """A request of this run starts now."""
        self.in_use += 1
        self._last_in = id(who)
        self.throttle.is_asked()
        self.goes_on(limit, now_s)

    def goes_on(self, limit: ProviderLimit, now_s: float) -> None:
        """A further request of a call that is inside starts now."""
        if limit.requests_per_minute is not None:
            self.next_start_s = max(now_s, self.next_start_s) + _MINUTE_S / limit.requests_per_minute

    def leave(self, now_s: float) -> None:
        """A request has ended; whoever waits may look again, those first that were let in longest ago."""
        self.in_use -= 1
        if self.in_use == 0:
            self.throttle.is_idle(now_s)
        waiting, self._waiting = self._waiting, {}
        let_in = []
        for who in sorted(waiting, key=lambda one: one == self._last_in):
            before = self.in_use
            waiting[who]()
            if self.in_use > before and who in self._waiting:
                let_in.append(who)
        for who in let_in:
            self._waiting[who] = self._waiting.pop(who)

    def was_last_in(self, who: object) -> bool:
        """Whether the newest request was this run's."""
        return self._last_in == id(who)

    def answered(self, began_s: float) -> None:
        """A request that began then was answered: it may be asked a little harder."""
        self.throttle.answered(began_s)

    def too_many(self, began_s: float, now_s: float, why: str) -> bool:
        """A request that began then was refused because there were too many; the answer is whether all have to wait."""
        return self.throttle.refused(began_s, now_s, in_use=self.in_use, why=why)

    def close(self, now_s: float, for_s: float, why: str) -> None:
        """The provider asks everybody to wait so long."""
        self.throttle.close(now_s + for_s, why)

    def when_left(self, who: object, look_again: Callable[[], None]) -> None:
        """Call ``look_again`` once, when the next request ends."""
        self._waiting[id(who)] = look_again


class ProviderGates:
    """The doors of all providers, shared by all runs of this process."""

    def __init__(self) -> None:
        self._gates: dict[str, Gate] = {}

    def of(self, provider: str) -> Gate:
        """The provider's door."""
        gate = self._gates.get(provider)
        if gate is None:
            gate = self._gates[provider] = Gate(provider)
        return gate

    def __iter__(self) -> Iterator[Gate]:
        return iter(list(self._gates.values()))
