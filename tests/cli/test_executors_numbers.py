"""A run telemetry cannot show to its end: the executor's own numbers, and why they are its own."""

from typing import Any

import pytest

from tests.cli.fake_server import Script, answers, fake_server, problem, streams
from tests.cli.runs import RUN, end, hello, numbers, stats
from tests.cli.test_watch_troubles import LIVE, PATH, UP, Heard, watched

pytestmark = pytest.mark.e2e


def executors(name: str, *, ok: int = 6, stopped: str | None = None, **more: Any) -> Script:
    known = {"sent": 5, "pending": 0, "stopped": stopped, "link": UP}
    mine = stats(successful_calls=ok, planned_calls=6, **more)
    return answers({"run_id": RUN, "status": name, "phase": None, "stats": mine, "telemetry": known, "storage": "ok"})


@pytest.mark.parametrize(
    "live", [streams(hello("waiting"), hang=True), problem(404, "unknown-run", "no such run")], ids=["waiting", "404"]
)
async def test_a_run_telemetry_does_not_have_is_shown_with_the_executors_numbers(live: Script) -> None:
    async with fake_server() as telemetry, fake_server() as executor:
        telemetry.on("GET", LIVE, live)
        executor.on("GET", PATH, executors("completed"))
        screen = Heard()
        assert await watched(telemetry, executor, screen, patience_s=0.2) == "completed"
    assert "6 ok, 0 failed" in screen.lines[-1]
    assert "of 6 planned" in screen.lines[-1]
    assert "status and numbers are the executor's own: telemetry does not have the run" in screen.text


async def test_a_run_telemetry_refuses_is_followed_to_its_end_at_the_executor() -> None:
    async with fake_server() as telemetry, fake_server() as executor:
        telemetry.on("GET", LIVE, problem(410, "run-expired", "the run was deleted"))
        executor.on("GET", PATH, *[executors("running", ok=2)] * 2, executors("failed", ok=5))
        screen = Heard()
        assert await watched(telemetry, executor, screen) == "failed"
    assert "5 ok" in screen.lines[-1]
    assert "the run was deleted" in screen.text


STALE = {"successful_calls": 1, "in_flight": 4}


@pytest.mark.parametrize(
    "live",
    [streams(hello(), numbers(5, **STALE), hang=True), streams(hello(), numbers(5, **STALE), end("failed"))],
    ids=["open", "ended"],
)
async def test_a_stopped_delivery_ends_with_the_executors_numbers_and_never_with_stale_ones(live: Script) -> None:
    async with fake_server() as telemetry, fake_server() as executor:
        telemetry.on("GET", LIVE, live)
        telemetry.on("GET", PATH, answers({"run_id": RUN, "status": "failed", "stats": stats(**STALE), "last": 99}))
        first = executors("running", ok=5, stopped="epoch-conflict", in_flight=1)
        executor.on("GET", PATH, first, executors("completed", stopped="epoch-conflict"))
        screen = Heard()
        assert await watched(telemetry, executor, screen) == "completed"
    assert "6 ok, 0 failed, 0 retried, 0 in flight" in screen.lines[-1]
    told = "telemetry takes no more events of this run: epoch-conflict; status and numbers are the executor's own"
    assert screen.text.count(told) == 1
