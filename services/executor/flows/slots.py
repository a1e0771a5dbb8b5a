"""Which call goes next: a run's slots, and the doors of the providers it asks.

A call waits here without a task of its own. It takes a slot only when its provider's door is open too, so that calls to
a slow provider never keep the others waiting.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice

import anyio

from services.executor.core.preset import ProviderLimit
from services.executor.flows.ports import Clock
from services.executor.flows.provider_gates import UNLIMITED, ProviderGates

IDLE_S = 3600.0


@dataclass(slots=True, eq=False)
class Ticket:
    """A wish for a slot. ``start`` is called once, when it has one; ``waits`` when it is to be told what it waits for."""

    ordinal: int
    provider: str
    model: str
    start: Callable[[], None]
    waits: Callable[[str, float | None], None]
    """Given ``slot``, ``rate`` or ``pause``, and how many seconds from now if that is known."""
    refused: Callable[[], None]
    """Called instead of ``start`` when the ticket is withdrawn."""
    told: str | None = field(default=None)
    started: bool = field(default=False)


class Slots:
    """One run's slots."""

    def __init__(
        self, *, concurrency: int, limits: Mapping[str, ProviderLimit], gates: ProviderGates, clock: Clock
    ) -> None:
        self._concurrency = concurrency
        self._free = concurrency
        self._limits = limits
        self._gates = gates
        self._clock = clock
        self._queues: dict[str, deque[Ticket]] = {}
        self._alarm_s: float | None = None
        self._alarm_set = anyio.Event()
        self._dispatching = False
        self._held = False

    def hold(self) -> None:
        """Start no ticket until ``go_on``; those whose turn it would be are told that they wait for the pause's end."""
        self._held = True
        self._dispatch()

    def go_on(self) -> None:
        """Start tickets again."""
        self._held = False
        self._dispatch()
        for queue in self._queues.values():
            for ticket in queue:
                if ticket.told == "pause":
                    self._tell(ticket, "slot", None)

    def relimit(self, *, concurrency: int, limits: Mapping[str, ProviderLimit]) -> None:
        """Other limits hold from now on; with fewer slots than are taken, none is given until enough have come back."""
        self._free += concurrency - self._concurrency
        self._concurrency = concurrency
        self._limits = limits
        self._dispatch()

    def ask(self, ticket: Ticket, *, first: bool = False) -> None:
        """Start the ticket when its turn comes; ``first`` puts it before those that have not begun."""
        queue = self._queues.setdefault(ticket.provider, deque())
        if first:
            queue.appendleft(ticket)
        else:
            queue.append(ticket)
        self._dispatch()
        if ticket.told is None and not ticket.started:
            self._tell(ticket, "slot", None)

    def leave(self, provider: str) -> None:
        """A started ticket gives its slot back."""
        self._free += 1
        self._gates.of(provider).leave()
        self._dispatch()

    def withdraw(self, wanted: Callable[[Ticket], bool]) -> None:
        """Take these tickets out of the queues and refuse them."""
        taken: list[Ticket] = []
        for provider, queue in self._queues.items():
            taken.extend(ticket for ticket in queue if wanted(ticket))
            self._queues[provider] = deque(ticket for ticket in queue if not wanted(ticket))
        for ticket in taken:
            ticket.refused()

    async def run_alarms(self) -> None:
        """Look again when a provider's pace allows the next start; until cancelled."""
        while True:
            wait_s = IDLE_S if self._alarm_s is None else max(0.0, self._alarm_s - self._clock.monotonic_s())
            with anyio.move_on_after(wait_s) as waited:
                await self._alarm_set.wait()
            self._alarm_set = anyio.Event()
            if waited.cancelled_caught:
                self._alarm_s = None
                self._dispatch()

    def _dispatch(self) -> None:
        # Starting a ticket may end one at once, which comes back here: the outer loop sees what has changed.
        if self._dispatching:
            return
        if self._held:
            self._tell_pause()
            return
        self._dispatching = True
        try:
            while self._free > 0:
                ticket = self._next()
                if ticket is None:
                    return
                ticket.started = True
                self._free -= 1
                self._gates.of(ticket.provider).enter(self._limit(ticket.provider), self._clock.monotonic_s())
                ticket.start()
        finally:
            self._dispatching = False

    def _tell_pause(self) -> None:
        for queue in self._queues.values():
            for ticket in islice(queue, max(0, self._free)):
                self._tell(ticket, "pause", None)

    def _next(self) -> Ticket | None:
        now_s = self._clock.monotonic_s()
        best: deque[Ticket] | None = None
        for provider, queue in self._queues.items():
            if not queue:
                continue
            gate, ticket = self._gates.of(provider), queue[0]
            at_s = gate.may_start_at(self._limit(provider), now_s)
            if at_s is None:
                self._tell(ticket, "slot", None)
                gate.when_left(self, self._dispatch)
            elif at_s > now_s:
                self._tell(ticket, "rate", at_s - now_s)
                self._set_alarm(at_s)
            elif best is None or ticket.ordinal < best[0].ordinal:
                best = queue
        return best.popleft() if best else None

    def _set_alarm(self, at_s: float) -> None:
        if self._alarm_s is None or at_s < self._alarm_s:
            self._alarm_s = at_s
            self._alarm_set.set()

    def _tell(self, ticket: Ticket, waits_for: str, in_s: float | None) -> None:
        if ticket.told != waits_for:
            ticket.told = waits_for
            ticket.waits(waits_for, in_s)

    def _limit(self, provider: str) -> ProviderLimit:
        return self._limits.get(provider, UNLIMITED)
