"""A watch that nobody answers: given up in time, and never mistaken for the end of the run."""

import random
from contextlib import AsyncExitStack
from typing import Any

import anyio
import pytest

from services.cli.clients.executor_client import executor_at
from services.cli.clients.telemetry_client import telemetry_at
from services.cli.errors import Unreachable
from services.cli.showing.run_view import RunView
from services.cli.watching import Watch, watch
from tests.cli.fake_server import FakeServer, answers, fake_server, says, streams
from tests.cli.runs import RUN, hello, numbers


class Shown:
    """A screen that only counts."""

    def __init__(self) -> None:
        self.times = 0

    def show(self, view: RunView, now_s: float) -> None:
        self.times += 1


async def left_in(telemetry: FakeServer, executor: FakeServer | None, screen: Shown, **limits: Any) -> str:
    async with AsyncExitStack() as stack:
        job = Watch(
            telemetry=await stack.enter_async_context(telemetry_at(telemetry.url)),
            executor=await stack.enter_async_context(executor_at(executor.url)) if executor else None,
            view=RunView(RUN),
            screen=screen,
            rng=random.Random(1),
            **limits,
        )
        with anyio.fail_after(60):
            return await watch(job)


async def test_a_link_that_stays_down_is_given_up_where_nobody_else_can_be_asked() -> None:
    async with fake_server() as telemetry:
        telemetry.on("GET", f"/runs/{RUN}/live", streams(hello(), numbers(5)), says("gone", 502))
        with pytest.raises(Unreachable, match="acm2 up"):
            await left_in(telemetry, None, Shown(), link_patience_s=0.3)


async def test_as_long_as_the_executor_answers_nothing_is_given_up() -> None:
    async with fake_server() as telemetry, fake_server() as executor:
        telemetry.on("GET", f"/runs/{RUN}/live", says("gone", 502))
        run = f"/runs/{RUN}"
        executor.on("GET", run, answers({"status": "running"}), answers({"status": "completed"}))
        assert await left_in(telemetry, executor, Shown(), link_patience_s=3.5, patience_s=0.1) == "completed"
        assert len(executor.asked("GET", run)) >= 2


async def test_an_interrupted_run_that_goes_on_is_not_given_up() -> None:
    frames = [b'event: status_update\ndata: {"status": "%s", "producer": {"state": "live"}}\n\n' % name
              for name in (b"interrupted", b"running")]  # fmt: skip
    end = b'event: end\nid: k3v9-9\ndata: {"status": "completed"}\n\n'
    async with fake_server() as telemetry:
        telemetry.on("GET", f"/runs/{RUN}/live", streams(hello("interrupted"), *frames, end))
        screen = Shown()
        assert await left_in(telemetry, None, screen, patience_s=0.0) == "completed"
        assert screen.times
