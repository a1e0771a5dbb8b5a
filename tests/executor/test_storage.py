"""A ledger that cannot be written: no request leaves, the run says so, and everything follows when there is room."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from services.executor.core.records import Delivered
from services.executor.errors import LedgerUnwritableError
from shared.status import RunStatus
from tests.executor.engine import Engine, engine, of_type, types
from tests.executor.fakes import FakeWorkers
from tests.executor.lives import left_behind, started_again, until


class Block:
    """Another program that holds the database."""

    def __init__(self, folder: Path) -> None:
        self._connection = sqlite3.connect(folder / "ledger.sqlite3", isolation_level=None)

    def take(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def give_back(self) -> None:
        self._connection.execute("ROLLBACK")
        self._connection.close()


async def comes(condition: Callable[[], bool]) -> None:
    """Return when it is so; a ledger's trouble announces itself to nobody."""
    with anyio.fail_after(60):
        while not condition():  # noqa: ASYNC110 - see above
            await anyio.sleep(0.01)


def live_status(here: Engine) -> str:
    live = here.runs.live("run-1")
    return "gone" if live is None else live.log.status.value


async def test_the_run_stands_still_and_its_events_follow_when_there_is_room(tmp_path: Path) -> None:
    workers = FakeWorkers(hold=True)
    async with engine(tmp_path, workers) as here:
        here.group.start_soon(here.runs.watch_storage)
        await here.start(docs=8, limits={"concurrency": 2})
        await workers.until(lambda: workers.under_way == 2)
        await here.ledger.flush()
        block = Block(tmp_path)
        block.take()
        workers.let_go()
        await comes(lambda: live_status(here) == "paused")
        asked = len(workers.requests)
        await anyio.sleep(0.7)  # longer than a call waits before it looks whether it may begin
        assert len(workers.requests) == asked == 2
        block.give_back()
        await here.ended()
        events = await here.events()
        alerts = [(item["kind"], item["state"]) for item in of_type(events, "alert")]
        assert alerts == [("storage", "raised"), ("storage", "cleared")]
        assert of_type(events, "run_paused") == [{"reason": "storage"}]
        assert [item["reason"] for item in of_type(events, "run_resumed")] == ["storage"]
        stats = await here.stats()
        assert (stats["successful_calls"], stats["attempts"], stats["alerts"]) == (8, 8, [])


async def test_a_run_that_ends_meanwhile_says_so_last(tmp_path: Path) -> None:
    workers = FakeWorkers(hold=True)
    async with engine(tmp_path, workers) as here:
        here.group.start_soon(here.runs.watch_storage)
        await here.start(docs=2, limits={"concurrency": 2})
        await workers.until(lambda: workers.under_way == 2)
        await here.ledger.flush()
        block = Block(tmp_path)
        block.take()
        here.ledger.write("run-1", 0, (), [Delivered(run_id="run-1", delivered_seq=0)])
        await comes(lambda: live_status(here) == "paused")
        workers.let_go()
        await comes(lambda: live_status(here) == "completed")
        await anyio.sleep(1.2)  # the ledger is looked at twice meanwhile
        block.give_back()
        await here.ended()
        events = await here.events()
        assert types(events)[-1] == "run_finished"
        assert (await here.stats())["alerts"] == []


async def test_a_person_who_pauses_meanwhile_is_not_overruled(tmp_path: Path) -> None:
    workers = FakeWorkers(hold=True)
    async with engine(tmp_path, workers) as here:
        here.group.start_soon(here.runs.watch_storage)
        await here.start(docs=4, limits={"concurrency": 1})
        await workers.until(lambda: workers.under_way == 1)
        await here.ledger.flush()
        block = Block(tmp_path)
        block.take()
        workers.let_go()
        await comes(lambda: live_status(here) == "paused")
        assert await here.runs.pause("run-1") is RunStatus.PAUSED
        block.give_back()
        await comes(lambda: here.ledger.trouble is None)
        await until(here, lambda events: types(events).count("run_paused") == 2)
        assert live_status(here) == "paused"
        # One attempt had begun before anybody knew of the trouble; its request left when it was written down.
        await workers.until(lambda: len(workers.requests) == 2 and workers.under_way == 0)
        assert [item["reason"] for item in of_type(await here.events(), "run_paused")] == ["storage", "asked"]
        await here.runs.resume("run-1")
        await here.ended()
        assert (await here.runs.find("run-1")).status is RunStatus.COMPLETED


async def test_a_pause_for_want_of_room_that_a_crash_ends_goes_on_by_itself(tmp_path: Path) -> None:
    workers = FakeWorkers(hold=True)
    async with engine(tmp_path, workers) as here:
        await here.start(docs=4, limits={"concurrency": 1})
        await workers.until(lambda: workers.under_way == 1)
        live = here.runs.live("run-1")
        assert live is not None
        await live.log.move("run_paused", "storage").wait()
    async with engine(tmp_path) as here:
        await started_again(here)
        await here.ended()
        assert (await here.runs.find("run-1")).status is RunStatus.COMPLETED


async def test_no_run_is_resumed_or_deleted_that_could_not_be_written_down(tmp_path: Path) -> None:
    await left_behind(tmp_path)
    async with engine(tmp_path) as here:
        await started_again(here, auto_resume_s=0)
        await here.ledger.flush()
        block = Block(tmp_path)
        block.take()
        here.ledger.write("run-1", 0, (), ())
        async with anyio.create_task_group() as group:
            group.start_soon(here.start, "run-2")
            await comes(lambda: here.ledger.trouble is not None)
            with pytest.raises(LedgerUnwritableError):
                await here.runs.resume("run-1")
            with pytest.raises(LedgerUnwritableError):
                await here.runs.delete("run-1")
            assert here.workers.requests == []
            block.give_back()
        assert here.runs.live("run-1") is None
