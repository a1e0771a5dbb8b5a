"""A run that is cancelled, drained or cut off: nothing is asked any more, and the numbers stay true."""

import sqlite3
from pathlib import Path

import anyio
import anyio.lowlevel
import msgspec
import pytest

from services.executor.errors import DrainingError, LedgerUnwritableError
from services.executor.flows.run.live_run import LiveRun
from services.executor.flows.run.phase_time import end_phase
from services.executor.flows.run.sequel import AT_A_TIME, BREATH
from services.executor.flows.runs.recover import recover
from shared.failures import FailureKind
from shared.llm_call import LlmRequest
from shared.status import RunStatus
from tests.executor.engine import Engine, engine, of_type, types
from tests.executor.fakes import FakeWorkers, Outcome, answer, failure


async def test_a_cancelled_run_asks_nothing_more_and_every_call_says_how_it_ended(tmp_path: Path) -> None:
    workers = FakeWorkers(hold=True)
    async with engine(tmp_path, workers) as here:
        await here.start(docs=20, generation={}, single_eval={}, limits={"concurrency": 4})
        await workers.until(lambda: workers.under_way == 4)
        assert await here.runs.cancel("run-1") is RunStatus.CANCELLED
        assert len(workers.requests) == 4
        assert workers.under_way == 0
        events = await here.events()
        ended = of_type(events, "call_cancelled")
        assert sorted(item["attempts"] for item in ended) == [0] * 36 + [1] * 4
        assert [item["error"]["kind"] for item in of_type(events, "attempt_failed")] == ["cancelled"] * 4
        assert types(events)[-1] == "run_finished"
        stats = await here.stats()
        assert (stats["cancelled_calls"], stats["not_started"], stats["in_flight"]) == (4, 36, 0)


MANY = 2 * AT_A_TIME + 100


async def all_waiting(here: Engine) -> LiveRun:
    """A run of which very many calls wait for a slot, with two requests under way."""
    await here.start(docs=MANY, limits={"concurrency": 2})
    run = here.runs.live("run-1")
    assert run is not None
    with anyio.fail_after(60):
        while len(run.open_calls) < MANY:
            await anyio.lowlevel.checkpoint()
    await here.workers.until(lambda: here.workers.under_way == 2)
    return run


@pytest.mark.parametrize("why", ["cancel", "breaker", "phase"])
async def test_many_waiting_calls_end_in_parts_and_nobody_else_waits_for_all_of_them(why: str, tmp_path: Path) -> None:
    workers = FakeWorkers(lambda _request, _before: failure(FailureKind.AUTH), hold=True)
    most = 0

    async def watch(run: LiveRun) -> None:
        nonlocal most
        while True:
            before = run.log.seq
            await anyio.lowlevel.checkpoint()
            most = max(most, run.log.seq - before)

    async with engine(tmp_path, workers) as here:
        run = await all_waiting(here)
        async with anyio.create_task_group() as group:
            group.start_soon(watch, run)
            await anyio.lowlevel.checkpoint()
            if why == "cancel":
                assert await here.runs.cancel("run-1") is RunStatus.CANCELLED
            elif why == "breaker":
                workers.let_go()
            else:
                end_phase(run, "generation", 1.0)
            await here.ended()
            group.cancel_scope.cancel()
        assert len(workers.requests) == 2
        events = await here.events()
    assert len(of_type(events, "call_cancelled", "call_failed")) == MANY
    assert types(events)[-1] == "run_finished"
    assert most <= 2 * BREATH


async def test_a_cancel_that_is_cut_off_half_way_is_brought_to_its_end_at_the_next_start(tmp_path: Path) -> None:
    async with engine(tmp_path, FakeWorkers(hold=True)) as here:
        run = await all_waiting(here)
        here.group.start_soon(here.runs.cancel, "run-1")
        with anyio.fail_after(60):
            while len(run.open_calls) > MANY - AT_A_TIME // 2:
                await anyio.lowlevel.checkpoint()
        assert run.open_calls
    async with engine(tmp_path) as here:
        await recovered(here)
        assert await here.runs.cancel("run-1") is RunStatus.CANCELLED
        events = await here.events()
        assert here.workers.requests == []
    assert len({item["call_id"] for item in of_type(events, "call_cancelled")}) == MANY
    assert len(of_type(events, "call_cancelled")) == MANY
    assert types(events)[-1] == "run_finished"


async def test_a_value_no_ledger_can_hold_ends_its_run_as_failed_and_no_other(tmp_path: Path) -> None:
    workers = FakeWorkers(hold=True)
    async with engine(tmp_path, workers) as here:
        await here.start("run-1", docs=1)
        await here.start("run-2", docs=1)
        await workers.until(lambda: workers.under_way == 2)
        run = here.runs.live("run-1")
        assert run is not None
        (call,) = run.under_way()
        assert call.under_way is not None
        odd = msgspec.structs.replace(call.under_way.attempt, http_status=2**70, message="half of it: \ud800")
        with anyio.fail_after(60):
            await run.log.report("log", {"level": "info", "message": "so"}, odd).wait()
        await here.ended("run-1")
        workers.let_go()
        await here.ended("run-2")
        assert here.ledger.trouble is None
        assert (await here.runs.find("run-2")).status is RunStatus.COMPLETED
        stored = await here.runs.find("run-1")
        assert stored.status is RunStatus.FAILED
        assert "cannot hold a value of Attempt" in (stored.reason or "")
        assert types(await here.events("run-1"))[-1] == "run_finished"


async def test_a_value_no_ledger_can_hold_in_the_last_record_of_a_run_ends_it_as_failed_too(tmp_path: Path) -> None:
    odd = failure(FailureKind.BAD_REQUEST, text="half of it: \ud800")
    async with engine(tmp_path, FakeWorkers(lambda _request, _before: odd)) as here:
        await here.run(docs=1)
        stored = await here.runs.find("run-1")
        assert stored.status is RunStatus.FAILED
        assert "cannot hold a value of Attempt" in (stored.reason or "")


async def test_odd_values_in_a_ledger_keep_nobody_from_starting(tmp_path: Path) -> None:
    await left_behind(tmp_path)
    async with engine(tmp_path, FakeWorkers(hold=True)) as here:
        await here.start("run-2", docs=1)
        await here.ledger.flush()
    with sqlite3.connect(tmp_path / "ledger.sqlite3") as connection:
        connection.execute("UPDATE attempts SET http_status = 1.8e19, started_ms = started_ms + 0.5")
        connection.execute("UPDATE calls SET deaths = 'none', attempts = attempts + 0.5 WHERE ordinal = 9")
        connection.execute("UPDATE runs SET created_ms = created_ms + 0.5")
        connection.execute("UPDATE runs SET planned_calls = 'some' WHERE run_id = 'run-2'")
    connection.close()
    async with engine(tmp_path) as here:
        await recovered(here)
        assert [stored.run_id for stored in await here.reader.interrupted()] == ["run-1"]
        assert here.ledger.trouble is None
        await here.runs.resume("run-1")
        await here.ended()
        assert (await here.runs.find("run-1")).status is RunStatus.COMPLETED


async def test_cancelling_again_or_after_the_end_changes_nothing(tmp_path: Path) -> None:
    workers = FakeWorkers(hold=True)
    async with engine(tmp_path, workers) as here:
        await here.start(docs=2)
        await workers.until(lambda: workers.under_way == 2)
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(here.runs.cancel, "run-1")
        assert await here.runs.cancel("run-1") is RunStatus.CANCELLED
        events = await here.events()
        assert types(events).count("run_cancelling") == 1
        assert types(events).count("run_finished") == 1


async def test_a_finished_run_stays_finished_when_it_is_cancelled(tmp_path: Path) -> None:
    async with engine(tmp_path) as here:
        await here.run(docs=1)
        assert await here.runs.cancel("run-1") is RunStatus.COMPLETED


async def test_a_call_in_its_pause_is_cancelled_at_once(tmp_path: Path) -> None:
    workers = FakeWorkers(lambda _request, _before: failure(FailureKind.RATE_LIMITED, retry_after_s=3000))
    async with engine(tmp_path, workers) as here:
        await here.start(docs=1)
        await workers.until(lambda: len(workers.requests) == 1 and workers.under_way == 0)
        with anyio.fail_after(60):
            assert await here.runs.cancel("run-1") is RunStatus.CANCELLED
        assert of_type(await here.events(), "call_cancelled")[0]["attempts"] == 1


async def test_an_answer_that_comes_in_spite_of_the_cancel_is_kept(tmp_path: Path) -> None:
    workers = FakeWorkers(hold=True)
    workers.ignores_cancel = True
    async with engine(tmp_path, workers) as here:
        await here.start(docs=1, generation={}, single_eval={})
        await workers.until(lambda: workers.under_way == 1)
        async with anyio.create_task_group() as group:
            group.start_soon(here.runs.cancel, "run-1")
            await anyio.wait_all_tasks_blocked()
            workers.let_go()
        stats = await here.stats()
        assert (stats["successful_calls"], stats["not_started"]) == (1, 1)
        assert (await here.runs.find("run-1")).status is RunStatus.CANCELLED


async def test_a_drain_aborts_what_is_under_way_and_leaves_the_run_to_be_resumed(tmp_path: Path) -> None:
    workers = FakeWorkers(hold=True)
    async with engine(tmp_path, workers) as here:
        await here.start(docs=6, limits={"concurrency": 2})
        await workers.until(lambda: workers.under_way == 2)
        await here.runs.drain()
        events = await here.events()
        assert types(events)[-1] == "run_interrupted"
        assert [item["error"]["kind"] for item in of_type(events, "attempt_failed")] == ["cancelled"] * 2
        assert of_type(events, "call_cancelled", "call_failed") == []
        stored = await here.runs.find("run-1")
        assert stored.status is RunStatus.INTERRUPTED
        assert stored.stats is not None
        with pytest.raises(DrainingError):
            await here.start("run-2")


async def left_behind(folder: Path, *, docs: int = 6) -> None:
    """A run whose process went away while requests were under way."""
    workers = FakeWorkers(hold=True)
    async with engine(folder, workers) as here:
        await here.start(docs=docs, limits={"concurrency": 3})
        await workers.until(lambda: workers.under_way == 3)
        await here.ledger.flush()


async def recovered(here: Engine) -> None:
    await recover(here.reader, here.ledger, here.clock)


async def test_after_a_crash_everything_in_flight_is_said_to_have_died(tmp_path: Path) -> None:
    await left_behind(tmp_path)
    async with engine(tmp_path) as here:
        await recovered(here)
        events = await here.events()
        assert types(events)[-4:] == ["attempt_failed"] * 3 + ["run_interrupted"]
        failed = of_type(events, "attempt_failed")
        assert {(item["error"]["kind"], item["sent"]) for item in failed} == {("worker_died", "maybe")}
        assert await here.reader.in_flight("run-1") == []
        assert await here.reader.unfinished() == []
        stats = await here.stats()
        assert (stats["attempts"], stats["uncertain_attempts"], stats["failed_attempts"]) == (3, 3, 3)
        call = await here.reader.call("run-1", failed[0]["call_id"])
        assert call is not None
        assert call.deaths == 1


async def test_a_second_start_finds_nothing_more_to_recover(tmp_path: Path) -> None:
    await left_behind(tmp_path)
    for _ in range(2):
        async with engine(tmp_path) as here:
            await recovered(here)
            assert types(await here.events()).count("run_interrupted") == 1


async def test_an_interrupted_run_can_be_cancelled(tmp_path: Path) -> None:
    await left_behind(tmp_path)
    async with engine(tmp_path) as here:
        await recovered(here)
        assert await here.runs.cancel("run-1") is RunStatus.CANCELLED
        events = await here.events()
        assert sorted(item["attempts"] for item in of_type(events, "call_cancelled")) == [0, 0, 0, 1, 1, 1]
        assert here.workers.requests == []


async def test_a_drained_run_that_is_cancelled_begins_and_ends_each_phase_once(tmp_path: Path) -> None:
    workers = FakeWorkers(holds=lambda request: request.json or "number 2" in request.document)
    async with engine(tmp_path, workers) as here:
        await here.start("run-1", docs=2, generation={}, single_eval={})
        with anyio.fail_after(60):
            while workers.under_way < 2:  # noqa: ASYNC110  (the fake announces itself to nobody)
                await anyio.sleep(0.01)
        await here.runs.drain()
    async with engine(tmp_path) as here:
        assert await here.runs.cancel("run-1") is RunStatus.CANCELLED
        await here.ended()
        events = await here.events()
        for marked in ("phase_started", "phase_finished"):
            assert sorted(item["phase"] for item in of_type(events, marked)) == ["generation", "single_eval"], marked


async def test_a_ledger_that_cannot_be_written_lets_no_request_leave_and_no_run_begin(tmp_path: Path) -> None:
    async with engine(tmp_path) as here:
        await here.run("before", docs=1)
        here.workers.requests.clear()
        block = _Lock(tmp_path)
        block.take()
        async with anyio.create_task_group() as group:
            group.start_soon(here.start, "run-1")
            with anyio.fail_after(60):
                while here.ledger.trouble is None:  # noqa: ASYNC110  (trouble is looked at, it announces itself to nobody)
                    await anyio.sleep(0.01)
            assert here.workers.requests == []
            with pytest.raises(LedgerUnwritableError):
                await here.start("run-2")
            block.give_back()
        await here.ended()
        assert here.ledger.trouble is None
        assert (await here.stats())["successful_calls"] == 2


class _Lock:
    """Another program that holds the database."""

    def __init__(self, folder: Path) -> None:
        self._connection = sqlite3.connect(folder / "ledger.sqlite3", isolation_level=None)

    def take(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def give_back(self) -> None:
        self._connection.execute("ROLLBACK")
        self._connection.close()


async def test_a_success_between_two_lives_is_not_lost(tmp_path: Path) -> None:
    def script(request: LlmRequest, _before: int) -> Outcome:
        return answer(f"about {request.document}")

    async with engine(tmp_path, FakeWorkers(script)) as here:
        await here.run(docs=2)
    async with engine(tmp_path) as here:
        await recovered(here)
        assert (await here.runs.find("run-1")).status is RunStatus.COMPLETED
        assert await here.reader.text("run-1", "doc_2~writer.json~1") == "about Text number 2."
