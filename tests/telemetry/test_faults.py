"""A fault of our own at any hop: counted by name, shown, and no other event, run or viewer notices."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import anyio
import pytest

from services.telemetry.adapters.event_store_sqlite import SqliteEventStore
from services.telemetry.app import running
from services.telemetry.config import Config
from services.telemetry.core.asked import START
from services.telemetry.core.bodies import Body
from services.telemetry.core.frames import as_frames
from services.telemetry.core.incoming import Incoming, take_event
from services.telemetry.core.places import OutOfPlace
from services.telemetry.core.run_log import Entry, RunLog
from services.telemetry.errors import StoreError
from services.telemetry.flows.channel import Channel
from services.telemetry.flows.counters import Counters
from services.telemetry.flows.live_viewer import LiveViewer
from services.telemetry.flows.log_viewer import LogViewer
from services.telemetry.flows.outlet import Outlet
from services.telemetry.flows.ports import Batch, Write
from services.telemetry.flows.read_events import read_events
from services.telemetry.flows.readers import Readers
from services.telemetry.web.parts import Parts
from shared.fold import RunFold
from tests.telemetry.fakes import FakeConnection, FakeTimers


class Slip(Exception):
    """What nobody expected."""


class ForgetfulFold(RunFold):
    """Cannot count calls named ``bad``."""

    def apply(self, seq: int, type_: str, time: str, time_ms: int, data: Any) -> bool:
        if isinstance(data, dict) and data.get("call_id") == "bad":
            raise Slip
        return super().apply(seq, type_, time, time_ms, data)


class MuteFold(RunFold):
    """Takes everything in and can say nothing about it."""

    def stats(self) -> dict[str, Any]:
        raise Slip


class SlippingStore(SqliteEventStore):
    """Fails in ways a store must not, as often as it is told to."""

    slips: list[Exception]

    def write(self, batches: Sequence[Batch], others: Sequence[Write]) -> None:
        if self.slips:
            raise self.slips.pop()
        super().write(batches, others)


class Watched:
    """A run and somebody who watches it, on a connection that keeps what it gets."""

    def __init__(self, parts: Parts, channel: Channel, kind: type[LogViewer | LiveViewer]) -> None:
        self.connection = FakeConnection()
        self.given_up = False
        outlet = Outlet(self.connection.send, parts.timers, parts.counters, self._give_up)
        behind = parts.catch_up.of(channel.log)
        self.viewer = kind(outlet, channel.audience, behind, asked=START, form=as_frames, heartbeat_s=15)
        parts.hub.join(self.viewer)

    def _give_up(self) -> None:
        self.given_up = True

    @property
    def events(self) -> list[bytes]:
        return [line[7:] for line in self.connection.text.split(b"\n") if line.startswith(b"event: ")]


@asynccontextmanager
async def service(folder: Path) -> AsyncIterator[tuple[Parts, SlippingStore]]:
    store = SlippingStore(folder / "log")
    store.slips = []
    async with running(Config(min_free="0"), store, rng=Random(1)) as parts:
        yield parts, store
    store.close()


def calls(first: int, *names: str) -> list[Incoming]:
    return [
        take_event(f'{{"type":"call_started","seq":{seq},"epoch":"k","data":{{"call_id":"{name}"}}}}'.encode(), "a")
        for seq, name in enumerate(names, first)
    ]


async def settle(condition: Any) -> None:
    with anyio.fail_after(60):
        while not condition():  # noqa: ASYNC110 - nobody tells when a fake connection has got enough
            await anyio.sleep(0.005)


async def test_an_event_that_cannot_be_counted_is_stored_sent_and_said_to_be_missing(tmp_path: Path) -> None:
    async with service(tmp_path) as (parts, _):
        channel, other = await parts.runs.pin("a"), await parts.runs.pin("b")
        channel.log.fold = ForgetfulFold()
        log_viewer, live_viewer = Watched(parts, channel, LogViewer), Watched(parts, channel, LiveViewer)
        outcome = await parts.ingest.take(channel, calls(1, "c1", "bad", "c3"))
        assert (outcome.accepted, outcome.failure, channel.log.high) == (3, None, 3)
        assert (await parts.ingest.take(other, calls(1, "bad"))).accepted == 1
        await settle(lambda: log_viewer.events.count(b"call_started") == 3)
        await settle(lambda: b"fpf_stats_update" in live_viewer.events)
        assert not log_viewer.given_up
        assert not live_viewer.given_up
        stats = channel.facts()["stats"]
        assert stats["in_flight"] == 2
        assert stats["violations"] == ["events were not counted because of a fault, the newest at seq 2"]
        assert other.facts()["stats"]["violations"] == []
        assert parts.counters.hop_faults == {"fold": 1}
    async with service(tmp_path) as (parts, _):
        channel = await parts.runs.pin("a")
        stats = channel.facts()["stats"]
        assert (stats["in_flight"], stats["violations"]) == (3, []), "exact again after a restart"


async def test_a_run_whose_numbers_cannot_be_made_is_watched_on_and_says_so(tmp_path: Path) -> None:
    async with service(tmp_path) as (parts, _):
        channel = await parts.runs.pin("a")
        await parts.ingest.take(channel, calls(1, "c1"))
        live_viewer = Watched(parts, channel, LiveViewer)
        channel.log.fold = MuteFold()
        await parts.ingest.take(channel, calls(2, "c2"))
        await settle(lambda: live_viewer.events.count(b"fpf_stats_update") == 2)
        assert b"the numbers cannot be brought up to date: Slip" in live_viewer.connection.text
        assert not live_viewer.given_up


async def test_an_event_that_cannot_be_read_stops_its_batch_and_is_answered_as_our_fault() -> None:
    counters = Counters()

    def slips(text: bytes, run_id: str) -> Incoming:
        if b"bad" in text:
            raise Slip
        return take_event(text, run_id)

    texts = [b'{"type":"my.a"}', b'{"type":"my.bad"}', b'{"type":"my.c"}']
    events, refused = await read_events(Body(texts, slips), "a", counters)
    assert [event.type for event in events] == ["my.a"]
    assert refused is not None
    assert refused.type == "internal"
    assert counters.hop_faults == {"decode": 1}


@pytest.mark.parametrize(("slip", "faults"), [(Slip(), {"store": 1}), (StoreError("no"), {})])
async def test_a_store_that_slips_loses_nothing_that_was_answered(
    tmp_path: Path, slip: Exception, faults: dict[str, int]
) -> None:
    async with service(tmp_path) as (parts, store):
        channel = await parts.runs.pin("a")
        await parts.ingest.take(channel, calls(1, "c1"))
        store.slips.append(slip)
        outcome = await parts.ingest.take(channel, calls(2, "c2"))
        assert outcome.failure is not None
        assert parts.storage.word != "ok"
        outcome = await parts.ingest.take(channel, calls(2, "c2", "c3"))
        assert (outcome.accepted, parts.storage.word, channel.log.high) == (2, "ok", 3)
        assert parts.counters.hop_faults == faults
        assert parts.counters.store_failures == 1


async def test_a_flush_that_breaks_is_counted_and_the_next_one_brings_everything(tmp_path: Path) -> None:
    async with service(tmp_path) as (parts, _):
        channel = await parts.runs.pin("a")
        await parts.ingest.take(channel, calls(1, "c1"))
        viewer = Watched(parts, channel, LiveViewer)
        produced = channel.audience.watchers.publish
        slips = [Slip(), Slip()]

        def publish() -> None:
            if slips:
                raise slips.pop()
            produced()

        channel.audience.watchers.publish = publish  # type: ignore[method-assign]
        pulse = channel.audience.watchers._pulse
        pulse._begin = publish
        await parts.ingest.take(channel, calls(2, "c2"))
        await settle(lambda: not slips or viewer.given_up)
        assert parts.counters.hop_faults["flush"] >= 1
        other = Watched(parts, channel, LogViewer)
        await parts.ingest.take(channel, calls(3, "c3"))
        await settle(lambda: other.events.count(b"call_started") == 3)


class Unshowable(LiveViewer):
    """Cannot be served."""

    def push(self) -> None:
        if self.outlet.free:
            raise Slip


async def test_a_viewer_that_cannot_be_served_goes_alone(tmp_path: Path) -> None:
    async with service(tmp_path) as (parts, _):
        channel = await parts.runs.pin("a")
        good = [Watched(parts, channel, LiveViewer), Watched(parts, channel, LogViewer)]
        assert Watched(parts, channel, Unshowable).given_up
        await parts.ingest.take(channel, calls(1, "c1"))
        await settle(lambda: all(one.connection.text.count(b"k-1") for one in good))
        assert not any(one.given_up for one in good)
        assert parts.counters.hop_faults == {"render": 1}
        assert parts.counters.dropped == {"error": 1}


async def test_frames_that_do_not_follow_are_never_sent(tmp_path: Path) -> None:
    async with service(tmp_path) as (parts, _):
        channel = await parts.runs.pin("a")
        viewer = Watched(parts, channel, LogViewer)
        await parts.ingest.take(channel, calls(1, "c1", "c2"))
        await settle(lambda: viewer.events.count(b"call_started") == 2)
        frames = channel.log.tail._frames
        frames[0] = frames[1]
        channel.audience.readers._newest.clear()
        late = Watched(parts, channel, LogViewer)
        assert (late.given_up, late.events) == (True, [])
        assert not viewer.given_up
        assert parts.counters.violations == 1
        assert parts.counters.dropped == {"error": 1}


def test_a_chunk_whose_frames_are_in_the_wrong_place_is_not_made() -> None:
    log = RunLog("a")
    for seq in (1, 2, 4):
        log.append(Entry(seq, "my.a", "2026-11-22T10:00:00Z", 0, {}, b"{}"), "k")
    readers = Readers(log, FakeTimers())
    readers.publish()
    with pytest.raises(OutOfPlace, match="k-4 stood where k-3 must"):
        readers.chunk(0, as_frames, 3)
