"""Whatever happens: no single event of a live stream is skipped or doubled, and its stats are those of their place.

The runs here have fewer ``log`` events than a new viewer is given, so that it is owed all of them.
"""

from bisect import bisect_right
from typing import Any

from hypothesis import settings

from services.telemetry.core.asked import Asked
from services.telemetry.flows.viewer import Viewer
from shared.limits import LIVE_LOG_EVENTS
from tests.properties.stream_machine import Follower, StreamMachine
from tests.properties.stream_world import EPOCH, Socket


class Watcher(Follower):
    """Watches the live view: single events one by one, the newest state, and an id only when all before it was told."""

    place: int | None = None
    """Everything up to here was told, or is not owed; None while nothing says where this watcher begins."""
    newest_stats: int = -1

    def open(self, asked: Asked) -> tuple[Viewer, Socket]:
        return self.world.watch(asked)

    def begins(self, asked: Asked, *, first: bool) -> None:
        self.newest_stats = -1
        if not first:
            return
        if asked.kind == "after":
            known = asked.epoch in {None, EPOCH}
            self.place = asked.seq if known else None
        else:
            self.place = {"new": 0, "now": self.world.log.high}.get(asked.kind)

    def takes(self, event: str, id_: int | None, data: Any) -> None:
        if event == "gap":
            assert id_ is None
            self.place = 0
        elif event == "log":
            assert id_ == data["seq"]
            assert id_ == self._next_single(), "a single event was skipped or doubled"
            self.place = id_
        elif event == "fpf_stats_update":
            assert id_ == (data["seq"] or None)
            assert data["stats"] == self.world.stats_at[data["seq"]], "numbers that never were"
            assert data["seq"] > self.newest_stats, "older numbers after newer ones"
            self.newest_stats = data["seq"]
            self._all_before(id_)
        elif event == "end":
            assert id_ == self.newest_stats, "the end without its numbers"
            self._all_before(id_)
        else:
            assert event == "status_update"
            assert id_ is None

    def _next_single(self) -> int | None:
        singles = self.world.singles
        index = bisect_right(singles, -1 if self.place is None else self.place)
        return singles[index] if index < len(singles) else None

    def _all_before(self, id_: int | None) -> None:
        """An id is sent only when everything up to it was."""
        if id_ is None or self.place is None:
            return
        owed = self._next_single()
        assert owed is None or owed > id_, f"{EPOCH}-{id_} was sent before seq {owed}"
        self.place = max(self.place, id_)

    @property
    def all_told(self) -> bool:
        if not self.world.lines:
            # Somebody with a place in a run that has not begun waits for it; ``hello`` has said so.
            return self.asked.kind == "after" or self.newest_stats == 0
        if self.place is not None and self.place > self.world.log.high:
            return not self.world.log.ended
        told = self.newest_stats == self.world.log.high and self._next_single() is None
        return self.ended or (told and not self.world.log.ended)


class LiveStream(StreamMachine):
    """The people who watch."""

    follower = Watcher

    def teardown(self) -> None:
        assert len(self.world.singles) <= LIVE_LOG_EVENTS
        super().teardown()


TestLiveStream: Any = LiveStream.TestCase
TestLiveStream.settings = settings(max_examples=80, stateful_step_count=30)
