"""The first promise: the numbers on the screen equal what the provider itself counted."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from shared.fold import RunFold
from shared.stored import parse_time
from tests.e2e.configs import judged
from tests.e2e.provider import ScriptedProvider, scripted_provider
from tests.e2e.stack import Frame, running_stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

ENDS = ("successful_calls", "failed_calls", "cancelled_calls", "lost_calls", "in_flight")


def last_stats(frames: list[Frame]) -> dict[str, Any]:
    return [frame for frame in frames if frame.event == "fpf_stats_update"][-1].data["stats"]  # type: ignore[no-any-return]


def assert_invariants(stats: dict[str, Any]) -> None:
    assert stats["total_calls"] == sum(stats[name] for name in ENDS)
    assert stats["violations"] == []


def assert_exact(stats: dict[str, Any], *providers: ScriptedProvider) -> None:
    counts = [provider.counts for provider in providers]
    requests = sum(count.requests for count in counts)
    assert stats["attempts"] - stats["unsent_attempts"] - stats["uncertain_attempts"] <= requests
    assert requests <= stats["attempts"] - stats["unsent_attempts"]
    assert stats["input_tokens"] == sum(count.input_tokens for count in counts)
    assert stats["output_tokens"] == sum(count.output_tokens for count in counts)


def refold(lines: list[dict[str, Any]]) -> RunFold:
    fold = RunFold()
    for line in lines:
        time_ms = parse_time(line["time"])
        assert time_ms is not None
        fold.apply(line["seq"], line["type"], line["time"], time_ms, line["data"])
        assert_invariants(fold.stats())
    return fold


def test_with_failing_requests_the_last_stats_equal_the_providers_own_count(tmp_path: Path) -> None:
    script = ["ok", "429", "ok", "500", "ok", "broken", "ok", "ok", "cut"]
    with (
        scripted_provider(*script) as lab,
        scripted_provider("ok", listening=False) as late,
        running_stack(tmp_path, LAB_BASE_URL=lab.base_url, LATE_BASE_URL=late.base_url) as stack,
    ):
        config = judged("lab", max_attempts=8, identical_failures=50)
        config["single_eval"]["judges"].append({**config["single_eval"]["judges"][0], "provider": "late"})
        run_id = stack.start_run(config)
        opener = threading.Timer(1.0, late.open)
        opener.start()
        frames = stack.watch(run_id)
        opener.join()

        stats = last_stats(frames)
        assert frames[-1].event == "end"
        assert frames[-1].data["status"] == "completed"
        assert frames[-1].data["complete"] is True
        assert_exact(stats, lab, late)
        assert stats["uncertain_attempts"] == 0
        assert stats["unsent_attempts"] > 0
        assert stats["attempts"] - stats["unsent_attempts"] == lab.counts.requests + late.counts.requests
        failed = sum(count for step, count in lab.counts.by_step.items() if step != "ok")
        assert stats["failed_attempts"] == failed + stats["unsent_attempts"]
        assert stats["retries"] == stats["failed_attempts"]
        assert stats["successful_calls"] == stats["planned_calls"] == 4 + 4 * 2 * 2
        for frame in frames:
            if frame.event == "fpf_stats_update":
                assert_invariants(frame.data["stats"])

        log = stack.watch(run_id, "events")
        lines = [frame.data for frame in log if frame.event not in {"hello", "end", "heartbeat"}]
        assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
        assert refold(lines).stats() == stats
        assert stack.wait_for(run_id, {"completed"})["stats"] == stats


def test_a_connection_reset_before_any_answer_is_the_one_allowed_doubt(tmp_path: Path) -> None:
    with scripted_provider("ok", "reset") as lab, running_stack(tmp_path, LAB_BASE_URL=lab.base_url) as stack:
        frames = stack.watch(stack.start_run(judged("lab", generate=False, max_attempts=9, identical_failures=50)))
        stats = last_stats(frames)
        assert stats["uncertain_attempts"] == lab.counts.by_step["reset"]
        assert stats["attempts"] == lab.counts.requests
        assert frames[-1].data["status"] == "completed"


def test_a_verdict_of_381_bytes_is_accepted_at_once(tmp_path: Path) -> None:
    reason = "x" * 100
    verdict = json.dumps(
        {"evaluations": [{"criterion": name, "score": 4, "reason": reason} for name in ("Relevance", "Clarity")]}
    )
    verdict = verdict.replace(reason, "y" * (100 + (381 - len(verdict)) // 2), 1)
    verdict += " " * (381 - len(verdict))
    assert len(verdict.encode()) == 381
    with scripted_provider("ok", verdict=verdict) as lab, running_stack(tmp_path, LAB_BASE_URL=lab.base_url) as stack:
        config = judged("lab", documents=1, generate=False)
        config["single_eval"]["trials"] = 1
        frames = stack.watch(stack.start_run(config))
        assert frames[-1].data["status"] == "completed"
        assert last_stats(frames)["attempts"] == lab.counts.requests == 1


def test_answers_always_too_small_end_within_max_attempts_a_call_and_the_viewer_sees_why(tmp_path: Path) -> None:
    with (
        scripted_provider("small", text="too short") as lab,
        running_stack(tmp_path, LAB_BASE_URL=lab.base_url) as stack,
    ):
        config = judged("lab", max_attempts=3, identical_failures=1000)
        config["generation"]["min_bytes"] = 3072
        frames = stack.watch(stack.start_run(config))
        stats = last_stats(frames)
        assert frames[-1].data["status"] == "completed_with_errors"
        assert lab.counts.requests == stats["attempts"] == 4 * 3
        assert stats["failed_calls"] == 4
        assert stats["not_started"] == 4 * 2
        assert stats["last_error"]["kind"] == "output_too_small"
        assert "3072" in stats["last_error"]["message"]


def test_identical_failures_stop_the_model_long_before_and_raise_an_alert(tmp_path: Path) -> None:
    with (
        scripted_provider("small", text="too short") as lab,
        running_stack(tmp_path, LAB_BASE_URL=lab.base_url) as stack,
    ):
        config = judged("lab", documents=50, max_attempts=3, identical_failures=4, concurrency=1)
        config["generation"]["min_bytes"] = 3072
        frames = stack.watch(stack.start_run(config))
        stats = last_stats(frames)
        assert frames[-1].data["status"] == "completed_with_errors"
        assert lab.counts.requests == stats["attempts"] == 4
        assert [frame.data["data"]["kind"] for frame in frames if frame.event == "alert"][:1] == ["breaker"]
        assert stats["alerts"][0]["kind"] == "breaker"


def test_no_key_and_no_prompt_is_in_any_event_or_log(tmp_path: Path) -> None:
    key, prompt = "sk-canary-7f3a", "CANARY-DOCUMENT-51c2"
    with (
        scripted_provider("ok", "401", "500", "broken") as lab,
        running_stack(tmp_path, LAB_BASE_URL=lab.base_url, LAB_API_KEY=key, ACM2_LOG_LEVEL="debug") as stack,
    ):
        config = judged("lab", documents=2)
        config["documents"][0]["text"] = prompt
        run_id = stack.start_run(config)
        seen = json.dumps([frame.data for frame in [*stack.watch(run_id), *stack.watch(run_id, "events")]])
        assert key in " ".join(lab.counts.keys)
        assert prompt in " ".join(lab.counts.prompts)
        logs = stack.telemetry.log.read_text() + stack.executor.log.read_text()
        for secret in (key, prompt):
            assert secret not in seen
            assert secret not in logs


def test_a_run_without_trouble_writes_no_line_into_the_log(tmp_path: Path) -> None:
    with scripted_provider("ok") as lab, running_stack(tmp_path, LAB_BASE_URL=lab.base_url) as stack:
        before = stack.executor.log.read_text(), stack.telemetry.log.read_text()
        stats = last_stats(stack.watch(stack.start_run(judged("lab", documents=20))))
        assert stats["successful_calls"] == stats["planned_calls"] > 0
        assert (stack.executor.log.read_text(), stack.telemetry.log.read_text()) == before
