"""A run from its plan to its end, with every way a call can go."""

from pathlib import Path
from typing import Any

import anyio
import pytest

from services.executor.errors import RunExistsError, UnknownRunError
from services.executor.flows.slots.slots import Slots
from shared.failures import FailureKind
from shared.llm_call import LlmRequest
from tests.executor.configs import a_judge, a_model
from tests.executor.engine import engine, of_type, types
from tests.executor.fakes import FakeWorkers, Outcome, answer, failure, obliging, verdict

LAB = {"provider": "mylab", "model": "m"}
PRICE = {"input_per_mtok": 1000.0, "output_per_mtok": 1000.0}


async def test_generation_and_judging_leave_the_events_of_the_contract_in_order(tmp_path: Path) -> None:
    async with engine(tmp_path) as here:
        events = await here.run(docs=1, generation={}, single_eval={})
        assert types(events) == [
            "run_planned",
            "run_started",
            "phase_started",
            "call_queued",
            "call_started",
            "attempt_started",
            "attempt_succeeded",
            "call_succeeded",
            "phase_finished",
            "phase_started",
            "call_queued",
            "call_started",
            "attempt_started",
            "attempt_succeeded",
            "score_recorded",
            "call_succeeded",
            "phase_finished",
            "run_finished",
        ]
        assert of_type(events, "run_planned")[0]["planned_calls"] == 2
        assert of_type(events, "run_finished")[0].items() >= {"status": "completed", "reason": None}.items()
        score = of_type(events, "score_recorded")[0]
        assert score["scores"] == {"Relevance": 4, "Clarity": 4}
        assert score["document"] == "doc_1~writer.json~1"
        assert score["generator"] == {"provider": "scripted", "model": "writer.json", "settings": {}}
        stats = await here.stats()
        assert (stats["successful_calls"], stats["attempts"], stats["planned_calls"]) == (2, 2, 2)


async def test_documents_are_judged_directly_without_generation(tmp_path: Path) -> None:
    async with engine(tmp_path) as here:
        events = await here.run(docs=3, single_eval={"trials": 2})
        scores = of_type(events, "score_recorded")
        assert len(scores) == 6
        assert {score["generator"] is None for score in scores} == {True}
        assert {request.document for request in here.workers.requests} == {f"Text number {n}." for n in (1, 2, 3)}


async def test_a_judge_gets_the_schema_and_never_the_size_rule_and_a_generator_the_other_way_round(
    tmp_path: Path,
) -> None:
    workers = FakeWorkers(lambda request, _: verdict() if request.json else answer("x" * 500))
    async with engine(tmp_path, workers) as here:
        await here.run(
            docs=1,
            generation={"min_bytes": 100, "models": [a_model(temperature=0.25, max_completion_tokens=99)]},
            single_eval={"judges": [a_judge(json="object", temperature=0.0)]},
            limits={"attempt_timeout_s": 7},
        )
        maker, judge = workers.requests
        assert (maker.min_bytes, maker.json, maker.temperature, maker.max_completion_tokens) == (100, False, 0.25, 99)
        assert maker.timeout_s == 7
        assert (judge.min_bytes, judge.json, judge.json_mode, judge.temperature) == (0, True, "object", 0.0)
        assert judge.json_schema is not None


async def test_a_failure_is_tried_again_and_every_pause_is_an_event(tmp_path: Path) -> None:
    def script(_request: LlmRequest, before: int) -> Outcome:
        return failure(FailureKind.SERVER, status=500) if before < 2 else answer()

    async with engine(tmp_path, FakeWorkers(script)) as here:
        events = await here.run(docs=1)
        failed = of_type(events, "attempt_failed")
        assert [(item["attempt"], item["will_retry"]) for item in failed] == [(1, True), (2, True)]
        assert all(item["retry_in_s"] >= 0 for item in failed)
        waits = of_type(events, "call_waiting")
        assert [item["waits_for"] for item in waits] == ["backoff", "backoff"]
        assert all(item["until"] for item in waits)
        assert of_type(events, "call_succeeded") == [{"call_id": "generate~doc_1~writer.json~1", "attempts": 3}]
        stats = await here.stats()
        assert (stats["retries"], stats["attempts"], stats["failed_attempts"]) == (2, 3, 2)
        assert stats["errors"][0]["recovered"] is True


async def test_a_provider_that_asks_for_a_pause_is_left_alone_by_every_call_and_the_slot_is_free(
    tmp_path: Path,
) -> None:
    def script(request: LlmRequest, before: int) -> Outcome:
        if request.provider == "mylab" and request.document == "Text number 1." and before == 0:
            return failure(FailureKind.RATE_LIMITED, retry_after_s=0.3)
        return answer()

    async with engine(tmp_path, FakeWorkers(script)) as here:
        models = [{"provider": "mylab", "model": "m"}, a_model()]
        events = await here.run(docs=3, generation={"models": models}, limits={"concurrency": 1})
        asked = [request.provider for request in here.workers.requests]
        assert asked == ["mylab", *["scripted"] * 3, *["mylab"] * 3]
        reasons = [item["reason"] for item in of_type(events, "call_waiting") if item["waits_for"] == "backoff"]
        assert reasons == ["rate_limited", "rate_limited"]


async def test_a_maker_its_provider_has_sent_away_leaves_the_only_slot_to_judges(tmp_path: Path) -> None:
    def script(request: LlmRequest, before: int) -> Outcome:
        if request.provider == "mylab":
            return failure(FailureKind.RATE_LIMITED, retry_after_s=3000)
        return obliging(request, before)

    async with engine(tmp_path, FakeWorkers(script)) as here:
        models = [{"provider": "mylab", "model": "m"}, a_model()]
        await here.start(docs=2, generation={"models": models}, single_eval={}, limits={"concurrency": 1})
        with anyio.fail_after(60):
            await here.workers.until(lambda: len(here.workers.requests) == 5 and here.workers.under_way == 0)
        asked = [("judge" if request.json else request.provider) for request in here.workers.requests]
        assert asked == ["mylab", "scripted", "scripted", "judge", "judge"]
        await here.runs.cancel("run-1")


async def test_an_answer_always_too_small_ends_after_max_attempts(tmp_path: Path) -> None:
    workers = FakeWorkers(lambda _request, _before: failure(FailureKind.OUTPUT_TOO_SMALL, text="x"))
    async with engine(tmp_path, workers) as here:
        events = await here.run(docs=1, limits={"max_attempts": 3})
        assert len(workers.requests) == 3
        ended = of_type(events, "call_failed")[0]
        assert (ended["attempts"], ended["error"]["kind"]) == (3, "output_too_small")
        assert of_type(events, "run_finished")[0]["status"] == "completed_with_errors"


async def test_an_unreadable_verdict_is_asked_again_and_keeps_its_tokens(tmp_path: Path) -> None:
    def script(_request: LlmRequest, before: int) -> Outcome:
        return answer('{"evaluations": []}', tokens=(7, 3)) if before == 0 else verdict()

    async with engine(tmp_path, FakeWorkers(script)) as here:
        events = await here.run(docs=1, single_eval={})
        failed = of_type(events, "attempt_failed")[0]
        assert failed["error"]["kind"] == "unreadable_verdict"
        assert (failed["input_tokens"], failed["output_tokens"], failed["sent"]) == (7, 3, "yes")
        assert len(of_type(events, "score_recorded")) == 1
        attempts = await here.reader.attempts("run-1", "evaluate~doc_1~judge.json~1")
        assert attempts[0].answer == '{"evaluations": []}'


async def test_judges_of_a_document_that_could_not_be_made_are_not_asked_and_say_which_it_is(tmp_path: Path) -> None:
    def script(request: LlmRequest, _before: int) -> Outcome:
        if request.document == "Text number 1.":
            return failure(FailureKind.BAD_REQUEST)
        return obliging(request, 0)

    async with engine(tmp_path, FakeWorkers(script)) as here:
        events = await here.run(docs=2, generation={}, single_eval={"trials": 2})
        cancelled = of_type(events, "call_cancelled")
        assert [item["attempts"] for item in cancelled] == [0, 0]
        assert all(item["error"]["kind"] == "cancelled" for item in cancelled)
        assert all("doc_1~writer.json~1" in item["error"]["message"] for item in cancelled)
        assert len(of_type(events, "score_recorded")) == 2
        stats = await here.stats()
        assert (stats["not_started"], stats["failed_calls"], stats["cancelled_calls"]) == (2, 1, 0)


async def test_a_dead_worker_is_not_the_calls_fault_until_the_third_time(tmp_path: Path) -> None:
    def script(request: LlmRequest, before: int) -> Outcome:
        deadly = request.document == "Text number 1."
        if before < (99 if deadly else 2):
            return failure(FailureKind.WORKER_DIED, sent="maybe")
        return answer()

    workers = FakeWorkers(script)
    async with engine(tmp_path, workers) as here:
        events = await here.run(docs=2, limits={"max_attempts": 1})
        lost = of_type(events, "call_lost")
        assert [(item["attempts"], item["error"]["kind"]) for item in lost] == [(3, "worker_died")]
        assert len(of_type(events, "call_succeeded")) == 1
        assert sorted(key.rsplit("/", 1)[1] for key in workers.alone) == ["3", "3"]
        stats = await here.stats()
        assert (stats["lost_calls"], stats["uncertain_attempts"]) == (1, 5)


async def test_an_embedded_model_that_cannot_be_had_is_a_failed_attempt(tmp_path: Path) -> None:
    async with engine(tmp_path) as here:
        here.local_model.address = None
        events = await here.run(docs=1, generation={"models": [{"provider": "local", "model": "smollm2-135m"}]})
        failed = of_type(events, "attempt_failed")
        assert [item["sent"] for item in failed] == ["no", "no", "no"]
        assert here.workers.requests == []


async def test_a_call_that_breaks_inside_ends_as_internal_and_the_run_goes_on(tmp_path: Path) -> None:
    def script(request: LlmRequest, _before: int) -> Outcome:
        if request.document == "Text number 1.":
            raise ValueError("a bug")
        return answer()

    async with engine(tmp_path, FakeWorkers(script)) as here:
        events = await here.run(docs=3, limits={"concurrency": 1})
        assert [item["error"]["kind"] for item in of_type(events, "attempt_failed")] == ["internal"]
        assert len(of_type(events, "call_succeeded")) == 2
        assert of_type(events, "run_finished")[0]["status"] == "completed_with_errors"


async def test_a_run_that_breaks_inside_ends_as_failed_with_every_number_true(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_slots: Slots, _provider: str) -> None:
        raise ValueError("a bug")

    workers = FakeWorkers(hold=True)
    async with engine(tmp_path, workers) as here:
        await here.start(docs=6, limits={"concurrency": 3})
        await workers.until(lambda: workers.under_way == 3)
        monkeypatch.setattr(Slots, "leave", broken)
        workers.let_go()
        await here.ended()
        events = await here.events()
        finished = of_type(events, "run_finished")[0]
        assert finished["status"] == "failed"
        stats = await here.stats()
        assert stats["in_flight"] == stats["queued"] == 0


async def test_prompts_and_answers_are_kept_but_in_no_event(tmp_path: Path) -> None:
    def script(request: LlmRequest, before: int) -> Outcome:
        if before == 0:
            return failure(FailureKind.INVALID_JSON, text="ANSWER-CANARY")
        return verdict() if request.json else answer("ANSWER-CANARY")

    async with engine(tmp_path, FakeWorkers(script)) as here:
        await here.run(
            docs=1,
            generation={"instructions": {"text": "PROMPT-CANARY"}},
            single_eval={"criteria": [{"name": "Relevance", "description": "PROMPT-CANARY"}, "Clarity"]},
        )
        lines = await here.ledger.lines("run-1", after=0, most=10_000, most_bytes=1 << 30)
        assert b"CANARY" not in b"".join(lines)
        assert b"Text number" not in b"".join(lines)
        assert await here.reader.text("run-1", "doc_1~writer.json~1") == "ANSWER-CANARY"


async def test_a_repeat_with_the_same_id_is_the_same_run_and_other_content_is_refused(tmp_path: Path) -> None:
    async with engine(tmp_path) as here:
        await here.run(docs=1)
        assert await here.runs.repeated("run-1", "x")
        with pytest.raises(RunExistsError):
            await here.runs.repeated("run-1", "y")
        with pytest.raises(UnknownRunError):
            await here.runs.find("run-2")


async def test_many_runs_at_once_keep_their_numbers_apart(tmp_path: Path) -> None:
    async with engine(tmp_path) as here:
        async with anyio.create_task_group() as group:
            for number in range(1, 13):

                async def one(number: int = number) -> None:
                    await here.run(f"run-{number}", docs=number, single_eval={})

                group.start_soon(one)
        for number in range(1, 13):
            assert (await here.stats(f"run-{number}"))["successful_calls"] == number


async def test_a_score_is_kept_with_its_reasons(tmp_path: Path) -> None:
    async with engine(tmp_path) as here:
        await here.run(docs=1, single_eval={})
        scores: list[Any] = await here.reader.scores("run-1")
        assert [(score.document, score.mean) for score in scores] == [("doc_1", 4.0)]
        assert scores[0].reasons == '{"Relevance":"so","Clarity":"so"}'
