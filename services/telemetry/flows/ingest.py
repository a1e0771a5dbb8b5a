"""A batch of events on its way into the log: number, keep, fold, publish; then say what became of it.

Events are taken in order. At the first one that is refused it stops: what stands before is kept, nothing after is taken.
"""

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

import anyio
import anyio.to_thread
import msgspec
import structlog

from services.telemetry.core.content import check_repeat
from services.telemetry.core.frames import line_of
from services.telemetry.core.incoming import Incoming
from services.telemetry.core.refused import Refused
from services.telemetry.core.run_log import Entry
from services.telemetry.errors import StoreError
from services.telemetry.flows.channel import Channel
from services.telemetry.flows.clock import Clock
from services.telemetry.flows.commit import Committer, Group
from services.telemetry.flows.counters import Counters
from services.telemetry.flows.ports import EventStore
from shared.ids import make_epoch
from shared.stored import write_line

_PAGE_BYTES = 256 * 1024

log = structlog.get_logger()


class Outcome(NamedTuple):
    """``refused`` is the event that stopped the batch, ``at`` its index; ``failure``: nothing of it could be kept."""

    accepted: int
    duplicates: int
    expected: int
    at: int = 0
    refused: Refused | None = None
    failure: StoreError | None = None


class Ingest:
    """Takes batches for any run."""

    def __init__(
        self, store: EventStore, committer: Committer, *, clock: Clock, rng: Random, counters: Counters
    ) -> None:
        self._store = store
        self._committer = committer
        self._clock = clock
        self._rng = rng
        self._counters = counters

    async def take(self, channel: Channel, events: Sequence[Incoming]) -> Outcome:
        """Number these events and wait until they are kept; the channel must be pinned meanwhile."""
        accepted = duplicates = index = 0
        refused: Refused | None = None
        group: Group | None = None
        repeats = Repeats(self._store, channel)
        numbering = channel.numbering
        now_ms, now = self._clock.stamp()
        for index, event in enumerate(events):
            try:
                seq = numbering.place(event)
                if seq > numbering.high:
                    group = self._committer.add(channel, self._entry(channel, event, seq, now_ms, now))
                    accepted += 1
                    continue
                line = repeats.at_hand(seq)
                if line is None:
                    line = await repeats.fetch(seq)
                    if group is not None and group.failure(channel):
                        break
                    if channel.deleted:
                        raise Refused("run-expired", "", "the run was deleted")
                self._compare(channel, event, seq, line)
            except Refused as error:
                refused = error
                break
            except StoreError as error:
                return Outcome(0, 0, numbering.high + 1, index, failure=error)
            duplicates += 1
            if seq > channel.log.high and group is None:
                # A repeat of an event that is not kept yet waits for it; if that fails, it is as good as lost.
                group = self._committer.group_of(channel)
        if group is not None:
            await group.done.wait()
            failure = group.failure(channel)
            if failure is not None:
                return Outcome(0, 0, numbering.high + 1, failure=failure)
        if not channel.hidden:
            self._counters.accepted += accepted
            self._counters.duplicates += duplicates
        return Outcome(accepted, duplicates, numbering.high + 1, index, refused)

    def _compare(self, channel: Channel, event: Incoming, seq: int, line: bytes) -> None:
        """Raise ``Refused`` for other content. Where nobody can read what is stored, the repeat is believed."""
        if seq in channel.log.holes:
            return
        try:
            check_repeat(event, line)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            channel.log.holes.add(seq)
            self._counters.unreadable += 1
            log.exception("a stored event cannot be read", run_id=channel.run_id, seq=seq)

    def _entry(self, channel: Channel, event: Incoming, seq: int, now_ms: int, now: str) -> Entry:
        numbering = channel.numbering
        made_epoch = "" if numbering.epoch is not None else make_epoch(self._rng.getrandbits(64))
        epoch = numbering.extend(event, made_epoch=made_epoch)
        time, time_ms = event.time, event.time_ms
        if time is None:
            time, time_ms = now, now_ms
        line = write_line(
            type_=event.type, run_id=channel.run_id, seq=seq, epoch=epoch, id_=event.id, time=time, data=event.data
        )
        return Entry(seq, event.type, time, time_ms, event.value, line, event.id)


class Repeats:
    """Stored lines of one run by seq, wherever they are; a page of them is kept, for repeats come in a row."""

    def __init__(self, store: EventStore, channel: Channel) -> None:
        self._store = store
        self._channel = channel
        self._page: list[bytes] = []
        self._page_after = 0

    def at_hand(self, seq: int) -> bytes | None:
        """The line of this seq, unless it is in the store only."""
        waiting = self._channel.pending.get(seq)
        if waiting is not None:
            return waiting.line
        frame = self._channel.log.tail.frame(seq)
        if frame is not None:
            return line_of(frame) if frame else b""
        index = seq - self._page_after - 1
        return self._page[index] if 0 <= index < len(self._page) else None

    async def fetch(self, seq: int) -> bytes:
        """The line of this seq, from the store."""
        self._page = await anyio.to_thread.run_sync(self._read, seq - 1)
        self._page_after = seq - 1
        if not self._page:
            raise StoreError(f"seq {seq} is missing in the store")
        return self._page[0]

    def _read(self, after: int) -> list[bytes]:
        return self._store.lines(self._channel.run_id, after=after, limit_bytes=_PAGE_BYTES)
