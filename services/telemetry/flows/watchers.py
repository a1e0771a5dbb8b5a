"""The live viewers of one run: served in rounds, with a state that is encoded once for each position."""

from collections.abc import Callable
from typing import Protocol

from services.telemetry.core import facts, frames
from services.telemetry.core.frames import Form
from services.telemetry.core.live_backlog import Placed
from services.telemetry.core.run_log import RunLog
from services.telemetry.core.tail import BLOCK_BYTES
from services.telemetry.flows.outlet import Outlet, chunk
from services.telemetry.flows.ports import Message, Timers
from services.telemetry.flows.pulse import Pulse, log_fault
from shared.limits import LIVE_INTERVAL_S

KEPT_CHUNKS = 64
"""Chunks that are kept for viewers that come to the same place between two events."""


class Watcher(Protocol):
    """A live viewer, or the part of one that watches this run."""

    @property
    def outlet(self) -> Outlet:
        """Its connection."""

    def push(self) -> None:
        """Send what is new, as far as the connection takes it."""

    def deleted(self) -> None:
        """The run is no more."""


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


class Watchers:
    """``status_version`` counts the states that were different; ``status_frame`` is the newest."""

    def __init__(
        self,
        log: RunLog,
        timers: Timers,
        *,
        status: Callable[[], facts.Facts],
        end_frame: Callable[[], bytes],
        faulty: Callable[[Exception], None] = log_fault,
    ) -> None:
        self.viewers: dict[Watcher, None] = {}
        self.status_frame = b""
        self.status_version = 0
        self._log = log
        self._status = status
        self._end_frame = end_frame
        self._pulse = Pulse(
            timers, begin=self.publish, viewers=lambda: self.viewers, gap_s=LIVE_INTERVAL_S, faulty=faulty
        )
        self._at = -1
        self._chunks: dict[tuple[int, int, int], LiveChunk] = {}
        self._stats: tuple[int, bytes] = (-1, b"")
        self._greetings: dict[Form, Message] = {}
        self._greetings_of: list[Placed] | None = None

    def touch(self) -> None:
        """There are new events, or the status may be another."""
        if self.viewers:
            self._pulse.touch()

    def publish(self) -> None:
        """Let them have the newest state."""
        self._at = self._log.high
        self._chunks.clear()
        frame = frames.word("status_update", self._log.run_id, self._status())
        if frame != self.status_frame:
            self.status_frame = frame
            self.status_version += 1

    def join(self, watcher: Watcher) -> None:
        """Serve this one, too, from now on."""
        if not self.viewers or self._at != self._log.high:
            self.publish()
        self.viewers[watcher] = None

    def leave(self, watcher: Watcher) -> None:
        """Serve this one no more."""
        self.viewers.pop(watcher, None)

    def deleted(self) -> None:
        """The run is no more."""
        self._pulse.stop()
        for watcher in list(self.viewers):
            watcher.deleted()

    def chunk(self, after: int, status_version: int, stats_seq: int) -> LiveChunk | None:
        """What is due to a viewer that has the singles up to ``after``, this status and these stats; None: nothing.

        The tail must hold everything after ``after``.
        """
        if self._at != self._log.high:
            self.publish()
        key = (after, status_version, stats_seq)
        known = self._chunks.get(key)
        if known is None:
            known = self._make(after, status_version, stats_seq)
            if known is None:
                return None
            if len(self._chunks) >= KEPT_CHUNKS:
                self._chunks.clear()
            self._chunks[key] = known
        return known

    def _make(self, after: int, status_version: int, stats_seq: int) -> LiveChunk | None:
        log = self._log
        singles, upto = self._singles(after)
        if upto < log.high:
            return LiveChunk(singles, [], upto, final=False)
        words = []
        if status_version != self.status_version:
            words.append(self.status_frame)
        if stats_seq != log.high:
            words.append(self._stats_frame())
        if log.ended:
            words.append(self._end_frame())
        return LiveChunk(singles, words, upto, final=log.ended) if singles or words else None

    def _singles(self, after: int) -> tuple[list[bytes], int]:
        """Single events after a seq, a block of them at most, and how far that is."""
        tail, high = self._log.tail, self._log.high
        found: list[bytes] = []
        size = 0
        for seq in tail.singles(after, high):
            frame = tail.frame(seq)
            if not frame:
                continue
            if found and size + len(frame) > BLOCK_BYTES:
                return found, seq - 1
            found.append(frame)
            size += len(frame)
        return found, high

    def _stats_frame(self) -> bytes:
        seq, frame = self._stats
        if seq != self._log.high:
            seq = self._log.high
            id_ = self._log.place(seq) if seq else None
            frame = frames.word("fpf_stats_update", self._log.run_id, facts.stats_facts(self._log), id_=id_)
            self._stats = (seq, frame)
        return frame

    def greeting(self, backlog: list[Placed], form: Form) -> Message:
        """A whole backlog as one message, joined once for all viewers that got the same one."""
        if backlog is not self._greetings_of:
            self._greetings_of = backlog
            self._greetings.clear()
        message = self._greetings.get(form)
        if message is None:
            message = self._greetings[form] = chunk(form([placed.frame for placed in backlog]))
        return message
