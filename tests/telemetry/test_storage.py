"""A store that takes nothing: everybody is told at once, what is there can be read, and it goes on by itself."""

import resource
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from services.process import exit_codes
from services.telemetry.errors import StoreError, StoreFull
from services.telemetry.flows.commit import Committer
from services.telemetry.flows.counters import Counters
from services.telemetry.flows.loop_timers import loop_timers
from services.telemetry.flows.ports import Deletion
from services.telemetry.flows.storage import Storage, StorageWatch, spelled
from tests.telemetry.fakes import FakeStore
from tests.telemetry.server import Frame, Server, Stream, finished, log, numbered, problem, step
from tests.telemetry.test_process import start

needs_prlimit = pytest.mark.skipif(sys.platform != "linux", reason="needs prlimit")


def allow(server: Server, size: int) -> None:
    assert server.process is not None
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def database(server: Server) -> Path:
    return server.folder / "telemetry" / "events.sqlite3"


def until_storage(stream: Stream, *, ok: bool) -> Frame:
    while True:
        frame = stream.next()
        if frame.event == "status_update" and (frame.data["storage"] == "ok") is ok:
            return frame


@needs_prlimit
def test_viewers_are_told_at_once_and_it_goes_on_without_anybody_asking(own: Server) -> None:
    own.post("a", *numbered(1, {"type": "run_started", "data": {}}))
    with own.stream("/runs/a/live") as live, own.stream("/live") as summary:
        until_storage(live, ok=True)
        until_storage(summary, ok=True)
        allow(own, 1)
        answer = own.post("a", *numbered(2, log("2")))
        assert problem(answer)[0] == 503
        for stream in (live, summary):
            told = until_storage(stream, ok=False)
            assert told.data["status"] == "running"
        ready = own.get("/health/ready")
        assert problem(ready) == (503, "unavailable")
        assert "events cannot be stored" in ready.json()["detail"]
        assert own.metric("acm2_storage_ok") == 0
        allow(own, resource.RLIM_INFINITY)
        for stream in (live, summary):
            until_storage(stream, ok=True)
        assert own.get("/health/ready").status_code == 200
    assert own.post("a", *numbered(2, log("2"))).json()["accepted"] == 1
    assert own.metric("acm2_storage_outages_total") == 1
    unavailable = own.metric('acm2_posts_unavailable_total{reason="unavailable"}')
    assert unavailable + own.metric('acm2_posts_unavailable_total{reason="storage-full"}') == 1


def test_below_the_least_room_no_event_is_taken_and_everything_can_be_read(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.start()
    server.post("a", *numbered(1, log("1"), step(2)))
    server.stop()
    server.environment["ACM2_MIN_FREE"] = "1024TiB"
    server.start()
    try:
        answer = server.post("a", *numbered(3, log("3")))
        assert problem(answer) == (503, "storage-full")
        assert "1024 TiB" in answer.json()["detail"]
        assert answer.headers["retry-after"]
        assert (answer.json()["accepted"], answer.json()["expected"]) == (0, 3)
        assert server.metric('acm2_posts_unavailable_total{reason="storage-full"}') == 1
        assert [line["seq"] for line in server.lines("a")] == [1, 2]
        with server.stream("/runs/a/live") as live:
            assert "1024 TiB" in until_storage(live, ok=False).data["storage"]
        assert "1024 TiB" in server.get("/health/ready").json()["detail"]
    finally:
        server.close()


def test_a_lock_of_another_program_is_503_until_it_lets_go(own: Server) -> None:
    own.post("a", *numbered(1, log("1")))
    with closing(sqlite3.connect(database(own), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = own.post("a", *numbered(2, log("2")))
        assert problem(answer) == (503, "unavailable")
        assert "locked" in answer.json()["detail"]
        assert len(own.lines("a")) == 1
        other.execute("ROLLBACK")
    own.wait_until("it is ready again", lambda: own.get("/health/ready").status_code == 200)
    assert own.post("a", *numbered(2, log("2"))).json()["high_water"] == 2


def test_a_file_that_was_taken_away_takes_no_events_and_goes_on_when_it_is_back(own: Server) -> None:
    own.post("a", *numbered(1, log("1")))
    file = database(own)
    away = file.with_name("away")
    file.rename(away)
    own.wait_until("it is noticed", lambda: own.get("/health/ready").status_code == 503)
    assert "gone" in own.get("/health/ready").json()["detail"]
    assert problem(own.post("a", *numbered(2, log("2")))) == (503, "unavailable")
    assert own.run("a")["count"] == 1
    away.rename(file)
    own.wait_until("it is noticed, too", lambda: own.get("/health/ready").status_code == 200)
    assert own.post("a", *numbered(2, log("2"), finished())).json()["high_water"] == 3


def test_a_damaged_log_is_named_at_the_start_with_the_way_out(own: Server) -> None:
    own.post("a", *numbered(1, log("1")))
    own.stop()
    file = database(own)
    damaged = bytearray(file.read_bytes())
    damaged[4096:8192] = b"\xff" * 4096
    file.write_bytes(damaged)
    ended = start(own.folder)
    assert ended.returncode == exit_codes.STORAGE
    assert str(file) in ended.stderr
    assert "Move it away" in ended.stderr
    assert "Traceback" not in ended.stderr
    file.rename(file.with_suffix(".damaged"))
    own.start()
    assert own.post("a", *numbered(1, log("1"))).json()["accepted"] == 1


async def test_room_that_comes_and_goes_is_told_once_each_time() -> None:
    timers, counters, store = loop_timers(), Counters(), FakeStore()
    told: list[str] = []
    storage = Storage(counters, lambda: told.append(storage.word))
    committer = Committer(store, timers, counters)
    committer.told = storage.wrote
    watch = StorageWatch(store, committer, storage, min_free_bytes=1000, timers=timers, counters=counters)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(committer.run)
        for room in (1000, 999, 10, StoreError("gone"), 2000, 2000):
            store.room = room
            await watch.look()
        assert told == ["less than 1000 bytes are left", "gone", "ok"]
        assert counters.storage_outages == 1
        assert store.probes == 0, "nothing is written as long as writing does not fail"
        storage.wrote(StoreFull("the disk is full"))
        store.failing = StoreFull("the disk is full")
        await watch.look()
        assert storage.word == "the disk is full"
        store.failing = None
        await watch.look()
        assert told[3:] == ["the disk is full", "ok"]
        assert (store.probes, counters.store_failures) == (2, 0)
        committer.close()


async def test_a_write_that_does_not_end_stops_further_events_and_its_end_lets_them_in_again() -> None:
    timers, counters, store = loop_timers(), Counters(), FakeStore()
    storage = Storage(counters, lambda: None)
    committer = Committer(store, timers, counters)
    committer.told = storage.wrote
    watch = StorageWatch(store, committer, storage, min_free_bytes=0, timers=timers, counters=counters, stuck_s=0.05)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(committer.run)
        held = store.hold(StoreError("too late"))
        group = committer.write(Deletion("a", "now"))
        await anyio.to_thread.run_sync(held.begun.wait, 10)
        while storage.closed is None:
            await watch.look()
        assert "has not ended" in storage.word
        held.go_on.set()
        await group.done.wait()
        await watch.look()
        assert storage.word == "ok"
        committer.close()


def test_sizes_are_spelled_as_people_write_them() -> None:
    assert [spelled(size) for size in (0, 1023, 1024, 256 * 1024**2, 1536 * 1024**2)] == [
        "0 bytes",
        "1023 bytes",
        "1 KiB",
        "256 MiB",
        "1.5 GiB",
    ]
