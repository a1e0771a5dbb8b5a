"""All five phases through real processes: the provider's own count is that of the plan, also over a kill."""

import json
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.provider import VERDICT
from tests.executor.comparing import five_phases
from tests.executor.configs import Json, a_config
from tests.executor.test_lives_of_a_process import FINAL, counting_provider, executor
from tests.executor.test_service import run_of, until

pytestmark = pytest.mark.e2e

CALLS = {"generation": 9, "single_eval": 18, "pairwise_eval": 36, "combine": 3, "post_combine_eval": 36}
PLANNED = sum(CALLS.values())
BOTH = json.dumps({**json.loads(VERDICT), "winner": "A", "reason": "It is shorter."})


def config() -> Json:
    parts = json.dumps(a_config(docs=3, **five_phases(), limits={"concurrency": 8}))
    named = parts.replace('"scripted"', '"mylab"').replace("writer.json", "writer").replace("judge.json", "judge")
    found: Json = json.loads(named)
    for judge in found["pairwise_eval"]["judges"]:
        judge["json"] = "object"
    return found


def post(url: str, path: str, body: Any) -> dict[str, Any]:
    answer = httpx.post(f"{url}{path}", json=body, trust_env=False)
    assert answer.is_success, answer.text
    said: dict[str, Any] = answer.json()
    return said


def a_call(url: str, phase: str) -> dict[str, Any]:
    listed = httpx.get(f"{url}/runs/r/calls?phase={phase}&limit=1", trust_env=False).json()
    found: dict[str, Any] = httpx.get(f"{url}/runs/r/calls/{listed['calls'][0]['call_id']}", trust_env=False).json()
    return found


def test_the_provider_counts_as_many_requests_as_the_plan_has_calls(tmp_path: Path) -> None:
    with counting_provider(["ok"]) as provider:
        provider.verdict = BOTH
        with executor(tmp_path, provider) as made:
            plan = post(made.url, "/plan", {"config": config()})
            assert provider.counts.requests == 0
            assert {item["phase"]: item["planned_calls"] for item in plan["phases"]} == CALLS
            assert (plan["planned_calls"], plan["max_requests_total"]) == (PLANNED, 3 * PLANNED)
            post(made.url, "/runs", {"config": config(), "run_id": "r"})
            until(lambda: run_of(made.url, "r")["status"] in FINAL)
            run = run_of(made.url, "r")
            call, scoring = (a_call(made.url, phase) for phase in ("post_combine_eval", "single_eval"))
    assert run["status"] == "completed"
    assert run["stats"]["successful_calls"] == run["stats"]["attempts"] == provider.counts.requests == PLANNED
    assert {item["phase"]: item["successful_calls"] for item in run["stats"]["by_phase"]} == CALLS
    # What is shown is what the provider was told, with what fpf adds to it: JSON asked for in words, or a schema.
    told = [
        (json.loads(asked), form) for asked, form in zip(provider.counts.prompts, provider.counts.forms, strict=True)
    ]
    assert ([{"role": "user", "content": call["attempts"][0]["prompt"]}], {"type": "json_object"}) in told
    assert call["attempts"][0]["prompt"].partition("JSON Schema:\n")[2].startswith("{")
    assert call["json_schema"] is None
    held_to = {"name": "answer", "strict": True, "schema": scoring["json_schema"]}
    form = {"type": "json_schema", "json_schema": held_to}
    assert ([{"role": "user", "content": scoring["attempts"][0]["prompt"]}], form) in told


def test_killed_between_the_phases_it_asks_nothing_twice_that_has_its_answer(tmp_path: Path) -> None:
    with counting_provider(["ok"] * 60 + ["hold"] * 8 + ["ok"] * PLANNED) as provider:
        provider.verdict = BOTH
        with executor(tmp_path, provider) as made:
            post(made.url, "/runs", {"config": config(), "run_id": "r"})
            until(lambda: provider.counts.by_step.get("hold") == 8)
            made.stop(signal.SIGKILL)
        provider.released.set()
        with executor(tmp_path, provider) as made:
            until(lambda: run_of(made.url, "r")["status"] in FINAL)
            run = run_of(made.url, "r")
    stats = run["stats"]
    assert run["status"] == "completed"
    assert stats["successful_calls"] == PLANNED
    assert PLANNED <= provider.counts.requests <= PLANNED + 8
    assert stats["attempts"] - stats["uncertain_attempts"] <= provider.counts.requests <= stats["attempts"]
    assert stats["violations"] == []
