"""The executor as a process, killed and started again: the provider's own count is the judge."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.configs import judged
from tests.e2e.provider import ScriptedProvider
from tests.executor.service import Process
from tests.executor.test_service import run_of, until

pytestmark = pytest.mark.e2e

CALLS = 4 + 4 * 2
FINAL = {"completed", "completed_with_errors", "failed", "cancelled"}


@contextmanager
def counting_provider(script: list[str]) -> Iterator[ScriptedProvider]:
    provider = ScriptedProvider(script)
    provider.open()
    try:
        yield provider
    finally:
        provider.close()


@contextmanager
def executor(folder: Path, provider: ScriptedProvider, **environ: str) -> Iterator[Process]:
    made = Process(folder, MYLAB_BASE_URL=provider.base_url, ACM2_RETRY_BASE_S="0.05", **environ)
    try:
        made.start()
        yield made
    finally:
        if made.process is not None and made.process.poll() is None:
            made.stop(signal.SIGKILL)


def begin(url: str, **limits: Any) -> None:
    body = {"config": judged("mylab", **limits), "run_id": "r"}
    answer = httpx.post(f"{url}/runs", json=body, trust_env=False)
    assert answer.status_code == 201, answer.text


def ask(url: str, wish: str, **body: Any) -> dict[str, Any]:
    answer = httpx.post(f"{url}/runs/r/{wish}", json=body or None, trust_env=False, timeout=60)
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


def check_counts(run: dict[str, Any], provider: ScriptedProvider, *, in_flight: int) -> None:
    """What is shown is what the provider counted, but for requests whose sending nobody saw."""
    stats, asked = run["stats"], provider.counts.requests
    most = stats["attempts"] - stats["unsent_attempts"]
    assert most - stats["uncertain_attempts"] <= asked <= most
    assert stats["uncertain_attempts"] <= in_flight
    # Each question but those in flight at the kill was asked once.
    assert asked - CALLS <= in_flight
    assert stats["violations"] == []
    assert stats["cost_usd"] is not None


def test_killed_under_way_it_goes_on_by_itself_and_its_numbers_are_the_providers(tmp_path: Path) -> None:
    with counting_provider(["ok"] * 6 + ["hold"] * 2 + ["ok"] * 1000) as provider:
        with executor(tmp_path, provider) as first:
            begin(first.url, concurrency=2)
            until(lambda: provider.counts.by_step.get("hold") == 2)
            first.stop(signal.SIGKILL)
        provider.released.set()
        with executor(tmp_path, provider) as second:
            until(lambda: run_of(second.url, "r")["status"] in FINAL)
            run = run_of(second.url, "r")
            assert run["status"] == "completed"
            assert run["stats"]["successful_calls"] == CALLS
            assert run["resumable"] is False
            check_counts(run, provider, in_flight=2)


def test_killed_again_and_again_it_comes_to_its_end(tmp_path: Path) -> None:
    script = ["ok", "500", "ok", "hold", "ok", "ok", "hold", "ok", "cut", "ok", "ok", "hold"]
    kills = 3
    with counting_provider(script) as provider:
        for life in range(kills):
            # Before the start: a life that goes on by itself may be held up as soon as it is there.
            holds = provider.counts.by_step.get("hold", 0)
            with executor(tmp_path, provider) as made:
                if life == 0:
                    begin(made.url, concurrency=3, identical_failures=None, max_attempts=50)
                until(lambda: provider.counts.by_step.get("hold", 0) > holds)  # noqa: B023 - awaited in the same turn
                made.stop(signal.SIGKILL)
        provider.released.set()
        with executor(tmp_path, provider) as last:
            until(lambda: run_of(last.url, "r")["status"] in FINAL)
            run = run_of(last.url, "r")
            # A call that was in flight at all three kills is lost.
            assert run["status"] in {"completed", "completed_with_errors"}
            stats, asked = run["stats"], provider.counts.requests
            assert stats["lost_calls"] + stats["successful_calls"] + stats["not_started"] == CALLS
            most = stats["attempts"] - stats["unsent_attempts"]
            assert most - stats["uncertain_attempts"] <= asked <= most
            assert stats["violations"] == []


def test_told_to_stop_it_goes_on_when_it_is_started_again(tmp_path: Path) -> None:
    with counting_provider(["ok"] * 3 + ["hold"] * 2 + ["ok"] * 1000) as provider:
        with executor(tmp_path, provider) as first:
            begin(first.url, concurrency=2)
            until(lambda: provider.counts.by_step.get("hold") == 2)
            assert first.stop(signal.SIGTERM) == 0
        provider.released.set()
        with executor(tmp_path, provider) as second:
            until(lambda: run_of(second.url, "r")["status"] in FINAL)
            run = run_of(second.url, "r")
            assert run["status"] == "completed"
            check_counts(run, provider, in_flight=2)


def test_it_waits_for_a_person_where_it_is_told_to(tmp_path: Path) -> None:
    with counting_provider(["ok"] * 3 + ["hold"] * 2 + ["ok"] * 1000) as provider:
        with executor(tmp_path, provider) as first:
            begin(first.url, concurrency=2)
            until(lambda: provider.counts.by_step.get("hold") == 2)
            first.stop(signal.SIGKILL)
        provider.released.set()
        with executor(tmp_path, provider, ACM2_AUTO_RESUME="0") as second:
            run = run_of(second.url, "r")
            assert (run["status"], run["resumable"]) == ("interrupted", True)
            assert ask(second.url, "resume", limits={"concurrency": 4})["status"] == "running"
            until(lambda: run_of(second.url, "r")["status"] in FINAL)
            run = run_of(second.url, "r")
            assert run["status"] == "completed"
            assert run["config"]["limits"]["concurrency"] == 4
            check_counts(run, provider, in_flight=2)
            assert ask(second.url, "resume")["status"] == "completed"


def test_a_run_somebody_paused_stays_paused_over_a_kill_until_somebody_resumes_it(tmp_path: Path) -> None:
    with counting_provider(["ok"] * 3 + ["hold"] * 2 + ["ok"] * 1000) as provider:
        with executor(tmp_path, provider) as first:
            begin(first.url, concurrency=2)
            until(lambda: provider.counts.by_step.get("hold") == 2)
            assert ask(first.url, "pause")["status"] == "paused"
            assert ask(first.url, "pause")["status"] == "paused"
            first.stop(signal.SIGKILL)
        provider.released.set()
        asked = provider.counts.requests
        with executor(tmp_path, provider) as second:
            assert run_of(second.url, "r")["status"] == "interrupted"
            assert provider.counts.requests == asked
            ask(second.url, "resume")
            until(lambda: run_of(second.url, "r")["status"] in FINAL)
            check_counts(run_of(second.url, "r"), provider, in_flight=2)
