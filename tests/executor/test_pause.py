"""A run that is paused: nothing begins, nothing is lost, and it goes on with the limits it is given."""

from pathlib import Path

import anyio
import pytest

from services.executor.core.presets.mistakes import InvalidPreset
from services.executor.errors import RunActiveError
from shared.failures import FailureKind
from shared.llm_call import LlmRequest
from shared.status import RunStatus
from tests.executor.engine import engine, of_type, types
from tests.executor.fakes import FakeWorkers, Outcome, answer, failure
from tests.executor.lives import started_again, status, until, until_waiting


def fails_first(_request: LlmRequest, before: int) -> Outcome:
    return failure(FailureKind.SERVER) if before == 0 else answer()


async def test_a_paused_run_begins_nothing_and_lets_what_is_under_way_end(tmp_path: Path) -> None:
    workers = FakeWorkers(hold=True)
    async with engine(tmp_path, workers) as here:
        await here.start(docs=6, limits={"concurrency": 2})
        await workers.until(lambda: workers.under_way == 2)
        assert await here.runs.pause("run-1") is RunStatus.PAUSED
        workers.let_go()
        await until_waiting(here, 2)
        events = await here.events()
        assert types(events).count("run_paused") == 1
        assert types(events).count("call_succeeded") == 2
        waits = [item["waits_for"] for item in of_type(events, "call_waiting")]
        assert waits.count("pause") == 2
        assert await here.runs.resume("run-1") is RunStatus.RUNNING
        await here.ended()
        assert (await here.runs.find("run-1")).status is RunStatus.COMPLETED
        assert len(workers.requests) == 6


async def test_pausing_and_resuming_again_changes_nothing(tmp_path: Path) -> None:
    workers = FakeWorkers(hold=True)
    async with engine(tmp_path, workers) as here:
        await here.start(docs=3, limits={"concurrency": 1})
        await workers.until(lambda: workers.under_way == 1)
        for _ in range(3):
            assert await here.runs.pause("run-1") is RunStatus.PAUSED
        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(here.runs.resume, "run-1")
        workers.let_go()
        await here.ended()
        events = await here.events()
        assert [types(events).count(name) for name in ("run_paused", "run_resumed")] == [1, 1]


async def test_a_retry_waits_for_the_end_of_the_pause(tmp_path: Path) -> None:
    workers = FakeWorkers(fails_first, hold=True)
    async with engine(tmp_path, workers) as here:
        await here.start(docs=1)
        await workers.until(lambda: workers.under_way == 1)
        await here.runs.pause("run-1")
        workers.let_go()
        await until(here, lambda events: "pause" in [item["waits_for"] for item in of_type(events, "call_waiting")])
        assert len(workers.requests) == 1
        await here.runs.resume("run-1")
        await here.ended()
        assert (await here.stats())["attempts"] == 2


async def test_a_paused_run_can_be_cancelled(tmp_path: Path) -> None:
    workers = FakeWorkers(hold=True)
    async with engine(tmp_path, workers) as here:
        await here.start(docs=4, limits={"concurrency": 2})
        await workers.until(lambda: workers.under_way == 2)
        await here.runs.pause("run-1")
        assert await here.runs.cancel("run-1") is RunStatus.CANCELLED
        assert len(workers.requests) == 2
        assert await here.runs.pause("run-1") is RunStatus.CANCELLED


async def test_a_run_that_is_being_cancelled_can_be_neither_paused_nor_resumed(tmp_path: Path) -> None:
    workers = FakeWorkers(hold=True)
    workers.ignores_cancel = True
    async with engine(tmp_path, workers) as here:
        await here.start(docs=1)
        await workers.until(lambda: workers.under_way == 1)
        async with anyio.create_task_group() as group:
            group.start_soon(here.runs.cancel, "run-1")
            await anyio.wait_all_tasks_blocked()
            with pytest.raises(RunActiveError):
                await here.runs.pause("run-1")
            with pytest.raises(RunActiveError):
                await here.runs.resume("run-1")
            workers.let_go()


async def test_a_run_whose_last_request_ends_during_a_pause_ends(tmp_path: Path) -> None:
    workers = FakeWorkers(hold=True)
    async with engine(tmp_path, workers) as here:
        await here.start(docs=2, limits={"concurrency": 2})
        await workers.until(lambda: workers.under_way == 2)
        await here.runs.pause("run-1")
        workers.let_go()
        await here.ended()
        assert (await here.runs.find("run-1")).status is RunStatus.COMPLETED


async def test_a_paused_run_can_be_drained(tmp_path: Path) -> None:
    workers = FakeWorkers(hold=True)
    async with engine(tmp_path, workers) as here:
        await here.start(docs=3, limits={"concurrency": 1})
        await workers.until(lambda: workers.under_way == 1)
        await here.runs.pause("run-1")
        await here.runs.drain()
        assert (await here.runs.find("run-1")).status is RunStatus.INTERRUPTED


async def test_time_that_passes_in_a_pause_is_not_the_runs(tmp_path: Path) -> None:
    workers = FakeWorkers(hold=True)
    async with engine(tmp_path, workers) as here:
        await here.start(docs=2, limits={"concurrency": 1, "run_timeout_s": 0.4})
        await workers.until(lambda: workers.under_way == 1)
        await here.runs.pause("run-1")
        live = here.runs.live("run-1")
        assert live is not None
        used_s = live.holds.used_s
        await anyio.sleep(0.6)  # longer than the run's whole time
        assert live.holds.used_s == used_s
        await here.runs.resume("run-1", {"run_timeout_s": None})
        workers.let_go()
        await here.ended()
        assert (await here.runs.find("run-1")).status is RunStatus.COMPLETED


async def test_new_limits_hold_from_the_resume_on(tmp_path: Path) -> None:
    workers = FakeWorkers(hold=True)
    async with engine(tmp_path, workers) as here:
        await here.start(docs=12, limits={"concurrency": 1})
        await workers.until(lambda: workers.under_way == 1)
        await here.runs.pause("run-1")
        await here.runs.resume("run-1", {"concurrency": 4, "max_requests": 7})
        await workers.until(lambda: workers.under_way == 4)
        workers.let_go()
        await here.ended()
        assert len(workers.requests) == 7
        events = await here.events()
        resumed = of_type(events, "run_resumed")[0]
        assert (resumed["max_requests_total"], resumed["planned_calls"]) == (7, 12)
        assert (resumed["limits"]["concurrency"], resumed["limits"]["max_requests"]) == (4, 7)
        stored = await here.runs.find("run-1")
        assert (stored.status, stored.reason, stored.max_requests_total) == ("completed_with_errors", "budget", 7)
        assert '"max_requests":7' in stored.config


async def test_a_budget_used_up_in_a_pause_ends_nothing_before_the_person_can_raise_it(tmp_path: Path) -> None:
    workers = FakeWorkers(hold=True)
    async with engine(tmp_path, workers) as here:
        await here.start(docs=4, limits={"concurrency": 4, "max_requests": 2})
        await workers.until(lambda: workers.under_way == 2)
        await here.runs.pause("run-1")
        workers.let_go()
        await until_waiting(here, 2)
        assert await status(here) == "paused"
        await here.runs.resume("run-1", {"max_requests": 10})
        await here.ended()
        assert (await here.runs.find("run-1")).status is RunStatus.COMPLETED


async def test_fewer_slots_hold_from_the_resume_on(tmp_path: Path) -> None:
    workers = FakeWorkers(hold=True)
    async with engine(tmp_path, workers) as here:
        await here.start(docs=10, limits={"concurrency": 4})
        await workers.until(lambda: workers.under_way == 4)
        await here.runs.pause("run-1")
        await here.runs.resume("run-1", {"concurrency": 1})
        workers.let_go()
        await here.ended()
        assert workers.most_under_way == 4
        assert (await here.stats())["successful_calls"] == 10


async def test_limits_of_a_running_run_change_under_way(tmp_path: Path) -> None:
    workers = FakeWorkers(hold=True)
    async with engine(tmp_path, workers) as here:
        await here.start(docs=6, limits={"concurrency": 1})
        await workers.until(lambda: workers.under_way == 1)
        assert await here.runs.resume("run-1", {"concurrency": 3}) is RunStatus.RUNNING
        await workers.until(lambda: workers.under_way == 3)
        assert await here.runs.resume("run-1", {"concurrency": 3}) is RunStatus.RUNNING
        assert types(await here.events()).count("run_resumed") == 1
        workers.let_go()
        await here.ended()


@pytest.mark.parametrize(
    ("patch", "path"),
    [
        ({"concurrency": 0}, "limits.concurrency"),
        ({"max_attempt": 3}, "limits.max_attempt"),
        ({"max_cost_usd": 1.0}, "generation.models[0].price"),
        ([1], "limits"),
    ],
)
async def test_limits_that_cannot_be_are_refused_by_name_and_change_nothing(
    tmp_path: Path, patch: object, path: str
) -> None:
    workers = FakeWorkers(hold=True)
    async with engine(tmp_path, workers) as here:
        model = {"provider": "mylab", "model": "m"}
        await here.start(docs=2, limits={"concurrency": 1}, generation={"models": [model]})
        await workers.until(lambda: workers.under_way == 1)
        await here.runs.pause("run-1")
        with pytest.raises(InvalidPreset) as refused:
            await here.runs.resume("run-1", patch)
        assert path in [mistake.path for mistake in refused.value.mistakes]
        assert await status(here) == "paused"


async def test_a_resume_lets_a_stopped_model_be_asked_again(tmp_path: Path) -> None:
    workers = FakeWorkers(fails_first)
    async with engine(tmp_path, workers) as here:
        await here.start(docs=10, limits={"concurrency": 1, "identical_failures": 2, "max_attempts": 1})
        await here.ended()
        assert (await here.runs.find("run-1")).reason == "breaker"
        await here.runs.resume("run-1", {"identical_failures": 100, "max_attempts": 3})
        await here.ended()
        stored = await here.runs.find("run-1")
        assert stored.status is RunStatus.COMPLETED
        assert (await here.stats())["alerts"] == []


async def test_a_drained_pause_waits_for_a_person_after_the_restart(tmp_path: Path) -> None:
    workers = FakeWorkers(hold=True)
    async with engine(tmp_path, workers) as here:
        await here.start(docs=4, limits={"concurrency": 2})
        await workers.until(lambda: workers.under_way == 2)
        await here.runs.pause("run-1")
        await here.runs.drain()
    async with engine(tmp_path) as here:
        await started_again(here)
        assert await status(here) == "interrupted"
        assert here.workers.requests == []
        await here.runs.resume("run-1")
        await here.ended()
        assert (await here.runs.find("run-1")).status is RunStatus.COMPLETED
        assert len(here.workers.requests) == 4
