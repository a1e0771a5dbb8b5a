"""Numbers given, numbers kept, numbers taken back: what a store that fails does to a batch."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import anyio
import anyio.to_thread

from services.telemetry.core.incoming import Incoming, take_event
from services.telemetry.core.numbering import Numbering
from services.telemetry.core.run_log import RunLog
from services.telemetry.errors import StoreError, StoreFull
from services.telemetry.flows.channel import Channel
from services.telemetry.flows.clock import Clock
from services.telemetry.flows.commit import Committer
from services.telemetry.flows.counters import Counters
from services.telemetry.flows.ingest import Ingest, Outcome
from services.telemetry.flows.loop_timers import loop_timers
from tests.telemetry.fakes import FakeStore


class Service:
    """Everything between a request and the store."""

    def __init__(self) -> None:
        self.timers = loop_timers()
        self.store = FakeStore()
        self.counters = Counters()
        self.clock = Clock(lambda: 0)
        self.committer = Committer(self.store, self.timers, self.counters)
        self.ingest = Ingest(self.store, self.committer, clock=self.clock, rng=Random(1), counters=self.counters)

    def channel(self, name: str) -> Channel:
        return Channel(
            RunLog(name),
            Numbering(),
            rejected=0,
            deleted=False,
            clock=self.clock,
            timers=self.timers,
            counters=self.counters,
            changed=lambda _: None,
        )


@asynccontextmanager
async def running() -> AsyncIterator[Service]:
    service = Service()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(service.committer.run)
        try:
            yield service
        finally:
            service.committer.close()


def events(*texts: str) -> list[Incoming]:
    return [take_event(text.encode(), "a") for text in texts]


def numbered(*seqs: int, type_: str = "my.a") -> list[Incoming]:
    return events(*[f'{{"type":"{type_}","seq":{seq},"epoch":"k"}}' for seq in seqs])


async def test_requests_that_come_together_share_one_write_and_each_is_answered_after_it() -> None:
    async with running() as service:
        a, b = service.channel("a"), service.channel("b")
        outcomes: list[Outcome] = []

        async def post(channel: Channel, batch: list[Incoming]) -> None:
            outcomes.append(await service.ingest.take(channel, batch))
            assert channel.log.high >= len(batch)

        async with anyio.create_task_group() as requests:
            for _ in range(3):
                requests.start_soon(post, a, events('{"type":"my.a"}'))
                requests.start_soon(post, b, events('{"type":"my.a"}', '{"type":"my.b"}'))
    assert service.store.groups == [[("a", 1, 3), ("b", 1, 6)]]
    assert [outcome.accepted for outcome in outcomes] == [1, 2, 1, 2, 1, 2]
    assert service.counters.accepted == 9


async def test_a_write_that_fails_takes_the_numbers_back_and_the_run_begins_anew() -> None:
    async with running() as service:
        channel = service.channel("a")
        service.store.failing = StoreFull("no room")
        outcome = await service.ingest.take(channel, numbered(1, 2))
        assert isinstance(outcome.failure, StoreFull)
        assert (outcome.accepted, outcome.expected, channel.numbering.by) == (0, 1, None)
        assert isinstance(service.committer.failing, StoreFull)
        service.store.failing = None
        outcome = await service.ingest.take(channel, events('{"type":"my.a"}'))
        assert (outcome.accepted, outcome.failure) == (1, None)
        shown: tuple[str | None, Exception | None] = (channel.numbering.by, service.committer.failing)
        assert shown == ("service", None)
    assert len(service.store.kept["a"]) == 1


async def test_what_was_numbered_after_a_lost_event_is_lost_with_it() -> None:
    async with running() as service:
        channel, other = service.channel("a"), service.channel("b")
        await service.ingest.take(channel, numbered(1))
        outcomes: dict[str, Outcome] = {}

        async def post(name: str, of: Channel, batch: list[Incoming]) -> None:
            outcomes[name] = await service.ingest.take(of, batch)

        held = service.store.hold(StoreError("lost"))
        async with anyio.create_task_group() as requests:
            requests.start_soon(post, "first", channel, numbered(2, 3))
            await anyio.to_thread.run_sync(held.begun.wait, 10)
            requests.start_soon(post, "second", channel, numbered(4))
            requests.start_soon(post, "repeat", channel, numbered(2))
            requests.start_soon(post, "other", other, numbered(1))
            await anyio.wait_all_tasks_blocked()
            held.go_on.set()
        assert {name: outcome.failure is None for name, outcome in outcomes.items()} == {
            "first": False,
            "second": False,
            "repeat": False,
            "other": True,
        }
        assert (channel.numbering.high, channel.log.high, channel.pending) == (1, 1, {})
        again = await service.ingest.take(channel, numbered(2, 3, 4))
        assert (again.accepted, again.duplicates) == (3, 0)
    assert len(service.store.kept["a"]) == 4


async def test_those_who_wait_behind_a_write_that_fails_are_told_though_nothing_else_is_to_be_written() -> None:
    async with running() as service:
        channel = service.channel("a")
        outcomes: dict[str, Outcome] = {}

        async def post(name: str, batch: list[Incoming]) -> None:
            outcomes[name] = await service.ingest.take(channel, batch)

        held = service.store.hold(StoreError("lost"))
        with anyio.fail_after(60):
            async with anyio.create_task_group() as requests:
                requests.start_soon(post, "first", numbered(1))
                await anyio.to_thread.run_sync(held.begun.wait, 10)
                requests.start_soon(post, "second", numbered(2))
                await anyio.wait_all_tasks_blocked()
                held.go_on.set()
        assert all(outcome.failure is not None for outcome in outcomes.values())
        assert (await service.ingest.take(channel, numbered(1, 2))).accepted == 2


async def test_a_repeat_of_an_event_that_is_not_kept_yet_waits_for_it() -> None:
    async with running() as service:
        channel = service.channel("a")
        order: list[str] = []

        async def post(name: str, batch: list[Incoming]) -> None:
            outcome = await service.ingest.take(channel, batch)
            order.append(f"{name}: {outcome.accepted} new, {outcome.duplicates} known, {channel.log.high} kept")

        async with anyio.create_task_group() as requests:
            requests.start_soon(post, "first", numbered(1, 2))
            requests.start_soon(post, "repeat", numbered(1, 2))
        assert order == ["first: 2 new, 0 known, 2 kept", "repeat: 0 new, 2 known, 2 kept"]


async def test_ids_of_lost_events_are_free_again() -> None:
    async with running() as service:
        channel = service.channel("a")
        await service.ingest.take(channel, events('{"type":"my.a","id":"kept"}'))
        service.store.failing = StoreError("lost")
        await service.ingest.take(channel, events('{"type":"my.a","id":"lost"}', '{"type":"my.a","id":"kept"}'))
        service.store.failing = None
        outcome = await service.ingest.take(
            channel, events('{"type":"my.b","id":"lost"}', '{"type":"my.a","id":"kept"}')
        )
        assert (outcome.accepted, outcome.duplicates, outcome.refused) == (1, 1, None)


async def test_whatever_the_store_raises_the_requests_are_told_and_the_next_group_is_written() -> None:
    async with running() as service:
        channel = service.channel("a")

        service.store.failing = ValueError("a bug")
        outcome = await service.ingest.take(channel, numbered(1))
        assert isinstance(outcome.failure, StoreError)
        assert service.counters.faults == 1
        service.store.failing = None
        assert (await service.ingest.take(channel, numbered(1))).accepted == 1
