"""A run's log, its viewers and their connections without a network: time goes and sockets take when they are told to."""

import json
from collections import deque
from collections.abc import Callable
from typing import Any

from services.telemetry.core import frames
from services.telemetry.core.asked import Asked
from services.telemetry.core.numbering import Numbering
from services.telemetry.core.run_log import Entry, RunLog
from services.telemetry.core.tail import Tail
from services.telemetry.flows.channel import Channel
from services.telemetry.flows.clock import Clock
from services.telemetry.flows.counters import Counters
from services.telemetry.flows.live_viewer import LiveViewer
from services.telemetry.flows.log_viewer import LogViewer
from services.telemetry.flows.outlet import Outlet
from services.telemetry.flows.ports import Message
from services.telemetry.flows.viewer import CatchesUp
from shared.stored import read_line, write_line
from tests.telemetry.fakes import FakeTimers

RUN = "a"
EPOCH = "k3v9"
TIME = "2026-11-22T10:00:00Z"
TAIL_BYTES = 2_000
"""So little is kept in memory that viewers fall behind it."""
PAGE_LINES = 4


class Room:
    """What a full socket waits for, as a future of asyncio looks to whoever steps a coroutine by hand."""

    def __init__(self) -> None:
        self._asyncio_future_blocking = True
        self._callbacks: list[Callable[[object], None]] = []

    def __await__(self) -> Any:
        yield self

    def add_done_callback(self, callback: Callable[[object], None]) -> None:
        self._callbacks.append(callback)

    def open(self) -> None:
        for callback in self._callbacks:
            callback(self)


class Socket:
    """A connection: what it took, and whether it takes more."""

    def __init__(self) -> None:
        self.taken = b""
        self.ended = False
        self._room: Room | None = None

    async def send(self, message: Message) -> None:
        while self._room is not None:
            await self._room
        self.taken += message.get("body", b"")
        self.ended = not message.get("more_body", False)

    def fill(self) -> None:
        if self._room is None:
            self._room = Room()

    def drain(self) -> None:
        room, self._room = self._room, None
        if room is not None:
            room.open()


class World:
    """One run, from before its first event."""

    def __init__(self) -> None:
        self.timers = FakeTimers()
        self.counters = Counters()
        self.channel = Channel(
            RunLog(RUN),
            Numbering(),
            rejected=0,
            deleted=False,
            clock=Clock(lambda: 0),
            timers=self.timers,
            counters=self.counters,
            changed=lambda _: None,
        )
        self.channel.numbering.epoch = EPOCH
        self.log = self.channel.log
        self.log.tail = Tail(limit_bytes=TAIL_BYTES)
        self.lines: list[bytes] = []
        self.singles: list[int] = []
        """Seqs the live view sends one by one."""
        self.stats_at: dict[int, Any] = {0: json.loads(json.dumps(self.log.fold.stats()))}
        """The numbers at each place a viewer can have come to see."""
        self._behind: deque[CatchesUp] = deque()

    def commit(self, *events: tuple[str, dict[str, Any]]) -> None:
        """These events are durable, and viewers are to have them."""
        entries = []
        for type_, data in events:
            seq = len(self.lines) + 1
            text = json.dumps(data).encode()
            line = write_line(type_=type_, run_id=RUN, seq=seq, epoch=EPOCH, id_=None, time=TIME, data=text)
            self.lines.append(line)
            entries.append(Entry(seq, type_, TIME, 0, data, line))
            if type_ == "log":
                self.singles.append(seq)
        self.channel.commit(entries)
        self.stats_at[len(self.lines)] = json.loads(json.dumps(self.log.fold.stats()))

    def follow(self, asked: Asked, limit: int | None = None) -> tuple[LogViewer, Socket]:
        """A reader of the log on a connection of its own, greeted."""
        socket = Socket()
        outlet = Outlet(socket.send, self.timers, self.counters, lambda: None)
        audience, behind = self.channel.audience, self._behind.append
        viewer = LogViewer(outlet, audience, behind, asked=asked, form=frames.as_frames, heartbeat_s=15, limit=limit)
        viewer.greet({}, 2_000)
        viewer.open()
        return viewer, socket

    def watch(self, asked: Asked) -> tuple[LiveViewer, Socket]:
        """A viewer of the live view on a connection of its own, greeted."""
        socket = Socket()
        outlet = Outlet(socket.send, self.timers, self.counters, lambda: None)
        audience, behind = self.channel.audience, self._behind.append
        viewer = LiveViewer(outlet, audience, behind, asked=asked, form=frames.as_frames, heartbeat_s=15)
        viewer.greet({}, 2_000)
        viewer.open()
        return viewer, socket

    def catch_up(self) -> bool:
        """Feed one viewer that is behind from the store; whether there was one."""
        if not self._behind:
            return False
        viewer = self._behind.popleft()
        if viewer.outlet.free:
            page = self.lines[viewer.cursor : viewer.cursor + PAGE_LINES]
            viewer.feed([frames.event_frame(EPOCH, read_line(line).seq, read_line(line).type, line) for line in page])
        return True

    def settle(self) -> None:
        """Let everything happen that is due or will be within a second."""
        for _ in range(10 * len(self.lines) + 100):
            self.timers.run(1)
            if not self.catch_up():
                return
        raise AssertionError("viewers are read to from the store for ever")
