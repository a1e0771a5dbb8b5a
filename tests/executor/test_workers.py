"""The pool of worker processes: what dies, stops or babbles costs its own calls at most, and nothing is left behind."""

import os
import signal

import anyio
import pytest

from services.executor.adapters.processes import fpf_workers
from services.executor.adapters.processes.fpf_workers import FpfWorkers
from shared.failures import FailureKind
from shared.llm_call import LlmAnswer, LlmFailure
from tests.executor.worker_pool import a_request, all_ready, pid_of_one, pool

pytestmark = pytest.mark.e2e


async def test_many_calls_at_once_each_get_their_own_answer() -> None:
    async with pool() as workers:
        outcomes: dict[int, LlmAnswer | LlmFailure] = {}

        async def one(number: int) -> None:
            outcomes[number] = await workers.ask(f"k{number}", a_request(document=f"text {number}"))

        async with anyio.create_task_group() as group:
            for number in range(300):
                group.start_soon(one, number)
        texts = {number: outcome.text for number, outcome in outcomes.items()}
        assert texts == {number: f"about text {number}" for number in range(300)}


async def test_a_worker_that_dies_fails_only_what_it_held_and_is_replaced() -> None:
    async with pool(1) as workers:
        held: list[LlmAnswer | LlmFailure] = []

        async def hang() -> None:
            held.append(await workers.ask("h", a_request("hang")))

        async with anyio.create_task_group() as group:
            group.start_soon(hang)
            await anyio.wait_all_tasks_blocked()
            outcome = await workers.ask("d", a_request("die"))
        assert isinstance(outcome, LlmFailure)
        assert (outcome.kind, outcome.sent) == (FailureKind.WORKER_DIED, "maybe")
        assert isinstance(held[0], LlmFailure)
        assert held[0].kind is FailureKind.WORKER_DIED
        await workers.ready()
        assert isinstance(await workers.ask("n", a_request()), LlmAnswer)


async def test_kill_minus_nine_is_seen_at_once() -> None:
    async with pool(1) as workers:
        pid = await pid_of_one(workers)
        held: list[LlmAnswer | LlmFailure] = []

        async def hang() -> None:
            held.append(await workers.ask("h", a_request("hang")))

        async with anyio.create_task_group() as group:
            group.start_soon(hang)
            await anyio.wait_all_tasks_blocked()
            os.kill(pid, signal.SIGKILL)
        assert isinstance(held[0], LlmFailure)
        assert held[0].kind is FailureKind.WORKER_DIED


async def test_a_stopped_worker_is_killed_and_replaced() -> None:
    async with pool(1) as workers:
        pid = await pid_of_one(workers)
        os.kill(pid, signal.SIGSTOP)
        outcome = await workers.ask("x", a_request())
        assert isinstance(outcome, LlmFailure)
        assert outcome.kind is FailureKind.WORKER_DIED
        await workers.ready()
        assert await pid_of_one(workers) != pid


async def test_a_long_answer_comes_whole() -> None:
    async with pool(1) as workers:
        outcome = await workers.ask("x", a_request("flood"))
        assert isinstance(outcome, LlmAnswer)
        assert outcome.text == "x" * 3_000_000


async def test_half_a_line_before_the_end_is_no_answer() -> None:
    async with pool(1) as workers:
        outcome = await workers.ask("x", a_request("half"))
        assert isinstance(outcome, LlmFailure)
        assert outcome.kind is FailureKind.WORKER_DIED


async def test_a_large_document_goes_through_the_pipe_both_ways() -> None:
    async with pool(1) as workers:
        document = "ä" * 4_000_000
        outcome = await workers.ask("x", a_request(document=document))
        assert isinstance(outcome, LlmAnswer)
        assert outcome.text == f"about {document}"


async def cancelled(workers: FpfWorkers, key: str, model: str) -> LlmAnswer | LlmFailure:
    held: list[LlmAnswer | LlmFailure] = []

    async def hang() -> None:
        held.append(await workers.ask(key, a_request(model)))

    async with anyio.create_task_group() as group:
        group.start_soon(hang)
        await anyio.wait_all_tasks_blocked()
        workers.cancel(key)
    return held[0]


async def test_a_cancelled_request_ends_as_cancelled() -> None:
    async with pool(1) as workers:
        outcome = await cancelled(workers, "h", "hang")
        assert isinstance(outcome, LlmFailure)
        assert outcome.kind is FailureKind.CANCELLED


async def test_a_request_that_cannot_be_cancelled_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fpf_workers, "ABORT_LIMIT_S", 0.05)
    async with pool(1) as workers:
        outcome = await cancelled(workers, "stubborn", "stubborn")
        assert isinstance(outcome, LlmFailure)
        assert (outcome.kind, outcome.sent) == (FailureKind.CANCELLED, "maybe")
        assert isinstance(await workers.ask("n", a_request()), LlmAnswer)


async def test_a_request_past_its_deadline_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fpf_workers, "LATE_S", 0.01)
    monkeypatch.setattr(fpf_workers, "ABORT_LIMIT_S", 0.05)
    async with pool(1) as workers:
        outcome = await workers.ask("stubborn", a_request("stubborn", timeout_s=0.01))
        assert isinstance(outcome, LlmFailure)
        assert (outcome.kind, outcome.sent) == (FailureKind.TIMEOUT, "maybe")


async def test_a_dangerous_call_gets_a_process_of_its_own() -> None:
    async with pool(1) as workers:
        pid = await pid_of_one(workers)
        outcome = await workers.ask("d", a_request("die"), alone=True)
        assert isinstance(outcome, LlmFailure)
        assert outcome.kind is FailureKind.WORKER_DIED
        assert await pid_of_one(workers) == pid


async def test_an_old_worker_is_replaced_when_it_is_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fpf_workers, "RECYCLE_AFTER_CALLS", 20)
    async with pool(2) as workers:
        await all_ready(workers, 2)
        pids = set()
        for number in range(100):
            outcome = await workers.ask(f"k{number}", a_request("pid"))
            assert isinstance(outcome, LlmAnswer)
            pids.add(outcome.text)
            if number % 20 == 19:
                await all_ready(workers, 2)
        assert len(pids) > 2
        assert workers.deaths == 0
