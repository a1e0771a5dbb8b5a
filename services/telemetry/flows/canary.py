"""The service's test of itself: an event goes in by its own door and has to come out of its own stream.

It is a run of its own that is in no list and no count; the store keeps its newest event only.
"""

from collections.abc import Awaitable, Callable

import anyio
import structlog

from services.telemetry.flows.counters import Counters
from services.telemetry.flows.ports import Timers

DEADLINE_S = 5.0
AGAIN_S = 2.0
"""After a failure it is tried again sooner."""
FAILURES_TO_TELL = 2
"""One may be an accident."""

RoundTrip = Callable[[int], Awaitable[None]]
"""Sends the n-th event and returns when it came back; raises ``TripFailed``."""

log = structlog.get_logger()


class TripFailed(Exception):
    """The event did not go in, or did not come back; says which."""


class Canary:
    """``run`` is a task. ``failing``: why the last ones failed, once there were enough of them."""

    def __init__(self, run_id: str, timers: Timers, counters: Counters, *, interval_s: float) -> None:
        self.run_id = run_id
        self.latency_s: float | None = None
        """How long the newest one that came back was under way."""
        self.trips = 0
        self.failures = 0
        self.failing: str | None = None
        self._timers = timers
        self._counters = counters
        self._interval_s = interval_s
        self._failed_in_a_row = 0

    async def run(self, trip: RoundTrip) -> None:
        """Send one now and then, for ever; not at all if the interval is 0."""
        while self._interval_s > 0:
            await self.beat(trip)
            await anyio.sleep(min(self._interval_s, AGAIN_S) if self._failed_in_a_row else self._interval_s)

    async def beat(self, trip: RoundTrip) -> None:
        """Send one and wait for it, not for long."""
        self.trips += 1
        began = self._timers.time()
        try:
            with anyio.fail_after(DEADLINE_S):
                await trip(self.trips)
        except TripFailed as error:
            self._failed(str(error))
        except TimeoutError:
            self._failed(f"nothing came back within {DEADLINE_S:g} s")
        except Exception as error:
            self._counters.fault("canary")
            log.exception("the service's test of itself went wrong")
            self._failed(type(error).__name__)
        else:
            self.latency_s = self._timers.time() - began
            self._failed_in_a_row = 0
            if self.failing is not None:
                log.warning("the service's test of itself succeeds again")
                self.failing = None

    def _failed(self, reason: str) -> None:
        self.failures += 1
        self._failed_in_a_row += 1
        if self._failed_in_a_row >= FAILURES_TO_TELL:
            if self.failing is None:
                log.error("the service's test of itself fails", reason=reason)
            self.failing = reason
