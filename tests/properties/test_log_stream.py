"""Whatever happens to a run, its connections and their readers: a log stream is a contiguous run, or says ``gap``."""

from typing import Any

from hypothesis import settings

from services.telemetry.core.asked import Asked
from services.telemetry.flows.viewer import Viewer
from tests.properties.stream_machine import Follower, StreamMachine
from tests.properties.stream_world import EPOCH, Socket


class LogReader(Follower):
    """Follows the log: every event, once, in order."""

    next: int | None = None
    """The seq the next event must have; None while nothing says where this reader begins."""
    left: int | None = None

    def open(self, asked: Asked) -> tuple[Viewer, Socket]:
        return self.world.follow(asked, self.limit)

    def begins(self, asked: Asked, *, first: bool) -> None:
        self.left = self.limit
        if not first:
            return
        if asked.kind == "after":
            known = asked.epoch in {None, EPOCH}
            self.next = asked.seq + 1 if known else None
        else:
            self.next = {"new": 1, "now": self.world.log.high + 1}.get(asked.kind)

    def takes(self, event: str, id_: int | None, data: Any) -> None:
        if event == "gap":
            assert id_ is None
            self.next = 1
            return
        assert self.next is not None, "neither a place nor a gap"
        if event == "end":
            assert id_ == self.next - 1, "ended before everything was told"
            assert b'"run_finished"' in self.world.lines[self.next - 2], "ended where the run did not"
            return
        assert (id_, data["seq"]) == (self.next, self.next)
        self.next += 1
        if self.left is not None:
            self.left -= 1
            assert self.left >= 0, "more than was asked for"

    @property
    def all_told(self) -> bool:
        if self.left == 0:
            return True
        waits = self.next is None or self.next > len(self.world.lines)
        return self.ended or (waits and not self.world.log.ended)


class LogStream(StreamMachine):
    """The log's readers."""

    follower = LogReader


TestLogStream: Any = LogStream.TestCase
TestLogStream.settings = settings(max_examples=80, stateful_step_count=40)
