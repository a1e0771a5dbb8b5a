"""Runs in memory: read from the store when somebody asks, let go when nobody needs them."""

from collections import OrderedDict
from collections.abc import Callable, Iterable

import anyio
import anyio.to_thread
import structlog

from services.telemetry.core.run_log import RunLog
from services.telemetry.flows.channel import Channel
from services.telemetry.flows.clock import Clock
from services.telemetry.flows.commit import Committer
from services.telemetry.flows.counters import Counters
from services.telemetry.flows.ports import OK, EventStore, Timers
from services.telemetry.flows.rebuild import rebuild
from services.telemetry.flows.summaries import summary_of

IDLE_RUNS = 1000
IDLE_BYTES = 128 * 1024 * 1024
"""How many runs nobody watches or writes stay in memory, and how much of it they may take."""
_LOOK_EVERY_RUNS = 64
"""Whether some can go is looked at when so many more are in memory than last time."""

log = structlog.get_logger()


class Runs:
    """Every run by its id. A run is in memory once only: who changes it holds it by ``pin``."""

    def __init__(
        self,
        store: EventStore,
        committer: Committer,
        *,
        clock: Clock,
        timers: Timers,
        counters: Counters,
        changed: Callable[[Channel], None],
        storage: Callable[[], str] = lambda: OK,
        hidden_run: str | None = None,
        idle_runs: int = IDLE_RUNS,
    ) -> None:
        self._store = store
        self._committer = committer
        self._clock = clock
        self._timers = timers
        self._counters = counters
        self._changed = changed
        self._storage = storage
        self._hidden_run = hidden_run
        self._idle_runs = idle_runs
        self._loaded: OrderedDict[str, Channel] = OrderedDict()
        self._loading: dict[str, anyio.Event] = {}
        self._limiter = anyio.CapacityLimiter(2)
        self._look_at_runs = _LOOK_EVERY_RUNS

    def loaded(self) -> Iterable[Channel]:
        """The runs in memory; not the one by which the service tests itself."""
        return (channel for channel in self._loaded.values() if not channel.hidden)

    def peek(self, run_id: str) -> Channel | None:
        """The run, if it is in memory."""
        return self._loaded.get(run_id)

    async def pin(self, run_id: str) -> Channel:
        """The run, also one that has not begun or was deleted; give it back with ``unpin``. Raises ``StoreError``."""
        channel = self._loaded.get(run_id)
        while channel is None:
            other = self._loading.get(run_id)
            if other is not None:
                await other.wait()
                channel = self._loaded.get(run_id)
            else:
                channel = await self._load(run_id)
        channel.pins += 1
        return channel

    def unpin(self, channel: Channel) -> None:
        """Hold the run no longer."""
        channel.pins -= 1
        if channel.idle:
            self._loaded.move_to_end(channel.run_id)
            self._let_go()

    async def _load(self, run_id: str) -> Channel:
        ready = self._loading[run_id] = anyio.Event()
        try:
            about, run_log, numbering = await anyio.to_thread.run_sync(
                rebuild, self._store, run_id, limiter=self._limiter
            )
            self._note(run_log)
            channel = self._loaded[run_id] = Channel(
                run_log,
                numbering,
                rejected=about.rejected,
                deleted=about.deleted,
                clock=self._clock,
                timers=self._timers,
                counters=self._counters,
                changed=self._changed,
                storage=self._storage,
                hidden=run_id == self._hidden_run,
            )
        finally:
            del self._loading[run_id]
            ready.set()
        return channel

    def _note(self, run_log: RunLog) -> None:
        """Count what reading the run again brought to light."""
        if run_log.holes:
            self._counters.unreadable += len(run_log.holes)
            log.error("stored events cannot be read", run_id=run_log.run_id, events=len(run_log.holes))
        if run_log.unfolded:
            self._counters.fault("fold")

    def _let_go(self) -> None:
        """The idle runs that were not used for longest go, beyond the bounds."""
        if len(self._loaded) < self._look_at_runs:
            return
        size = 0
        idle = [channel for channel in reversed(self._loaded.values()) if channel.idle]
        for kept, channel in enumerate(idle, 1):
            size += channel.log.weight_bytes
            if kept > self._idle_runs or size > IDLE_BYTES:
                self.summarise(channel)
                self._counters.fanned_out_before += channel.audience.delivered
                del self._loaded[channel.run_id]
        self._look_at_runs = len(self._loaded) + _LOOK_EVERY_RUNS

    def summarise(self, channel: Channel) -> None:
        """Have the store's summary brought up to date, if it is not."""
        if channel.log.high > channel.summary_seq and not channel.deleted and not channel.hidden:
            channel.summary_seq = channel.log.high
            self._committer.write(summary_of(channel.log))
