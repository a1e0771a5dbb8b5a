"""What ``acm2 run`` and ``acm2 plan`` ask for: documents of earlier runs, single items of lists, and money."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.cli.acm2_process import acm2, acm2_on_terminal, environment
from tests.cli.fake_server import FakeServer, answers, fake_server, streams
from tests.cli.here import acm2_here
from tests.cli.runs import RUN, end, hello, numbers, run_list

pytestmark = pytest.mark.e2e

PLAN: dict[str, Any] = {
    "planned_calls": 9,
    "phases": [{"phase": "generation", "planned_calls": 3}, {"phase": "single_eval", "planned_calls": 6}],
    "max_requests_total": 27,
    "cost_usd": {"expected": 0.5, "worst": 0.9},
    "duration_s": 30,
    "warnings": [],
    "missing": [],
}
EARLIER = "20261120-090000-aaaaaa"


@asynccontextmanager
async def an_executor(plan: dict[str, Any] = PLAN) -> AsyncIterator[FakeServer]:
    async with fake_server() as executor, fake_server() as telemetry:
        started = {"run_id": RUN, "links": {"page": f"{telemetry.url}/?run={RUN}"}, "plan": plan}
        executor.on("POST", "/runs", answers(started, 201))
        executor.on("POST", "/plan", answers(plan))
        executor.on("GET", "/runs", answers(run_list(EARLIER)))
        executor.on("GET", f"/runs/{EARLIER}", answers({"config": {"single_eval": {"judges": [{"model": "j"}]}}}))
        executor.on("GET", f"/runs/{RUN}/results", answers({"answer": "model a is best", "scores": [], "models": []}))
        models = [{"provider": "local", "model": "one"}, {"provider": "local", "model": "two"}]
        executor.on("GET", "/presets/mine", answers({"name": "mine", "generation": {"models": models}}))
        telemetry.on("GET", f"/runs/{RUN}/live", streams(hello(), numbers(8), end("completed")))
        yield executor


async def test_a_plan_asks_for_what_was_typed(capsys: pytest.CaptureFixture[str]) -> None:
    async with an_executor() as executor:
        url = ("--executor-url", executor.url)
        again = await acm2_here(capsys, "plan", "--documents-from", EARLIER[:10], "--document", "d1", *url)
        other = await acm2_here(capsys, "plan", "mine", "--documents-from", EARLIER, *url)
        item = await acm2_here(capsys, "plan", "mine", "--set", "generation.models.1.temperature=0.5", *url)
        judge = await acm2_here(
            capsys, "plan", "--documents-from", EARLIER, "--set", "single_eval.judges[0].seed=4", *url
        )
        asked = [request.json for request in executor.asked("POST", "/plan")]
        nothing = await acm2_here(capsys, "plan", *url)
        lonely = await acm2_here(capsys, "plan", "mine", "--document", "d1", *url)
        wrong = await acm2_here(capsys, "plan", "mine", "--set", "limits.max_requets=3", *url)
        assert len(executor.asked("POST", "/plan")) == len(asked)
    assert [done.code for done in (again, other, item, judge)] == [0, 0, 0, 0]
    assert asked == [
        {"documents_from": {"run": EARLIER, "documents": ["d1"]}},
        {"preset": "mine", "documents_from": {"run": EARLIER}},
        {
            "preset": "mine",
            "overrides": {
                "generation": {
                    "models": [
                        {"provider": "local", "model": "one"},
                        {"provider": "local", "model": "two", "temperature": 0.5},
                    ]
                }
            },
        },
        {
            "overrides": {"single_eval": {"judges": [{"model": "j", "seed": 4}]}},
            "documents_from": {"run": EARLIER},
        },
    ]
    assert (nothing.code, lonely.code, wrong.code) == (64, 64, 64)
    assert "--documents-from RUN" in nothing.err
    assert "say which with --documents-from" in lonely.err
    assert "did you mean 'max_requests'?" in wrong.err
    assert again.out.splitlines() == [
        "calls     9 planned, 27 requests at most",
        "  generation   3 calls",
        "  single eval  6 calls",
        "cost      $0.5000 expected, $0.9000 at worst",
        "duration  about 0:30",
    ]


async def test_a_script_is_never_asked_and_sees_the_plan_in_its_log(tmp_path: Path) -> None:
    dear = PLAN | {"cost_usd": {"expected": 5.0, "worst": None}}
    async with an_executor(dear) as executor:
        done = await acm2("run", "--documents-from", EARLIER, env=environment(tmp_path, ACM2_EXECUTOR_URL=executor.url))
        assert not executor.asked("POST", "/plan")
        assert executor.asked("POST", "/runs")[0].json == {"documents_from": {"run": EARLIER}}
    assert done.code == 0
    assert "no known ceiling" in done.err
    assert "Start it?" not in done.err
    assert "calls     9 planned" not in done.out


@pytest.mark.parametrize(("worst", "asked"), [(0.9, False), (1.5, True), (None, True)])
async def test_a_person_sees_the_plan_and_is_asked_above_a_dollar(
    tmp_path: Path, worst: float | None, asked: bool
) -> None:
    async with an_executor(PLAN | {"cost_usd": {"expected": 0.5, "worst": worst}}) as executor:
        env = environment(tmp_path, ACM2_EXECUTOR_URL=executor.url)
        async with acm2_on_terminal("run", "mine", env=env) as live:
            await live.until("27 requests at most")
            if asked:
                await live.until("Start it? [y/N]")
                live.type("n\n")
            assert await live.end() == (64 if asked else 0)
        assert ("Start it?" in live.out) is asked
        assert len(executor.asked("POST", "/runs")) == (0 if asked else 1)
