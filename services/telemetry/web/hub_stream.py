"""A stream as a response: sse-starlette's, with one task a connection instead of five.

Heartbeats, the farewell and dropping are the hub's, once for the process, so the library's tasks for them are not
started: the connection's own task sends the head, hands the rest to the hub, and waits until the client leaves.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable

import anyio
from sse_starlette import EventSourceResponse
from starlette.types import Message, Receive, Scope, Send

from services.telemetry.core.facts import Facts
from services.telemetry.core.frames import Form, as_frames, as_messages
from services.telemetry.flows.outlet import Outlet
from services.telemetry.flows.viewer import Viewer
from services.telemetry.web.parts import Parts
from services.telemetry.web.query import Query
from shared.limits import CONTRACT_VERSION, HEARTBEAT_S

LAST_WORDS_S = 5.0
"""How long a dropped connection has to take what it was sent, so that it may end in good order."""
LONGEST_HEARTBEAT_S = 3600.0


async def _nothing() -> AsyncIterator[bytes]:
    """The library's own source of events: none."""
    for _ in ():
        yield b""


class HubStream(EventSourceResponse, ABC):
    """One object serves every connection of a route."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(_nothing(), headers={"Cache-Control": "no-cache, no-transform"})
        self.parts = parts
        # Whether the connection is kept is the server's to say.
        self.raw_headers = [pair for pair in self.raw_headers if pair[0] != b"connection"]

    @abstractmethod
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""

    async def send_head(self, scope: Scope, send: Send, headers: list[tuple[bytes, bytes]] | None = None) -> bool:
        """Send the head; False for ``HEAD``, which ends with it."""
        await send({"type": "http.response.start", "status": 200, "headers": headers or self.raw_headers})
        if scope["method"] != "HEAD":
            return True
        await send({"type": "http.response.body", "body": b""})
        return False

    async def hold(self, make: Callable[[Outlet], Viewer], receive: Receive, send: Send) -> None:
        """Be a viewer until the client leaves, the stream ends, or the hub gives the connection up."""
        parts = self.parts
        with anyio.CancelScope() as connection:
            outlet = Outlet(send, parts.timers, parts.counters, connection.cancel)
            viewer = make(outlet)
            try:
                parts.hub.join(viewer)
                while (await receive())["type"] != "http.disconnect":
                    pass
            finally:
                parts.hub.leave(viewer)
        if connection.cancelled_caught and not parts.hub.draining:
            last: Message = {"type": "http.response.body", "body": b"", "more_body": False}
            with anyio.move_on_after(LAST_WORDS_S):
                await send(last)

    def hello(self, status: str | None, seq: int | None, producer: Facts | None, heartbeat_s: float) -> Facts:
        """What ``hello`` says about the service."""
        return {
            "contract": CONTRACT_VERSION,
            "build": self.parts.build,
            "status": status,
            "seq": seq,
            "heartbeat_s": heartbeat_s,
            "producer": producer,
        }


def heartbeat_of(query: Query) -> float:
    """After how much silence the client wants a heartbeat."""
    return query.seconds("heartbeat", least=1.0, most=LONGEST_HEARTBEAT_S) or HEARTBEAT_S


def form_of(query: Query) -> Form:
    """How the client wants its frames."""
    return as_messages if query.choice("event", ("message",)) else as_frames
