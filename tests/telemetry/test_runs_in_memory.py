"""Runs come into memory when somebody asks, and go when nobody needs them, without anybody noticing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import anyio
import msgspec

from services.telemetry.adapters.event_store_sqlite import SqliteEventStore
from services.telemetry.core.incoming import Incoming, take_event
from services.telemetry.core.producer import Producer, SignOfLife
from services.telemetry.flows.clock import Clock
from services.telemetry.flows.commit import Committer
from services.telemetry.flows.counters import Counters
from services.telemetry.flows.ingest import Ingest
from services.telemetry.flows.loop_timers import loop_timers
from services.telemetry.flows.runs import Runs

IDLE_RUNS = 10


class Service:
    def __init__(self, folder: Path) -> None:
        timers, counters, clock = loop_timers(), Counters(), Clock(lambda: 0)
        self.store = SqliteEventStore(folder / "log")
        self.committer = Committer(self.store, timers, counters)
        self.runs = Runs(
            self.store,
            self.committer,
            clock=clock,
            timers=timers,
            counters=counters,
            changed=lambda _: None,
            idle_runs=IDLE_RUNS,
        )
        self.ingest = Ingest(self.store, self.committer, clock=clock, rng=Random(1), counters=counters)

    async def post(self, run: str, *events: Incoming) -> int:
        channel = await self.runs.pin(run)
        outcome = await self.ingest.take(channel, events)
        self.runs.unpin(channel)
        assert outcome.refused is None
        assert outcome.failure is None
        return outcome.accepted


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Service]:
    service = Service(folder)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(service.committer.run)
        try:
            yield service
        finally:
            service.committer.close()
    service.store.close()


def event(number: int) -> Incoming:
    return take_event(b'{"type":"my.a","id":"e%d","data":%d}' % (number, number), "a")


async def test_runs_nobody_needs_leave_memory_and_come_back_as_they_were(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        for number in range(200):
            await service.post(f"r{number}", event(1), event(2))
        assert len(list(service.runs.loaded())) < 200
        for number in range(200):
            assert await service.post(f"r{number}", event(2), event(3)) == 1
            channel = await service.runs.pin(f"r{number}")
            assert (channel.log.high, channel.numbering.high, len(channel.numbering.ids)) == (3, 3, 3)
            service.runs.unpin(channel)


async def test_a_run_that_left_memory_is_listed_from_its_summary(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        for number in range(200):
            await service.post(f"r{number}", event(1))
        gone = [f"r{number}" for number in range(200) if service.runs.peek(f"r{number}") is None]
        rows = {row.run_id: row for row in service.store.runs(limit=1000, before=None)}
    assert gone
    for run in gone:
        assert rows[run].facts_seq == rows[run].high == 1
        assert msgspec.json.decode(rows[run].facts)["status"] == "open"


async def test_a_run_somebody_holds_stays(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        held = await service.runs.pin("held")
        for number in range(200):
            await service.post(f"r{number}", event(1))
        assert service.runs.peek("held") is held
        service.runs.unpin(held)


async def test_a_run_asked_for_by_many_at_once_is_read_once(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        found = []

        async def ask() -> None:
            found.append(await service.runs.pin("a"))

        async with anyio.create_task_group() as asking:
            for _ in range(20):
                asking.start_soon(ask)
        assert len({id(channel) for channel in found}) == 1
        assert found[0].pins == 20


def test_a_producer_is_live_until_ten_seconds_without_a_sign() -> None:
    producer = Producer(SignOfLife(produced=1), 0)
    producer.hear(SignOfLife(produced=2), 5_000)
    assert producer.facts(14_999)["state"] == "live"
    assert producer.facts(14_999)["since"] == "1970-01-01T00:00:00.000Z"
    silent = producer.facts(15_000)
    assert (silent["state"], silent["since"], silent["produced"]) == ("silent", "1970-01-01T00:00:05.000Z", 2)
    producer.hear(SignOfLife(produced=3), 60_000)
    assert producer.facts(60_001)["since"] == "1970-01-01T00:01:00.000Z"
