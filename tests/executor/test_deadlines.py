"""Every wait has an end: of an attempt, of a call, of a phase, of a run; what is left is handed down."""

from pathlib import Path

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.executor.core.limits.attempt_time import SHORTEST_S, attempt_time_s, pause_within_s
from services.executor.core.limits.phase_times import PhaseTimes
from services.executor.core.lives.history import History
from services.executor.core.presets.preset import Limits
from services.executor.flows.runs.recover import recover
from services.executor.flows.runs.revive import revive
from shared.failures import FailureKind
from shared.llm_call import LlmRequest
from shared.status import RunStatus
from tests.executor.configs import a_judge, a_model
from tests.executor.engine import engine, of_type, types
from tests.executor.fakes import FakeWorkers, Outcome, failure, obliging

SLOW = {"provider": "mylab", "model": "slow"}


def is_slow(request: LlmRequest) -> bool:
    return request.provider == "mylab"


@given(st.floats(0.01, 5000), st.floats(0.01, 5000), st.integers(1, 10), st.floats(0, 30))
def test_attempts_that_all_hang_never_take_longer_than_their_call_and_the_second_one_exists(
    attempt_s: float, call_s: float, most: int, pause_s: float
) -> None:
    limits = Limits(attempt_timeout_s=attempt_s, call_timeout_s=call_s, max_attempts=most)
    spent_s, attempts = 0.0, 0
    while attempts < most:
        time_s = attempt_time_s(limits, spent_s=spent_s, failures=attempts)
        assert time_s <= attempt_s or time_s == SHORTEST_S
        attempts += 1
        spent_s += time_s
        spent_s += pause_within_s(limits, wait_s=pause_s, spent_s=spent_s, failures=attempts)
        if spent_s >= call_s:
            break
    assert spent_s <= call_s + pause_s + SHORTEST_S
    if attempt_s >= call_s or attempt_s < call_s - SHORTEST_S:
        assert attempts >= min(2, most)


def test_an_attempt_limit_that_fits_into_the_call_is_taken_as_it_is() -> None:
    limits = Limits(attempt_timeout_s=600, call_timeout_s=1800, max_attempts=3)
    assert [attempt_time_s(limits, spent_s=spent_s, failures=0) for spent_s in (0, 600, 1500)] == [600, 600, 300]


def test_the_last_attempt_gets_all_that_is_left() -> None:
    limits = Limits(attempt_timeout_s=600, call_timeout_s=2, max_attempts=3)
    assert [attempt_time_s(limits, spent_s=1, failures=failures) for failures in range(3)] == [0.5, 0.5, 1]


async def test_a_provider_that_hangs_is_asked_again_within_the_calls_time(tmp_path: Path) -> None:
    def hangs(request: LlmRequest, _before: int) -> Outcome:
        return failure(FailureKind.TIMEOUT, sent="maybe", duration_s=request.timeout_s)

    workers = FakeWorkers(hangs)
    async with engine(tmp_path, workers) as here:
        events = await here.run(docs=1, limits={"call_timeout_s": 2, "max_attempts": 3, "identical_failures": None})
        assert [round(request.timeout_s, 1) for request in workers.requests] == [1.0, 1.0, 2.0]
        assert of_type(events, "call_failed")[0]["error"]["kind"] == "timeout"


async def test_a_phase_whose_time_is_over_ends_alone_and_says_why(tmp_path: Path) -> None:
    workers = FakeWorkers(holds=is_slow)
    async with engine(tmp_path, workers) as here:
        events = await here.run(
            docs=6,
            generation={},
            single_eval={"judges": [SLOW, a_judge()]},
            limits={"phase_timeout_s": {"single_eval": 0.2}, "concurrency": 4},
        )
        finished = of_type(events, "run_finished")[0]
        assert finished["status"] == "completed_with_errors"
        failed = of_type(events, "call_failed")
        assert {item["error"]["kind"] for item in failed} == {"timeout"}
        assert {item["error"]["message"] for item in failed} == {"limits.phase_timeout_s 0.2 of single_eval is over"}
        alerts = of_type(events, "alert")
        assert [(item["kind"], item["alert_id"]) for item in alerts] == [("phase_timeout", "phase_timeout:single_eval")]
        assert sorted(workers.cancelled) == sorted(key for key in workers.keys if "~slow~" in key)
        stats = await here.stats()
        assert stats["by_phase"][0]["successful_calls"] == 6
        assert types(events).count("phase_finished") == 2
        assert stats["successful_calls"] + stats["failed_calls"] + stats["not_started"] == 18


async def test_a_phase_that_ends_in_time_raises_no_alert(tmp_path: Path) -> None:
    workers = FakeWorkers(holds=lambda request: request.json)
    async with engine(tmp_path, workers) as here:
        limits = {"phase_timeout_s": {"generation": 2}}
        await here.start(docs=2, generation={}, single_eval={}, limits=limits)
        await workers.until(lambda: workers.under_way == 2)
        await anyio.sleep(2.1)
        workers.let_go()
        await here.ended()
        assert of_type(await here.events(), "alert") == []
        assert (await here.runs.find("run-1")).status is RunStatus.COMPLETED


async def test_a_phase_stands_still_with_its_run_and_a_larger_limit_lets_it_go_on(tmp_path: Path) -> None:
    workers = FakeWorkers(holds=is_slow)
    async with engine(tmp_path, workers) as here:
        limits = {"phase_timeout_s": {"generation": 0.2}, "concurrency": 1}
        await here.start(docs=2, generation={"models": [SLOW]}, limits=limits)
        await workers.until(lambda: workers.under_way == 1)
        await here.runs.pause("run-1")
        await anyio.sleep(0.4)
        assert of_type(await here.events(), "alert") == []
        await here.runs.resume("run-1", {"phase_timeout_s": {"generation": 600}})
        workers.let_go()
        await here.ended()
        assert (await here.runs.find("run-1")).status is RunStatus.COMPLETED


async def test_a_resume_gives_a_phase_its_time_again_and_asks_what_is_missing(tmp_path: Path) -> None:
    workers = FakeWorkers(holds=is_slow)
    async with engine(tmp_path, workers) as here:
        models = [SLOW, a_model()]
        limits = {"phase_timeout_s": {"generation": 2}}
        await here.run(docs=2, generation={"models": models}, limits=limits)
        workers.let_go()
        await here.runs.resume("run-1", None)
        await here.ended()
        events = await here.events()
        assert (await here.runs.find("run-1")).status is RunStatus.COMPLETED
        assert [item["state"] for item in of_type(events, "alert")] == ["raised", "cleared"]
        assert len([request for request in workers.requests if not is_slow(request)]) == 2


async def test_after_a_crash_a_phase_has_only_the_time_that_was_left(tmp_path: Path) -> None:
    workers = FakeWorkers(holds=is_slow)
    async with engine(tmp_path, workers) as here:
        await here.start(docs=1, generation={"models": [SLOW]})
        await workers.until(lambda: workers.under_way == 1)
        await anyio.sleep(0.2)
        await here.ledger.flush()
    async with engine(tmp_path) as here:
        await recover(here.reader, here.ledger, here.clock, alive_ms=here.clock.now_ms())
        stored = await here.runs.find("run-1")
        left_s = []
        for asked in (False, True):
            revived = await revive(stored, kit=here.kit, reader=here.reader, asked=asked)
            revived.holds.begin()
            left_s.append(revived.phase_times.left_s("generation", 600))
        assert left_s[0] < 599.9 < left_s[1] <= 600


def test_the_history_knows_how_much_of_a_phases_time_is_gone() -> None:
    past = History()
    for type_, time_ms, data in (
        ("run_started", 1_000, {}),
        ("phase_started", 3_000, {"phase": "generation"}),
        ("phase_started", 4_000, {"phase": "single_eval"}),
        ("phase_finished", 5_000, {"phase": "generation"}),
        ("run_paused", 6_000, {}),
        ("run_resumed", 60_000, {"reason": "asked"}),
        ("run_interrupted", 61_000, {}),
    ):
        past.take(type_, time_ms, data)
    assert past.phases_began_ms == {"single_eval": 3_000}
    assert past.running_ms == 5_000
    past.forget()
    assert past.phases_began_ms == {"single_eval": 0}


def test_a_phases_clock_is_the_runs() -> None:
    used = [0.0]
    times = PhaseTimes(lambda: used[0])
    assert times.left_s("combine", 10) == float("inf")
    times.begins("combine")
    used[0] = 4.0
    times.begins("combine")
    assert times.left_s("combine", 10) == pytest.approx(6)
    times.end("combine", "over")
    assert times.over("combine") == "over"
    times.reconsider()
    assert times.over("combine") is None
    times.finishes("combine")
    assert times.left_s("combine", 1) == float("inf")


async def test_a_slow_judge_blocks_no_generator(tmp_path: Path) -> None:
    workers = FakeWorkers(holds=lambda request: request.json)
    async with engine(tmp_path, workers) as here:
        limits = {"concurrency": 4, "providers": {"mylab": {"concurrency": 1}}}
        await here.start(docs=30, generation={"models": [SLOW]}, single_eval={}, limits=limits)
        await workers.until(lambda: sum(not request.json for request in workers.requests) == 30)
        workers.let_go()
        await here.ended()
        assert (await here.stats())["successful_calls"] == 60


async def test_a_provider_asked_for_a_pause_of_hours_is_given_up_for_one_request(tmp_path: Path) -> None:
    def script(request: LlmRequest, before: int) -> Outcome:
        if is_slow(request):
            return failure(FailureKind.RATE_LIMITED, status=429, retry_after_s=86_400)
        return obliging(request, before)

    workers = FakeWorkers(script)
    async with engine(tmp_path, workers) as here:
        events = await here.run(docs=20, generation={"models": [SLOW, a_model()]}, limits={"concurrency": 1})
        assert len([request for request in workers.requests if is_slow(request)]) == 1
        assert of_type(events, "alert")[0]["kind"] == "breaker"
        assert (await here.stats())["successful_calls"] == 20


async def test_a_paused_run_keeps_no_place_at_a_provider(tmp_path: Path) -> None:
    """Its calls that wait for money hold none either, once it stands still: another run goes on."""
    workers = FakeWorkers(hold=True)
    model = {**SLOW, "price": {"input_per_mtok": 1000.0, "output_per_mtok": 1000.0}, "max_completion_tokens": 100}
    limits = {"concurrency": 4, "max_cost_usd": 0.25, "providers": {"mylab": {"concurrency": 2}}}
    async with engine(tmp_path, workers) as here:
        await here.start("run-1", docs=4, generation={"models": [model]}, limits=limits)
        await workers.until(lambda: workers.under_way == 1)
        await here.runs.pause("run-1")
        workers.let_go()
        await workers.until(lambda: workers.under_way == 0)
        with anyio.fail_after(60):
            await here.run("run-2", docs=3, generation={"models": [SLOW]}, limits={**limits, "max_cost_usd": None})
        assert here.kit.gates.of("mylab").in_use == 0
        assert (await here.runs.find("run-1")).status is RunStatus.PAUSED
        await here.runs.cancel("run-1")
