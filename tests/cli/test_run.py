"""``acm2 run`` against services that are there: what it asks, shows, and ends with."""

import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from services.cli.__main__ import run as in_process
from tests.cli.acm2_process import acm2, acm2_live, environment
from tests.cli.fake_server import Exchange, FakeServer, Request, answers, fake_server, problem, says, streams
from tests.cli.runs import RUN, end, hello, numbers

LIVE = f"/runs/{RUN}/live"
CANCEL = f"/runs/{RUN}/cancel"
RESULTS = {"answer": "model a is best", "scores": [], "models": []}

pytestmark = pytest.mark.e2e


class Cancellable:
    """A run that goes on until it is cancelled."""

    def __init__(self) -> None:
        self._cancelled = anyio.Event()

    async def live(self, _request: Request, exchange: Exchange) -> None:
        await exchange.head(200, "text/event-stream")
        await exchange.send(hello(), numbers(5, in_flight=1))
        await self._cancelled.wait()
        await exchange.send(end("cancelled"))

    async def cancel(self, request: Request, exchange: Exchange) -> None:
        self._cancelled.set()
        await answers({"status": "cancelling"})(request, exchange)


@asynccontextmanager
async def both() -> AsyncIterator[tuple[FakeServer, FakeServer, dict[str, str]]]:
    async with fake_server() as executor, fake_server() as telemetry:
        started = {"run_id": RUN, "links": {"page": f"{telemetry.url}/?run={RUN}"}, "plan": {}}
        executor.on("POST", "/runs", answers(started, 201))
        executor.on("GET", f"/runs/{RUN}/results", answers(RESULTS))
        telemetry.on("GET", LIVE, streams(hello(), numbers(8, successful_calls=3), end("completed")))
        yield executor, telemetry, {"ACM2_EXECUTOR_URL": executor.url}


async def test_it_ends_as_the_run_does_and_only_results_are_on_stdout(tmp_path: Path) -> None:
    async with both() as (executor, telemetry, env):
        done = await acm2("run", "demo", "--set", "limits.max_attempts=2", env=environment(tmp_path, **env))
        asked = executor.asked("POST", "/runs")[0].json
    assert done.code == 0
    assert asked == {"preset": "demo", "overrides": {"limits": {"max_attempts": 2}}}
    assert f"{telemetry.url}/?run={RUN}" in done.err
    assert "3 ok" in done.err
    assert "model a is best" in done.out
    assert "3 ok" not in done.out


async def test_its_stream_is_where_its_page_is_unless_said_otherwise(tmp_path: Path) -> None:
    async with both() as (_, telemetry, env), fake_server() as other:
        other.on("GET", LIVE, streams(hello(), end("failed")))
        done = await acm2("run", "demo", env=environment(tmp_path, ACM2_TELEMETRY_URL=other.url, **env))
        assert not telemetry.requests
    assert done.code == 4


async def test_json_is_the_end_and_the_results(tmp_path: Path) -> None:
    async with both() as (_, _, env):
        done = await acm2("run", "demo", "--json", env=environment(tmp_path, **env))
    assert json.loads(done.out) == {"run_id": RUN, "status": "completed", "results": RESULTS}


async def test_detached_it_prints_the_id_and_leaves(tmp_path: Path) -> None:
    async with both() as (_, telemetry, env):
        done = await acm2("run", "demo", "-d", env=environment(tmp_path, **env))
        assert not telemetry.requests
    assert (done.code, done.out) == (0, f"{RUN}\n")


async def test_ctrl_c_cancels_the_run_and_waits_until_it_is(tmp_path: Path) -> None:
    run = Cancellable()
    async with both() as (executor, telemetry, env):
        telemetry.on("GET", LIVE, run.live)
        executor.on("POST", CANCEL, run.cancel)
        async with acm2_live("run", "demo", env=environment(tmp_path, **env)) as live:
            await live.until("1 in flight")
            live.process.send_signal(signal.SIGINT)
            assert await live.end() == 5
        assert len(executor.asked("POST", CANCEL)) == 1


async def test_a_second_ctrl_c_leaves_at_once(tmp_path: Path) -> None:
    async with both() as (executor, telemetry, env):
        telemetry.on("GET", LIVE, streams(hello(), numbers(5, in_flight=1), hang=True))
        executor.on("POST", CANCEL, says("", 200))
        async with acm2_live("run", "demo", env=environment(tmp_path, **env)) as live:
            await live.until("1 in flight")
            live.process.send_signal(signal.SIGTERM)
            await live.until("Ctrl-C again")
            live.process.send_signal(signal.SIGINT)
            assert await live.end() == 130


async def test_every_mistake_of_a_preset_is_shown(tmp_path: Path) -> None:
    errors = [
        {"path": "single_eval.trials", "message": "must be 1 or more"},
        {"path": "limits.max_cost", "message": "unknown key; did you mean max_cost_usd?"},
    ]
    async with both() as (executor, _, env):
        executor.on("POST", "/runs", problem(422, "invalid-config", "the preset has 2 mistakes", errors=errors))
        done = await acm2("run", "demo", env=environment(tmp_path, **env))
    assert done.code == 64
    assert done.err.splitlines() == [
        "acm2: the executor says: the preset has 2 mistakes",
        "  single_eval.trials: must be 1 or more",
        "  limits.max_cost: unknown key; did you mean max_cost_usd?",
    ]


async def test_results_that_cannot_be_read_do_not_change_how_the_run_ended(tmp_path: Path) -> None:
    async with both() as (executor, _, env):
        executor.on("GET", f"/runs/{RUN}/results", problem(500, "internal", "a bug"))
        done = await acm2("run", "demo", env=environment(tmp_path, **env))
    assert done.code == 0
    assert "a bug" in done.err


@pytest.mark.parametrize(
    "command",
    [
        "run demo",
        "run demo -d",
        "plan demo",
        "presets",
        "presets demo",
        "prices demo",
        "compare a b",
        "export",
        "export --format html",
        "documents",
        "prune --keep 1 --yes",
        "run --documents-from a",
        "cancel",
        "pause",
        "resume -d",
        "resume",
        "results",
        "call a b",
        "call a",
    ],
)
def test_a_named_executor_that_does_not_answer_is_69(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert in_process([*command.split(), "--executor-url", "http://127.0.0.1:9"]) == 69
    captured = capsys.readouterr()
    assert "http://127.0.0.1:9" in captured.err
    assert captured.out == ""


async def test_something_else_at_the_address_is_said(tmp_path: Path) -> None:
    async with fake_server() as other:
        other.on("GET", "/presets", says("<html>hello</html>", content_type="text/html"))
        done = await acm2("presets", env=environment(tmp_path, ACM2_EXECUTOR_URL=other.url))
    assert done.code == 69
    assert "is not the executor" in done.err
