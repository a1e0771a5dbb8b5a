"""What a live viewer of one run gets next: the backlog first, then single events and the newest state.

The same for a stream of one run and for one of several: only how it is written differs.
"""

from typing import NamedTuple

from services.telemetry.core.asked import Asked, Reason, resolve
from services.telemetry.core.frames import type_of
from services.telemetry.core.live_backlog import Placed
from services.telemetry.core.tail import BLOCK_BYTES
from services.telemetry.flows.audience import Audience
from services.telemetry.flows.watchers import LiveChunk
from shared.stored import is_single


class Gap(NamedTuple):
    """The asked place cannot be had; the full state follows."""

    asked: Asked
    reason: Reason


class Backlog(NamedTuple):
    """A part of the backlog; ``whole``: the backlog it is all of, if it is."""

    frames: list[bytes]
    whole: list[Placed] | None


Next = Gap | Backlog | LiveChunk


class Below:
    """The store has to be asked."""


BELOW = Below()


class LiveFeed:
    """One viewer's place in one run's live view."""

    __slots__ = ("_asked", "_backlog", "_backlog_at", "_stats_seq", "_status_version", "audience", "cursor")

    def __init__(self, audience: Audience, asked: Asked) -> None:
        self.audience = audience
        self.cursor = 0
        self._asked: Asked | None = asked
        self._backlog: list[Placed] | None = None
        self._backlog_at = 0
        self._status_version = 0
        self._stats_seq = -1

    def next(self) -> Next | Below | None:
        """What is due, taken as sent; None: nothing now; BELOW: ``feed`` it first."""
        log = self.audience.log
        if self._asked is not None:
            gap = self._begin(self._asked)
            if gap is not None:
                return gap
        if self._backlog is not None:
            part = self._next_backlog(self._backlog)
            if part is not None:
                return part
        if self._asked is not None or self.cursor > log.high:
            return self._while_waiting()
        if log.holes and (hole := log.holes.next(self.cursor)) is not None and hole <= log.high:
            return self._pass_hole()
        if not log.tail.holds(self.cursor):
            return BELOW
        chunk = self.audience.watchers.chunk(self.cursor, self._status_version, self._stats_seq)
        if chunk is not None:
            self.cursor = chunk.upto
            if chunk.upto == log.high:
                self._status_version = self.audience.watchers.status_version
                self._stats_seq = log.high
        return chunk

    def take(self, found: list[bytes]) -> list[bytes]:
        """The single events among these frames, the ones right after ``cursor``, taken as sent."""
        self.cursor += len(found)
        return [frame for frame in found if is_single(type_of(frame))]

    def _begin(self, asked: Asked) -> Gap | None:
        log = self.audience.log
        begin = resolve(asked, log)
        if begin is None:
            return None
        self._asked = None
        if asked.kind == "new" or begin.gap is not None:
            self._backlog, self._backlog_at = log.backlog.frames(), 0
            self.cursor = log.high
        else:
            self.cursor = begin.cursor
        return Gap(asked, begin.gap) if begin.gap is not None else None

    def _pass_hole(self) -> Gap:
        """Events that are due cannot be read any more: the full state instead."""
        log = self.audience.log
        gone = Asked("after", log.place(self.cursor) or "", log.epoch, self.cursor)
        self._backlog, self._backlog_at = log.backlog.frames(), 0
        self.cursor = log.high
        return Gap(gone, "unreadable")

    def _next_backlog(self, backlog: list[Placed]) -> Backlog | None:
        first = at = self._backlog_at
        size = 0
        while at < len(backlog) and (at == first or size + len(backlog[at].frame) <= BLOCK_BYTES):
            size += len(backlog[at].frame)
            at += 1
        self._backlog_at = at
        if at == len(backlog):
            self._backlog = None
        if at == first:
            return None
        return Backlog([placed.frame for placed in backlog[first:at]], backlog if at - first == len(backlog) else None)

    def _while_waiting(self) -> Next | None:
        """The run has not got to the asked place: its status is shown, its stats would move the position back."""
        log = self.audience.log
        if log.ended:
            place = log.place(self.cursor) or ""
            self._asked = None
            gone = Asked("after", place, log.epoch, self.cursor)
            self._backlog, self._backlog_at = log.backlog.frames(), 0
            self.cursor = log.high
            return Gap(gone, "ahead")
        if self._status_version == self.audience.watchers.status_version:
            return None
        self._status_version = self.audience.watchers.status_version
        return LiveChunk([], [self.audience.watchers.status_frame], self.cursor, final=False)
