"""What holds a run back: slots, budgets, the breaker, its time."""

from pathlib import Path

import pytest

from shared.failures import FailureKind
from shared.llm_call import LlmRequest
from tests.executor.configs import a_model
from tests.executor.engine import engine, of_type
from tests.executor.fakes import FakeWorkers, Outcome, answer, failure

LAB = {"provider": "mylab", "model": "m"}
PRICE = {"input_per_mtok": 1000.0, "output_per_mtok": 1000.0}


async def test_no_more_requests_are_under_way_than_allowed(tmp_path: Path) -> None:
    async with engine(tmp_path) as here:
        await here.run(docs=40, limits={"concurrency": 3})
        assert here.workers.most_under_way == 3


async def test_a_provider_has_its_own_limit(tmp_path: Path) -> None:
    workers = FakeWorkers(hold=True)
    async with engine(tmp_path, workers) as here:
        models = [LAB, a_model()]
        limits = {"concurrency": 8, "providers": {"mylab": {"concurrency": 1}}}
        await here.start(docs=4, generation={"models": models}, limits=limits)
        await workers.until(lambda: workers.under_way == 5)
        assert [request.provider for request in workers.requests].count("mylab") == 1
        workers.let_go()
        await here.ended()


async def test_identical_failures_stop_the_model_visibly_long_before_every_call_has_failed(tmp_path: Path) -> None:
    workers = FakeWorkers(lambda _request, _before: failure(FailureKind.OUTPUT_TOO_SMALL))
    async with engine(tmp_path, workers) as here:
        events = await here.run(docs=100, limits={"concurrency": 1, "identical_failures": 5})
        assert len(workers.requests) == 5
        alert = of_type(events, "alert")[-1]
        assert (alert["kind"], alert["state"]) == ("breaker", "raised")
        finished = of_type(events, "run_finished")[0]
        assert (finished["status"], finished["reason"]) == ("completed_with_errors", "breaker")
        stats = await here.stats()
        assert stats["attempts"] == 5
        assert stats["failed_calls"] + stats["not_started"] == 100


async def test_a_refused_key_costs_one_request(tmp_path: Path) -> None:
    workers = FakeWorkers(lambda _request, _before: failure(FailureKind.AUTH, status=401))
    async with engine(tmp_path, workers) as here:
        await here.run(docs=20, limits={"concurrency": 1})
        assert len(workers.requests) == 1
        stats = await here.stats()
        assert (stats["failed_calls"], stats["not_started"], stats["attempts"]) == (1, 19, 1)


async def test_one_models_end_leaves_the_others_alone(tmp_path: Path) -> None:
    def script(request: LlmRequest, _before: int) -> Outcome:
        return failure(FailureKind.QUOTA) if request.provider == "mylab" else answer()

    async with engine(tmp_path, FakeWorkers(script)) as here:
        await here.run(docs=10, generation={"models": [LAB, a_model()]})
        stats = await here.stats()
        assert stats["successful_calls"] == 10


async def test_a_budget_of_requests_is_never_passed(tmp_path: Path) -> None:
    async with engine(tmp_path) as here:
        events = await here.run(docs=50, limits={"max_requests": 7, "concurrency": 16})
        assert len(here.workers.requests) == 7
        finished = of_type(events, "run_finished")[0]
        assert (finished["status"], finished["reason"]) == ("completed_with_errors", "budget")
        assert [item["kind"] for item in of_type(events, "alert")] == ["budget"]
        assert {item["error"]["kind"] for item in of_type(events, "call_failed")} == {"budget"}
        stats = await here.stats()
        assert (stats["successful_calls"], stats["not_started"]) == (7, 43)


async def test_a_budget_of_money_is_never_passed_and_settles_at_what_was_paid(tmp_path: Path) -> None:
    model = {**LAB, "price": PRICE, "max_completion_tokens": 100}
    workers = FakeWorkers(lambda _request, _before: answer(tokens=(10, 10)))
    async with engine(tmp_path, workers) as here:
        await here.run(docs=100, generation={"models": [model]}, limits={"max_cost_usd": 1.0, "concurrency": 32})
        stats = await here.stats()
        assert stats["cost_usd"] <= 1.0
        # A request costs 0.02 and is reserved at about 0.19: the rest that is left cannot hold another one.
        assert stats["cost_usd"] == pytest.approx(0.02 * len(workers.requests))
        assert len(workers.requests) > 35


async def test_an_error_answer_costs_nothing_and_an_unknown_cost_stays_unknown(tmp_path: Path) -> None:
    def script(request: LlmRequest, before: int) -> Outcome:
        if request.document == "Text number 1." and before == 0:
            return failure(FailureKind.SERVER, status=503)
        return answer(tokens=None) if request.document == "Text number 2." else answer(tokens=(1, 1))

    model = {**LAB, "price": PRICE}
    async with engine(tmp_path, FakeWorkers(script)) as here:
        events = await here.run(docs=2, generation={"models": [model]})
        failed = of_type(events, "attempt_failed")[0]
        assert (failed["cost_usd"], failed["input_tokens"], failed["output_tokens"]) == (0, 0, 0)
        assert {item["cost_usd"] for item in of_type(events, "attempt_succeeded")} == {0.002, None}
        assert (await here.stats())["unpriced_attempts"] == 1


async def test_a_call_that_has_used_up_its_time_is_not_tried_again(tmp_path: Path) -> None:
    workers = FakeWorkers(lambda _request, _before: failure(FailureKind.TIMEOUT))
    async with engine(tmp_path, workers) as here:
        await here.run(docs=1, limits={"call_timeout_s": 0.0001, "max_attempts": 50, "identical_failures": None})
        assert len(workers.requests) < 5
        assert all(request.timeout_s <= 0.0011 for request in workers.requests)


async def test_a_run_whose_time_is_over_says_so_and_ends(tmp_path: Path) -> None:
    workers = FakeWorkers(hold=True)
    async with engine(tmp_path, workers) as here:
        events = await here.run(docs=3, limits={"run_timeout_s": 0.05, "concurrency": 2})
        finished = of_type(events, "run_finished")[0]
        assert (finished["status"], finished["reason"]) == ("completed_with_errors", "time")
        assert {item["error"]["kind"] for item in of_type(events, "call_failed")} == {"timeout"}


async def test_most_requests_being_repeats_raises_an_alert(tmp_path: Path) -> None:
    def script(_request: LlmRequest, before: int) -> Outcome:
        return failure(FailureKind.SERVER) if before < 3 else answer()

    async with engine(tmp_path, FakeWorkers(script)) as here:
        limits = {"max_attempts": 4, "identical_failures": None, "retry_share": 0.4, "concurrency": 4}
        events = await here.run(docs=20, limits=limits)
        assert "retry_storm" in [item["kind"] for item in of_type(events, "alert")]


async def test_a_provider_is_asked_at_the_pace_it_allows_and_the_wait_is_an_event(tmp_path: Path) -> None:
    async with engine(tmp_path) as here:
        limits = {"concurrency": 8, "providers": {"scripted": {"requests_per_minute": 6000}}}
        events = await here.run(docs=8, limits=limits)
        waits = [item for item in of_type(events, "call_waiting") if item["waits_for"] == "rate"]
        assert waits
        assert all(item["until"] for item in waits)
        assert (await here.stats())["successful_calls"] == 8
