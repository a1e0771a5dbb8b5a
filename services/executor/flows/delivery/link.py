"""Whether telemetry takes events: one state for the whole process, known since when and why."""

from collections.abc import Callable
from typing import Any, Literal

import anyio
import structlog

from services.executor.core.delivery.telemetry_answer import OF_THE_LINK, Cause, Trouble
from services.executor.flows.ports import Clock
from shared.stored import format_time

OF_OTHERS = frozenset({Cause.REFUSED, Cause.RATE_LIMITED})
NOT_ASKED = "telemetry has not been asked yet"

log = structlog.get_logger()


class Link:
    """The state of the way to telemetry. Down until something has got through."""

    def __init__(self, clock: Clock, events_wait: Callable[[], bool]) -> None:
        self._clock = clock
        self._events_wait = events_wait
        self._asked = False
        self._up = False
        self._since_ms = clock.now_ms()
        self._reason: str | None = NOT_ASKED
        self._refused = False
        self._reached = False
        self._returned = anyio.Event()
        self._answered = anyio.Event()
        self._life: str | None = None
        self.returns = 0
        """How often it came up, or turned out to be another life of telemetry."""

    @property
    def state(self) -> Literal["up", "down"]:
        """Up while telemetry takes events, as far as is known."""
        return "up" if self._up else "down"

    def took(self) -> None:
        """Telemetry did its work with events."""
        self._refused = False
        self._reach()
        self._set(None)

    def failed(self, trouble: Trouble, *, with_events: bool) -> None:
        """Something did not get through. What concerns a single run says nothing about the link."""
        if trouble.cause in OF_OTHERS:
            # It speaks as telemetry does; what it said concerns one run.
            self.took()
        if trouble.cause not in OF_THE_LINK:
            return
        self._reached = False
        if with_events:
            self._refused = True
        self._set(trouble.reason)

    def answered(self) -> None:
        """Telemetry answered something else than events: where it refused some, and they wait, that proves little."""
        self._reach()
        if not self._refused or not self._events_wait():
            self._refused = False
            self._set(None)

    def lives(self, life: str) -> None:
        """Telemetry has named its present life. Another one may have lost what the earlier had, however short it was away."""
        if self._life not in {None, life}:
            self._return()
        self._life = life

    async def wait_until_up(self) -> None:
        """Return when it is up."""
        while not self._up:
            await self._returned.wait()

    async def wait_for_return(self, returns: int) -> None:
        """Return when it came up again since it had come up so often."""
        while self.returns == returns:
            await self._returned.wait()

    async def wait_for_answer(self) -> None:
        """Return when telemetry, which did not answer, answers again: events may be taken now."""
        await self._answered.wait()

    def shown(self) -> dict[str, Any]:
        """The state as everybody shows it."""
        return {"state": self.state, "since": format_time(self._since_ms), "reason": self._reason}

    def _return(self) -> None:
        self.returns += 1
        self._returned.set()
        self._returned = anyio.Event()

    def _reach(self) -> None:
        if not self._reached:
            self._reached = True
            self._answered.set()
            self._answered = anyio.Event()

    def _set(self, reason: str | None) -> None:
        up = reason is None
        if up != self._up:
            self._up = up
            self._since_ms = self._clock.now_ms()
            if up:
                self._return()
                if self._asked:
                    log.warning("telemetry takes events again")
            else:
                log.warning("telemetry does not take events; the ledger keeps them", reason=reason)
        elif not self._asked and not up:
            log.warning("telemetry does not take events; the ledger keeps them", reason=reason)
        self._asked = True
        self._reason = reason
