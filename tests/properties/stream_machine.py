"""What can happen to a run and to those who follow it, for any kind of stream; the claims are the follower's.

A follower is modelled by what it was told in whole frames, over all its connections: it comes back with the last id, as
EventSource does. A connection may be cut anywhere, also in the middle of a frame.
"""

import json
import re
from abc import ABC, abstractmethod
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule

from services.telemetry.core.asked import NEW, NOW, Asked, read_asked, stands_at_end
from services.telemetry.flows.viewer import Viewer
from tests.properties.stream_world import EPOCH, Socket, World

_FRAME = re.compile(rb"(?:retry: \d+\n)?(?:id: (?P<id>[^\n]*)\n)?event: (?P<event>[^\n]*)\ndata: (?P<data>[^\n]*)\n\n")


class Follower(ABC):
    """Somebody who follows the run, over any number of connections."""

    def __init__(self, world: World, asked: Asked, limit: int | None) -> None:
        self.world = world
        self.asked = asked
        self.limit = limit
        self.last_id: str | None = None
        self.ended = False
        """Whether this connection has said ``end``."""
        self.viewer: Viewer | None = None
        self.socket = Socket()
        self._read = 0
        self.connect()

    def connect(self) -> None:
        asked = self.asked if self.last_id is None else read_asked(self.last_id)
        self.ended = False
        if stands_at_end(asked, self.world.log):
            return
        self.begins(asked, first=self.last_id is None)
        self._read = 0
        self.viewer, self.socket = self.open(asked)

    @abstractmethod
    def open(self, asked: Asked) -> tuple[Viewer, Socket]:
        """Make the connection."""

    @abstractmethod
    def begins(self, asked: Asked, *, first: bool) -> None:
        """What this connection owes, as the contract says."""

    @abstractmethod
    def takes(self, event: str, id_: int | None, data: Any) -> None:
        """One whole frame has come; ``id_`` is the seq its id names."""

    @property
    @abstractmethod
    def all_told(self) -> bool:
        """Whether nothing is owed any more, once everything has settled."""

    def read(self) -> None:
        """Take in every whole frame there is."""
        while found := _FRAME.match(self.socket.taken, self._read):
            self._read = found.end()
            event = found["event"].decode()
            assert not self.ended, f"{event} after the end"
            seq = None
            if found["id"] is not None:
                self.last_id = found["id"].decode()
                epoch, _, number = self.last_id.rpartition("-")
                seq = int(number)
                assert epoch == EPOCH or event == "hello"
            self.ended = event == "end"
            if event != "hello":
                self.takes(event, seq, json.loads(found["data"]))

    def cut(self, lost_bytes: int) -> None:
        """The connection breaks; its last bytes never arrive."""
        assert self.viewer is not None
        self.socket.taken = self.socket.taken[: max(self._read, len(self.socket.taken) - lost_bytes)]
        self.read()
        self.viewer.leave()
        self.viewer.outlet.close()
        self.viewer = None

    @property
    def connected(self) -> bool:
        return self.viewer is not None


PLACES = (
    st.sampled_from([NEW, NOW, read_asked("rubbish"), read_asked("other-3"), read_asked("2", seq_allowed=True)])
    | st.integers(0, 40).map(lambda seq: read_asked(f"{EPOCH}-{seq}"))
)  # fmt: skip


class StreamMachine(RuleBasedStateMachine):
    """Events, flushes, full connections, cut ones, followers that come new and followers that come back."""

    follower: ClassVar[type[Follower]]
    followers = Bundle("followers")

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.all: list[Follower] = []

    @rule(kinds=st.lists(st.booleans(), min_size=1, max_size=12), size=st.integers(0, 400))
    @precondition(lambda self: not self.world.log.ended)
    def post(self, kinds: list[bool], size: int) -> None:
        single, other = ("log", {"message": "x" * size}), ("phase_started", {"phase": "generation", "x": "x" * size})
        self.world.commit(*[single if is_single else other for is_single in kinds])

    @rule()
    @precondition(lambda self: self.world.log.high and not self.world.log.ended)
    def finish(self) -> None:
        self.world.commit(("run_finished", {"status": "completed"}))

    @rule()
    @precondition(lambda self: self.world.log.ended)
    def resume(self) -> None:
        self.world.commit(("run_resumed", {}))

    @rule(seconds=st.sampled_from([0, 0.001, 0.006, 0.11, 1]))
    def let_time_go_by(self, seconds: float) -> None:
        self.world.timers.run(seconds)

    @rule()
    def read_from_the_store(self) -> None:
        self.world.catch_up()

    @rule(target=followers, asked=PLACES, limit=st.none() | st.integers(1, 9))
    def arrive(self, asked: Asked, limit: int | None) -> Follower:
        follower = self.follower(self.world, asked, limit)
        self.all.append(follower)
        return follower

    @rule(follower=followers)
    def stop_reading(self, follower: Follower) -> None:
        follower.socket.fill()

    @rule(follower=followers)
    def read_on(self, follower: Follower) -> None:
        follower.socket.drain()

    @rule(follower=followers, lost_bytes=st.integers(0, 600))
    def cut(self, follower: Follower, lost_bytes: int) -> None:
        if follower.connected:
            follower.cut(lost_bytes)

    @rule(follower=followers)
    def come_back(self, follower: Follower) -> None:
        if follower.connected and follower.ended:
            follower.cut(0)
        if not follower.connected:
            follower.connect()

    @invariant()
    def nobody_is_told_anything_wrong(self) -> None:
        for follower in self.all:
            if follower.connected:
                follower.read()
        assert self.world.counters.faults == 0

    def teardown(self) -> None:
        for follower in self.all:
            follower.socket.drain()
        self.world.settle()
        for follower in self.all:
            if follower.connected:
                follower.read()
                assert follower.all_told, "a reader that reads was not told everything"
