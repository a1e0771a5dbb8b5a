"""A run that has ended may go on: the page notices by itself, and so does one that is opened again."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, expect

from tests.golden.log_builder import EPOCH, Event, Log
from tests.golden.make import line_of
from tests.page.conftest import OpenPage
from tests.page.live_script import LiveScript, end_of, hello
from tests.page.on_page import connection_is, log_lines, notice_shows, stat_is
from tests.page.scripted_telemetry import Answer, Request, ScriptedTelemetry, as_json, scripted_telemetry

pytestmark = pytest.mark.page

RUN = "/?run=golden"


class Resumed:
    """A run that was cancelled with one call done, and is resumed when the test says so."""

    def __init__(self) -> None:
        log = Log()
        log.plan(single_eval=2)
        log.begin("a")
        log.ok("a")
        log.done("a")
        log.add("log", message="first life")
        log.end("b", "cancelled", 0, "cancelled")
        log.add("run_finished", status="cancelled", reason="asked")
        self.first = len(log.events)
        log.add("run_resumed", reason="asked", planned_calls=2)
        log.begin("b")
        log.ok("b")
        log.done("b")
        log.add("log", message="second life")
        log.add("run_finished", status="completed", reason=None)
        self.events = log.events
        self.known = self.first
        self.asked = 0

    def __call__(self, request: Request) -> Answer | None:
        if request.path == "/runs/golden":
            self.asked += 1
            return as_json({"run_id": "golden", "status": "cancelled", "last": self.known})
        if request.path.endswith("/events"):
            lines = b"".join(line_of(event) + b"\n" for event in self.known_events)
            return Answer(200, lines, "application/x-ndjson")
        return as_json({}) if request.path.endswith("/receipts") else None

    @property
    def known_events(self) -> list[Event]:
        return self.events[: self.known]


@pytest.fixture
def run() -> Resumed:
    return Resumed()


@pytest.fixture
async def telemetry(run: Resumed) -> AsyncIterator[ScriptedTelemetry]:
    async with scripted_telemetry(run) as service:
        yield service


async def ended(page: Page, telemetry: ScriptedTelemetry, run: Resumed) -> LiveScript:
    """The first life of the run, shown to its end."""
    stream = await telemetry.next_stream()
    script = LiveScript()
    await stream.send(hello(), *script.flush(run.known_events), end_of(script.fold, "00" * 32, resumable=True))
    await connection_is(page, "ended")
    return script


async def test_a_run_resumed_after_its_end_is_live_again_by_itself_and_goes_on_where_it_stood(
    run: Resumed, telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page(telemetry.origin + RUN)
    script = await ended(page, telemetry, run)
    assert "can be resumed" in await notice_shows(page, "resumable")
    assert telemetry.open == []
    run.known = len(run.events)
    again = await telemetry.next_stream()
    assert again.position == f"{EPOCH}-{run.first}"
    await again.send(hello(), *script.flush(run.events[run.first : -1]))
    await connection_is(page, "live")
    await stat_is(page, "successful_calls", 2)
    await expect(page.locator("live-stats [data-stat=status]")).to_have_text("Running")
    await expect(page.locator("live-stats [data-notice=resumable]")).to_have_count(0)
    assert await log_lines(page, 2) == ["first life", "second life"]
    await again.send(*script.flush(run.events[-1:]), end_of(script.fold, "00" * 32))
    await connection_is(page, "ended")
    await expect(page.locator("live-stats [data-stat=status]")).to_have_text("Completed")


async def test_a_page_that_is_opened_again_shows_the_resumed_run(
    run: Resumed, telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page(telemetry.origin + RUN)
    await ended(page, telemetry, run)
    run.known = len(run.events) - 1
    await page.reload()
    stream = await telemetry.next_stream()
    assert stream.position == ""
    await stream.send(hello(), *LiveScript().flush(run.known_events))
    await connection_is(page, "live")
    await expect(page.locator("live-stats [data-stat=status]")).to_have_text("Running")


async def test_a_run_that_cannot_be_resumed_is_not_asked_for_again(
    run: Resumed, telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    run.known = len(run.events)
    page = await open_page("about:blank")
    await page.clock.install()
    await page.goto(telemetry.origin + RUN)
    stream = await telemetry.next_stream()
    script = LiveScript()
    await stream.send(hello(), *script.flush(run.known_events), end_of(script.fold, "00" * 32))
    await connection_is(page, "ended")
    await page.clock.fast_forward(120_000)
    await page.clock.fast_forward(120_000)
    assert run.asked == 0
