"""What the readers of one log share, and when producers are asked to wait for them."""

from services.telemetry.core import frames
from services.telemetry.core.run_log import Entry, RunLog
from services.telemetry.flows.counters import Counters
from services.telemetry.flows.outlet import Outlet
from services.telemetry.flows.readers import CROWD_VIEWERS, Readers
from tests.telemetry.fakes import FakeConnection, FakeTimers


class FakeReader:
    def __init__(self, timers: FakeTimers, cursor: int = 0) -> None:
        self.outlet = Outlet(FakeConnection().send, timers, Counters(), lambda: None)
        self.cursor = cursor

    def push(self) -> None:
        return

    def deleted(self) -> None:
        return


def grow(log: RunLog, events: int, size: int = 1000) -> None:
    for seq in range(log.high + 1, log.high + events + 1):
        log.append(Entry(seq, "my.a", "2026-11-22T10:00:00Z", 0, {}, b"x" * size), "k")


def is_crowded(readers: Readers) -> bool:
    return readers.crowded


def test_a_chunk_is_joined_once_for_all_who_stand_at_one_place() -> None:
    log = RunLog("a")
    readers = Readers(log, FakeTimers())
    grow(log, 10)
    readers.publish()
    chunk = readers.chunk(3, frames.as_frames, readers.upto)
    assert chunk is not None
    assert (chunk.upto, chunk.events) == (10, 7)
    assert readers.chunk(3, frames.as_frames, readers.upto) is chunk
    assert readers.chunk(3, frames.as_lines, readers.upto) is not chunk


def test_a_full_block_stays_joined_when_the_log_grows() -> None:
    log = RunLog("a")
    readers = Readers(log, FakeTimers())
    grow(log, 1000)
    readers.publish()
    block, newest = readers.chunk(0, frames.as_frames, 1000), readers.chunk(990, frames.as_frames, 1000)
    grow(log, 1)
    readers.publish()
    assert block is not None
    assert readers.chunk(0, frames.as_frames, readers.upto) is block
    assert readers.chunk(990, frames.as_frames, readers.upto) is not newest


def test_a_place_that_left_memory_has_to_be_asked_of_the_store() -> None:
    log = RunLog("a")
    readers = Readers(log, FakeTimers())
    grow(log, 5000)
    readers.publish()
    assert readers.chunk(0, frames.as_frames, readers.upto) is None


def test_producers_wait_only_while_most_of_a_large_audience_is_far_behind() -> None:
    timers = FakeTimers()
    log = RunLog("a")
    readers = Readers(log, timers)
    slow = [FakeReader(timers) for _ in range(CROWD_VIEWERS // 2)]
    for reader in [*slow, *[FakeReader(timers, cursor=2**40) for _ in range(CROWD_VIEWERS // 2)]]:
        readers.join(reader)
    grow(log, 5000)
    readers.publish()
    assert not is_crowded(readers)
    one_more = FakeReader(timers)
    readers.join(one_more)
    grow(log, 1)
    readers.publish()
    assert is_crowded(readers)
    readers.leave(one_more)
    grow(log, 1)
    readers.publish()
    assert not is_crowded(readers)
    for reader in slow:
        readers.leave(reader)
    readers.join(one_more)
    grow(log, 1)
    readers.publish()
    assert not is_crowded(readers), "a few slow readers slow nobody down"
