"""The way out to one connection, stepped by hand."""

import anyio

from services.telemetry.flows.counters import Counters
from services.telemetry.flows.outlet import Outlet
from tests.telemetry.fakes import FakeConnection, FakeTimers


class Opened:
    """An outlet on a fake connection."""

    def __init__(self) -> None:
        self.connection = FakeConnection()
        self.timers = FakeTimers()
        self.counters = Counters()
        self.abandoned = 0
        self.outlet = Outlet(self.connection.send, self.timers, self.counters, self._abandon)

    def _abandon(self) -> None:
        self.abandoned += 1


async def settle() -> None:
    await anyio.wait_all_tasks_blocked()


async def test_what_the_connection_takes_is_sent_at_once_without_a_task() -> None:
    opened = Opened()
    opened.outlet.write(b"one")
    opened.outlet.write(b"two")
    assert opened.connection.text == b"onetwo"
    assert opened.outlet.free


async def test_a_connection_that_is_full_blocks_its_outlet_and_frees_it_again() -> None:
    opened = Opened()
    freed: list[str] = []
    opened.outlet.on_free = lambda: freed.append("now")
    opened.connection.pause()
    opened.outlet.write(b"one")
    assert not opened.outlet.free
    assert opened.outlet.blocked_since == opened.timers.now
    assert opened.connection.text == b""
    opened.connection.go_on()
    await settle()
    assert opened.connection.text == b"one"
    assert freed == ["now"]
    shown: tuple[bool, float | None] = (opened.outlet.free, opened.outlet.blocked_since)
    assert shown == (True, None)


async def test_the_last_words_wait_behind_what_was_sent_before() -> None:
    opened = Opened()
    freed: list[str] = []
    opened.outlet.on_free = lambda: freed.append("now")
    opened.connection.pause()
    opened.outlet.write(b"one")
    opened.outlet.finish(b"last")
    opened.outlet.finish(b"never")
    opened.connection.go_on()
    await settle()
    assert opened.connection.text == b"onelast"
    assert opened.connection.finished
    assert freed == []
    assert not opened.outlet.free


async def test_a_dropped_outlet_sends_nothing_more_and_is_counted_once() -> None:
    opened = Opened()
    opened.connection.pause()
    opened.outlet.write(b"one")
    opened.outlet.drop("stalled")
    opened.outlet.drop("stalled")
    opened.connection.go_on()
    await settle()
    opened.outlet.finish(b"last")
    assert opened.connection.messages == []
    assert opened.counters.dropped == {"stalled": 1}
    assert opened.abandoned == 1


async def test_a_connection_that_breaks_is_dropped_and_the_fault_is_counted() -> None:
    opened = Opened()
    opened.connection.broken = True
    opened.outlet.write(b"one")
    assert opened.outlet.closed
    assert opened.counters.dropped == {"error": 1}
    assert opened.counters.faults == 1
