"""The way to the service cut in every way it can be: the page says so, and comes back to the same place."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, expect

from tests.free_port import free_port
from tests.golden.log_builder import EPOCH, Event, Log
from tests.golden.scenarios import SCENARIOS, events_of
from tests.page.conftest import OpenPage
from tests.page.live_script import LiveScript, heartbeat, hello, status_of
from tests.page.on_page import connection_is, log_lines, notice_shows, stat_is
from tests.page.scripted_telemetry import (
    STRICT_POLICY,
    Answer,
    Request,
    ScriptedTelemetry,
    as_json,
    scripted_telemetry,
)

pytestmark = pytest.mark.page

RUN = "/?run=golden"
EVENTS = events_of(SCENARIOS["all_went_well"])
CUT = ("ERR_", "Failed to load", "502")
BAD_GATEWAY = Answer(502, b"<h1>Bad gateway</h1>", "text/html")
LOGIN_PAGE = Answer(200, b"<h1>Please log in</h1>", "text/html")


def run_json(request: Request) -> Answer | None:
    if request.path.endswith("/receipts"):
        return as_json({})
    return (
        as_json({"run_id": "golden", "status": "running", "position": f"{EPOCH}-9"}) if request.path == PATH else None
    )


PATH = "/runs/golden"


@pytest.fixture
async def telemetry(anyio_backend: str) -> AsyncIterator[ScriptedTelemetry]:
    async with scripted_telemetry(run_json) as service:
        yield service


def lines(first: int, last: int) -> list[Event]:
    """Lines of a log, in the middle of it."""
    log = Log()
    for number in range(1, last + 1):
        log.add("log", message=f"line {number}")
    return log.events[first - 1 :]


async def test_a_link_that_is_cut_says_since_when_and_how_many_events_wait_at_the_executor(
    telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    waiting = [4, 12]

    def executor(request: Request) -> Answer | None:
        if request.path != PATH:
            return None
        number = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        stats = {"successful_calls": 3, "failed_calls": 0, "planned_calls": 9}
        return as_json({"status": "running", "stats": stats, "telemetry": {"pending": number}})

    async with scripted_telemetry(executor) as beside:
        telemetry.policy = STRICT_POLICY.replace("connect-src 'self'", f"connect-src 'self' {beside.origin}")
        page = await open_page(telemetry.origin + RUN, expect=CUT)
        stream = await telemetry.next_stream()
        script = LiveScript()
        script.flush(EVENTS[:9])
        sign = {"state": "live", "since": "2026-11-22T10:00:00Z", "pending": 1, "executor": f"{beside.origin}/"}
        await stream.send(hello(), *script.flush([]), status_of(script.fold, producer=sign))
        await connection_is(page, "live")
        telemetry.refuse_streams_with = BAD_GATEWAY
        await stream.cut()
        told = page.locator("live-stats [data-notice=link]")
        await expect(told).to_contain_text("12 events waiting")
        assert (await told.inner_text()).startswith("stats link down since ")
        await expect(told).to_contain_text("The executor says: running, 3 of 9 calls ok.")
        await expect(page.locator("live-stats [data-role=connection]")).to_have_text("stats link down")
        await expect(page.locator("live-stats [data-role=age]")).to_contain_text("next try in")
        telemetry.refuse_streams_with = None
        again = await telemetry.next_stream()
        await again.send(hello())
        await connection_is(page, "live")
        await expect(told).to_have_count(0)


@pytest.mark.parametrize("wrong", [BAD_GATEWAY, LOGIN_PAGE], ids=["502", "a page that is not ours"])
async def test_what_a_proxy_answers_in_between_is_not_the_end(
    wrong: Answer, telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page(telemetry.origin + RUN, expect=(*CUT, "MIME type"))
    stream = await telemetry.next_stream()
    await stream.send(hello(), *LiveScript().flush(lines(1, 3)))
    await connection_is(page, "live")
    telemetry.refuse_streams_with = wrong
    await stream.cut()
    await notice_shows(page, "link")
    telemetry.refuse_streams_with = None
    again = await telemetry.next_stream()
    assert again.position == f"{EPOCH}-3"
    await again.send(hello(), *LiveScript().flush(lines(1, 5))[3:])
    await connection_is(page, "live")
    assert await log_lines(page, 5) == [f"line {number}" for number in range(1, 6)]


async def test_after_any_number_of_cuts_each_line_is_there_once_and_in_order(
    telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page(telemetry.origin + RUN, expect=CUT)
    script = LiveScript()
    for life in range(4):
        stream = await telemetry.next_stream()
        assert stream.position == (f"{EPOCH}-{5 * life}" if life else "")
        # A service that sends too much again must not be believed, either.
        begin = 1 if life == 2 else 5 * life + 1
        await stream.send(hello(), *script.flush(lines(begin, 5 * life + 5)))
        await stands_at(page, 5 * life + 5)
        await stream.cut()
    assert await log_lines(page, 20) == [f"line {number}" for number in range(1, 21)]


async def stands_at(page: Page, seq: int) -> None:
    """The page stands at this event."""
    await expect(page.locator("live-stats [data-role=position]")).to_contain_text(f"at {EPOCH}-{seq},")


async def test_a_gap_is_said_with_its_bounds_and_the_state_is_whole(
    telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page(telemetry.origin + RUN, expect=CUT)
    stream = await telemetry.next_stream()
    await stream.send(hello(), *LiveScript().flush(lines(1, 3)))
    await stands_at(page, 3)
    await stream.cut()
    again = await telemetry.next_stream()
    bounds = {"requested": f"{EPOCH}-3", "oldest": f"{EPOCH}-7", "newest": f"{EPOCH}-9", "reason": "expired"}
    await again.send(hello(), {"type": "gap", "run_id": "golden", **bounds}, *LiveScript().flush(lines(1, 9))[6:])
    told = await notice_shows(page, "gap")
    assert f"{EPOCH}-3" in told
    assert f"{EPOCH}-7" in told
    assert await log_lines(page, 3) == ["line 7", "line 8", "line 9"]


async def test_a_laptop_that_slept_reconnects_at_once_when_it_wakes(
    telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page("about:blank")
    await page.clock.install()
    await page.goto(telemetry.origin + RUN)
    stream = await telemetry.next_stream()
    await stream.send(hello(), *LiveScript().flush(lines(1, 3)))
    await connection_is(page, "live")
    # Sleep: time jumps, no timer that was due meanwhile has run.
    await page.clock.fast_forward(3_600_000)
    again = await telemetry.next_stream()
    assert again.position == f"{EPOCH}-3"
    await again.send(hello(), *LiveScript().flush(lines(4, 4)))
    assert await log_lines(page, 4) == [f"line {number}" for number in range(1, 5)]
    await connection_is(page, "live")


async def test_a_network_that_is_back_is_used_at_once(telemetry: ScriptedTelemetry, open_page: OpenPage) -> None:
    page = await open_page("about:blank", expect=CUT)
    await page.clock.install()
    await page.goto(telemetry.origin + RUN)
    stream = await telemetry.next_stream()
    await stream.send(hello())
    await connection_is(page, "live")
    await page.clock.pause_at("2036-01-01")
    telemetry.refuse_streams_with = BAD_GATEWAY
    await stream.cut()
    await connection_is(page, "reconnecting")
    telemetry.refuse_streams_with = None
    await page.evaluate("dispatchEvent(new Event('online'))")
    await page.clock.resume()
    await (await telemetry.next_stream()).send(hello())
    await connection_is(page, "live")


async def test_a_page_opened_while_nothing_listens_shows_the_run_once_something_does(open_page: OpenPage) -> None:
    port = free_port()

    def elsewhere(request: Request) -> Answer | None:
        html = '<!doctype html><title>x</title><script type="module" src="static/live-stats.js"></script>'
        html += f'<live-stats run-id="golden" src="http://127.0.0.1:{port}/"></live-stats>'
        policy = {"Content-Security-Policy": STRICT_POLICY.replace("connect-src", "connect-src http://127.0.0.1:*")}
        return Answer(200, html.encode(), "text/html", policy) if request.path == "/" else None

    async with scripted_telemetry(elsewhere) as other:
        page = await open_page(other.origin + "/", expect=("ERR_CONNECTION_REFUSED", "Failed to load"))
        told = await notice_shows(page, "link")
        assert "stats link down since " in told
        await expect(page.locator("live-stats [data-stat=status]")).to_have_text("Connecting …")
        async with scripted_telemetry(run_json, port=port) as late:
            stream = await late.next_stream()
            script = LiveScript()
            await stream.send(hello(), *script.flush(EVENTS[:12]))
            await stat_is(page, "attempts", script.fold.stats()["attempts"])
            await expect(page.locator("live-stats [data-notice=link]")).to_have_count(0)


async def test_until_the_first_hello_nothing_is_claimed(telemetry: ScriptedTelemetry, open_page: OpenPage) -> None:
    page = await open_page(telemetry.origin + RUN)
    stream = await telemetry.next_stream()
    status = page.locator("live-stats [data-stat=status]")
    await expect(status).to_have_text("Connecting …")
    await expect(status).to_have_attribute("data-value", "null")
    await expect(page).to_have_title("Connecting … · golden")
    await stream.send(hello(status="waiting"))
    await expect(status).to_have_text("Waiting for the first event")


async def test_the_age_of_the_newest_event_is_told_beside_that_of_the_newest_word(
    telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page(telemetry.origin + RUN)
    stream = await telemetry.next_stream()
    script = LiveScript()
    *others, stats = script.flush(EVENTS[:9])
    await stream.send(hello(), *others, stats | {"time": "2026-11-22T10:00:00.000Z"})
    await stream.send(heartbeat("2026-11-22T10:03:20.500Z"))
    await expect(page.locator("live-stats [data-role=age]")).to_contain_text("last event 3 min 2")
    await expect(page.locator("live-stats [data-role=age]")).to_contain_text("heard ")
