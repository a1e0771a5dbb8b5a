"""What the executor says of its requests is what the providers counted, whatever happens to them."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.limits.bench import PRICE, Bench, config, counted, open_bench
from tests.limits.lab import always

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder: Path = tmp_path_factory.mktemp("counted")
    with open_bench(folder) as bench:
        yield bench


def test_runs_side_by_side_have_their_own_numbers_and_one_provider_limit_for_all(bench: Bench) -> None:
    lab = bench.lab(always("hold"))
    limits: dict[str, Any] = {"concurrency": 4, "providers": {lab.name: {"concurrency": 3}}}
    runs = {count: bench.start(config(lab, documents=count, **limits)) for count in range(1, 9)}
    lab.until(lambda: lab.at_once == 3)
    lab.released.set()
    for count, run_id in runs.items():
        stats = bench.ended(run_id)["stats"]
        assert (stats["successful_calls"], stats["attempts"], stats["planned_calls"]) == (count, count, count)
    assert lab.counts.requests == sum(runs)
    assert lab.most_at_once <= 3


def test_every_repeat_is_an_attempt_and_its_error_is_recovered(bench: Bench) -> None:
    lab = bench.lab(lambda _document, before: "503" if before < 2 else "ok")
    stats = bench.run(config(lab))["stats"]
    assert (stats["attempts"], stats["retries"], stats["successful_calls"]) == (3, 2, 1)
    assert lab.counts.requests == 3
    assert stats["last_error"]["kind"] == "server"
    assert stats["last_error"]["recovered"] is True


def test_the_calls_in_flight_are_those_the_provider_holds_at_every_step(bench: Bench) -> None:
    lab = bench.lab(always("hold"))
    run_id = bench.start(config(lab, documents=8, concurrency=8))
    lab.until(lambda: len(lab.held) == 8)
    for number in (3, 8, 1, 5, 2, 7, 6, 4):
        shown = bench.once(run_id, lambda run: run["stats"]["in_flight"] == len(lab.held))["stats"]
        assert {call["call_id"] for call in shown["in_flight_calls"]} == {
            f"generate~doc_{held}~maker~1" for held in lab.held
        }
        assert shown["total_calls"] == 8
        lab.free.add(number)
        lab.until(lambda gone=number: gone not in lab.held)  # type: ignore[misc]
    assert bench.ended(run_id)["stats"]["successful_calls"] == 8


def test_one_documents_failure_keeps_its_error_and_the_results_of_all_others(bench: Bench) -> None:
    maker = bench.lab(lambda document, _before: "400" if document == 4 else "ok")
    judge = bench.lab(always("ok"))
    run = bench.run(config(maker, judge, documents=10))
    stats = run["stats"]
    assert run["status"] == "completed_with_errors"
    assert (stats["successful_calls"], stats["failed_calls"], stats["not_started"]) == (18, 1, 1)
    assert (maker.counts.requests, judge.counts.requests) == (10, 9)
    assert stats["last_error"]["kind"] == "bad_request"
    assert stats["last_error"]["recovered"] is False
    results = bench.get(f"/runs/{run['run_id']}/results")
    scored = {score["input"] for score in results["scores"] if score["mean"] is not None}
    assert scored == {f"doc_{n}" for n in range(1, 11) if n != 4}
    phases = {phase["phase"]: phase["attempts"] for phase in stats["by_phase"]}
    assert phases == {"generation": 10, "single_eval": 9}


def test_an_empty_answer_is_never_a_success(bench: Bench) -> None:
    lab = bench.lab(lambda document, _before: "empty" if document == 1 else "ok")
    run = bench.run(config(lab, documents=2, max_attempts=2))
    stats = run["stats"]
    assert (stats["successful_calls"], stats["failed_calls"], stats["attempts"]) == (1, 1, 3)
    assert lab.counts.requests == 3
    assert stats["last_error"]["kind"] == "output_too_small"
    assert bench.client.get(f"/runs/{run['run_id']}/documents/doc_1~maker~1").status_code == 404


def test_a_score_nobody_gave_is_missing_and_not_nothing(bench: Bench) -> None:
    lab = bench.lab(always("ok"))
    lab.verdict = '{"evaluations": [{"criterion": "Relevance", "score": 0, "reason": "none"}]}'
    run = bench.run(config(None, lab, documents=2, max_attempts=2, identical_failures=None))
    assert run["stats"]["last_error"]["kind"] == "unreadable_verdict"
    assert run["stats"]["attempts"] == lab.counts.requests == 4
    results = bench.get(f"/runs/{run['run_id']}/results")
    assert [score["mean"] for score in results["scores"]] == [None, None]
    assert all(model["mean"] is None for model in results["models"])


def test_each_call_costs_what_its_own_answer_cost_and_the_sum_is_the_total(bench: Bench) -> None:
    lab = bench.lab(lambda document, before: "503" if document % 5 == 0 and before == 0 else "ok")
    run = bench.run(config(lab, documents=24, concurrency=8))
    calls = bench.get(f"/runs/{run['run_id']}/calls")["calls"]
    paid = {}
    for call in calls:
        attempts = bench.get(f"/runs/{run['run_id']}/calls/{call['call_id']}")["attempts"]
        paid[call["call_id"]] = sum(attempt["cost_usd"] for attempt in attempts)
    price = PRICE["input_per_mtok"] / 1e6, PRICE["output_per_mtok"] / 1e6
    wanted = {f"generate~doc_{n}~maker~1": (120 + n) * price[0] + 30 * price[1] for n in range(1, 25)}
    assert paid == pytest.approx(wanted)
    assert run["stats"]["cost_usd"] == pytest.approx(sum(wanted.values()))
    assert run["stats"]["unpriced_attempts"] == 0
    counted(run["stats"], lab)


def test_killed_workers_lose_no_call_and_the_doubt_is_as_large_as_what_they_held(bench: Bench) -> None:
    lab = bench.lab(lambda _document, before: "hold" if before == 0 else "ok")
    run_id = bench.start(config(lab, documents=6, concurrency=6))
    lab.until(lambda: len(lab.held) == 6)
    for pid in bench.children():
        if "worker" in psutil.Process(pid).cmdline():
            psutil.Process(pid).send_signal(signal.SIGKILL)
    run = bench.ended(run_id)
    stats = run["stats"]
    assert run["status"] == "completed"
    # A call may have been given to the second worker before that died, too.
    assert 6 <= stats["uncertain_attempts"] <= 12
    assert (stats["successful_calls"], stats["attempts"]) == (6, 6 + stats["uncertain_attempts"])
    assert {error["kind"] for error in stats["errors"]} == {"worker_died"}
    counted(stats, lab)


def test_whatever_goes_wrong_in_whatever_order_the_counts_agree(bench: Bench) -> None:
    steps = ("ok", "429", "500", "broken", "cut", "reset", "empty", "hold", "401x", "503")
    lab = bench.lab(lambda document, before: steps[(3 * document + 7 * before) % len(steps)].replace("401x", "400"))
    judge = bench.lab(lambda document, before: steps[(document + before) % 7])
    made = config(lab, judge, documents=20, attempt_timeout_s=0.5, max_attempts=3, identical_failures=None)
    run = bench.run({**made, "limits": {**made["limits"], "concurrency": 8}})
    counted(run["stats"], lab, judge)
    assert run["status"] == "completed_with_errors"
    assert {"timeout", "rate_limited", "server", "bad_request"} <= {error["kind"] for error in run["stats"]["errors"]}


def test_every_setting_of_a_model_is_in_its_requests_and_what_is_not_set_is_left_to_the_provider(bench: Bench) -> None:
    maker, judge = bench.lab(always("ok")), bench.lab(always("ok"))
    settings = {"temperature": 0.3, "max_completion_tokens": 77, "top_p": 0.5, "seed": 11, "stop": ["END"]}
    made = config(maker, judge, documents=2)
    made["generation"]["models"][0] |= settings | {"reasoning_effort": "low"}
    made["generation"]["iterations"] = 3
    made["single_eval"]["trials"] = 2
    assert bench.run(made)["status"] == "completed"
    assert (maker.counts.requests, judge.counts.requests) == (2 * 3, 2 * 3 * 2)
    for body in maker.bodies:
        sent = {name: value for name, value in body.items() if name in settings} | {"model": body["model"]}
        most = body.get("max_completion_tokens", body.get("max_tokens"))
        assert sent | {"max_completion_tokens": most} == settings | {"model": "maker"}
        assert body["reasoning_effort"] == "low"
    for body in judge.bodies:
        assert not set(body) & {*settings, "max_tokens", "reasoning_effort"}
        assert body["response_format"]["type"] == "json_schema"
