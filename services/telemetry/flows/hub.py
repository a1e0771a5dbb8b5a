"""Everything that is open: heartbeats, viewers that stalled, and the farewell. One timer for all of them."""

import math
from collections.abc import Callable, Iterable
from random import Random

import anyio
import anyio.lowlevel
import structlog

from services.telemetry.flows.channel import Channel
from services.telemetry.flows.clock import Clock
from services.telemetry.flows.counters import Counters
from services.telemetry.flows.ports import Timers
from services.telemetry.flows.pulse import SLICE_VIEWERS
from services.telemetry.flows.viewer import Viewer

log = structlog.get_logger()

TICK_S = 0.5
FAREWELL_S = 0.5
"""How long a connection has to take the farewell."""
RETRY_MS = (2_000, 4_000)
"""What a new stream is told to wait before it comes back, drawn for each."""
DRAIN_SPREAD_MS = 1_000
VIEWERS_PER_SPREAD = 500
"""On a drain the viewers are told to come back spread over a second for each so many of them."""


class Hub:
    """The open streams. ``run`` is a task; the rest is called in the event loop."""

    def __init__(
        self,
        *,
        timers: Timers,
        clock: Clock,
        rng: Random,
        counters: Counters,
        stall_s: float,
        channels: Callable[[], Iterable[Channel]],
    ) -> None:
        self.draining = False
        self._timers = timers
        self._clock = clock
        self._rng = rng
        self._counters = counters
        self._stall_s = stall_s
        self._channels = channels
        self._viewers: dict[Viewer, None] = {}
        self._producers_live: set[str] = set()
        self._empty = anyio.Event()

    def __len__(self) -> int:
        return len(self._viewers)

    def retry_ms(self) -> int:
        """What this connection is told to wait before it comes back."""
        return self._rng.randint(*RETRY_MS)

    def join(self, viewer: Viewer) -> None:
        """Keep this stream alive from now on, and send what there is."""
        self._viewers[viewer] = None
        self._counters.viewers[viewer.stream] += 1
        try:
            viewer.open()
            if self.draining:
                viewer.drain("shutdown", self._farewell_ms())
        except Exception as error:  # noqa: BLE001 - the answer has begun: only the connection can say that it failed
            viewer.outlet.fail(error)

    def leave(self, viewer: Viewer) -> None:
        """The connection has ended."""
        del self._viewers[viewer]
        self._counters.viewers[viewer.stream] -= 1
        viewer.leave()
        outlet = viewer.outlet
        if outlet.blocked_since is not None and not self.draining and self._stalled_s(outlet.blocked_since) > TICK_S:
            # The system gave it up before we did: it had stopped reading.
            self._counters.dropped["gone"] += 1
        outlet.close()
        if not self._viewers:
            self._empty.set()

    def _stalled_s(self, since: float) -> float:
        return self._timers.time() - since

    async def run(self) -> None:
        """Send heartbeats, drop who stalled, notice producers that fell silent; for ever."""
        while True:
            await anyio.sleep(TICK_S)
            try:
                self.watch_producers()
                await self._tick()
            except Exception:
                self._counters.fault("tick")
                log.exception("looking after the viewers failed")

    async def _tick(self) -> None:
        time = self._clock.stamp()[1]
        now = self._timers.time()
        for count, viewer in enumerate(list(self._viewers), 1):
            outlet = viewer.outlet
            if outlet.blocked_since is not None:
                if now - outlet.blocked_since > self._stall_s:
                    outlet.drop("stalled")
            elif outlet.free and now - outlet.sent_at >= viewer.heartbeat_s:
                try:
                    viewer.beat(time)
                except Exception as error:  # noqa: BLE001 - one viewer's fault must not stop the others
                    outlet.fail(error)
            if count % SLICE_VIEWERS == 0:
                await anyio.lowlevel.checkpoint()

    def watch_producers(self) -> None:
        """Tell the viewers of producers that have just fallen silent."""
        now_ms = self._clock.now_ms()
        live = set()
        for channel in self._channels():
            if channel.producer is None:
                continue
            if not channel.producer.is_silent(now_ms):
                live.add(channel.run_id)
            elif channel.run_id in self._producers_live:
                channel.audience.state_changed()
        self._producers_live = live

    async def drain(self) -> None:
        """Say goodbye to every viewer, and wait a moment until they have taken it."""
        self.draining = True
        for count, viewer in enumerate(list(self._viewers), 1):
            viewer.drain("shutdown", self._farewell_ms())
            if count % SLICE_VIEWERS == 0:
                await anyio.lowlevel.checkpoint()
        if self._viewers:
            self._empty = anyio.Event()
            with anyio.move_on_after(FAREWELL_S):
                await self._empty.wait()
        for viewer in list(self._viewers):
            viewer.outlet.drop("drain")

    def _farewell_ms(self) -> int:
        spread_ms = DRAIN_SPREAD_MS * math.ceil(max(1, len(self._viewers)) / VIEWERS_PER_SPREAD)
        return RETRY_MS[0] // 2 + self._rng.randint(0, spread_ms)
