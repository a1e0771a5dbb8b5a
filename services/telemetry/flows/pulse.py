"""When an audience is served: at once after silence, then in rounds with a pause between them.

A round serves a large audience in slices, one a turn of the event loop, so that requests are answered in between.
"""

from collections.abc import Callable, Iterable
from typing import Protocol

import structlog

from services.telemetry.flows.outlet import Outlet
from services.telemetry.flows.ports import Handle, Timers

SLICE_VIEWERS = 100

log = structlog.get_logger()


def log_fault(error: Exception) -> None:
    """What is done about a round that cannot begin, where nobody counts it."""
    log.error("a round for viewers could not begin", exc_info=error)


class Pushable(Protocol):
    """Somebody who can be brought up to date without waiting."""

    @property
    def outlet(self) -> Outlet:
        """The connection, to be dropped when this fails."""

    def push(self) -> None:
        """Send what is new, as far as the connection takes it."""


class Pulse:
    """Calls ``begin`` and then pushes each of ``viewers``, whenever it has been touched.

    The next round begins no earlier than ``gap_s`` after the begin of the last one, and, so that the service has time
    for others, no earlier than the last one took after its end.
    """

    __slots__ = ("_again", "_begin", "_due", "_faulty", "_gap_s", "_next_at", "_running", "_timers", "_viewers")

    def __init__(
        self,
        timers: Timers,
        *,
        begin: Callable[[], None],
        viewers: Callable[[], Iterable[Pushable]],
        gap_s: float,
        faulty: Callable[[Exception], None] = log_fault,
    ) -> None:
        self._timers = timers
        self._begin = begin
        self._viewers = viewers
        self._gap_s = gap_s
        self._faulty = faulty
        self._next_at = 0.0
        self._due: Handle | None = None
        self._running = False
        self._again = False

    @property
    def resting(self) -> bool:
        """Whether no round is running or due."""
        return not self._running and self._due is None

    def touch(self) -> None:
        """There is something new."""
        if self._running:
            self._again = True
        elif self._due is None:
            wait_s = self._next_at - self._timers.time()
            if wait_s > 0:
                self._due = self._timers.call_later(wait_s, self._start)
            else:
                self._due = self._timers.call_soon(self._start)

    def stop(self) -> None:
        """Let no round come."""
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _start(self) -> None:
        self._due = None
        self._running = True
        started = self._timers.time()
        try:
            self._begin()
        except Exception as error:  # noqa: BLE001 - nobody stands above this callback, and the viewers wait
            self._faulty(error)
        self._slice(list(self._viewers()), 0, started)

    def _slice(self, viewers: list[Pushable], at: int, started: float) -> None:
        for viewer in viewers[at : at + SLICE_VIEWERS]:
            try:
                viewer.push()
            except Exception as error:  # noqa: BLE001 - one viewer's fault must not stop the others
                viewer.outlet.fail(error)
        at += SLICE_VIEWERS
        if at < len(viewers):
            self._timers.call_soon(self._slice, viewers, at, started)
            return
        ended = self._timers.time()
        self._next_at = max(started + self._gap_s, ended + (ended - started))
        self._running = False
        if self._again:
            self._again = False
            self.touch()
