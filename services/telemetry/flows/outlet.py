"""The way out to one connection, without a task of its own.

The server's ``send`` is a coroutine that as a rule ends without waiting: it hands the bytes to the transport. So it is
stepped by hand, which costs no task switch; a thousand viewers are served by one plain loop. Only where the transport
is full does it wait, for a future; then the outlet is blocked until that future is done. This relies on the protocol
between coroutines and asyncio's futures (a future that is awaited has ``_asyncio_future_blocking`` set), which uvicorn's
``send`` keeps to.
"""

from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from services.telemetry.core.places import OutOfPlace
from services.telemetry.flows.counters import Counters
from services.telemetry.flows.ports import Message, Send, Timers

log = structlog.get_logger()


def chunk(body: bytes) -> Message:
    """Bytes as a message that any number of outlets can send."""
    return {"type": "http.response.body", "body": body, "more_body": True}


class Outlet:
    """``free``: more can be sent now. ``on_free`` is called when it is so again after it was not."""

    __slots__ = (
        "_abandon",
        "_counters",
        "_finishing",
        "_last",
        "_send",
        "_timers",
        "_waiting",
        "blocked_since",
        "closed",
        "free",
        "on_free",
        "sent_at",
    )

    def __init__(self, send: Send, timers: Timers, counters: Counters, abandon: Callable[[], None]) -> None:
        self._send = send
        self._timers = timers
        self._counters = counters
        self._abandon = abandon
        self._waiting: Coroutine[Any, Any, None] | None = None
        self._last: bytes | None = None
        self._finishing = False
        self.free = True
        self.closed = False
        self.blocked_since: float | None = None
        self.sent_at = timers.time()
        self.on_free: Callable[[], None] = _nothing

    def write(self, body: bytes) -> None:
        """Send these bytes; only while ``free``."""
        self.send(chunk(body))

    def send(self, message: Message) -> None:
        """Send a message made by ``chunk``; only while ``free``."""
        self.sent_at = self._timers.time()
        # The server's send is a coroutine function; its type promises an awaitable only.
        self._step(self._send(message))  # type: ignore[arg-type]

    def finish(self, body: bytes) -> None:
        """Send these bytes as the last ones, now or as soon as the connection takes them; nothing follows."""
        if self.closed or self._finishing:
            return
        self._finishing = True
        if self.free:
            self._send_last(body)
        else:
            self._last = body

    def _send_last(self, body: bytes) -> None:
        self.free = False
        message = {"type": "http.response.body", "body": body, "more_body": False}
        self._step(self._send(message))  # type: ignore[arg-type]

    def drop(self, reason: str) -> None:
        """Send nothing more and give the connection up; counted under the reason."""
        if not self.closed:
            self._counters.dropped[reason] += 1
            self.close()
            self._abandon()

    def fail(self, error: Exception) -> None:
        """Something nobody expected happened while this viewer was served: log it, count it, and drop the viewer."""
        self._counters.fault("render")
        self._counters.violations += isinstance(error, OutOfPlace)
        log.error("a viewer could not be served", exc_info=error)
        self.drop("error")

    def close(self) -> None:
        """The connection is gone or given up: forget what waits."""
        self.closed = True
        self.free = False
        self.blocked_since = None
        self.on_free = _nothing
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.close()

    def _step(self, sending: Coroutine[Any, Any, None]) -> None:
        try:
            future = sending.send(None)
        except StopIteration:
            self._waiting = None
            self.blocked_since = None
            self.free = not (self._finishing or self.closed)
            return
        except Exception:
            self._counters.fault("send")
            log.exception("sending to a viewer failed")
            self._waiting = None
            self.drop("error")
            return
        self._waiting = sending
        self.free = False
        if self.blocked_since is None:
            self.blocked_since = self._timers.time()
        if future is None:
            self._timers.call_soon(self._resume)
        else:
            future._asyncio_future_blocking = False  # noqa: SLF001 - the step a task would take, see above
            future.add_done_callback(self._resume)

    def _resume(self, _done: object = None) -> None:
        waiting = self._waiting
        if waiting is None:
            return
        # The connection took what it held: a slow reader, not a stalled one. Its time begins anew.
        self.blocked_since = None
        self._step(waiting)
        if self._waiting is not None or self.closed:
            return
        if self._last is not None:
            body, self._last = self._last, None
            self._send_last(body)
        elif self.free:
            try:
                self.on_free()
            except Exception as error:  # noqa: BLE001 - nobody stands above this callback
                self.fail(error)


def _nothing() -> None:
    """What is called when nobody wants to know."""
