"""A run taken up again: only what is missing is asked, and every number goes on from where it was."""

from pathlib import Path

import anyio
import pytest

from services.executor.core.presets.mistakes import InvalidPreset
from shared.failures import FailureKind
from shared.llm_call import LlmRequest
from shared.status import RunStatus
from tests.executor.engine import engine, of_type, types
from tests.executor.fakes import FakeWorkers, Outcome, answer, failure, obliging, verdict
from tests.executor.lives import left_behind, started_again, status

LAB = {"provider": "mylab", "model": "m"}
PRICE = {"input_per_mtok": 1000.0, "output_per_mtok": 1000.0}


def numbers_of(requests: list[LlmRequest]) -> list[str]:
    """Which documents were asked about, in no order."""
    return sorted(request.document.split()[2].rstrip(".") for request in requests)


async def test_only_failed_calls_are_asked_again_and_their_attempts_are_numbered_on(tmp_path: Path) -> None:
    def script(request: LlmRequest, before: int) -> Outcome:
        return failure(FailureKind.SERVER) if "2." in request.document and before < 2 else answer()

    async with engine(tmp_path, FakeWorkers(script)) as here:
        await here.run(docs=4, limits={"max_attempts": 2, "identical_failures": None})
        assert (await here.runs.find("run-1")).status is RunStatus.COMPLETED_WITH_ERRORS
        here.workers.requests.clear()
        assert await here.runs.resume("run-1") is RunStatus.RUNNING
        await here.ended()
        assert numbers_of(here.workers.requests) == ["2"]
        events = await here.events()
        started = [item["attempt"] for item in of_type(events, "attempt_started") if "doc_2" in item["call_id"]]
        assert started == [1, 2, 3]
        resumed = of_type(events, "run_resumed")[0]
        assert (resumed["reason"], resumed["planned_calls"], resumed["max_requests_total"]) == ("asked", 4, 5 + 2)
        after = types(events)[types(events).index("run_resumed") - 1 :]
        assert after[:4] == ["run_finished", "run_resumed", "phase_started", "call_queued"]
        assert after[-2:] == ["phase_finished", "run_finished"]
        assert of_type(events, "run_finished")[1]["status"] == "completed"


async def test_a_run_that_lacks_nothing_is_left_alone(tmp_path: Path) -> None:
    async with engine(tmp_path) as here:
        before = await here.run(docs=2)
        assert await here.runs.resume("run-1") is RunStatus.COMPLETED
        assert await here.runs.resume("run-1", {"concurrency": 2}) is RunStatus.COMPLETED
        assert await here.events() == before
        with pytest.raises(InvalidPreset):
            await here.runs.resume("run-1", {"concurrency": "many"})


async def test_two_resumes_at_once_are_one(tmp_path: Path) -> None:
    await left_behind(tmp_path)
    async with engine(tmp_path) as here:
        await started_again(here, auto_resume_s=0)
        async with anyio.create_task_group() as group:
            for _ in range(4):
                group.start_soon(here.runs.resume, "run-1")
        await here.ended()
        assert types(await here.events()).count("run_resumed") == 1
        assert len(here.workers.requests) == 6


async def test_a_cancelled_run_can_be_resumed(tmp_path: Path) -> None:
    workers = FakeWorkers(hold=True)
    async with engine(tmp_path, workers) as here:
        await here.start(docs=5, generation={}, single_eval={}, limits={"concurrency": 2})
        await workers.until(lambda: workers.under_way == 2)
        await here.runs.cancel("run-1")
        workers.let_go()
        await here.runs.resume("run-1")
        await here.ended()
        assert (await here.runs.find("run-1")).status is RunStatus.COMPLETED
        stats = await here.stats()
        assert (stats["successful_calls"], stats["cancelled_calls"], stats["attempts"]) == (10, 0, 12)
        assert (stats["not_started"], stats["failed_attempts"]) == (0, 2)


async def test_a_document_that_could_not_be_made_is_made_and_then_judged(tmp_path: Path) -> None:
    def script(request: LlmRequest, before: int) -> Outcome:
        if request.json:
            return verdict()
        return failure(FailureKind.BAD_REQUEST) if "1." in request.document and before == 0 else answer("A text.")

    async with engine(tmp_path, FakeWorkers(script)) as here:
        await here.run(docs=2, generation={}, single_eval={})
        stats = await here.stats()
        assert (stats["failed_calls"], stats["not_started"], stats["successful_calls"]) == (1, 1, 2)
        here.workers.requests.clear()
        await here.runs.resume("run-1")
        await here.ended()
        assert [request.json for request in here.workers.requests] == [False, True]
        assert (await here.runs.find("run-1")).status is RunStatus.COMPLETED
        assert len(await here.reader.scores("run-1")) == 2


async def test_documents_made_before_a_crash_are_there_for_their_judges(tmp_path: Path) -> None:
    def script(request: LlmRequest, before: int) -> Outcome:
        return failure(FailureKind.AUTH) if request.json else answer(f"about {request.document}")

    async with engine(tmp_path, FakeWorkers(script)) as here:
        await here.run(docs=3, generation={}, single_eval={})
    async with engine(tmp_path) as here:
        await here.runs.resume("run-1")
        await here.ended()
        texts = sorted(request.document for request in here.workers.requests)
        assert texts == [f"about Text number {number}." for number in (1, 2, 3)]
        assert (await here.runs.find("run-1")).status is RunStatus.COMPLETED


async def test_a_budget_of_requests_knows_all_lives(tmp_path: Path) -> None:
    made = await left_behind(tmp_path, limits={"concurrency": 3, "max_requests": 5})
    async with engine(tmp_path) as here:
        await started_again(here)
        await here.ended()
        assert made + len(here.workers.requests) == 5
        assert (await here.runs.find("run-1")).reason == "budget"
        await here.runs.resume("run-1", {"max_requests": 20})
        await here.ended()
        stored = await here.runs.find("run-1")
        assert (stored.status, stored.max_requests_total) == (RunStatus.COMPLETED, 5 + 4 * 3)
        assert (await here.stats())["attempts"] == made + 6


async def test_money_reserved_for_what_nobody_settled_stays_spent(tmp_path: Path) -> None:
    model = {**LAB, "price": PRICE, "max_completion_tokens": 100}
    limits = {"concurrency": 2, "max_cost_usd": 1.0}
    await left_behind(tmp_path, under_way=2, docs=8, generation={"models": [model]}, limits=limits)
    async with engine(tmp_path) as here:
        await started_again(here)
        attempts = await here.reader.attempts("run-1")
        reserved = sum(attempt.reserved_nano for attempt in attempts if attempt.kind == "worker_died")
        assert reserved > 0
        live = here.runs.live("run-1")
        assert live is not None
        assert live.budget.cost_nano >= reserved
        await here.ended()
        spent = (await here.stats())["cost_usd"] * 1e9 + reserved
        assert spent <= 1e9


async def test_a_limit_on_money_that_comes_with_a_resume_knows_what_was_spent_without_one(tmp_path: Path) -> None:
    model = {**LAB, "price": PRICE, "max_completion_tokens": 100}
    await left_behind(tmp_path, under_way=2, docs=8, generation={"models": [model]}, limits={"concurrency": 2})
    async with engine(tmp_path) as here:
        await started_again(here, auto_resume_s=0)
        died = [attempt for attempt in await here.reader.attempts("run-1") if attempt.kind == "worker_died"]
        assert died
        assert all(attempt.reserved_nano > 0 for attempt in died)
        spent_nano = sum(attempt.reserved_nano for attempt in died)
        await here.runs.resume("run-1", {"max_cost_usd": spent_nano / 1e9})
        await here.ended()
        assert here.workers.requests == []
        assert (await here.runs.find("run-1")).reason == "budget"


async def test_new_limits_outlive_the_next_crash(tmp_path: Path) -> None:
    await left_behind(tmp_path, limits={"concurrency": 3, "max_attempts": 1})
    workers = FakeWorkers(hold=True)
    async with engine(tmp_path, workers) as here:
        await started_again(here, auto_resume_s=0)
        await here.runs.resume("run-1", {"concurrency": 1, "max_attempts": 2})
        await workers.until(lambda: workers.under_way == 1)
        await here.ledger.flush()
    async with engine(tmp_path, FakeWorkers(obliging, hold=True)) as here:
        await started_again(here)
        live = here.runs.live("run-1")
        assert live is not None
        assert (live.preset.limits.concurrency, live.preset.limits.max_attempts) == (1, 2)
        stored = await here.runs.find("run-1")
        assert stored.max_requests_total == 4 + 6 * 2
        here.workers.let_go()
        await here.ended()
        assert here.workers.most_under_way == 1
        assert (await here.stats())["violations"] == []


async def test_an_attempt_counts_anew_after_a_resume_and_the_ceiling_says_so(tmp_path: Path) -> None:
    workers = FakeWorkers(lambda _request, _before: failure(FailureKind.SERVER))
    async with engine(tmp_path, workers) as here:
        await here.run(docs=1, limits={"max_attempts": 3, "identical_failures": None})
        for life in (2, 3):
            await here.runs.resume("run-1")
            await here.ended()
            assert len(workers.requests) == 3 * life
            stats = await here.stats()
            assert (stats["attempts"], stats["max_requests_total"]) == (3 * life, 3 * life)
            assert stats["violations"] == []


async def test_a_resume_while_telemetry_is_away_works_and_everything_arrives_later(tmp_path: Path) -> None:
    await left_behind(tmp_path)
    async with engine(tmp_path) as here:
        await started_again(here, auto_resume_s=0)
        await here.runs.resume("run-1")
        await here.ended()
        events = await here.events()
        await here.telemetry.until(lambda: len(here.telemetry.events.get("run-1", [])) == len(events))
        assert await status(here) == "completed"
