"""Viewers that follow the contract: they come back with the id of the last whole frame, and stop at 204."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import anyio
import httpx

from tests.faults.sse_client import Frame, SseReader

HEARTBEAT_S = 1.0
SILENCE_S = 2.5
"""A link with no byte for this long is dead: two heartbeats missed."""

CONNECT_S = 2.0
FIRST_RETRY_S = 1.0


@dataclass(frozen=True, slots=True)
class Seen:
    """A frame, read."""

    at_s: float
    event: str
    id: str | None
    data: dict[str, Any]
    line: str

    @property
    def run_id(self) -> str | None:
        found: str | None = self.data.get("run_id")
        return found


@dataclass
class Viewer:
    """Watches ``path`` and keeps all it sees. ``kind``: log, live or many."""

    name: str
    kind: str
    base_url: Callable[[], str]
    path: str
    client: httpx.AsyncClient
    frames: list[Seen] = field(default_factory=list)
    last_id: str | None = None
    lost_at_s: list[float] = field(default_factory=list)
    """When it noticed that its link was gone (farewells and ends are none)."""
    connections: int = 0
    refusals: dict[int, int] = field(default_factory=dict)
    began_s: float = 0.0
    ended: anyio.Event = field(default_factory=anyio.Event)
    _again: anyio.Event = field(default_factory=anyio.Event)
    _retry_s: float = FIRST_RETRY_S

    async def watch(self) -> None:
        """Watch until cancelled; after 204 only ``look_again`` makes it look again."""
        self.began_s = time.monotonic()
        while True:
            try:
                over = await self._connect()
            except httpx.HTTPError:
                self.lost_at_s.append(time.monotonic())
                over = False
            if over:
                self.ended.set()
                await self._again.wait()
            else:
                await anyio.sleep(self._retry_s)

    def look_again(self) -> None:
        """The run was resumed: there may be more."""
        self.ended = anyio.Event()
        self._again.set()
        self._again = anyio.Event()

    async def _connect(self) -> bool:
        headers = {"Accept": "text/event-stream"}
        if self.last_id is not None:
            headers["Last-Event-ID"] = self.last_id
        self.connections += 1
        async with self.client.stream("GET", self.base_url() + self.path, headers=headers) as answer:
            if answer.status_code == httpx.codes.NO_CONTENT:
                return True
            if answer.status_code != httpx.codes.OK:
                self.refusals[answer.status_code] = self.refusals.get(answer.status_code, 0) + 1
                return False
            reader = SseReader()
            async for chunk in answer.aiter_raw():
                for frame in reader.feed(chunk):
                    self._see(frame)
                if reader.retry_ms is not None:
                    self._retry_s = reader.retry_ms / 1000
        return False

    def _see(self, frame: Frame) -> None:
        self.frames.append(Seen(frame.at_s, frame.event, frame.id, json.loads(frame.data), frame.data))
        if frame.id is not None:
            self.last_id = frame.id

    def longest_blindness_s(self) -> float:
        """The longest time between two frames; heartbeats are frames."""
        times = [self.began_s, *(frame.at_s for frame in self.frames)]
        return max((later - earlier for earlier, later in pairwise(times)), default=0.0)


def viewer_client() -> httpx.AsyncClient:
    """Connections for any number of viewers, none of them kept for another."""
    return httpx.AsyncClient(
        trust_env=False,
        timeout=httpx.Timeout(CONNECT_S, read=SILENCE_S),
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
    )


def watch_log(name: str, base_url: Callable[[], str], run_id: str, client: httpx.AsyncClient) -> Viewer:
    return Viewer(name, "log", base_url, f"/runs/{run_id}/events?heartbeat={HEARTBEAT_S:g}", client)


def watch_live(name: str, base_url: Callable[[], str], run_id: str, client: httpx.AsyncClient) -> Viewer:
    return Viewer(name, "live", base_url, f"/runs/{run_id}/live?heartbeat={HEARTBEAT_S:g}", client)


def watch_many(name: str, base_url: Callable[[], str], run_ids: list[str], client: httpx.AsyncClient) -> Viewer:
    asked = "&".join(f"run={run_id}" for run_id in run_ids)
    return Viewer(name, "many", base_url, f"/live?{asked}&heartbeat={HEARTBEAT_S:g}", client)
