"""Group commit: what waits while one group is written goes into the next one, so that one sync serves many requests.

Groups are written one after another. After a group the loop folds and publishes its events, in the order they were
numbered, and only then lets the requests that wait for it answer. If a group cannot be written, its events lose their
numbers, and with them all that were numbered after them.
"""

from collections.abc import Callable
from queue import SimpleQueue

import anyio
import anyio.to_thread
import structlog

from services.telemetry.core.run_log import Entry
from services.telemetry.errors import StoreError
from services.telemetry.flows.channel import Channel
from services.telemetry.flows.counters import Counters
from services.telemetry.flows.ports import Batch, EventStore, Probe, Timers, Write

MAX_WAITING_BYTES = 256 * 1024 * 1024
"""Lines that wait to be written; beyond this no more are taken."""

log = structlog.get_logger()


class Group:
    """What is written together. ``done`` is set when it has been, or has failed."""

    __slots__ = ("_broken", "done", "entries", "error", "size_bytes", "writes")

    def __init__(self) -> None:
        self.entries: dict[Channel, list[Entry]] = {}
        self.writes: list[Write] = []
        self.size_bytes = 0
        self.done = anyio.Event()
        self.error: StoreError | None = None
        self._broken: dict[Channel, StoreError] = {}

    def batches(self) -> list[Batch]:
        """Each run's part, as the store wants it."""
        return [
            Batch(
                channel.run_id,
                channel.numbering.epoch or "",
                "canary" if channel.hidden else channel.numbering.by or "service",
                entries[0].seq,
                [entry.line for entry in entries],
            )
            for channel, entries in self.entries.items()
        ]

    def failure(self, channel: Channel) -> StoreError | None:
        """Why this run's part of the group was not kept; None if it was."""
        return self.error or self._broken.get(channel)

    def break_off(self, channel: Channel, error: StoreError) -> list[Entry]:
        """Give up this run's part, if it has one, because what comes before it was lost; returns its events."""
        entries = self.entries.pop(channel, [])
        if entries:
            self._broken[channel] = error
        return entries


class Committer:
    """The one that writes. ``run`` is a task that holds the writing thread; the rest is called in the event loop."""

    def __init__(self, store: EventStore, timers: Timers, counters: Counters) -> None:
        self._store = store
        self._timers = timers
        self._counters = counters
        self._handed: SimpleQueue[Group | None] = SimpleQueue()
        self._next = Group()
        self._writing: Group | None = None
        self._due = False
        self._closing = False
        self.failing: StoreError | None = None
        """Why the newest group failed; None if it did not."""
        self.writing_since: float | None = None
        """When the group that is written now was handed over."""
        self.told: Callable[[StoreError | None], None] = _nobody
        """Told of every group whether it was written, or why not."""

    @property
    def full(self) -> bool:
        """Whether so much waits that no more should be taken."""
        return self._next.size_bytes > MAX_WAITING_BYTES

    def add(self, channel: Channel, entry: Entry) -> Group:
        """Have a numbered event written; it waits in ``channel.pending``."""
        group = self._next
        entries = group.entries.get(channel)
        if entries is None:
            entries = group.entries[channel] = []
            self._want()
        entries.append(entry)
        channel.pending[entry.seq] = entry
        group.size_bytes += len(entry.line)
        return group

    def write(self, item: Write) -> Group:
        """Have something else written."""
        self._next.writes.append(item)
        self._want()
        return self._next

    def group_of(self, channel: Channel) -> Group | None:
        """The newest group that holds events of this run and is not done."""
        for group in (self._next, self._writing):
            if group is not None and channel in group.entries:
                return group
        return None

    def close(self) -> None:
        """Write what waits, then end ``run``."""
        self._closing = True
        self._want()

    async def run(self) -> None:
        """Write group after group until closed."""
        await anyio.to_thread.run_sync(self._work, limiter=anyio.CapacityLimiter(1))

    def _want(self) -> None:
        # Handed over after this round of the loop, so that all requests that came in it share one sync.
        if not self._due and self._writing is None:
            self._due = True
            self._timers.call_soon(self._hand_over)

    def _hand_over(self) -> None:
        self._due = False
        group = self._next
        if group.entries or group.writes:
            self._next = Group()
            self._writing = group
            self.writing_since = self._timers.time()
            self._handed.put(group)
        elif self._closing:
            self._handed.put(None)

    def _work(self) -> None:
        """The writing thread."""
        while (group := self._handed.get()) is not None:
            error: Exception | None = None
            try:
                self._store.write(group.batches(), group.writes)
            except Exception as caught:  # noqa: BLE001 - whatever it was, the requests must be told: in the loop
                error = caught
            self._timers.call_soon_threadsafe(self._written, group, error)

    def _written(self, group: Group, error: Exception | None) -> None:
        self._writing = self.writing_since = None
        try:
            if error is None:
                self.failing = None
                for channel, entries in group.entries.items():
                    if not channel.hidden:
                        self._counters.stored += len(entries)
                    channel.commit(entries)
            else:
                self._fail(group, error if isinstance(error, StoreError) else StoreError(type(error).__name__))
        finally:
            group.done.set()
            self._hand_over()
        if error is not None and not isinstance(error, StoreError):
            self._counters.fault("store")
            log.error("writing events failed", exc_info=error)
        self.told(self.failing)

    def _fail(self, group: Group, error: StoreError) -> None:
        self.failing = group.error = error
        self._counters.store_failures += bool(group.entries or group.writes != [Probe()])
        for channel, entries in group.entries.items():
            channel.roll_back([*entries, *self._next.break_off(channel, error)])
        if not (self._next.entries or self._next.writes):
            # All that waited was lost with it: no write will come that those who wait could be told of.
            self._next.done.set()
            self._next = Group()


def _nobody(_error: StoreError | None) -> None:
    """Who is told when nobody wants to know."""
