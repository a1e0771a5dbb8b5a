"""The viewers of one run, and what they share: chunks joined once, stats encoded once, rounds in which all are served."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from services.telemetry.core import facts, frames
from services.telemetry.core.frames import Form
from services.telemetry.core.live_backlog import Placed
from services.telemetry.core.run_log import RunLog
from services.telemetry.core.tail import BLOCK_BYTES
from services.telemetry.flows.outlet import chunk
from services.telemetry.flows.ports import Message, Timers
from services.telemetry.flows.pulse import Pulse
from shared.limits import LIVE_INTERVAL_S

LOG_GAP_S = 0.005
"""Under load the log's viewers are served at most this often: many events then share one write."""
CROWD_VIEWERS = 100
"""From so many viewers on it can take longer to send an event to all than to take it in."""
KEPT_CHUNKS = 64
"""Chunks of at most 256 KiB that are kept for viewers that come to the same place."""


class Watcher(Protocol):
    """A viewer, or the part of one that watches this run."""

    def push(self) -> None:
        """Send what is new, as far as the connection takes it."""

    def deleted(self) -> None:
        """The run is no more."""


class Reader(Watcher, Protocol):
    """A viewer of the log."""

    @property
    def cursor(self) -> int:
        """The seq it has got to."""


class LogChunk(NamedTuple):
    """Events ready to send, up to ``upto``."""

    message: Message
    upto: int
    events: int


class LiveChunk:
    """What a live viewer gets next: single events up to ``upto``, then words about the state. ``final``: the last one."""

    __slots__ = ("_messages", "final", "singles", "upto", "words")

    def __init__(self, singles: list[bytes], words: list[bytes], upto: int, *, final: bool) -> None:
        self.singles = singles
        self.words = words
        self.upto = upto
        self.final = final
        self._messages: dict[Form, Message] = {}

    def message(self, form: Form) -> Message:
        """All of it, joined once for every form."""
        message = self._messages.get(form)
        if message is None:
            message = self._messages[form] = chunk(form([*self.singles, *self.words]))
        return message


class Audience:
    """Who watches a run. ``log_upto`` is how far the log has been published; the live view always has its newest state."""

    def __init__(
        self, log: RunLog, timers: Timers, *, status: Callable[[], facts.Facts], changed: Callable[[], None]
    ) -> None:
        self.log = log
        self.log_viewers: dict[Reader, None] = {}
        self.live_viewers: dict[Watcher, None] = {}
        self.log_upto = log.high
        self.status_frame = b""
        self.status_version = 0
        self.crowded = False
        """Whether most of a large audience is further behind than memory reaches: producers should wait a moment."""
        self.delivered = 0
        """Event frames handed to viewers' connections."""
        self._status = status
        self._changed = changed
        self._log_pulse = Pulse(timers, begin=self.publish_log, viewers=lambda: self.log_viewers, gap_s=LOG_GAP_S)
        self._live_pulse = Pulse(
            timers, begin=self.publish_live, viewers=lambda: self.live_viewers, gap_s=LIVE_INTERVAL_S
        )
        self._log_chunks: dict[tuple[int, Form], LogChunk] = {}
        self._live_chunks: dict[tuple[int, int, int], LiveChunk] = {}
        self._live_at = -1
        self._stats: tuple[int, bytes] = (-1, b"")
        self._greetings: dict[Form, Message] = {}
        self._greetings_of: list[Placed] | None = None

    def __len__(self) -> int:
        return len(self.log_viewers) + len(self.live_viewers)

    def log_grew(self) -> None:
        """New events were committed."""
        if self.log_viewers:
            self._log_pulse.touch()
        else:
            self.publish_log()
        self.state_changed()

    def state_changed(self) -> None:
        """The status may be another."""
        if self.live_viewers:
            self._live_pulse.touch()
        self._changed()

    def deleted(self) -> None:
        """The run is no more: every viewer is told, and goes."""
        for pulse in (self._log_pulse, self._live_pulse):
            pulse.stop()
        for watcher in [*self.log_viewers, *self.live_viewers]:
            watcher.deleted()
        self._changed()

    def publish_log(self) -> None:
        """Let the log's viewers have everything."""
        if self.log_upto != self.log.high:
            self.log_upto = self.log.high
            self._log_chunks.clear()
            self._look_around()

    def _look_around(self) -> None:
        viewers = len(self.log_viewers)
        if viewers < CROWD_VIEWERS:
            self.crowded = False
        else:
            base = self.log.tail.base
            self.crowded = sum(viewer.cursor < base for viewer in self.log_viewers) * 2 > viewers

    def publish_live(self) -> None:
        """Let the live viewers have everything."""
        self._live_at = self.log.high
        self._live_chunks.clear()
        frame = frames.word("status_update", self.log.run_id, self._status())
        if frame != self.status_frame:
            self.status_frame = frame
            self.status_version += 1

    def join_log(self, reader: Reader) -> None:
        """Serve this one, too, from now on."""
        if self._log_pulse.resting:
            self.publish_log()
        self.log_viewers[reader] = None

    def leave_log(self, reader: Reader) -> None:
        """Serve this one no more."""
        self.log_viewers.pop(reader, None)

    def join_live(self, watcher: Watcher) -> None:
        """Serve this one, too, from now on."""
        if not self.live_viewers or self._live_at != self.log.high:
            self.publish_live()
        self.live_viewers[watcher] = None

    def leave_live(self, watcher: Watcher) -> None:
        """Serve this one no more."""
        self.live_viewers.pop(watcher, None)

    def log_chunk(self, after: int, form: Form, upto: int) -> LogChunk | None:
        """The events after this seq, to the end of their block at most; None where the store has to be asked."""
        known = self._log_chunks.get((after, form))
        if known is not None and known.upto <= upto:
            return known
        tail = self.log.tail
        if not tail.holds(after):
            return None
        stop = tail.stop(after, upto)
        made = LogChunk(chunk(form(tail.between(after, stop))), stop, stop - after)
        if upto == self.log_upto:
            if len(self._log_chunks) >= KEPT_CHUNKS:
                self._log_chunks.clear()
            self._log_chunks[after, form] = made
        return made

    def live_chunk(self, after: int, status_version: int, stats_seq: int) -> LiveChunk | None:
        """What is due to a viewer that has the singles up to ``after``, this status and these stats; None: nothing.

        The tail must hold everything after ``after``.
        """
        if self._live_at != self.log.high:
            self.publish_live()
        key = (after, status_version, stats_seq)
        known = self._live_chunks.get(key)
        if known is None:
            known = self._make_live_chunk(after, status_version, stats_seq)
            if known is None:
                return None
            if len(self._live_chunks) >= KEPT_CHUNKS:
                self._live_chunks.clear()
            self._live_chunks[key] = known
        return known

    def _make_live_chunk(self, after: int, status_version: int, stats_seq: int) -> LiveChunk | None:
        singles, upto = self._singles(after)
        if upto < self.log.high:
            return LiveChunk(singles, [], upto, final=False)
        words = []
        if status_version != self.status_version:
            words.append(self.status_frame)
        if stats_seq != self.log.high:
            words.append(self.stats_frame())
        final = self.log.ended
        if final:
            words.append(self.end_frame())
        return LiveChunk(singles, words, upto, final=final) if singles or words else None

    def _singles(self, after: int) -> tuple[list[bytes], int]:
        """Single events after a seq, a block of them at most, and how far that is."""
        tail = self.log.tail
        found: list[bytes] = []
        size = 0
        for seq in tail.singles(after, self.log.high):
            frame = tail.frame(seq)
            if frame is None:
                continue
            if found and size + len(frame) > BLOCK_BYTES:
                return found, seq - 1
            found.append(frame)
            size += len(frame)
        return found, self.log.high

    def greeting(self, backlog: list[Placed], form: Form) -> Message:
        """A whole backlog as one message, joined once for all viewers that got the same one."""
        if backlog is not self._greetings_of:
            self._greetings_of = backlog
            self._greetings.clear()
        message = self._greetings.get(form)
        if message is None:
            message = self._greetings[form] = chunk(form([placed.frame for placed in backlog]))
        return message

    def stats_frame(self) -> bytes:
        """The newest stats, encoded once for each position."""
        seq, frame = self._stats
        if seq != self.log.high:
            seq = self.log.high
            id_ = self.log.place(seq) if seq else None
            frame = frames.word("fpf_stats_update", self.log.run_id, facts.stats_facts(self.log), id_=id_)
            self._stats = (seq, frame)
        return frame

    def end_frame(self, *, deleted: bool = False) -> bytes:
        """The last word of a stream."""
        id_ = self.log.place(self.log.high) if self.log.high else None
        return frames.word("end", self.log.run_id, facts.end_facts(self.log, deleted=deleted), id_=id_)
