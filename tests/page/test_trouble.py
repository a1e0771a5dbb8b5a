"""Whatever is wrong anywhere shows on the page in words, and hurts nothing else on it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import expect

from tests.golden.log_builder import Event, Log
from tests.golden.scenarios import SCENARIOS, events_of
from tests.page.conftest import OpenPage
from tests.page.live_script import LiveScript, end_of, hello, stats_of, status_of
from tests.page.on_page import connection_is, log_lines, notice_shows, stat_is
from tests.page.scripted_telemetry import Answer, Frame, Request, ScriptedTelemetry, as_json, scripted_telemetry

pytestmark = pytest.mark.page

RUN = "/?run=golden"
MIDDLE = events_of(SCENARIOS["in_the_middle"])
DRAWING = ("could not be drawn",)
REJECTED = [
    {
        "n": 2,
        "index": 0,
        "reason": "invalid-event",
        "path": "data.attempt",
        "message": "must be at least 1",
        "text": "{",
    },
    {"n": 1, "index": 4, "reason": "not-json", "path": "", "message": "NaN is no JSON", "text": '{"type": NaN}'},
]


def answers(request: Request) -> Answer | None:
    if request.path.endswith("/rejected"):
        found = [{"run_id": "golden", "time": "2026-11-22T10:00:00.000Z", **one} for one in REJECTED]
        return as_json({"run_id": "golden", "count": 2, "rejected": found})
    if request.path == "/runs/golden":
        return as_json({"run_id": "golden", "status": "running", "last": 0})
    return as_json({}) if request.path.endswith("/receipts") else None


@pytest.fixture
async def telemetry(anyio_backend: str) -> AsyncIterator[ScriptedTelemetry]:
    async with scripted_telemetry(answers) as service:
        yield service


def in_the_middle(**status: Any) -> list[Frame]:
    """The frames of a run under way, with this said of its state."""
    script = LiveScript()
    script.flush(MIDDLE)
    return [hello(), status_of(script.fold, **status), stats_of(script.fold)]


SIGN = {"state": "live", "since": "2026-11-22T10:00:09Z", "produced": 30, "pending": 0, "oldest_pending_s": 0}


@pytest.mark.parametrize(
    ("name", "said", "status"),
    [
        ("producer", "producer silent since ", {"producer": SIGN | {"state": "silent", "pending": 21}}),
        ("producer", "21 events waiting there", {"producer": SIGN | {"state": "silent", "pending": 21}}),
        ("pending", "7 events waiting at the producer", {"producer": SIGN | {"pending": 7, "oldest_pending_s": 8}}),
        ("storage", "cannot store what it does: disk full", {"producer": SIGN | {"storage": "disk full"}}),
        ("stopped", "The executor sends no more events of this run: ahead.", {"producer": SIGN | {"stopped": "ahead"}}),
        ("store", "telemetry cannot store events: no space left", {"storage": "no space left"}),
        ("unaccounted", "3 events are missing: ", {"unaccounted": 3}),
        ("incomplete", "This log is not complete", {"complete": False}),
        ("paused", "paused (storage)", {"status": "paused", "reason": "storage"}),
        ("interrupted", "It can be resumed", {"status": "interrupted", "reason": "the executor died"}),
        ("rejected", "2 events refused by the service", {"rejected": 2}),
    ],
)
async def test_trouble_anywhere_is_told_in_words(
    name: str, said: str, status: dict[str, Any], telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page(telemetry.origin + RUN)
    stream = await telemetry.next_stream()
    await stream.send(*in_the_middle(**status))
    assert said in await notice_shows(page, name)
    await stat_is(page, "successful_calls", 3)
    # Well again: nothing of it stays.
    await stream.send(*in_the_middle()[1:])
    await expect(page.locator("live-stats [data-notice]")).to_have_count(0)


async def test_a_run_whose_events_no_longer_come_is_not_shown_as_live(
    telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page(telemetry.origin + RUN)
    stream = await telemetry.next_stream()
    greeting, status, stats = in_the_middle(producer=SIGN | {"stopped": "epoch-conflict"})
    stats["stats"] |= {"eta_s": 90, "current_call": "a"}
    shown = {
        name: page.locator(f"live-stats {place}")
        for name, place in {
            "eta": "[data-stat=eta_s]",
            "connection": "[data-role=connection]",
            "status": "[data-stat=status]",
            "current": "[data-stat=current_call]",
            "flight": "[data-stat=in_flight_calls] h3",
        }.items()
    }
    await stream.send(greeting, status, stats)
    assert (await notice_shows(page, "stopped")).startswith("The executor sends no more events of this run: epoch-con")
    await expect(shown["eta"]).to_be_hidden()
    await expect(shown["connection"]).to_have_text("no more events")
    await expect(shown["status"]).to_have_text("Running when last heard")
    await expect(shown["status"]).to_have_attribute("data-value", "running")
    await expect(shown["current"]).to_have_text("Last heard: a")
    await expect(shown["flight"]).to_have_text("In flight when last heard")
    await expect(page).to_have_title("no more events · golden")
    await stream.send(status | {"producer": SIGN | {"stopped": None}})
    await expect(shown["eta"]).to_be_visible()
    await expect(shown["connection"]).to_have_text("live")
    await expect(shown["status"]).to_have_text("Running")
    await expect(shown["current"]).to_have_text("Now: a")
    await expect(shown["flight"]).to_have_text("In flight")


async def test_refused_events_are_listed_with_their_reasons(telemetry: ScriptedTelemetry, open_page: OpenPage) -> None:
    page = await open_page(telemetry.origin + RUN)
    stream = await telemetry.next_stream()
    await stream.send(*in_the_middle(rejected=2))
    listed = page.locator("live-stats [data-role=rejected] li")
    await expect(listed).to_have_count(2)
    await expect(listed.first).to_contain_text("data.attempt: must be at least 1")
    await expect(listed.last).to_contain_text('{"type": NaN}')
    assert "invalid-event, not-json" in await notice_shows(page, "rejected")
    link = page.locator("live-stats [data-notice=rejected] a")
    await expect(link).to_have_attribute("href", f"{telemetry.origin}/runs/golden/rejected")


async def test_a_run_that_never_began_shows_what_was_refused_of_it(
    telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page(telemetry.origin + RUN)
    stream = await telemetry.next_stream()
    await stream.send(hello(status="waiting"), status_of(LiveScript().fold, rejected=2))
    await expect(page.locator("live-stats [data-role=rejected] li")).to_have_count(2)


async def test_what_is_dropped_and_what_breaks_a_promise_is_told(
    telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page(telemetry.origin + RUN)
    stream = await telemetry.next_stream()
    log = Log()
    log.plan(1, single_eval=1)
    log.begin("a")
    log.trouble("a", 1, "worker_died", sent="maybe")
    log.add("attempt_started", call_id="a", attempt=2)
    log.add("attempt_started", call_id="a", attempt=3)
    log.end("a", "lost", 3, "worker_died")
    log.add("client_report", discarded=[{"reason": "refused", "quantity": 2}])
    await stream.send(hello(), *LiveScript().flush(log.events))
    assert "had to drop 2 events" in await notice_shows(page, "discarded")
    assert "the ceiling" in await notice_shows(page, "violation-0")
    assert "1 attempt lost with its process, cost counted as unknown" in await notice_shows(page, "lost-attempts")
    assert "1 request uncertain" in await notice_shows(page, "uncertain")
    assert "1 call lost" in await notice_shows(page, "lost-calls")
    await stat_is(page, "uncertain_attempts", 1)
    await stat_is(page, "lost_calls", 1)


async def test_a_run_that_was_called_off_does_not_say_that_its_calls_are_done(
    telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page(telemetry.origin + RUN, expect=("404",))
    stream = await telemetry.next_stream()
    log = Log()
    log.plan(single_eval=6)
    for number in range(6):
        log.end(f"c-{number}", "cancelled", 0, "cancelled")
    log.add("run_finished", status="cancelled", reason="asked")
    script = LiveScript()
    await stream.send(hello(), *script.flush(log.events), end_of(script.fold, "00" * 32, resumable=True))
    progress = page.locator("live-stats .progress .sum")
    await expect(progress).to_contain_text("0 of 6 calls done (0 %) · 6 not started")
    await expect(page).to_have_title("cancelled · golden")
    assert "can be resumed" in await notice_shows(page, "resumable")


async def test_a_message_that_cannot_be_read_is_counted_and_the_others_go_on(
    telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page(telemetry.origin + RUN)
    stream = await telemetry.next_stream()
    await stream.send(hello())
    for poison in ("{", '"\\ud83d', "[]", "null", '{"run_id": "golden"}', '{"type": "fpf_stats_update", "seq": 1}'):
        await stream.send_text(f"data: {poison}\n\n")
    await stream.send_text(f"data: {'x' * 300_000}\n\n")
    await stream.send(*in_the_middle()[1:])
    await stat_is(page, "successful_calls", 3)
    assert (await notice_shows(page, "unreadable")).startswith("7 messages could not be read: ")
    await connection_is(page, "live")
    [receipt] = await receipts(telemetry, page)
    assert (receipt["unreadable"], receipt["draw_faults"]) == (7, 0)


async def receipts(telemetry: ScriptedTelemetry, page: Any) -> list[Any]:
    """The receipts of a page that is left."""
    async with page.expect_response("**/receipts"):
        await page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    return [one.json() for one in telemetry.asked("/receipts", "POST")]


POISON: dict[str, dict[str, Any]] = {
    "calls in flight": {"in_flight_calls": [None]},
    "errors": {"errors": [{"kind": None}]},
    "phases": {"by_phase": [{"phase": "combine"}]},
    "models": {"by_model": 5},
    "counters": {"duration_s": None},
    "progress": {"by_phase": None},
}


@pytest.mark.parametrize("part", POISON)
async def test_a_part_that_cannot_be_drawn_leaves_the_others_drawn_and_is_told(
    part: str, telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page(telemetry.origin + RUN, expect=DRAWING)
    stream = await telemetry.next_stream()
    greeting, status, stats = in_the_middle()
    await stream.send(greeting, status, stats | {"stats": stats["stats"] | POISON[part]})
    told = await notice_shows(page, "draw")
    assert part in told
    assert "could not draw" in told
    others = {"progress": "successful_calls", "counters": "planned_calls"}
    await stat_is(page, others.get(part, "successful_calls"), 10 if part == "counters" else 3)
    # The next state can be drawn again, and is; that it could not be is not forgotten.
    await stream.send(*LiveScript().flush([*MIDDLE, *after(MIDDLE)]))
    await stat_is(page, "successful_calls", 4)
    await expect(page.locator("live-stats [data-notice=draw]")).to_be_visible()
    assert (await receipts(telemetry, page))[-1]["draw_faults"] >= 1


def after(events: list[Event]) -> list[Event]:
    """What comes next in the log of a run in the middle."""
    log = Log()
    for _ in events:
        log.add("log", message="")
    log.ok("e")
    log.done("e")
    return log.events[len(events) :]


async def test_a_ranking_that_cannot_be_drawn_hurts_the_ranking_only(
    telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page(telemetry.origin + RUN, expect=DRAWING)
    stream = await telemetry.next_stream()
    log = Log()
    log.add("log", message="one")
    log.add("log", message="two")
    first, second = log.events
    poison = {"ranking": [None], "models": []}
    await stream.send(hello(), first | {"type": "ranking_changed", "data": poison}, second)
    assert "ranking" in await notice_shows(page, "draw")
    assert await log_lines(page, 1) == ["two"]
    await connection_is(page, "live")


async def test_what_must_be_told_is_spoken_errors_at_once(telemetry: ScriptedTelemetry, open_page: OpenPage) -> None:
    page = await open_page(telemetry.origin + RUN)
    stream = await telemetry.next_stream()
    await stream.send(*in_the_middle(unaccounted=3, rejected=1))
    await expect(page.get_by_role("alert").filter(has_text="3 events are missing")).to_be_visible()
    await expect(page.get_by_role("status").filter(has_text="1 event refused")).to_be_visible()


async def test_another_build_offers_to_reload(telemetry: ScriptedTelemetry, open_page: OpenPage) -> None:
    page = await open_page(telemetry.origin + RUN)
    stream = await telemetry.next_stream()
    await stream.send(hello(build="0.2.0+other"))
    assert "Reload the page" in await notice_shows(page, "build")
    async with page.expect_navigation():
        await page.get_by_role("button", name="Reload").click()
    await (await telemetry.next_stream()).send(hello())
    await connection_is(page, "live")
    await expect(page.locator("live-stats [data-notice]")).to_have_count(0)
