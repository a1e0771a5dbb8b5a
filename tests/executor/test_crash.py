"""A crash at any moment: what was under way is said to have died, and the run goes on or waits as it should."""

from pathlib import Path

import anyio
import pytest

from services.executor.adapters.alive_mark import AliveMark
from services.executor.core.records import NewRun
from services.executor.flows.runs.recover import recover
from shared.failures import FailureKind
from shared.llm_call import LlmRequest
from shared.status import RunStatus
from shared.stored import format_time
from tests.executor.engine import Engine, engine, of_type, types
from tests.executor.fakes import FakeWorkers, Outcome, answer, failure
from tests.executor.lives import left_behind, started_again, status


async def test_an_interrupted_run_goes_on_by_itself_and_asks_nothing_twice_that_was_answered(tmp_path: Path) -> None:
    def script(request: LlmRequest, _before: int) -> Outcome:
        workers.hold = len(workers.requests) > 4
        return answer(f"about {request.document}")

    workers = FakeWorkers(script)
    async with engine(tmp_path, workers) as here:
        await here.start(docs=9, limits={"concurrency": 3})
        await workers.until(lambda: len(workers.requests) == 7 and workers.under_way == 3)
        await here.ledger.flush()
    async with engine(tmp_path) as here:
        await started_again(here)
        await here.ended()
        stored = await here.runs.find("run-1")
        assert stored.status is RunStatus.COMPLETED
        assert len(here.workers.requests) == 9 - 4
        stats = await here.stats()
        assert stats["attempts"] == len(workers.requests) + len(here.workers.requests)
        assert (stats["successful_calls"], stats["violations"]) == (9, [])
        resumed = of_type(await here.events(), "run_resumed")[0]
        assert resumed["reason"] == "automatic"


async def test_it_waits_for_a_person_where_that_is_wanted_or_too_long_ago(tmp_path: Path) -> None:
    await left_behind(tmp_path)
    async with engine(tmp_path) as here:
        await started_again(here, auto_resume_s=0)
        assert await status(here) == "interrupted"
    async with engine(tmp_path) as here:
        await started_again(here, auto_resume_s=0.000001)
        assert await status(here) == "interrupted"
        assert here.workers.requests == []
    async with engine(tmp_path) as here:
        await started_again(here)
        await here.ended()
        assert await status(here) == "completed"


async def test_the_age_of_an_interruption_counts_from_the_last_event_before_it(tmp_path: Path) -> None:
    await left_behind(tmp_path)
    async with engine(tmp_path) as here:
        before = (await here.events())[-1]
        await recover(here.reader, here.ledger, here.clock)
        last = of_type(await here.events(), "run_interrupted")[0]
        assert before[0] != "run_interrupted"
        assert (last["was"], last["reason"]) == ("running", "the executor died")
        assert last["since"] is not None


async def test_a_run_that_waited_long_for_an_answer_is_as_old_as_the_executors_last_sign_of_life(
    tmp_path: Path,
) -> None:
    await left_behind(tmp_path)
    async with engine(tmp_path) as here:
        alive_ms = here.clock.now_ms() + 60_000
        await recover(here.reader, here.ledger, here.clock, alive_ms=alive_ms)
        assert of_type(await here.events(), "run_interrupted")[0]["since"] == format_time(alive_ms)


async def test_the_mark_of_life_is_as_young_as_the_executor(tmp_path: Path) -> None:
    mark = AliveMark(tmp_path / "alive")
    assert mark.seen_ms() is None
    async with anyio.create_task_group() as group:
        group.start_soon(mark.run)
        with anyio.fail_after(60):
            while mark.seen_ms() is None:  # noqa: ASYNC110 - a file tells nobody
                await anyio.sleep(0.005)
        group.cancel_scope.cancel()
    mark = AliveMark(tmp_path / "nowhere" / "alive")
    async with anyio.create_task_group() as group:
        group.start_soon(mark.run)
        await anyio.wait_all_tasks_blocked()
        group.cancel_scope.cancel()


async def test_it_goes_on_by_itself_three_times_without_an_answer_and_then_waits(tmp_path: Path) -> None:
    await left_behind(tmp_path, docs=9, under_way=1)
    for _ in range(3):
        workers = FakeWorkers(hold=True)
        async with engine(tmp_path, workers) as here:
            await started_again(here)
            await workers.until(lambda: workers.under_way == 1)  # noqa: B023 - awaited in the same turn
            await here.ledger.flush()
    async with engine(tmp_path) as here:
        await started_again(here)
        assert await status(here) == "interrupted"
        assert here.workers.requests == []
        await here.runs.resume("run-1")
        await here.ended()
        assert await status(here) == "completed"


async def test_a_call_in_flight_at_three_deaths_is_lost_and_a_person_can_try_it_again(tmp_path: Path) -> None:
    await left_behind(tmp_path, docs=2, under_way=1, generation={}, single_eval={})
    for _ in range(2):
        workers = FakeWorkers(hold=True)
        async with engine(tmp_path, workers) as here:
            await started_again(here)
            await workers.until(lambda: workers.under_way == 1)  # noqa: B023 - awaited in the same turn
            await here.ledger.flush()
    async with engine(tmp_path) as here:
        await started_again(here)
        await here.ended()
        stats = await here.stats()
        assert (stats["lost_calls"], stats["successful_calls"], stats["not_started"]) == (1, 2, 1)
        lost = of_type(await here.events(), "call_lost")[0]
        assert (lost["attempts"], lost["error"]["kind"]) == (3, "worker_died")
        await here.runs.resume("run-1")
        await here.ended()
        stats = await here.stats()
        assert (stats["lost_calls"], stats["successful_calls"], stats["attempts"]) == (0, 4, 3 + 2 + 2)


async def test_a_crash_between_plan_and_start_is_taken_up(tmp_path: Path) -> None:
    async with engine(tmp_path) as here:
        await only_planned(here)
    async with engine(tmp_path) as here:
        await started_again(here)
        await here.ended()
        assert await status(here) == "completed"
        assert types(await here.events())[:3] == ["run_planned", "run_interrupted", "run_resumed"]


async def only_planned(here: Engine) -> None:
    """A run whose first events are durable and whose start is not: the writer never comes that far."""
    await here.run("other", docs=2)
    written: list[bytes] = await here.ledger.lines("other", after=0, most=1, most_bytes=1)
    stored = await here.runs.find("other")
    fields = {name: getattr(stored, name) for name in NewRun.__struct_fields__ if name not in {"run_id", "status"}}
    line = written[0].replace(b'"run_id":"other"', b'"run_id":"run-1"')
    documents = await here.reader.documents("other")
    texts = [
        type(document)(
            **{
                **{name: getattr(document, name) for name in document.__struct_fields__},
                "run_id": "run-1",
                "text": await here.reader.text("other", document.document_id),
            }
        )
        for document in documents
        if document.kind == "input"
    ]
    await here.ledger.write("run-1", 1, [line], [NewRun(run_id="run-1", **fields), *texts]).wait()


async def test_a_cancel_cut_off_by_a_crash_is_brought_to_its_end(tmp_path: Path) -> None:
    workers = FakeWorkers(hold=True)
    workers.ignores_cancel = True
    async with engine(tmp_path, workers) as here:
        await here.start(docs=4, limits={"concurrency": 2})
        await workers.until(lambda: workers.under_way == 2)
        live = here.runs.live("run-1")
        assert live is not None
        await live.log.move("run_cancelling", "asked").wait()
    async with engine(tmp_path) as here:
        # Killed again before the cancel could be taken up: what was wanted is still known at the next start.
        await recover(here.reader, here.ledger, here.clock)
    async with engine(tmp_path) as here:
        await started_again(here, auto_resume_s=0)
        assert await status(here) == "cancelled"
        assert here.workers.requests == []


async def test_a_paused_run_stays_for_a_person_with_its_requests_closed(tmp_path: Path) -> None:
    workers = FakeWorkers(hold=True)
    async with engine(tmp_path, workers) as here:
        await here.start(docs=4, limits={"concurrency": 2})
        await workers.until(lambda: workers.under_way == 2)
        await here.runs.pause("run-1")
        await here.ledger.flush()
    for _ in range(2):
        async with engine(tmp_path) as here:
            await started_again(here)
            assert await status(here) == "interrupted"
            assert await here.reader.in_flight("run-1") == []
            assert here.workers.requests == []
    async with engine(tmp_path) as here:
        await here.runs.resume("run-1")
        await here.ended()
        assert (await here.stats())["attempts"] == 6


@pytest.mark.parametrize("worst", [False, True])
async def test_a_crash_after_the_last_call_only_needs_the_end(tmp_path: Path, *, worst: bool) -> None:
    def script(request: LlmRequest, _before: int) -> Outcome:
        return failure(FailureKind.BAD_REQUEST) if worst and "1." in request.document else answer()

    async with engine(tmp_path, FakeWorkers(script)) as here:
        await here.run("run-1", docs=3)
        await cut_off_the_end(here)
    async with engine(tmp_path) as here:
        await started_again(here, auto_resume_s=0)
        assert await status(here) == ("completed_with_errors" if worst else "completed")
        assert here.workers.requests == []
        assert types(await here.events()).count("run_finished") == 1


async def cut_off_the_end(here: Engine) -> None:
    """Take ``run_finished`` out of the ledger again, as if it had not been written."""
    events = len(await here.events())
    lines = await here.ledger.lines("run-1", after=0, most=1000, most_bytes=1 << 20)
    await here.ledger.flush()
    with here.database.writer.begin() as connection:
        connection.exec_driver_sql("DELETE FROM events WHERE run_id = 'run-1'")
        connection.exec_driver_sql("UPDATE runs SET status = 'running', stats = NULL, finished_ms = NULL")
    await here.ledger.write("run-1", 1, lines[: events - 1], ()).wait()


async def test_a_crash_in_the_middle_of_a_persons_resume_still_asks_all_that_was_missing(tmp_path: Path) -> None:
    workers = FakeWorkers(lambda _request, _before: failure(FailureKind.BAD_REQUEST))
    async with engine(tmp_path, workers) as here:
        await here.run(docs=6, limits={"concurrency": 1})
        workers.hold = True
        await here.runs.resume("run-1")
        await workers.until(lambda: workers.under_way == 1)
        await here.ledger.flush()
    async with engine(tmp_path) as here:
        await started_again(here)
        await here.ended()
        assert await status(here) == "completed"
        assert len(here.workers.requests) == 6


async def test_what_failed_before_a_crash_is_not_asked_again_by_itself(tmp_path: Path) -> None:
    def script(request: LlmRequest, _before: int) -> Outcome:
        return failure(FailureKind.BAD_REQUEST) if "1." in request.document else answer()

    workers = FakeWorkers(script)
    async with engine(tmp_path, workers) as here:
        await here.start(docs=3, limits={"concurrency": 1})
        await workers.until(lambda: len(workers.requests) == 1)
        workers.hold = True
        await workers.until(lambda: len(workers.requests) == 2)
        await here.ledger.flush()
    async with engine(tmp_path) as here:
        await started_again(here)
        await here.ended()
        assert sorted(request.document for request in here.workers.requests) == ["Text number 2.", "Text number 3."]
        assert await status(here) == "completed_with_errors"


async def test_time_used_before_a_crash_counts(tmp_path: Path) -> None:
    await left_behind(tmp_path, limits={"concurrency": 3, "run_timeout_s": 1000.0})
    async with engine(tmp_path, FakeWorkers(hold=True)) as here:
        await started_again(here)
        live = here.runs.live("run-1")
        assert live is not None
        assert live.log.past.running_ms / 1000 <= live.holds.used_s
