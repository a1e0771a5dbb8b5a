"""``acm2 pause`` and ``acm2 resume``: asked of the executor, and followed to the end that counts."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from services.cli.__main__ import run as in_process
from tests.cli.acm2_process import acm2, environment
from tests.cli.fake_server import FakeServer, answers, fake_server, problem, says, streams
from tests.cli.runs import RUN, end, hello, numbers, run_list

PAUSE, RESUME = f"/runs/{RUN}/pause", f"/runs/{RUN}/resume"
LIVE = f"/runs/{RUN}/live"

pytestmark = pytest.mark.e2e


@asynccontextmanager
async def both(tmp_path: Path) -> AsyncIterator[tuple[FakeServer, FakeServer, dict[str, str]]]:
    async with fake_server() as executor, fake_server() as telemetry:
        links = {"page": f"{telemetry.url}/?run={RUN}"}
        executor.on("GET", "/runs", answers(run_list(RUN)))
        executor.on("POST", PAUSE, answers({"run_id": RUN, "status": "paused", "links": links}))
        executor.on("POST", RESUME, answers({"run_id": RUN, "status": "running", "links": links}))
        executor.on("GET", f"/runs/{RUN}/results", answers({"answer": "model a is best", "scores": [], "models": []}))
        telemetry.on("GET", "/runs", answers(run_list(RUN, "my-run")))
        telemetry.on("GET", LIVE, streams(hello(), numbers(8, successful_calls=3), end("completed", 9)))
        yield (
            executor,
            telemetry,
            environment(tmp_path, ACM2_EXECUTOR_URL=executor.url, ACM2_TELEMETRY_URL=telemetry.url),
        )


async def test_a_pause_is_asked_for_and_its_answer_printed(tmp_path: Path) -> None:
    async with both(tmp_path) as (executor, _, env):
        done = await acm2("pause", RUN[:11], env=env)
        assert executor.asked("POST", PAUSE)[0].body == b""
    assert (done.code, done.out) == (0, f"{RUN}: paused\n")


async def test_a_resume_is_followed_to_the_end_and_has_its_exit_code(tmp_path: Path) -> None:
    async with both(tmp_path) as (executor, telemetry, env):
        telemetry.on("GET", LIVE, streams(hello(), numbers(8, successful_calls=3), end("completed_with_errors", 9)))
        done = await acm2("resume", RUN, "--set", "limits.max_cost_usd=5", "--set", "limits.max_requests=9", env=env)
        asked = executor.asked("POST", RESUME)[0].json
    assert done.code == 3
    assert asked == {"limits": {"max_cost_usd": 5, "max_requests": 9}}
    assert "3 ok" in done.err
    assert "model a is best" in done.out


async def test_a_resume_without_a_change_sends_no_body(tmp_path: Path) -> None:
    async with both(tmp_path) as (executor, telemetry, env):
        done = await acm2("resume", "-d", env=env)
        assert executor.asked("POST", RESUME)[0].body == b""
        assert not telemetry.asked("GET", LIVE)
    assert (done.code, done.out) == (0, f"{RUN}\n")


async def test_the_end_before_the_resume_is_not_taken_for_the_end_after_it(tmp_path: Path) -> None:
    async with both(tmp_path) as (executor, telemetry, env):
        telemetry.on(
            "GET",
            LIVE,
            streams(hello("failed"), numbers(8, failed_calls=3), end("failed", 9)),
            says("", 204),
            streams(hello("running"), numbers(15, successful_calls=3), end("completed", 16)),
        )
        telemetry.on(
            "GET",
            f"/runs/{RUN}",
            answers({"run_id": RUN, "status": "failed", "last": 9}),
            answers({"run_id": RUN, "status": "failed", "last": 9}),
            answers({"run_id": RUN, "status": "completed", "last": 16}),
        )
        executor.on(
            "GET",
            f"/runs/{RUN}",
            answers({"run_id": RUN, "status": "running", "telemetry": {"sent": 9, "pending": 1}}),
            answers({"run_id": RUN, "status": "running", "telemetry": {"sent": 9, "pending": 1}}),
            answers({"run_id": RUN, "status": "completed", "telemetry": {"sent": 16, "pending": 0}}),
        )
        done = await acm2("resume", RUN, env=env)
        opened = telemetry.asked("GET", LIVE)
    assert done.code == 0
    assert [request.headers.get("last-event-id") for request in opened] == [None, "k3v9-9", "k3v9-9"]
    assert "resumed, it was failed" in done.err


async def test_a_run_that_is_being_cancelled_is_not_resumed(tmp_path: Path) -> None:
    async with both(tmp_path) as (executor, _, env):
        executor.on("POST", RESUME, problem(409, "run-active", "the run is being cancelled"))
        done = await acm2("resume", RUN, env=env)
    assert done.code == 64
    assert "the run is being cancelled" in done.err


@pytest.mark.parametrize("setting", ["single_eval.trials=2", "limits=3"])
def test_only_limits_can_be_changed(setting: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert in_process(["resume", "--set", setting]) == 64
    assert "limits.max_cost_usd=5" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["cancel", "pause", "resume", "results", "call"])
async def test_of_a_run_only_telemetry_knows_it_is_said_whose_it_is_and_what_can_be_done(
    command: str, tmp_path: Path
) -> None:
    async with both(tmp_path) as (executor, _, env):
        done = await acm2(command, "my-r", env=env)
        assert not [request for request in executor.requests if request.method == "POST"]
    assert done.code == 64
    assert "my-run is known to telemetry only: no executor works on it" in done.err
    assert "acm2 rm my-run --force" in done.err


async def test_of_a_run_nobody_knows_the_executors_newest_are_listed(tmp_path: Path) -> None:
    async with both(tmp_path) as (_, _, env):
        done = await acm2("pause", "nightly", env=env)
    assert done.code == 64
    assert "there is no run 'nightly'" in done.err
    assert RUN in done.err


async def test_json_is_the_answer(tmp_path: Path) -> None:
    async with both(tmp_path) as (_, _, env):
        done = await acm2("pause", RUN, "--json", env=env)
    assert json.loads(done.out)["status"] == "paused"
