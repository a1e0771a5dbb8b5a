"""What can go wrong with a worker process, each found by what it is: the others never notice."""

import os
import signal
import sys

import anyio
import psutil
import pytest

from services.executor.adapters.processes import fpf_workers
from services.executor.adapters.processes.fpf_workers import FpfWorkers
from services.executor.adapters.processes.patience import Patience
from shared.failures import FailureKind
from shared.llm_call import LlmAnswer, LlmFailure
from tests.executor.worker_pool import FAKE, Held, a_pool, a_request, all_ready, kept, pid_of_one, pool

pytestmark = pytest.mark.e2e

SOON = Patience(look_every_s=0.05, hangs_after_s=0.5, start_limit_s=20)
NEVER = Patience(look_every_s=0.02, hangs_after_s=1e9, start_limit_s=1e9)
"""Waits for nobody for ever: whatever ends under it was not ended for its silence."""


async def died_beside_another(workers: FpfWorkers, model: str) -> LlmFailure:
    """How a call ends whose worker is broken by it, while another worker holds a call that must not notice."""
    other, broken = Held("other"), Held("broken")
    async with anyio.create_task_group() as group:
        group.start_soon(other.ask, workers)
        await anyio.wait_all_tasks_blocked()
        await broken.ask(workers, model)
        assert other.outcome is None
        await all_ready(workers, 2)
        assert isinstance(await workers.ask("after", a_request()), LlmAnswer)
        assert other.outcome is None
        workers.cancel("other")
    assert isinstance(other.outcome, LlmFailure)
    assert other.outcome.kind is FailureKind.CANCELLED
    assert isinstance(broken.outcome, LlmFailure)
    assert broken.outcome.kind is FailureKind.WORKER_DIED
    assert broken.outcome.sent == "maybe"
    assert workers.deaths == 1
    return broken.outcome


@pytest.mark.parametrize(
    ("model", "why"),
    [
        ("die", "ended with exit status 3"),
        ("noise", "wrote 16 bytes that are no message"),
        ("binary", "bytes that are no message"),
        ("merged", "bytes that are no message"),
        ("half", "ended with exit status 4"),
        ("endless", "wrote a line without an end"),
        ("foreign", "wrote a line that answers nothing"),
        ("greeting", "wrote a line that answers nothing"),
        ("closed", "closed its output"),
        ("heirs", "ended with exit status 5"),
    ],
)
async def test_a_broken_worker_is_ended_with_its_reason_and_the_others_go_on(model: str, why: str) -> None:
    async with pool(patience=NEVER) as workers:
        failure = await died_beside_another(workers, model)
        assert why in failure.message


async def test_a_worker_that_computes_for_ever_is_ended_after_its_time() -> None:
    async with pool(patience=SOON) as workers:
        failure = await died_beside_another(workers, "busy")
        assert "no sign of life for 0.5 s" in failure.message


async def test_a_stopped_worker_is_found_by_its_state_not_by_its_silence() -> None:
    async with pool(patience=NEVER) as workers:
        held, other = Held("held"), Held("other")
        async with anyio.create_task_group() as group:
            group.start_soon(held.ask, workers)
            group.start_soon(other.ask, workers)
            await anyio.wait_all_tasks_blocked()
            victim = workers._holders["held"].worker
            assert victim is not None
            os.kill(victim.pid, signal.SIGSTOP)
            while held.outcome is None:  # noqa: ASYNC110  (its end sets nothing else)
                await anyio.sleep(0.01)
            assert other.outcome is None
            workers.cancel("other")
        assert isinstance(held.outcome, LlmFailure)
        assert "stopped by a signal" in held.outcome.message
        await all_ready(workers, 2)


async def test_what_never_reached_a_stopped_worker_was_certainly_not_sent() -> None:
    async with pool(1, patience=Patience(look_every_s=1.0)) as workers:
        os.kill(await pid_of_one(workers), signal.SIGSTOP)
        big, late = Held("big"), Held("late")
        async with anyio.create_task_group() as group:
            group.start_soon(ask_with_a_large_document, workers, big)
            await anyio.wait_all_tasks_blocked()
            group.start_soon(late.ask, workers)
        assert isinstance(big.outcome, LlmFailure)
        assert isinstance(late.outcome, LlmFailure)
        assert (big.outcome.sent, late.outcome.sent) == ("maybe", "no")


async def ask_with_a_large_document(workers: FpfWorkers, held: Held) -> None:
    held.outcome = await workers.ask(held.key, a_request(document="x" * 1_000_000))


async def test_a_worker_stopped_while_the_others_retire_is_found_and_calls_wait_for_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fpf_workers, "RECYCLE_AFTER_CALLS", 1)
    async with pool(patience=NEVER) as workers:
        held = Held("held")
        async with anyio.create_task_group() as group:
            group.start_soon(held.ask, workers)
            await anyio.wait_all_tasks_blocked()
            pid = await pid_of_one(workers)
            retired = workers._holders["held"].worker
            assert retired is not None
            retired.retire()
            retired_pid = retired.pid
            os.kill(retired_pid, signal.SIGSTOP)
            outcome = await workers.ask("while", a_request())
            assert isinstance(outcome, LlmAnswer)
        assert isinstance(held.outcome, LlmFailure)
        assert held.outcome.kind is FailureKind.WORKER_DIED
        await all_ready(workers, 2)
        assert not psutil.pid_exists(retired_pid)
        assert pid != retired_pid


async def test_a_child_that_writes_ten_megabytes_to_standard_error_blocks_nothing() -> None:
    async with pool(1, patience=NEVER) as workers:
        outcome = await workers.ask("m", a_request("mumble"))
        assert isinstance(outcome, LlmAnswer)
        assert workers.deaths == 0


async def test_what_an_interpreter_prints_before_the_greeting_is_no_harm() -> None:
    async with kept(a_pool(1, environ={"FAKE_START": "noisy"})) as workers:
        assert isinstance(await workers.ask("x", a_request()), LlmAnswer)


async def test_a_wait_for_the_first_worker_can_be_cancelled() -> None:
    async with kept(a_pool(1, environ={"FAKE_START": "mute"})) as workers:
        for alone in (False, True):
            outcomes: list[LlmAnswer | LlmFailure] = []

            async def ask(alone: bool, outcomes: list[LlmAnswer | LlmFailure]) -> None:
                outcomes.append(await workers.ask("w", a_request(), alone=alone))

            async with anyio.create_task_group() as group:
                group.start_soon(ask, alone, outcomes)
                while "w" not in workers._holders:  # noqa: ASYNC110  (it sets nothing when it begins)
                    await anyio.sleep(0.01)
                await anyio.wait_all_tasks_blocked()
                workers.cancel("w")
            (outcome,) = outcomes
            assert isinstance(outcome, LlmFailure)
            assert (outcome.kind, outcome.sent) == (FailureKind.CANCELLED, "no")


@pytest.mark.parametrize(
    ("command", "start", "why"),
    [
        (("/nonexistent/program",), "", "could not be started: No such file or directory"),
        (None, "broken", "ended with exit status 1 (no module named something)"),
        (None, "mute", "gave no sign of life for 0.1 s"),
        ((sys.executable, "-c", "print('x' * 100_000); input()"), "", "wrote noise instead of a greeting"),
    ],
)
async def test_workers_that_can_never_start_say_why_and_fail_the_calls_unsent(
    command: tuple[str, ...] | None, start: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fpf_workers, "READY_LIMIT_S", 0.3)
    patience = Patience(look_every_s=0.05, start_limit_s=0.1 if start == "mute" else 20)
    pool_of_one = a_pool(1, command=command or FAKE, environ={"FAKE_START": start}, patience=patience)
    async with kept(pool_of_one) as workers:
        while not workers.deaths and why not in (workers.trouble or ""):  # noqa: ASYNC110  (told to nobody)
            await anyio.sleep(0.01)
        assert workers.trouble is not None
        assert why in workers.trouble
        outcome = await workers.ask("x", a_request())
        assert isinstance(outcome, LlmFailure)
        assert (outcome.kind, outcome.sent) == (FailureKind.WORKER_DIED, "no")
        assert why in outcome.message
        alone = await workers.ask("a", a_request(), alone=True)
        assert isinstance(alone, LlmFailure)
        assert (alone.kind, alone.sent) == (FailureKind.WORKER_DIED, "no")


async def test_an_executor_that_was_itself_stopped_kills_no_worker() -> None:
    """Its clock has gone on; its workers have not been silent."""
    program = """
import anyio, os, signal, subprocess, sys
from services.executor.adapters.processes.patience import Patience
from tests.executor.worker_pool import a_pool, a_request, all_ready, kept

async def main():
    patience = Patience(look_every_s=0.05, hangs_after_s=0.5, start_limit_s=20)
    async with kept(a_pool(2, patience=patience)) as workers:
        await all_ready(workers, 2)
        waker = "import os, signal, time; time.sleep(1.5); os.kill(int(__import__('sys').argv[1]), signal.SIGCONT)"
        with subprocess.Popen([sys.executable, "-c", waker, str(os.getpid())]):
            os.kill(os.getpid(), signal.SIGSTOP)
        for number in range(5):
            await anyio.sleep(0.1)
            await workers.ask(f"k{number}", a_request())
        print("deaths", workers.deaths)

anyio.run(main)
"""
    ended = await anyio.run_process([sys.executable, "-c", program], env=dict(os.environ))
    assert ended.stdout == b"deaths 0\n"


async def test_an_error_of_ours_in_a_conversation_costs_that_worker_only(monkeypatch: pytest.MonkeyPatch) -> None:
    async with pool(patience=SOON) as workers:
        victim = workers._workers[0]

        def broken(line: bytes, became_ready: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(victim, "_take", broken)
        while victim in workers._workers:
            assert workers.ready_count
            await anyio.sleep(0.01)
        await all_ready(workers, 2)
        assert isinstance(await workers.ask("x", a_request()), LlmAnswer)
