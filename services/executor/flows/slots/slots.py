"""Which call goes next: a run's slots, and the doors of the providers it asks.

A call waits here without a task of its own. It takes a slot only when its provider's door is open too, so that calls to
a slow provider never keep the others waiting. Calls that make documents go before those that judge them, and while some
are still to come judges leave a share of the slots free: however slow a judge is, it blocks no generator. Where there is
one slot only, a judge gets it while every such call is kept away by its provider: else nobody would use it.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice

import anyio

from services.executor.core.presets.preset import ProviderLimit
from services.executor.flows.ports import Clock
from services.executor.flows.slots.provider_gates import UNLIMITED, ProviderGates, Wait

IDLE_S = 3600.0
MAKERS_SHARE = 4
"""One slot in so many is left to calls that make documents, while there are any."""

YIELD_S = 0.002
"""How much later than others the run looks whose request was the last one let in: they wait for the same moment."""

_Queue = tuple[str, bool]
"""A provider, and whether the calls make documents."""


@dataclass(slots=True, eq=False)
class Ticket:
    """A wish for a slot. ``start`` is called once, when it has one; ``waits`` when it is to be told what it waits for."""

    ordinal: int
    provider: str
    model: str
    start: Callable[[], None]
    waits: Callable[[str, float | None, str | None], None]
    """Given what ``call_waiting`` says: for what, how many seconds from now if that is known, and why if there is more."""
    refused: Callable[[], None]
    """Called instead of ``start`` when the ticket is withdrawn."""
    makes: bool = False
    """Whether the call makes a document."""
    told: Wait | None = field(default=None)
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
        self._queues: dict[_Queue, deque[Ticket]] = {}
        self._judging = 0
        self._resting_makers = 0
        self._sent_away_makers = 0
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
                if ticket.told is _PAUSE:
                    self._tell(ticket, _SLOT)

    def relimit(self, *, concurrency: int, limits: Mapping[str, ProviderLimit]) -> None:
        """Other limits hold from now on; with fewer slots than are taken, none is given until enough have come back."""
        self._free += concurrency - self._concurrency
        self._concurrency = concurrency
        self._limits = limits
        self._dispatch()

    def ask(self, ticket: Ticket, *, first: bool = False) -> None:
        """Start the ticket when its turn comes; ``first`` puts it before those that have not begun."""
        queue = self._queues.setdefault((ticket.provider, ticket.makes), deque())
        if first:
            queue.appendleft(ticket)
        else:
            queue.append(ticket)
        self._dispatch()
        if ticket.told is None and not ticket.started:
            self._tell(ticket, _SLOT)

    def leave(self, provider: str, *, makes: bool) -> None:
        """A started ticket gives its slot back."""
        self._free += 1
        if not makes:
            self._judging -= 1
        self._gates.of(provider).leave(self._clock.monotonic_s())
        self._dispatch()

    def rests(self, *, sent_away: bool = False) -> None:
        """A call that makes a document has left its slot and will ask for one again.

        ``sent_away`` where its provider asked for the pause: it may be a long one.
        """
        self._resting_makers += 1
        self._sent_away_makers += sent_away

    def rested(self, *, sent_away: bool = False) -> None:
        """It has asked again, or will not."""
        self._resting_makers -= 1
        self._sent_away_makers -= sent_away
        self._dispatch()

    def withdraw(self, wanted: Callable[[Ticket], bool]) -> list[Ticket]:
        """Take these tickets out of the queues; whoever withdraws them says so to them, with ``refused``."""
        taken: list[Ticket] = []
        for name, queue in self._queues.items():
            taken.extend(ticket for ticket in queue if wanted(ticket))
            self._queues[name] = deque(ticket for ticket in queue if not wanted(ticket))
        # Those that were taken out may have been what judges left slots for.
        self._dispatch()
        return taken

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
                if not ticket.makes:
                    self._judging += 1
                self._gates.of(ticket.provider).enter(self._limit(ticket.provider), self._clock.monotonic_s(), self)
                ticket.start()
        finally:
            self._dispatching = False

    def _tell_pause(self) -> None:
        for queue in self._queues.values():
            for ticket in islice(queue, max(0, self._free)):
                self._tell(ticket, _PAUSE)

    def _next(self) -> Ticket | None:
        now_s = self._clock.monotonic_s()
        best: deque[Ticket] | None = None
        full = self._judging >= self._most_judging(now_s)
        for (provider, makes), queue in self._queues.items():
            if not queue:
                continue
            ticket = queue[0]
            if full and not makes:
                self._tell(ticket, _MAKERS)
                continue
            wait = self._gates.of(provider).wait(self._limit(provider), now_s)
            if wait is not None:
                self._wait(ticket, wait)
            elif best is None or _turn(ticket) < _turn(best[0]):
                best = queue
        return best.popleft() if best else None

    def _most_judging(self, now_s: float) -> int:
        """How many slots judges may have, which leave some free while calls that make documents are still to begin."""
        queued = [provider for (provider, makes), queue in self._queues.items() if makes and queue]
        if not queued and not self._resting_makers:
            return self._concurrency
        if self._concurrency > 1:
            return self._concurrency - max(1, self._concurrency // MAKERS_SHARE)
        soon = self._resting_makers > self._sent_away_makers
        return 0 if soon or not all(self._keeps_away(provider, now_s) for provider in queued) else 1

    def _keeps_away(self, provider: str, now_s: float) -> bool:
        """Whether the provider itself wants to hear nothing for now."""
        wait = self._gates.of(provider).wait(self._limit(provider), now_s)
        return wait is not None and wait.waits_for == "backoff"

    def _wait(self, ticket: Ticket, wait: Wait) -> None:
        self._tell(ticket, wait)
        gate = self._gates.of(ticket.provider)
        if wait.at_s is None:
            gate.when_left(self, self._dispatch)
            return
        at_s = wait.at_s + (YIELD_S if gate.was_last_in(self) else 0.0)
        if self._alarm_s is None or at_s < self._alarm_s:
            self._alarm_s = at_s
            self._alarm_set.set()

    def _tell(self, ticket: Ticket, wait: Wait) -> None:
        if wait.is_news(ticket.told):
            ticket.told = wait
            in_s = None if wait.at_s is None else wait.at_s - self._clock.monotonic_s()
            ticket.waits(wait.waits_for, in_s, wait.reason)

    def _limit(self, provider: str) -> ProviderLimit:
        return self._limits.get(provider, UNLIMITED)


_SLOT = Wait("slot")
_MAKERS = Wait("slot", "documents are made first")
_PAUSE = Wait("pause")


def _turn(ticket: Ticket) -> tuple[bool, int]:
    return not ticket.makes, ticket.ordinal
