"""Limits hold where it counts: at the provider. And a stop is one."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.executor.service import Process
from tests.limits.bench import PRICE, Bench, config, counted, open_bench
from tests.limits.lab import always

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

IN_FLIGHT = 50


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder: Path = tmp_path_factory.mktemp("limits")
    with open_bench(folder) as bench:
        yield bench


def test_the_fifty_first_request_of_a_budget_of_fifty_never_leaves_in_all_lives_of_the_run(bench: Bench) -> None:
    lab = bench.lab(lambda document, before: "503" if document % 4 == 0 and before == 0 else "ok")
    run = bench.run(config(lab, documents=80, concurrency=64, max_requests=50))
    assert (run["status"], run["stats"]["attempts"], lab.counts.requests) == ("completed_with_errors", 50, 50)
    assert [alert["kind"] for alert in run["stats"]["alerts"]] == ["budget"]
    bench.ask(run["run_id"], "resume")
    assert bench.ended(run["run_id"])["stats"]["attempts"] == lab.counts.requests == 50
    bench.ask(run["run_id"], "resume", {"limits": {"max_requests": 60}})
    assert bench.ended(run["run_id"])["stats"]["attempts"] == lab.counts.requests == 60


def test_money_that_is_not_there_is_not_spent_however_many_are_in_flight(bench: Bench) -> None:
    lab = bench.lab(lambda document, before: "503" if document % 4 == 0 and before == 0 else "ok")
    made = config(lab, documents=120, concurrency=64, max_cost_usd=0.01)
    made["generation"]["models"][0]["max_completion_tokens"] = 30
    # Long enough for the tokens the provider claims: no real prompt has more of them than bytes.
    made["generation"]["instructions"] = {"text": "Write one sentence about the document that follows. " * 4}
    run = bench.run(made)
    paid = (
        lab.counts.input_tokens * PRICE["input_per_mtok"] + lab.counts.output_tokens * PRICE["output_per_mtok"]
    ) / 1e6
    assert run["stats"]["cost_usd"] == pytest.approx(paid)
    assert 0.005 < paid <= 0.01
    assert [alert["kind"] for alert in run["stats"]["alerts"]] == ["budget"]
    counted(run["stats"], lab)


def test_the_worst_case_is_the_ceiling_that_was_said_before_the_start(bench: Bench) -> None:
    lab = bench.lab(always("small"))
    lab.text = "too small"
    made = config(lab, documents=30, max_attempts=3, identical_failures=None, retry_share=None)
    made["generation"]["min_bytes"] = 3072
    plan = bench.client.post("/plan", json={"config": made}).json()
    run = bench.run(made)
    assert run["stats"]["attempts"] == lab.counts.requests == plan["max_requests_total"] == 90


def test_the_incident_ends_within_its_ceiling_and_says_why(bench: Bench) -> None:
    """Every answer refused as too small: 672 documents, three attempts each, 2,016 requests, as it was."""
    lab, judge = bench.lab(always("small")), bench.lab(always("ok"))
    lab.text = "a verdict of a few bytes, taken for a document"
    made = config(lab, judge, documents=672, max_attempts=3, concurrency=8)
    made["generation"]["min_bytes"] = 3072
    plan = bench.client.post("/plan", json={"config": made}).json()
    assert plan["phases"][0] == {"phase": "generation", "planned_calls": 672}
    run = bench.run(made)
    stats = run["stats"]
    assert run["status"] == "completed_with_errors"
    # Five rounds of eight at most: the requests under way when a failure is counted say nothing new.
    assert stats["attempts"] == lab.counts.requests <= 5 * 8
    assert judge.counts.requests == 0
    why = f"{lab.name}/maker is not asked any more: output_too_small 5 times in a row"
    assert ("breaker", why) in [(alert["kind"], alert["message"]) for alert in stats["alerts"]]
    assert stats["last_error"]["kind"] == "output_too_small"
    results = bench.get(f"/runs/{run['run_id']}/results")
    said = json.dumps(results)
    assert why in said
    assert results["plan"][0]["succeeded"] == 0
    counted(stats, lab)


def test_identical_failures_of_one_model_leave_the_others_alone(bench: Bench) -> None:
    bad, good = bench.lab(always("500")), bench.lab(always("ok"))
    made = config(bad, documents=12, concurrency=1)
    made["generation"]["models"].append({**made["generation"]["models"][0], "provider": good.name})
    run = bench.run(made)
    assert (bad.counts.requests, good.counts.requests) == (5, 12)
    assert run["stats"]["successful_calls"] == 12


def test_a_hanging_provider_is_asked_again_within_the_time_of_its_call(bench: Bench) -> None:
    lab = bench.lab(always("hold"))
    run = bench.run(config(lab, call_timeout_s=2, max_attempts=3))
    call = bench.get(f"/runs/{run['run_id']}/calls")["calls"][0]
    attempts = bench.get(f"/runs/{run['run_id']}/calls/{call['call_id']}")["attempts"]
    assert 2 <= len(attempts) == lab.counts.requests <= 3
    assert sum(attempt["duration_s"] for attempt in attempts) < 3
    assert {error["kind"] for error in run["stats"]["errors"]} == {"timeout"}


def test_too_many_requests_close_the_door_for_every_run_until_the_moment_the_provider_named(bench: Bench) -> None:
    lab = bench.lab(lambda document, before: "busy" if (document, before) == (1, 0) else "ok")
    first = bench.start(config(lab, documents=4, concurrency=1))
    waiting = bench.once(first, lambda run: any(call["reason"] for call in run["stats"]["in_flight_calls"]))
    shown = waiting["stats"]["in_flight_calls"][0]
    assert (shown["waits_for"], shown["reason"]) == ("backoff", "429 rate_limited")
    metrics = httpx.get(f"{bench.process.url}/metrics", trust_env=False).text
    assert f'acm2_provider_rate_limited_total{{provider="{lab.name}"}} 1.0' in metrics
    assert f'acm2_provider_concurrency_limit{{provider="{lab.name}"}} 1.0' in metrics
    second = bench.start(config(lab, documents=4, concurrency=4))
    assert {bench.ended(run)["status"] for run in (first, second)} == {"completed"}
    gaps = [later - earlier for earlier, later in itertools.pairwise(lab.arrived_s)]
    assert gaps[0] >= 2
    assert lab.counts.requests == 9


def test_a_cancel_with_fifty_in_flight_is_one(bench: Bench) -> None:
    lab, judge = bench.lab(lambda document, _before: "ok" if document <= 5 else "hold"), bench.lab(always("ok"))
    workers = bench.children()
    limits: dict[str, Any] = {"concurrency": IN_FLIGHT + 16, "providers": {lab.name: {"concurrency": IN_FLIGHT}}}
    run_id = bench.start(config(lab, judge, documents=200, **limits))
    lab.until(lambda: lab.at_once == IN_FLIGHT)
    bench.once(run_id, lambda run: run["stats"]["successful_calls"] == 10)
    assert bench.ask(run_id, "cancel")["status"] == "cancelled"
    asked = lab.counts.requests
    assert asked == IN_FLIGHT + 5
    lab.until(lambda: lab.at_once == 0)
    assert len(lab.gone) == IN_FLIGHT
    stats = bench.show(run_id)["stats"]
    assert (stats["in_flight"], stats["cancelled_calls"], stats["successful_calls"]) == (0, IN_FLIGHT, 10)
    # What another run asks meanwhile is all that arrives, and its processes are the ones there were.
    bench.run(config(lab, documents=3))
    assert lab.counts.requests == asked + 3
    assert bench.children() == workers
    assert bench.ask(run_id, "cancel")["status"] == "cancelled"
    kept = bench.get(f"/runs/{run_id}/results")["scores"]
    assert len([score for score in kept if score["mean"] is not None]) == 5
    lab.decide = always("ok")
    bench.ask(run_id, "resume")
    done = bench.ended(run_id)
    assert (done["status"], done["stats"]["successful_calls"]) == ("completed", 400)
    assert lab.counts.requests == asked + 3 + 195
    assert judge.counts.requests == 200


def test_a_phase_that_is_over_sends_nothing_more_while_the_others_go_on(bench: Bench) -> None:
    lab, judge = bench.lab(always("ok")), bench.lab(always("hold"))
    made = config(lab, judge, documents=20, concurrency=8, phase_timeout_s={"single_eval": 1})
    run = bench.run(made)
    assert run["status"] == "completed_with_errors"
    assert lab.counts.requests == 20
    assert judge.counts.requests <= 8
    assert [alert["kind"] for alert in run["stats"]["alerts"]] == ["phase_timeout"]
    judge.until(lambda: judge.at_once == 0)
    results = bench.get(f"/runs/{run['run_id']}/results")
    assert "limits.phase_timeout_s 1 of single_eval is over" in json.dumps(results)


def test_a_file_of_prices_that_is_none_ends_the_start_and_says_where(tmp_path: Path) -> None:
    file = tmp_path / "prices.yaml"
    file.write_text("openai/gpt-4o: {input_per_mtok: 7, output_per_mtok: 9}\nmylab/x/y: {input_per_mtok: 1}\n")
    process = Process(tmp_path, ACM2_PRICES_FILE=str(file)).start(ready=False)
    said = process.communicate(timeout=60)[1].decode()
    assert process.returncode == 64
    assert f"ACM2_PRICES_FILE {file}: mylab/x/y.output_per_mtok: required" in said
