"""The viewers of one run's log: served in rounds, with chunks that are joined once for all who stand at one place."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from services.telemetry.core.frames import Form
from services.telemetry.core.places import check_place
from services.telemetry.core.run_log import RunLog
from services.telemetry.flows.outlet import Outlet, chunk
from services.telemetry.flows.ports import Message, Timers
from services.telemetry.flows.pulse import Pulse, log_fault

LOG_GAP_S = 0.005
"""Under load the log's viewers are served at most this often: many events then share one write."""
CROWD_VIEWERS = 100
"""From so many viewers on it can take longer to send an event to all than to take it in."""
KEPT_CHUNKS = 64
"""Chunks of at most 256 KiB that are kept for viewers that come to the same place."""


class Reader(Protocol):
    """A viewer of the log."""

    @property
    def outlet(self) -> Outlet:
        """Its connection."""

    @property
    def cursor(self) -> int:
        """The seq it has got to."""

    def push(self) -> None:
        """Send what is new, as far as the connection takes it."""

    def deleted(self) -> None:
        """The run is no more."""


class LogChunk(NamedTuple):
    """Events ready to send, up to ``upto``."""

    message: Message
    upto: int
    events: int


class Readers:
    """``upto`` is how far the log has been published to them."""

    def __init__(self, log: RunLog, timers: Timers, *, faulty: Callable[[Exception], None] = log_fault) -> None:
        self.viewers: dict[Reader, None] = {}
        self.upto = log.high
        self.crowded = False
        """Whether most of a large audience is further behind than memory reaches: producers should wait a moment."""
        self._log = log
        self._pulse = Pulse(timers, begin=self.publish, viewers=lambda: self.viewers, gap_s=LOG_GAP_S, faulty=faulty)
        self._blocks: dict[tuple[int, Form], LogChunk] = {}
        self._newest: dict[tuple[int, Form], LogChunk] = {}

    def touch(self) -> None:
        """New events were committed."""
        if self.viewers:
            self._pulse.touch()
        else:
            self.publish()

    def publish(self) -> None:
        """Let them have everything."""
        if self.upto != self._log.high:
            self.upto = self._log.high
            self._newest.clear()
            self._look_around()

    def join(self, reader: Reader) -> None:
        """Serve this one, too, from now on."""
        if self._pulse.resting:
            self.publish()
        self.viewers[reader] = None

    def leave(self, reader: Reader) -> None:
        """Serve this one no more."""
        self.viewers.pop(reader, None)

    def deleted(self) -> None:
        """The run is no more."""
        self._pulse.stop()
        for reader in list(self.viewers):
            reader.deleted()

    def chunk(self, after: int, form: Form, upto: int) -> LogChunk | None:
        """The events after this seq, to the end of their block at most; None where the store has to be asked."""
        key = (after, form)
        known = self._newest.get(key) or self._blocks.get(key)
        if known is not None and known.upto <= upto:
            return known
        tail = self._log.tail
        if not tail.holds(after):
            return None
        stop = tail.stop(after, upto)
        due = tail.between(after, stop)
        check_place(due, self._log.epoch, after + 1)
        made = LogChunk(chunk(form(due)), stop, len(due))
        if stop < upto:
            _keep(self._blocks, key, made)
        elif upto == self.upto:
            _keep(self._newest, key, made)
        return made

    def _look_around(self) -> None:
        viewers = len(self.viewers)
        if viewers < CROWD_VIEWERS:
            self.crowded = False
        else:
            base = self._log.tail.base
            self.crowded = sum(viewer.cursor < base for viewer in self.viewers) * 2 > viewers


def _keep(chunks: dict[tuple[int, Form], LogChunk], key: tuple[int, Form], made: LogChunk) -> None:
    if len(chunks) >= KEPT_CHUNKS:
        chunks.clear()
    chunks[key] = made
