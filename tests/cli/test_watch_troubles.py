"""Whatever is wrong while a run is watched is said: since when, why, and how many events wait."""

import random
from contextlib import AsyncExitStack
from io import StringIO
from typing import Any

import anyio
import pytest
from rich.console import Console

from services.cli.clients.executor_client import executor_at
from services.cli.clients.frames import Frame, LinkDown, LinkUp
from services.cli.clients.telemetry_client import telemetry_at
from services.cli.errors import Unreachable
from services.cli.showing.live_panel import panel
from services.cli.showing.plain_lines import progress_line
from services.cli.showing.run_view import RunView
from services.cli.showing.time_of_day import local_time
from services.cli.watching import Watch, watch
from tests.cli.fake_server import Exchange, FakeServer, Request, answers, fake_server, says, streams
from tests.cli.runs import RUN, end, event, hello, numbers, stats, status, stored

LIVE, PATH = f"/runs/{RUN}/live", f"/runs/{RUN}"
SINCE = "2026-11-22T10:04:05.000Z"
DOWN = {"state": "down", "since": SINCE, "reason": "connection refused"}
UP = {"state": "up", "since": SINCE, "reason": None}


class Heard:
    """A screen that keeps all news and the newest line."""

    def __init__(self) -> None:
        self.news: list[str] = []
        self.lines: list[str] = []

    def show(self, view: RunView, now_s: float) -> None:
        self.news += view.news
        view.news.clear()
        self.lines.append(progress_line(view))

    @property
    def text(self) -> str:
        return "\n".join(self.news + self.lines)


async def watched(telemetry: FakeServer, executor: FakeServer | None, screen: Heard, **limits: Any) -> str:
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


def at_executor(name: str, **telemetry: Any) -> Any:
    known = {"sent": 5, "pending": 0, "stopped": None, "link": UP} | telemetry
    return answers({"run_id": RUN, "status": name, "telemetry": known, "storage": "ok"})


async def test_while_telemetry_is_away_the_number_of_waiting_events_is_said() -> None:
    async with fake_server() as telemetry, fake_server() as executor:
        telemetry.on("GET", LIVE, streams(hello(), numbers(5), reset=True), says("gone", 502))
        executor.on("GET", PATH, at_executor("running", pending=12, link=DOWN), at_executor("completed", pending=14))
        screen = Heard()
        assert await watched(telemetry, executor, screen, patience_s=0.3) == "completed"
    assert "stats link down since" in screen.text
    assert ", 14 events waiting" in screen.text


async def test_a_link_that_is_down_between_the_services_is_said_though_ours_is_up() -> None:
    released = anyio.Event()

    async def live(_request: Request, exchange: Exchange) -> None:
        await exchange.head(200, "text/event-stream")
        await exchange.send(hello(), numbers(5))
        await released.wait()
        await exchange.send(numbers(17), end("completed", 18))

    class Telling(Heard):
        def show(self, view: RunView, now_s: float) -> None:
            super().show(view, now_s)
            if "events waiting" in self.text:
                released.set()

    async with fake_server() as telemetry, fake_server() as executor:
        telemetry.on("GET", LIVE, live)
        executor.on("GET", PATH, at_executor("running", pending=12, link=DOWN), at_executor("completed", sent=18))
        screen = Telling()
        assert await watched(telemetry, executor, screen) == "completed"
    assert f"stats link down since {local_time(SINCE)} (connection refused), 12 events waiting" in screen.news[0]


async def test_telemetry_that_is_gone_for_good_is_unreachable_and_not_an_interrupted_run() -> None:
    silent = {"state": "silent", "since": SINCE}
    async with fake_server() as telemetry:
        telemetry.on(
            "GET", LIVE, streams(hello(), status("interrupted", producer=silent), reset=True), says("gone", 502)
        )
        with pytest.raises(Unreachable, match="telemetry"):
            await watched(telemetry, None, Heard(), patience_s=0.2, link_patience_s=1.5)


async def test_telemetry_that_was_never_there_is_unreachable() -> None:
    async with fake_server() as telemetry:
        telemetry.on("GET", LIVE, says("gone", 502))
        with pytest.raises(Unreachable, match="telemetry"):
            await watched(telemetry, None, Heard(), patience_s=0.0, link_patience_s=0.5)


async def test_a_run_the_executor_works_on_is_not_given_up_though_telemetry_hears_nothing_of_it() -> None:
    released = anyio.Event()

    async def live(_request: Request, exchange: Exchange) -> None:
        await exchange.head(200, "text/event-stream")
        await exchange.send(hello(), status("running", producer={"state": "live", "since": SINCE}))
        await released.wait()
        await exchange.send(status("running", producer={"state": "silent", "since": SINCE}))
        await exchange.hang()

    asked = 0

    async def executors(request: Request, exchange: Exchange) -> None:
        nonlocal asked
        asked += 1
        released.set()
        await at_executor("running" if asked < 3 else "interrupted", pending=3, link=DOWN)(request, exchange)

    async with fake_server() as telemetry, fake_server() as executor:
        telemetry.on("GET", LIVE, live)
        executor.on("GET", PATH, executors)
        assert await watched(telemetry, executor, Heard(), patience_s=0.0) == "interrupted"
    assert asked >= 3


async def test_an_end_telemetry_never_hears_of_is_taken_from_the_executor() -> None:
    async with fake_server() as telemetry, fake_server() as executor:
        telemetry.on("GET", LIVE, streams(hello(), numbers(5), hang=True))
        executor.on("GET", PATH, at_executor("completed", pending=3, link=DOWN))
        screen = Heard()
        assert await watched(telemetry, executor, screen, patience_s=0.2) == "completed"
    assert "3 events waiting" in screen.text


async def test_a_delivery_that_has_stopped_is_said_and_its_run_comes_to_its_end() -> None:
    async with fake_server() as telemetry, fake_server() as executor:
        telemetry.on("GET", LIVE, streams(hello(), numbers(5), hang=True))
        executor.on("GET", PATH, at_executor("failed", stopped="epoch-conflict"))
        screen = Heard()
        assert await watched(telemetry, executor, screen) == "failed"
    assert "telemetry takes no more events of this run: epoch-conflict" in screen.text


async def test_the_account_at_the_end_is_read_and_what_is_wrong_with_it_said() -> None:
    async with fake_server() as telemetry:
        telemetry.on("GET", LIVE, streams(hello(), numbers(5), end("completed")))
        known = {"run_id": RUN, "status": "completed", "complete": False, "rejected": 2, "last": 99}
        wrong = stats(discarded=3, violations=["9 attempts, but the ceiling was 8"])
        telemetry.on("GET", PATH, answers(known | {"stats": wrong, "accounting": {"unaccounted": 1}}))
        screen = Heard()
        assert await watched(telemetry, None, screen) == "completed"
    assert screen.news == [
        "1 event was sent but missing at telemetry",
        "2 events were refused by telemetry; the page says why",
        "3 events were dropped by the producer",
        "broken promise: 9 attempts, but the ceiling was 8",
        "the log is not complete: it differs from what the executor wrote",
    ]


async def test_a_line_that_comes_again_after_a_gap_is_shown_once() -> None:
    gap = b'event: gap\ndata: {"type": "gap", "reason": "dropped"}\n\n'
    first, second, third = (event("log", seq, level="info", message=f"line {seq}") for seq in (3, 4, 5))
    async with fake_server() as telemetry:
        telemetry.on(
            "GET",
            LIVE,
            streams(hello(), first, second, reset=True),
            streams(hello(), gap, first, second, third, end("completed")),
        )
        screen = Heard()
        await watched(telemetry, None, screen)
    assert [line for line in screen.news if line.startswith("info")] == [f"info: line {seq}" for seq in (3, 4, 5)]
    assert "a part of the stream is gone (dropped); here is the full state again" in screen.news


def told(view: RunView) -> list[str]:
    news = list(view.news)
    view.news.clear()
    return news


def change(view: RunView, **data: Any) -> list[str]:
    view.take(Frame(event="status_update", data=data), 1.0)
    return told(view)


def test_each_trouble_is_told_when_it_begins_and_when_it_is_over() -> None:
    view = RunView(RUN)
    live, silent = ({"state": state, "since": SINCE, "storage": "ok"} for state in ("live", "silent"))
    assert change(view, status="running", producer=live) == []
    assert change(view, producer=silent) == [f"producer silent since {local_time(SINCE)}: nobody works on the run now"]
    assert change(view, producer=silent) == []
    assert change(view, producer=live) == ["the producer gives signs of life again"]
    assert change(view, storage="disk full") == ["telemetry cannot store events: disk full; the executor keeps them"]
    assert change(view, storage="ok") == ["telemetry can store events again"]
    assert change(view, producer=live | {"storage": "read-only"}) == [
        "the executor cannot write its ledger: read-only; no new request goes out"
    ]
    assert change(view, producer=live) == ["the executor can write its ledger again"]
    view.take(LinkDown(since="10:15:32", reason="cannot connect", retry_in_s=1), 1.0)
    assert told(view) == ["stats link down since 10:15:32 (cannot connect); trying again, the run goes on"]
    view.take(LinkUp(), 1.0)
    assert told(view) == ["stats link is back, it was down since 10:15:32"]


def test_a_pause_an_interruption_and_their_end_are_told_with_the_reason() -> None:
    view = RunView(RUN)
    change(view, status="running", producer={"state": "live"})
    change(view, status="paused", reason="asked")
    assert progress_line(view).startswith("paused (asked)")
    change(view, status="running", reason="asked")
    assert progress_line(view).startswith("running")
    assert "asked" not in progress_line(view)
    change(view, status="paused", reason="asked")
    assert change(view, status="running", reason=None) == ["resumed, it was paused"]
    change(view, status="interrupted", reason="the executor died")
    assert change(view, status="running", reason="auto") == ["resumed, it was interrupted"]


def test_troubles_are_on_the_panel() -> None:
    view = RunView(RUN)
    change(view, status="running", producer={"state": "live", "storage": "disk full"}, rejected=2)
    view.take_executors({"status": "running", "telemetry": {"pending": 7, "link": DOWN}}, whole=False)
    out = StringIO()
    Console(file=out, width=150, force_terminal=False).print(panel(view, 1.0, 0))
    for shown in (
        "(connection refused), 7 events waiting",
        "cannot write its ledger: disk full",
        "2 events were refused",
    ):
        assert shown in out.getvalue()


def test_what_the_executor_says_counts_as_the_runs_state_only_while_telemetry_says_nothing() -> None:
    view = RunView(RUN)
    change(view, status="running")
    said = {"status": "completed", "phase": None, "stats": stats(successful_calls=4), "storage": "ok", "preset": "mine"}
    view.take_executors(said, whole=False)
    assert (view.status, view.preset) == ("running", "mine")
    view.take_executors(said, whole=True)
    assert (view.status, view.stats["successful_calls"]) == ("completed", 4)


def test_scores_that_come_again_count_once() -> None:
    view = RunView(RUN)
    for _ in range(2):
        data = stored("score_recorded", 4, item_id="i", document="d", scores={"Clarity": 4})
        view.take(Frame(event="score_recorded", data=data), 1.0)
    assert view.scores.judgements == 1
