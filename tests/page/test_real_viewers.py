"""Viewers of a real service, whenever they come and whatever happens to the way between: all end with the same state."""

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import httpx_sse
import pytest
from playwright.async_api import Page, expect

from tests.e2e.stack import Service
from tests.golden.log_builder import Event, Log
from tests.page.conftest import OpenPage
from tests.page.on_page import connection_is, log_lines, notice_shows, stat_is, stats_shown, until
from tests.page.real_telemetry import ask, post, real_telemetry
from tests.page.scripted_telemetry import Answer, Request, as_json, scripted_telemetry

pytestmark = pytest.mark.page

RUN = "golden"
AWAY = ("ERR_", "Failed to load")
CALLS = 12
ENDED_LIMIT_MS = 40_000
"""A service may take its time to start, and the page its pause until the next try."""
NOTED = """() => {
  window.positions = [];
  const live = document.querySelector('live-stats');
  live.addEventListener('live-stats:change', () => window.positions.push(live.state.statsSeq));
}"""


def whole_run() -> list[Event]:
    """A run with retries, scores and lines, as its producer numbers it."""
    log = Log()
    log.plan(single_eval=CALLS)
    log.add("phase_started", phase="single_eval", planned_calls=CALLS)
    for number in range(CALLS):
        name = f"c-{number}"
        log.begin(name)
        if number % 3 == 0:
            log.trouble(name, 1, "server", will_retry=True)
        log.ok(name, 2 if number % 3 == 0 else 1)
        log.done(name, 1)
        scores = {"Clarity": 1 + number % 5}
        log.add("score_recorded", item_id=name, document=name, judge="j", scores=scores, mean=scores["Clarity"])
        log.add("log", message=f"line {number}")
    log.add("run_finished", status="completed", reason=None)
    return log.events


EVENTS = [{name: event[name] for name in ("type", "seq", "epoch", "time", "data")} for event in whole_run()]
LINES = [f"line {number}" for number in range(CALLS)]
THIRD = len(EVENTS) // 3


@pytest.fixture
def telemetry(tmp_path: Path) -> Iterator[Service]:
    with real_telemetry(tmp_path) as service:
        yield service


async def final_state(page: Page) -> dict[str, Any]:
    """Everything the page shows of a run that is over, once its own check of the log is done."""
    link = page.locator("live-stats [data-role=connection]")
    await expect(link).to_have_attribute("data-state", "ended", timeout=ENDED_LIMIT_MS)
    await expect(page.locator("live-stats [data-role=audit]")).to_have_attribute("data-state", "equal")
    scores = await page.locator("live-stats .scores tbody").inner_text()
    return {"stats": await stats_shown(page), "log": await log_lines(page, CALLS), "scores": scores}


async def test_whoever_comes_whenever_ends_with_the_same_state(telemetry: Service, open_page: OpenPage) -> None:
    address = f"{telemetry.url}/?run={RUN}"
    before = await open_page(address)
    await connection_is(before, "live")
    await post(telemetry, RUN, *EVENTS[:THIRD])
    middle = await open_page(address)
    await connection_is(middle, "live")
    reloaded = await open_page(address)
    await connection_is(reloaded, "live")
    await post(telemetry, RUN, *EVENTS[THIRD : 2 * THIRD])
    done = [event for event in EVENTS[: 2 * THIRD] if event["type"] == "call_succeeded"]
    await stat_is(reloaded, "successful_calls", len(done))
    await reloaded.reload()
    await stat_is(reloaded, "successful_calls", len(done))
    await post(telemetry, RUN, *EVENTS[2 * THIRD :])
    after = await open_page(address)
    states = [await final_state(page) for page in (before, middle, reloaded, after)]
    assert states[0]["log"] == LINES
    assert states[1:] == states[:-1]
    said = (await ask(telemetry, "GET", f"/runs/{RUN}")).json()
    assert states[0]["stats"]["successful_calls"] == said["stats"]["successful_calls"] == CALLS


async def test_a_service_killed_under_a_page_is_told_and_everything_comes_once_and_in_order(
    telemetry: Service, open_page: OpenPage
) -> None:
    def executor(request: Request) -> Answer | None:
        return as_json({"status": "running", "telemetry": {"pending": 31}}) if request.path == f"/runs/{RUN}" else None

    async with scripted_telemetry(executor) as beside:
        page = await open_page(f"{telemetry.url}/?run={RUN}", expect=AWAY)
        await post(telemetry, RUN, *EVENTS[:THIRD])
        sign = {"produced": THIRD, "pending": 0, "oldest_pending_s": 0, "storage": "ok", "executor": beside.origin}
        await page.evaluate(NOTED)
        for part in (EVENTS[THIRD : 2 * THIRD], EVENTS[2 * THIRD :]):
            # A service that starts knows of no producer until it gives its next sign.
            assert (await ask(telemetry, "PUT", f"/runs/{RUN}/producer", json=sign)).is_success
            await until(page, "() => document.querySelector('live-stats').state.producer?.executor")
            await anyio.to_thread.run_sync(telemetry.stop, signal.SIGKILL)
            told = await notice_shows(page, "link")
            assert re.match(r"stats link down since \d\d:\d\d:\d\d, ", told)
            # The policy of the page lets it ask an executor on the same machine.
            await expect(page.locator("live-stats [data-notice=link]")).to_contain_text(", 31 events waiting")
            await anyio.to_thread.run_sync(telemetry.start)
            await post(telemetry, RUN, *part)
        state = await final_state(page)
        assert state["log"] == LINES
        positions = await page.evaluate("window.positions")
        assert positions == sorted(positions)
        assert positions[-1] == len(EVENTS)


async def test_a_service_that_stands_still_is_told_and_left_where_it_was(
    telemetry: Service, open_page: OpenPage
) -> None:
    page = await open_page(f"{telemetry.url}/?run={RUN}", expect=AWAY)
    await post(telemetry, RUN, *EVENTS[:THIRD])
    await connection_is(page, "live")
    assert telemetry.process is not None
    # Its sockets stay open: nothing tells the browser.
    telemetry.process.send_signal(signal.SIGSTOP)
    try:
        assert "nothing was heard" in await notice_shows(page, "link")
    finally:
        telemetry.process.send_signal(signal.SIGCONT)
    await post(telemetry, RUN, *EVENTS[THIRD:])
    assert (await final_state(page))["log"] == LINES


async def test_the_receipts_of_a_page_arrive(telemetry: Service, open_page: OpenPage) -> None:
    page = await open_page(f"{telemetry.url}/?run={RUN}")
    await connection_is(page, "live")
    async with page.expect_response("**/receipts") as answered:
        await post(telemetry, RUN, *EVENTS)
        await final_state(page)
    assert (await answered.value).ok
    receipts = (await ask(telemetry, "GET", f"/runs/{RUN}")).json()["receipts"]
    singles = [event for event in EVENTS if event["type"] in {"log", "score_recorded"}]
    assert receipts["received"] == len(singles)
    assert receipts["position"] == f"{EVENTS[0]['epoch']}-{len(EVENTS)}"


STATE = """() => {
  const { status, reason, phase, producer, rejected, complete, unaccounted, storage } =
    document.querySelector('live-stats').state;
  return { status, reason, phase, producer, rejected, complete, unaccounted, storage };
}"""


async def test_the_page_takes_in_each_field_a_real_service_says_of_a_run(
    telemetry: Service, open_page: OpenPage
) -> None:
    sign = {"produced": THIRD + 2, "pending": 1, "oldest_pending_s": 1.5, "storage": "disk full"}
    await post(telemetry, RUN, *EVENTS[:THIRD])
    assert (await ask(telemetry, "PUT", f"/runs/{RUN}/producer", json=sign)).is_success
    said = await first_frame(telemetry, "status_update")
    page = await open_page(f"{telemetry.url}/?run={RUN}")
    await connection_is(page, "live")
    await until(page, "() => document.querySelector('live-stats').state.stats !== null")
    assert await page.evaluate(STATE) == {name: said[name] for name in said if name not in {"type", "run_id"}}
    assert "1 event is missing" in await notice_shows(page, "unaccounted")
    assert "disk full" in await notice_shows(page, "storage")


async def first_frame(service: Service, name: str) -> dict[str, Any]:
    """The first frame of this name on the run's live stream."""
    url = f"{service.url}/runs/{RUN}/live"
    async with httpx.AsyncClient(timeout=20) as client, httpx_sse.aconnect_sse(client, "GET", url) as source:
        async for frame in source.aiter_sse():
            if frame.event == name:
                found: dict[str, Any] = json.loads(frame.data)
                return found
    raise AssertionError(f"the stream closed without {name}")


async def test_what_was_refused_before_a_run_began_shows_on_its_page(telemetry: Service, open_page: OpenPage) -> None:
    page = await open_page(f"{telemetry.url}/?run={RUN}")
    await connection_is(page, "live")
    for poison in ('{"type": "log", "data": {"message": NaN}}', json.dumps({"type": "no_such_type"})):
        answer = await ask(telemetry, "POST", f"/runs/{RUN}/events", content=poison)
        assert answer.status_code in {400, 422}
    await expect(page.locator("live-stats [data-notice=rejected]")).to_contain_text("2 events refused by the service")
    await expect(page.locator("live-stats [data-role=rejected] li")).to_have_count(2)
    await post(telemetry, RUN, *EVENTS)
    assert (await final_state(page))["log"] == LINES
