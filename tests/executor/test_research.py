"""A research through the executor: real program, real door, real workers, and a provider that counts."""

import json
import os
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import anyio
import pytest
from structlog.testing import capture_logs

from tests.executor.research_provider import INPUT_TOKENS, OUTPUT_TOKENS, REPORT, research_provider
from tests.executor.research_service import KEY, Lab, lab

PRICE = {"input_per_mtok": 1.0, "output_per_mtok": 1.0}


def types(events: list[tuple[str, Any]]) -> Counter[str]:
    return Counter(type_ for type_, _ in events)


def attempts_of(events: list[tuple[str, Any]]) -> list[int]:
    return [data["attempt"] for type_, data in events if type_ == "attempt_started"]


async def test_every_request_is_an_attempt_and_the_report_is_the_document(tmp_path: Path) -> None:
    with research_provider() as provider, capture_logs() as logged:
        async with lab(tmp_path, provider) as made:
            run = await made.run("tell", "ask", "stream", "embed", "environ", max_completion_tokens=64, seed=7)
            events, report = await made.events(), await made.report()
            call = await made.call()
            attempt = (await made.asked.get(f"/runs/r/calls/{call['call_id']}")).json()
    assert run["status"] == "completed"
    assert report[:4] == [None, REPORT, REPORT, [200, 2]]
    # What the program embeds without a model nobody is asked, and nothing is counted.
    assert provider.requests == run["stats"]["attempts"] == call["attempts"] == 2
    assert run["stats"]["input_tokens"] == 2 * INPUT_TOKENS
    assert run["stats"]["output_tokens"] == 2 * OUTPUT_TOKENS
    assert attempts_of(events) == [1, 2]
    assert types(events)["call_succeeded"] == 1
    # One way to ask: what is accounted is in the request, and nothing is streamed from the provider.
    for body in provider.bodies:
        assert (body["max_tokens"], body["seed"], body["stream"], body["model"]) == (64, 7, False, "m1")
    logs = [data["message"] for type_, data in events if type_ == "log"]
    assert logs == ["the research for doc_1~m1~1 looks for yeast"]
    assert "Teig" not in json.dumps(events)
    shown = [json.loads(one["prompt"])["messages"][0]["content"] for one in attempt["attempts"]]
    assert all(prompt.endswith("Der Teig ging über.") for prompt in shown)
    assert provider.keys == {f"Bearer {KEY}"}
    assert KEY not in json.dumps([events, report, attempt, run])
    assert not [name for name in report[4] if "KEY" in name or "TOKEN" in name or "URL" in name]
    assert "looks like a log line" not in json.dumps(logged, default=str)
    assert report[4]["HOME"].startswith(str(tmp_path))


async def test_a_providers_own_embeddings_are_attempts_at_their_own_price(tmp_path: Path) -> None:
    with research_provider() as provider:
        async with lab(tmp_path, provider, MYLAB_EMBEDDING_MODEL="embed-1") as made:
            run = await made.run("ask", "embed", price=PRICE)
            events = await made.events()
    assert provider.paths == ["/v1/chat/completions", "/v1/embeddings"]
    assert provider.bodies[1]["model"] == "embed-1"
    assert run["stats"]["attempts"] == 2
    costs = [data["cost_usd"] for type_, data in events if type_ == "attempt_succeeded"]
    # Nobody knows what embed-1 costs, and nobody pretends to.
    assert costs == [pytest.approx((INPUT_TOKENS + OUTPUT_TOKENS) / 1e6), None]


async def test_where_money_is_limited_a_model_for_embeddings_without_a_price_is_not_asked(tmp_path: Path) -> None:
    with research_provider() as provider:
        async with lab(tmp_path, provider, MYLAB_EMBEDDING_MODEL="embed-1") as made:
            limits = {"max_cost_usd": 1.0}
            await made.run("ask", "embed", price=PRICE, max_completion_tokens=64, limits=limits)
            events, report = await made.events(), await made.report()
    assert provider.paths == ["/v1/chat/completions"]
    assert report[1] == [200, 2]
    assert any("no price of that is known" in data.get("message", "") for type_, data in events if type_ == "log")


async def test_a_limit_on_money_that_comes_while_a_research_runs_holds_for_its_embeddings_too(tmp_path: Path) -> None:
    with research_provider("hold") as provider:
        async with lab(tmp_path, provider, MYLAB_EMBEDDING_MODEL="embed-1") as made:
            await made.start("ask", "embed", price=PRICE, max_completion_tokens=64)
            await made.until(lambda _run: provider.requests == 1)
            await made.asked.post("/runs/r/pause")
            provider.released.set()
            limited = await made.asked.post("/runs/r/resume", json={"limits": {"max_cost_usd": 1.0}})
            assert limited.status_code == 200, limited.text
            run, report = await made.over(), await made.report()
    # The research was begun anew, with embeddings that cost nothing.
    assert provider.paths == ["/v1/chat/completions"] * 2
    assert (run["status"], run["stats"]["attempts"], run["stats"]["unpriced_attempts"]) == ("completed", 2, 0)
    assert report[1] == [200, 2]


async def test_the_one_policy_repeats_a_request_and_the_program_never_sees_it(tmp_path: Path) -> None:
    with research_provider(500, 200, 429) as provider:
        async with lab(tmp_path, provider) as made:
            run = await made.run("ask", "ask")
            events, report = await made.events(), await made.report()
    assert report == [REPORT, REPORT]
    assert provider.requests == run["stats"]["attempts"] == 4
    assert run["stats"]["failed_attempts"] == 2
    assert [data["error"]["kind"] for type_, data in events if type_ == "attempt_failed"] == ["server", "rate_limited"]
    assert run["stats"]["last_error"]["recovered"]


async def test_a_request_that_is_given_up_ends_the_research(tmp_path: Path) -> None:
    with research_provider(500, 500) as provider:
        async with lab(tmp_path, provider) as made:
            run = await made.run("ask", "ask", "hang")
            call = await made.call()
    assert provider.requests == run["stats"]["attempts"] == 2
    assert (call["status"], call["error"]["kind"]) == ("failed", "server")


async def test_a_refused_key_costs_one_request_and_stops_the_model(tmp_path: Path) -> None:
    with research_provider(401) as provider:
        async with lab(tmp_path, provider) as made:
            run = await made.run("ask", "ask", "hang", docs=3, limits={"concurrency": 1})
            events = await made.events()
    assert provider.requests == run["stats"]["attempts"] == 1
    assert run["stats"]["failed_calls"] + run["stats"]["not_started"] == 3
    assert [data["kind"] for type_, data in events if type_ == "alert"] == ["breaker"]


async def test_the_runs_budget_is_never_passed_by_its_researches_and_ends_them(tmp_path: Path) -> None:
    with research_provider() as provider:
        async with lab(tmp_path, provider) as made:
            run = await made.run(*["ask"] * 9, "hang", docs=3, limits={"max_requests": 7})
            calls = (await made.asked.get("/runs/r/calls")).json()["calls"]
    assert provider.requests == run["stats"]["attempts"] == 7
    assert (run["status"], run["reason"]) == ("completed_with_errors", "budget")
    assert {call["error"]["kind"] for call in calls} == {"budget"}


async def test_money_is_reserved_before_each_request_of_a_research(tmp_path: Path) -> None:
    each = 70 / 1e6
    with research_provider() as provider:
        async with lab(tmp_path, provider) as made:
            limits = {"max_cost_usd": 0.002}
            run = await made.run(*["ask"] * 40, price=PRICE, max_completion_tokens=1000, limits=limits)
    assert run["reason"] == "budget"
    assert provider.requests == run["stats"]["attempts"] > 1
    # The last one that left could have cost its cap; the next one could have passed the limit.
    assert run["stats"]["cost_usd"] == pytest.approx(provider.requests * each)
    assert run["stats"]["cost_usd"] <= 0.002 < run["stats"]["cost_usd"] + 2000 / 1e6


async def test_a_research_asks_no_more_than_its_own_limit_over_all_its_tries(tmp_path: Path) -> None:
    with research_provider() as provider:
        async with lab(tmp_path, provider) as made:
            run = await made.run("ask", "ask", "fail", max_requests=3, limits={"max_attempts": 5})
            call = await made.call()
            stored = (await made.events())[0][1]
    assert provider.requests == run["stats"]["attempts"] == stored["max_requests_total"] == 3
    assert call["error"]["kind"] == "budget"
    assert "max_requests 3" in call["error"]["message"]


async def test_a_cancelled_run_leaves_no_program_and_asks_nothing_more(tmp_path: Path) -> None:
    with research_provider(200, "hold") as provider:
        async with lab(tmp_path, provider) as made:
            await made.start("ask", "ask", "ask", "hang", docs=2, limits={"concurrency": 1})
            await made.until(lambda _run: provider.requests == 2)
            assert len(made.programs()) == 1
            await made.asked.post("/runs/r/cancel")
            run = await made.over()
            assert made.programs() == []
    assert run["status"] == "cancelled"
    assert provider.requests == run["stats"]["attempts"] == 2
    assert run["stats"]["cancelled_calls"] == 1


async def test_a_program_that_thinks_is_ended_by_a_cancel_too(tmp_path: Path) -> None:
    with research_provider() as provider:
        async with lab(tmp_path, provider) as made:
            await made.start("tell", "hang")
            await made.until(lambda _run: made.programs())
            await made.asked.post("/runs/r/cancel")
            run = await made.over()
    assert (run["status"], provider.requests) == ("cancelled", 0)


@pytest.mark.parametrize("death", ["die", "kill"])
async def test_a_program_that_dies_is_begun_again_until_the_third_time(death: str, tmp_path: Path) -> None:
    with research_provider() as provider:
        async with lab(tmp_path, provider) as made:
            run = await made.run("ask", death)
            call, events = await made.call(), await made.events()
    assert provider.requests == run["stats"]["attempts"] == 3
    assert (call["status"], call["error"]["kind"]) == ("lost", "worker_died")
    assert run["stats"]["lost_calls"] == 1
    warned = [data["message"] for type_, data in events if type_ == "log"]
    assert len(warned) == 2
    assert all("begun again" in message for message in warned)


async def test_a_program_killed_while_its_request_is_under_way_costs_that_request_and_no_more(tmp_path: Path) -> None:
    with research_provider("hold") as provider:
        async with lab(tmp_path, provider) as made:
            await made.start("ask", "pid")
            await made.until(lambda _run: provider.requests == 1)
            [first] = made.programs()
            os.kill(first, signal.SIGKILL)
            provider.released.set()
            run = await made.over()
            report = await made.report()
    assert run["status"] == "completed"
    assert provider.requests == run["stats"]["attempts"] == 2
    assert report[1] != first


async def test_a_providers_own_limit_holds_for_researches(tmp_path: Path) -> None:
    with research_provider() as provider:
        async with lab(tmp_path, provider) as made:
            limits = {"concurrency": 3, "providers": {"mylab": {"concurrency": 1}}}
            run = await made.run("ask", "ask", docs=3, limits=limits)
    assert run["status"] == "completed"
    assert (provider.requests, provider.most_under_way) == (6, 1)


async def test_one_death_is_forgiven(tmp_path: Path) -> None:
    with research_provider() as provider:
        async with lab(tmp_path, provider) as made:
            run = await made.run("ask", f"once:{tmp_path / 'marker'}", "ask")
            report = await made.report()
    assert run["status"] == "completed"
    assert provider.requests == run["stats"]["attempts"] == 3
    assert report == [REPORT, None, REPORT]


async def test_a_research_without_a_report_is_tried_as_often_as_a_question(tmp_path: Path) -> None:
    for number, (words, kind) in enumerate(
        [(("ask", "fail"), "output_too_small"), (("ask", "empty"), "output_too_small"), (("ask", "noise"), "internal")]
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        with research_provider() as provider:
            async with lab(folder, provider) as made:
                run = await made.run(*words)
                call = await made.call()
        assert call["error"]["kind"] == kind
        assert "who am i" not in json.dumps(call)
        tries = 1 if kind == "internal" else 2
        assert provider.requests == run["stats"]["attempts"] == tries


async def test_researches_that_all_come_to_nothing_are_stopped_although_every_request_was_answered(
    tmp_path: Path,
) -> None:
    with research_provider() as provider:
        async with lab(tmp_path, provider) as made:
            limits = {"concurrency": 1, "max_attempts": 1, "identical_failures": 3}
            run = await made.run("ask", "empty", docs=12, limits=limits)
            events = await made.events()
    assert provider.requests == run["stats"]["attempts"] == 3
    assert [data["kind"] for type_, data in events if type_ == "alert"] == ["breaker"]
    assert types(events)["call_failed"] == 12


async def test_a_research_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    with research_provider() as provider:
        async with lab(tmp_path, provider) as made:
            limits = {"call_timeout_s": 2.0, "attempt_timeout_s": 1.0}
            run = await made.run("ask", "hang", limits=limits)
            call = await made.call()
    assert (call["status"], call["error"]["kind"]) == ("failed", "timeout")
    assert provider.requests == run["stats"]["attempts"] == 1


async def test_nobody_else_on_the_machine_can_ask_through_a_researchs_door(tmp_path: Path) -> None:
    with research_provider() as provider:
        async with lab(tmp_path, provider) as made:
            run = await made.run("stray", "ask")
            report = await made.report()
    assert report == [401, REPORT]
    assert provider.requests == run["stats"]["attempts"] == 1


async def test_a_paused_run_holds_the_next_request_and_not_the_program(tmp_path: Path) -> None:
    with research_provider("hold") as provider:
        async with lab(tmp_path, provider) as made:
            await made.start("ask", "ask")
            await made.until(lambda _run: provider.requests == 1)
            await made.asked.post("/runs/r/pause")
            provider.released.set()
            await made.until(lambda run: run["stats"]["attempts"] == 1 and run["stats"]["in_flight"] == 1)
            await _until_it_waits(made)
            assert provider.requests == 1
            assert len(made.programs()) == 1
            await made.asked.post("/runs/r/resume")
            run = await made.over()
    assert (run["status"], provider.requests) == ("completed", 2)


async def _until_it_waits(made: Lab) -> None:
    with anyio.fail_after(60):
        while True:
            if any(type_ == "call_waiting" and data["waits_for"] == "pause" for type_, data in await made.events()):
                return
            await anyio.sleep(0.01)


async def test_a_phase_whose_time_is_over_ends_its_researches(tmp_path: Path) -> None:
    with research_provider() as provider:
        async with lab(tmp_path, provider) as made:
            run = await made.run("ask", "hang", limits={"phase_timeout_s": {"generation": 2.0}})
            call = await made.call()
    assert (call["status"], call["error"]["kind"]) == ("failed", "timeout")
    assert provider.requests == run["stats"]["attempts"] == 1


async def test_without_its_environment_a_research_is_refused_with_the_command_that_makes_it(tmp_path: Path) -> None:
    with research_provider() as provider:
        async with lab(tmp_path, provider, researcher=None, python=tmp_path / "none") as made:
            config = {
                "documents": [{"id": "d", "text": "t"}],
                "generation": {
                    "instructions": {"text": "i"},
                    "models": [{"provider": "mylab", "model": "m", "kind": "gpt_researcher"}],
                },
            }
            plan = (await made.asked.post("/plan", json={"config": config})).json()
            refused = await made.asked.post("/runs", json={"config": config})
    assert plan["missing"] == ["ACM2_GPT_RESEARCHER_PYTHON"]
    assert refused.status_code == 422
    assert refused.json()["missing"] == ["ACM2_GPT_RESEARCHER_PYTHON"]
    assert "make gpt-researcher" in refused.json()["detail"]
