"""The element in a real browser, on a service that says what the test tells it to."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import expect

from shared.digest import EMPTY, extend
from tests.golden.log_builder import EPOCH, Event, Log
from tests.golden.make import line_of
from tests.golden.scenarios import SCENARIOS, events_of
from tests.page.conftest import OpenPage
from tests.page.live_script import LiveScript, end_of, heartbeat, hello, stats_of, status_of
from tests.page.on_page import connection_is, flat, notice_shows, stat_is, stats_shown
from tests.page.scripted_telemetry import Answer, Request, ScriptedTelemetry, as_json, scripted_telemetry

pytestmark = pytest.mark.page

FINISHED = events_of(SCENARIOS["all_went_well"])
DIGEST = extend(EMPTY, [line_of(event) for event in FINISHED]).hex()
RUN = "/?run=golden"
SEEN = """(visible) => {
  Object.defineProperty(document, 'hidden', { configurable: true, get: () => !visible });
  document.dispatchEvent(new Event('visibilitychange'));
}"""


def known_run(request: Request) -> Answer | None:
    if request.path.endswith("/events"):
        return Answer(200, b"".join(line_of(event) + b"\n" for event in FINISHED), "application/x-ndjson")
    if request.path.endswith("/receipts"):
        return as_json({})
    return as_json({"run_id": "golden", "status": "running"}) if request.path == "/runs/golden" else None


@pytest.fixture
async def telemetry(anyio_backend: str) -> AsyncIterator[ScriptedTelemetry]:
    async with scripted_telemetry(known_run) as service:
        yield service


@pytest.mark.parametrize("name", ["in_the_middle", "killed_and_resumed", "unknown_is_not_zero", "broken_promises"])
async def test_every_number_of_the_stream_stands_on_the_page(
    name: str, telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page(telemetry.origin + RUN)
    stream = await telemetry.next_stream()
    script = LiveScript()
    await stream.send(hello(), *script.flush(events_of(SCENARIOS[name])))
    stats = script.fold.stats()
    await stat_is(page, "total_calls", stats["total_calls"])
    assert await stats_shown(page) == flat(stats)


async def test_numbers_change_as_they_come(telemetry: ScriptedTelemetry, open_page: OpenPage) -> None:
    page = await open_page(telemetry.origin + RUN)
    stream = await telemetry.next_stream()
    script, log = LiveScript(), Log()
    log.plan(single_eval=3)
    await stream.send(hello(), *script.flush(log.events))
    for done, name in enumerate(("a", "b", "c"), 1):
        sent = len(log.events)
        log.begin(name)
        log.ok(name)
        log.done(name)
        log.add("score_recorded", item_id=name, document=name, judge="j", scores={"Clarity": done}, mean=done)
        await stream.send(*script.flush(log.events[sent:]))
        await stat_is(page, "successful_calls", done)
        await expect(page.locator("live-stats .score[data-band]")).to_have_count(done)


async def test_text_that_came_over_the_wire_is_never_markup(telemetry: ScriptedTelemetry, open_page: OpenPage) -> None:
    page = await open_page(telemetry.origin + RUN)
    stream = await telemetry.next_stream()
    script, log = LiveScript(), Log()
    evil = "<img src=x onerror=document.body.remove()>"
    log.begin("a", label=evil, model=evil)
    log.trouble("a", 1, "server", sent="yes")
    log.add("log", message=evil)
    log.add("alert", alert_id="x", state="raised", message=evil, kind=evil)
    log.add("score_recorded", item_id="i", document=evil, judge=evil, scores={evil: 3})
    await stream.send(hello(), *script.flush(log.events))
    await expect(page.locator("live-stats .log")).to_contain_text(evil)
    await expect(page.locator("live-stats .scores")).to_contain_text(evil)
    assert await page.locator("live-stats img").count() == 0


async def test_after_an_error_status_it_comes_back_to_the_same_place(
    telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page(telemetry.origin + RUN, expect=("502", "ERR_INCOMPLETE_CHUNKED", "Failed to load"))
    stream = await telemetry.next_stream()
    script = LiveScript()
    await stream.send(hello(), *script.flush(FINISHED[:12]), retry_ms=10)
    await stat_is(page, "attempts", script.fold.stats()["attempts"])
    telemetry.refuse_streams_with = Answer(502, b"<h1>Bad gateway</h1>", "text/html")
    async with page.expect_request("**/runs/golden"):
        # EventSource gives up on the 502; the page asks why before it opens another.
        await stream.cut()
    await connection_is(page, "reconnecting")
    telemetry.refuse_streams_with = None
    again = await telemetry.next_stream()
    assert again.position == f"{EPOCH}-12"
    await again.send(hello(), *script.flush(FINISHED[12:30]))
    await connection_is(page, "live")
    await stat_is(page, "attempts", script.fold.stats()["attempts"])


async def test_a_cut_is_healed_with_the_last_id(telemetry: ScriptedTelemetry, open_page: OpenPage) -> None:
    page = await open_page(telemetry.origin + RUN, expect=("ERR_",))
    stream = await telemetry.next_stream()
    await stream.send(hello(), *LiveScript().flush(FINISHED[:9]), retry_ms=10)
    await connection_is(page, "live")
    await stream.cut()
    again = await telemetry.next_stream()
    assert again.position == f"{EPOCH}-9"


async def test_a_refusal_is_told_and_not_tried_again(telemetry: ScriptedTelemetry, open_page: OpenPage) -> None:
    def refuse(request: Request) -> Answer | None:
        told = {"title": "forbidden", "detail": "unknown host: name it in ACM2_ALLOWED_HOSTS", "status": 403}
        return as_json(told, 403) if request.path == "/runs/golden" else None

    async with scripted_telemetry(refuse) as service:
        service.refuse_streams_with = as_json({}, 403)
        page = await open_page(service.origin + RUN, expect=("403",))
        assert "ACM2_ALLOWED_HOSTS" in await notice_shows(page, "refused")
        await connection_is(page, "refused")
        assert len(service.asked("/live")) == 1


async def test_a_half_open_connection_is_seen_and_left_for_another(
    telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page(telemetry.origin + RUN)
    stream = await telemetry.next_stream()
    await stream.send(hello(heartbeat_s=0.5), *LiveScript().flush(FINISHED[:9]))
    await connection_is(page, "live")
    # Nothing is cut: the service just says nothing more.
    again = await telemetry.next_stream()
    assert again.position == f"{EPOCH}-9"
    await connection_is(page, "reconnecting")
    told = await notice_shows(page, "link")
    assert re.match(r"stats link down since \d\d:\d\d:\d\d, how many events wait is not known", told)
    assert "nothing was heard" in told
    assert "may be old" in told
    await again.send(hello(), heartbeat("2026-11-22T10:00:00.000Z"))
    await connection_is(page, "live")
    await expect(page.locator("live-stats [data-notice=link]")).to_have_count(0)


async def test_a_hidden_tab_gives_its_stream_back_and_takes_it_up_at_the_same_place(
    telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page("about:blank")
    await page.clock.install()
    await page.goto(telemetry.origin + RUN)
    stream = await telemetry.next_stream()
    await stream.send(hello(), *LiveScript().flush(FINISHED[:9]))
    await connection_is(page, "live")
    await page.evaluate(SEEN, False)
    await page.clock.fast_forward(6_000)
    await stream.closed.wait()
    await connection_is(page, "paused")
    await page.evaluate(SEEN, True)
    again = await telemetry.next_stream()
    assert again.position == f"{EPOCH}-9"
    await again.send(hello())
    await connection_is(page, "live")


async def test_a_page_that_is_left_gives_its_stream_back(telemetry: ScriptedTelemetry, open_page: OpenPage) -> None:
    page = await open_page(telemetry.origin + RUN)
    stream = await telemetry.next_stream()
    await stream.send(hello(), *LiveScript().flush(FINISHED[:9]))
    await connection_is(page, "live")
    await page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    await stream.closed.wait()
    await page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    assert (await telemetry.next_stream()).position == f"{EPOCH}-9"


async def finished(telemetry: ScriptedTelemetry, **more: Any) -> LiveScript:
    stream = await telemetry.next_stream()
    script = LiveScript()
    frames = script.flush(FINISHED)
    await stream.send(hello(status="completed"), *frames, end_of(script.fold, **{"digest": DIGEST} | more))
    await stream.closed.wait()
    return script


async def test_the_end_closes_the_stream_and_the_log_is_checked_on_the_page(
    telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page(telemetry.origin + RUN)
    script = await finished(telemetry)
    await connection_is(page, "ended")
    audit = page.locator("live-stats [data-role=audit]")
    await expect(audit).to_have_attribute("data-state", "equal")
    await expect(audit).to_have_text(f"checked here: {len(FINISHED)} events, numbers and digest equal")
    assert telemetry.open == []
    assert await stats_shown(page) == flat(script.fold.stats())
    [receipt] = telemetry.asked("/receipts", "POST")
    assert receipt.body.startswith(f'{{"position":"{EPOCH}-{len(FINISHED)}"'.encode())
    await page.reload()
    await finished(telemetry)
    await connection_is(page, "ended")
    assert telemetry.open == []


async def test_a_finished_run_can_be_asked_for_again(telemetry: ScriptedTelemetry, open_page: OpenPage) -> None:
    page = await open_page(telemetry.origin + RUN)
    await finished(telemetry)
    await page.locator("live-stats [data-role=reopen]").click()
    again = await telemetry.next_stream()
    assert again.position == ""
    await again.send(hello())
    await connection_is(page, "live")


async def test_a_log_that_does_not_add_up_is_loud(telemetry: ScriptedTelemetry, open_page: OpenPage) -> None:
    page = await open_page(telemetry.origin + RUN)
    await finished(telemetry, digest="00" * 32, complete=False)
    assert "digest" in await notice_shows(page, "audit-0")
    assert "not complete" in await notice_shows(page, "incomplete")
    await expect(page.locator("live-stats [data-role=audit]")).to_have_attribute("data-state", "different")


async def test_another_contract_or_build_is_told(telemetry: ScriptedTelemetry, open_page: OpenPage) -> None:
    page = await open_page(telemetry.origin + RUN, expect=("ERR_",))
    stream = await telemetry.next_stream()
    await stream.send(hello(), retry_ms=10)
    await connection_is(page, "live")
    await expect(page.locator("live-stats [data-notice]")).to_have_count(0)
    await stream.cut()
    stream = await telemetry.next_stream()
    await stream.send(hello(build="0.2.0+other"), retry_ms=10)
    assert "0.2.0+other" in await notice_shows(page, "build")
    await stream.cut()
    stream = await telemetry.next_stream()
    await stream.send(hello(contract="2"))
    assert "contract 1" in await notice_shows(page, "contract")


async def test_a_silent_producer_and_refused_events_are_told(telemetry: ScriptedTelemetry, open_page: OpenPage) -> None:
    page = await open_page(telemetry.origin + RUN)
    stream = await telemetry.next_stream()
    script = LiveScript()
    script.flush(FINISHED[:9])
    silent = {"state": "silent", "since": "2026-11-22T10:00:09Z", "produced": 30, "pending": 21}
    silent |= {"oldest_pending_s": 9, "storage": None}
    await stream.send(hello(), status_of(script.fold, producer=silent, rejected=4), stats_of(script.fold))
    assert "21 events waiting there" in await notice_shows(page, "producer")
    assert "4 events refused" in await notice_shows(page, "rejected")


async def test_a_run_nobody_has_begun_waits_and_says_how_to_begin(
    telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page(telemetry.origin + RUN)
    stream = await telemetry.next_stream()
    await stream.send(hello(status="waiting"))
    await expect(page.locator("live-stats .nothing")).to_contain_text("No event of this run has come yet")
    await expect(page.locator("[data-role=first] code")).to_contain_text("curl -d")
    events: list[Event] = FINISHED[:9]
    await stream.send(*LiveScript().flush(events))
    await stat_is(page, "planned_calls", 6)
    await expect(page.locator("[data-role=first]")).to_be_hidden()


async def test_a_page_of_another_origin_shows_the_element(telemetry: ScriptedTelemetry, open_page: OpenPage) -> None:
    def foreign(request: Request) -> Answer | None:
        source = f'<script type="module" src="{telemetry.origin}/static/live-stats.js"></script>'
        html = f"<!doctype html><title>x</title>{source}<live-stats run-id=golden></live-stats>"
        allowed = f"default-src 'none'; {' '.join(f'{part} {telemetry.origin};' for part in PARTS)}"
        return Answer(200, html.encode(), "text/html", {"Content-Security-Policy": allowed})

    async with scripted_telemetry(foreign) as other:
        page = await open_page(other.origin + "/")
        script = await finished(telemetry)
        await connection_is(page, "ended")
        assert await stats_shown(page) == flat(script.fold.stats())
        await expect(page.locator("live-stats [data-role=audit]")).to_have_attribute("data-state", "equal")


PARTS = ("script-src", "style-src", "connect-src")
