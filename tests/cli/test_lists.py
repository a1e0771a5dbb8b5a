"""Lists: of runs with their presets, of calls with their ids, and all of them fit for pipes."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from services.cli.__main__ import run as in_process
from services.cli.showing.consoles import Consoles
from services.cli.showing.run_table import call_table
from tests.cli.acm2_process import acm2, environment
from tests.cli.fake_server import FakeServer, answers, fake_server, problem
from tests.cli.runs import RUN, run_list

CALLS = f"/runs/{RUN}/calls"
LONG = "Evaluating a document whose name is much longer than any terminal is wide " * 2

pytestmark = pytest.mark.e2e


def a_call(call_id: str, **more: Any) -> dict[str, Any]:
    return {"call_id": call_id, "label": LONG, "status": "succeeded", "attempts": 1, "error": None} | more


def executor_with(server: FakeServer) -> None:
    server.on("GET", "/runs", answers(run_list(RUN)))
    failed = a_call("judge~d~m~1", status="failed", error={"kind": "server", "message": "HTTP 500"})
    server.on("GET", CALLS, answers({"calls": [a_call("write~d~m"), failed], "after": 2}))


async def test_calls_are_listed_with_their_ids_and_errors(tmp_path: Path) -> None:
    async with fake_server() as executor:
        executor_with(executor)
        env = environment(tmp_path, ACM2_EXECUTOR_URL=executor.url)
        done = await acm2("call", RUN, "--status", "failed", "--phase", "single_eval", "--limit", "2", env=env)
        assert executor.asked("GET", CALLS)[0].query == "status=failed&phase=single_eval&limit=2"
        as_json = await acm2("call", RUN, "--json", env=env)
    assert done.code == 0
    lines = done.out.splitlines()
    assert [line.split()[0] for line in lines[2:]] == ["write~d~m", "judge~d~m~1"]
    assert lines[-1].endswith("server: HTTP 500")
    assert "--limit shows more" in done.err
    assert [call["call_id"] for call in json.loads(as_json.out)] == ["write~d~m", "judge~d~m~1"]


def test_a_call_is_not_chosen_twice(capsys: pytest.CaptureFixture[str]) -> None:
    assert in_process(["call", "a", "b", "--status", "failed"]) == 64
    assert "leave them out with a CALL" in capsys.readouterr().err


async def test_a_status_that_is_none_is_the_executors_to_say(tmp_path: Path) -> None:
    async with fake_server() as executor:
        executor_with(executor)
        executor.on("GET", CALLS, problem(422, "invalid-parameter", "status: one of succeeded, failed"))
        done = await acm2("call", RUN, "--status", "odd", env=environment(tmp_path, ACM2_EXECUTOR_URL=executor.url))
    assert done.code == 64
    assert "one of succeeded, failed" in done.err


async def test_runs_have_the_presets_the_executor_knows(tmp_path: Path) -> None:
    async with fake_server() as executor, fake_server() as telemetry:
        telemetry.on("GET", "/runs", answers(run_list(RUN, "my-run")))
        executor.on("GET", "/runs", answers({"runs": [{"run_id": RUN, "preset": "essays"}]}))
        env = environment(tmp_path, ACM2_EXECUTOR_URL=executor.url, ACM2_TELEMETRY_URL=telemetry.url)
        done = await acm2("runs", env=env)
        alone = await acm2("runs", env=env | {"ACM2_EXECUTOR_URL": "http://127.0.0.1:9"})
    rows = [line.split() for line in done.out.splitlines()[2:]]
    assert [row[:2] for row in rows] == [[RUN, "essays"], ["my-run", "-"]]
    assert [line.split()[:2] for line in alone.out.splitlines()[2:]] == [[RUN, "-"], ["my-run", "-"]]


async def test_in_a_pipe_a_row_is_a_line_without_padding(tmp_path: Path) -> None:
    async with fake_server() as executor:
        executor_with(executor)
        env = environment(tmp_path, ACM2_EXECUTOR_URL=executor.url) | {"COLUMNS": "40"}
        done = await acm2("call", RUN, env=env)
    lines = done.out.splitlines()
    assert len(lines) == 4
    assert all(lines)
    assert [line for line in lines if line != line.rstrip()] == []
    assert LONG[:90] in lines[2]


def test_on_a_narrow_terminal_an_id_stays_in_one_piece_and_models_are_told_apart() -> None:
    settings = [{"temperature": 0.2}, {"temperature": 0.8}]
    calls = [a_call(f"{'write~letter~' * 4}{n}", provider="p", model="m", settings=settings[n]) for n in (0, 1)]
    screen = StringIO()
    Consoles(Console(file=screen, force_terminal=True, width=60, no_color=True), Console()).listed(call_table(calls))
    lines = screen.getvalue().splitlines()
    assert [line for line in lines if not line.startswith(" ")] == [call["call_id"] for call in calls]
    assert "model p/m t=0.2" in lines[1]
    assert max(map(len, lines)) <= 60
    wide = StringIO()
    Consoles(Console(file=wide, force_terminal=True, width=130, no_color=True), Console()).listed(call_table(calls))
    assert [line.split()[0] for line in wide.getvalue().splitlines() if "write" in line] == [
        call["call_id"] for call in calls
    ]


async def test_a_plan_with_a_missing_key_is_printed_and_is_no_success(tmp_path: Path) -> None:
    plan = {"planned_calls": 3, "phases": [], "max_requests_total": 9, "cost_usd": {"expected": 0, "worst": 0}}
    async with fake_server() as executor:
        executor.on("POST", "/plan", answers(plan | {"missing": ["OPENAI_API_KEY"]}), answers(plan | {"missing": []}))
        env = environment(tmp_path, ACM2_EXECUTOR_URL=executor.url)
        missing, complete = await acm2("plan", "demo", env=env), await acm2("plan", "demo", env=env)
    assert missing.code == 64
    assert "calls     3 planned" in missing.out
    assert "missing   the environment variable OPENAI_API_KEY" in missing.out
    assert complete.code == 0
