"""Ids never repeat: whatever a store does, a position is given to one event only, and an acknowledged one keeps it.

Producers post at the same time, repeat themselves, and give up; commits fail at random, with more numbered behind them.
"""

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import anyio
import anyio.lowlevel
from hypothesis import given, settings
from hypothesis import strategies as st

from services.telemetry.core.incoming import Incoming, take_event
from services.telemetry.core.numbering import Numbering
from services.telemetry.core.run_log import RunLog
from services.telemetry.errors import StoreError
from services.telemetry.flows.channel import Channel
from services.telemetry.flows.clock import Clock
from services.telemetry.flows.commit import Committer
from services.telemetry.flows.counters import Counters
from services.telemetry.flows.ingest import Ingest, Outcome
from services.telemetry.flows.loop_timers import loop_timers
from services.telemetry.flows.ports import Batch, Write
from tests.telemetry.fakes import FakeStore

RUN = "a"


class FailingStore(FakeStore):
    """A store whose writes fail where it is told so; it keeps a whole group or nothing."""

    def __init__(self, failures: Sequence[bool]) -> None:
        super().__init__()
        self._failures = list(failures)
        self._lock = threading.Lock()

    def write(self, batches: Sequence[Batch], others: Sequence[Write]) -> None:
        with self._lock:
            if self._failures and self._failures.pop(0):
                raise StoreError("no")
        super().write(batches, others)


@dataclass
class Post:
    """A request: these of a producer's events, begun after so many turns of the loop."""

    producer: int
    first: int
    count: int
    turns: int


@dataclass
class Play:
    """A service, what was acknowledged, and which position was ever seen with which line."""

    failures: list[bool]
    numbered: bool
    acknowledged: set[int] = field(default_factory=set)
    published: dict[str, bytes] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    store: FailingStore = field(init=False)
    channel: Channel = field(init=False)
    ingest: Ingest = field(init=False)

    async def run(self, posts: list[Post]) -> None:
        timers, counters, clock = loop_timers(), Counters(), Clock(lambda: 0)
        self.store = FailingStore(self.failures)
        committer = Committer(self.store, timers, counters)
        self.ingest = Ingest(self.store, committer, clock=clock, rng=Random(1), counters=counters)
        self.channel = Channel(
            RunLog(RUN),
            Numbering(),
            rejected=0,
            deleted=False,
            clock=clock,
            timers=timers,
            counters=counters,
            changed=self._look,
        )
        async with anyio.create_task_group() as service:
            service.start_soon(committer.run)
            try:
                async with anyio.create_task_group() as requests:
                    for post in posts:
                        requests.start_soon(self._post, post)
            finally:
                committer.close()

    async def _post(self, post: Post) -> None:
        for _ in range(post.turns):
            await anyio.lowlevel.checkpoint()
        events = [self._event(post.producer, number) for number in range(post.first, post.first + post.count)]
        outcome = await self.ingest.take(self.channel, events)
        self._note(post, outcome)

    def _event(self, producer: int, number: int) -> Incoming:
        place = {"seq": number, "epoch": "k3v9"} if self.numbered else {"id": f"{producer}-{number}"}
        sent = {"type": "my.a", "data": [producer if not self.numbered else 0, number], **place}
        return take_event(json.dumps(sent).encode(), RUN)

    def _note(self, post: Post, outcome: Outcome) -> None:
        if outcome.failure is not None:
            assert (outcome.accepted, outcome.duplicates) == (0, 0)
            return
        known = outcome.accepted + outcome.duplicates
        assert known <= self.channel.log.high, "acknowledged before it was published"
        self.acknowledged |= {
            number if self.numbered else 1000 * post.producer + number
            for number in range(post.first, post.first + known)
        }

    def _look(self, channel: Channel) -> None:
        """Called at each change, as a viewer would be."""
        log = channel.log
        for seq in range(1, log.high + 1):
            frame, place = log.tail.frame(seq), log.place(seq)
            # What is wrong is kept, not raised: the service would take it for a fault of its own.
            if frame is None or place is None or self.published.setdefault(place, frame) != frame:
                self.wrong.append(f"{place} was given twice")

    def check(self) -> None:
        assert not self.wrong
        kept: list[dict[str, Any]] = [json.loads(line) for line in self.store.kept.get(RUN, [])]
        assert [line["seq"] for line in kept] == list(range(1, len(kept) + 1))
        assert len({line["epoch"] for line in kept}) <= 1
        assert len({tuple(line["data"]) for line in kept}) == len(kept), "an event is stored twice"
        stored = {number if self.numbered else 1000 * producer + number for producer, number in map(_data, kept)}
        assert self.acknowledged <= stored, "an acknowledged event is not stored"
        assert self.channel.log.high == self.channel.numbering.high == len(kept)
        assert not self.channel.pending
        shown = [self.channel.log.place(line["seq"]) for line in kept]
        assert list(self.published) == shown, "something was published that is not stored"


def _data(line: dict[str, Any]) -> tuple[int, int]:
    producer, number = line["data"]
    return producer, number


POSTS = st.lists(
    st.builds(Post, st.integers(1, 3), st.integers(1, 12), st.integers(0, 5), st.integers(0, 20)),
    min_size=1,
    max_size=14,
)


@given(POSTS, st.lists(st.booleans(), max_size=8), st.booleans())
@settings(max_examples=60)
def test_a_position_is_given_once_whatever_fails(posts: list[Post], failures: list[bool], numbered: bool) -> None:
    play = Play(failures, numbered)
    anyio.run(play.run, posts)
    play.check()


@given(st.integers(1, 30), st.lists(st.booleans(), max_size=20))
@settings(max_examples=40)
def test_a_producer_that_sends_again_what_was_not_acknowledged_loses_nothing(events: int, failures: list[bool]) -> None:
    play = Play(failures, numbered=True)
    # More tries than there are failures: in the end everything is kept.
    anyio.run(play.run, [Post(1, 1, events, 0)])
    play.check()
    left = list(failures[1:])
    while len(play.acknowledged) < events:
        again = Play(left, numbered=True)
        anyio.run(again.run, [Post(1, 1, events, 0)])
        again.check()
        play, left = again, left[1:]
    assert play.acknowledged == set(range(1, events + 1))
