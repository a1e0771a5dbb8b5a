"""The connections of a service, bounded in time: a client that stalls inside a request is ended with 408.

The server itself waits for the rest of a request for ever. Here every open connection is looked at once in a while, so
that a request on its normal way pays nothing for it.
"""

import asyncio
import json
from collections import Counter
from time import monotonic

import anyio
import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from services.process.problem import Problem

REQUEST_LIMIT_S = 30.0
"""How long a client has for its request; each byte of a body buys more."""
LEAST_BYTES_PER_S = 16 * 1024
"""So fast, on the whole, a longer body has to come."""
HEAD_LIMIT_BYTES = 64 * 1024
LOOK_EVERY_S = 1.0
log = structlog.get_logger()

STAGES = ("nothing said", "headers", "long headers", "body")


class Connections:
    """The open ones of one service, and counts of those ended early, by what the client stalled in (``STAGES``)."""

    def __init__(self, *, request_limit_s: float = REQUEST_LIMIT_S) -> None:
        self.request_limit_s = request_limit_s
        self.timed_out: Counter[str] = Counter()
        self.live: set[PatientProtocol] = set()

    @property
    def open(self) -> int:
        """Connections open now."""
        return len(self.live)

    async def watch(self) -> None:
        """End what stalls; for ever."""
        while True:
            await anyio.sleep(min(LOOK_EVERY_S, self.request_limit_s / 2))
            now = monotonic()
            for connection in list(self.live):
                try:
                    connection.look(now)
                except Exception:
                    log.exception("a connection could not be looked at")

    def protocol(self) -> type["PatientProtocol"]:
        """The protocol class for a server whose connections are counted here."""
        connections = self

        class Counted(PatientProtocol):
            __slots__ = ()
            kept = connections

        return Counted


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's protocol that knows since when its client owes the rest of a request."""

    # In slots: with more names the server's own attributes would lose their shared keys, a KiB for each connection.
    __slots__ = ("_bytes", "_owes", "_since")
    kept: Connections

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.kept.live.add(self)
        self._owes = "nothing said"
        self._since = monotonic()
        self._bytes = 0

    def connection_lost(self, exc: Exception | None) -> None:
        self.kept.live.discard(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        # In parts: a head that is much too long is found however much of it came at once.
        for start in range(0, len(data), HEAD_LIMIT_BYTES):
            if self.transport.is_closing():
                return
            self._received(data[start : start + HEAD_LIMIT_BYTES])

    def _received(self, data: bytes) -> None:
        self._bytes += len(data)
        super().data_received(data)
        if self._owes == "headers" and self._bytes > HEAD_LIMIT_BYTES:
            self._give_up("long headers", Problem("too-large", f"a request's head may have {HEAD_LIMIT_BYTES} bytes"))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._owes = "headers"
        self._since = monotonic()
        self._bytes = 0

    def on_headers_complete(self) -> None:
        self._owes = "body"
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._owes = ""
        super().on_message_complete()

    def look(self, now: float) -> None:
        """End the connection if its client has had enough time."""
        if not self._owes:
            return
        limit_s = self.kept.request_limit_s
        if now - self._since <= limit_s + self._bytes / LEAST_BYTES_PER_S:
            return
        if self._owes == "nothing said":
            self.kept.timed_out[self._owes] += 1
            self.transport.close()
        else:
            self._give_up(
                self._owes, Problem("request-timeout", f"the request's {self._owes} did not come within {limit_s:g} s")
            )

    def _give_up(self, stage: str, problem: Problem) -> None:
        # While the head is not whole, the cycle is still that of the request before.
        cycle: RequestResponseCycle | None = self.cycle
        if self._owes == "body":
            unanswered = cycle is not None and not cycle.response_started
        else:
            unanswered = cycle is None or cycle.response_complete
        self._owes = ""
        self.kept.timed_out[stage] += 1
        if unanswered:
            body = json.dumps(problem.body()).encode()
            title = problem.body()["title"]
            head = (
                f"HTTP/1.1 {problem.status} {title}\r\nContent-Type: application/problem+json\r\n"
                f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            )
            self.transport.write(head.encode() + body)
        self.transport.close()
