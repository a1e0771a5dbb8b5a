"""Pairs, rankings, waiting and spending on the live page: as they come, in words, and bounded."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.golden.log_builder import Log
from tests.golden.scenarios import SCENARIOS, events_of
from tests.page.comparison_log import compared, judge, ranked, row
from tests.page.conftest import OpenPage
from tests.page.live_script import LiveScript, hello
from tests.page.on_page import notice_shows, overflow_px, stat_is
from tests.page.scripted_telemetry import ScriptedTelemetry, as_json, scripted_telemetry

pytestmark = pytest.mark.page

RUN = "/?run=golden"


@pytest.fixture
async def telemetry(anyio_backend: str) -> AsyncIterator[ScriptedTelemetry]:
    async with scripted_telemetry(
        lambda request: as_json({}) if request.path.endswith("/receipts") else None
    ) as service:
        yield service


async def watching(telemetry: ScriptedTelemetry, open_page: OpenPage, log: Log, **window: Any) -> Page:
    """The page after all of the log has been sent."""
    page = await open_page(telemetry.origin + RUN, **window)
    stream = await telemetry.next_stream()
    await stream.send(hello(), *LiveScript().flush(log.events))
    return page


def part(page: Page, role: str) -> Locator:
    return page.locator(f"live-stats [data-role='{role}']")


def choose(page: Page) -> Locator:
    return part(page, "comparisons").locator("select")


async def test_comparisons_show_who_won_against_whom_and_the_ranking_with_its_doubts_in_words(
    telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    log = Log()
    compared(log)
    ranked(log)
    page = await watching(telemetry, open_page, log)
    await expect(part(page, "compared")).to_contain_text("after 6 comparisons; the one shown first won 3 of 5")
    await expect(part(page, "compared")).to_contain_text("the order changed the answer in 0 of 1 pair")
    rows = part(page, "ranking").locator("tbody tr")
    await expect(rows).to_have_count(3)
    for words in ("p · m-a", "1.00", "0.50 … 1.50", "63 %", "not bounded"):
        await expect(rows.first).to_contain_text(words)
    assert await rows.first.locator("svg .range").count() == 1
    await expect(part(page, "ranking").locator("[data-role=caveats]")).to_contain_text("Not bounded: somebody has won")
    cell = part(page, "head-to-head").locator("tbody tr").nth(0).locator("td").nth(1)
    await expect(cell).to_have_text("2")
    assert (
        await cell.get_attribute("title")
        == "a against b: won 2, lost 0, 0 ties of 2; shown first 1 times, 1 of them won"
    )
    await expect(part(page, "head-to-head").locator("tbody tr").nth(0).locator("td").nth(2)).to_have_text("0 (+1 =)")
    await choose(page).select_option(label="other, pairwise evaluation")
    await expect(rows).to_have_count(2)
    await expect(rows.last).to_contain_text("not connected: part 2")
    await expect(part(page, "ranking").locator("[data-role=caveats]")).to_contain_text("never compared with the others")
    await choose(page).select_option(label="doc, evaluation after combination")
    await expect(rows.first).to_contain_text("mix")


async def test_winners_and_models_across_inputs_are_shown(telemetry: ScriptedTelemetry, open_page: OpenPage) -> None:
    log = Log()
    ranked(log)
    page = await watching(telemetry, open_page, log)
    await expect(part(page, "winners").locator("tbody tr")).to_have_text("docmixcomparison after combination")
    models = part(page, "models").locator("tbody tr")
    await expect(models).to_have_count(2)
    await expect(models.first).to_contain_text("p · m-a")
    await expect(models.first).to_contain_text("0.50 … 1.50")


async def test_what_was_chosen_stays_while_more_is_judged(telemetry: ScriptedTelemetry, open_page: OpenPage) -> None:
    log = Log()
    compared(log)
    ranked(log)
    page = await open_page(telemetry.origin + RUN)
    stream = await telemetry.next_stream()
    script = LiveScript()
    await stream.send(hello(), *script.flush(log.events))
    await choose(page).select_option(label="other, pairwise evaluation")
    sent = len(log.events)
    judge(log, "x", "y", "b", input="other", trial=2)
    judge(log, "k", "l", "a", input="third")
    await stream.send(*script.flush(log.events[sent:]))
    await expect(part(page, "compared")).to_contain_text("after 8 comparisons")
    await expect(choose(page).locator("option")).to_have_count(4)
    first = part(page, "head-to-head").locator("tbody tr").nth(0)
    await expect(first).to_contain_text("x")
    await expect(first.locator("td").nth(1)).to_have_text("1")


async def test_five_phases_the_budget_and_what_calls_wait_for_are_said(
    telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page(telemetry.origin + RUN)
    stream = await telemetry.next_stream()
    await stream.send(hello(), *LiveScript().flush(events_of(SCENARIOS["all_five_phases"])))
    phases = page.locator("live-stats [data-stat=by_phase] li")
    await expect(phases).to_have_count(5)
    states = await phases.evaluate_all("(rows) => rows.map((row) => row.dataset.state)")
    assert states == ["done", "done", "done", "now", "waits"]
    await expect(phases.nth(2)).to_contain_text("2 / 2 done")
    await stream.send(*LiveScript().flush(events_of(SCENARIOS["budget_raised"])))
    await stat_is(page, "max_cost_usd", 2)
    await expect(part(page, "budget")).to_contain_text("$0.500 of $2.00")
    waits = page.locator("live-stats [data-stat=in_flight_calls] .wait:visible")
    await expect(waits).to_contain_text("backing off")
    await expect(waits).to_contain_text("(rate_limited)")
    held = page.locator("live-stats [data-stat=waiting_calls] li")
    await expect(held).to_have_count(1)
    await expect(held).to_contain_text("waits for a free slot (429 rate_limited: p is asked less)")


async def test_a_model_that_is_stopped_and_a_run_that_ends_with_errors_say_why(
    telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    log = Log()
    log.plan(single_eval=2)
    for name in ("a", "b"):
        log.begin(name)
        log.trouble(name, 1, "output_too_small")
        log.end(name, "failed", 1, "output_too_small")
    why = "5 times in a row: output_too_small"
    log.add("alert", alert_id="breaker:p/m", state="raised", kind="breaker", severity="error", message=why)
    log.add("run_finished", status="completed_with_errors", reason="2 calls failed")
    page = await watching(telemetry, open_page, log)
    told = await notice_shows(page, "alert-breaker:p/m")
    assert told == f"breaker: {why}. This model is asked no more in this run; the rest goes on."
    outcome = await notice_shows(page, "outcome")
    assert "2 calls failed. Why: output too small" in outcome
    assert "2 (output_too_small in attempt 1)" in outcome


async def test_a_tournament_of_hundreds_is_drawn_in_part_and_says_so(
    telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    log = Log()
    names = [f"<b>{number:03}</b>" for number in range(200)]
    for index, name in enumerate(names):
        for step in (1, 2, 3):
            judge(log, name, names[(index + step) % 200], "a", order="ab")
    log.add("ranking_changed", ranking=[row(name, -index / 10) for index, name in enumerate(names)], models=[])
    page = await watching(telemetry, open_page, log)
    grid = part(page, "head-to-head")
    await expect(grid.locator("tbody tr")).to_have_count(20)
    await expect(grid.locator("[data-role=left-out]")).to_contain_text("The first 20 of 200 documents")
    await expect(part(page, "ranking").locator("tbody tr")).to_have_count(100)
    await expect(part(page, "ranking").locator("[data-role=caveats]")).to_contain_text("100 more are not drawn")
    # Whatever came over the wire is text.
    await expect(grid.locator("tbody th").first).to_contain_text("<b>000</b>")
    assert await page.locator("live-stats .matrix b, live-stats .rated b").count() == 0


@pytest.mark.parametrize(("width", "dark"), [(320, True), (1100, False)])
async def test_comparisons_fit_any_window_and_are_reached_by_the_keyboard(
    width: int, dark: bool, telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    log = Log()
    compared(log)
    ranked(log)
    page = await watching(telemetry, open_page, log, width=width, dark=dark)
    await expect(part(page, "head-to-head")).to_be_visible()
    assert await overflow_px(page) == 0
    await choose(page).focus()
    await page.keyboard.press("ArrowDown")
    await expect(part(page, "ranking").locator("tbody tr").first).to_contain_text("x")
    # What scrolls can be reached, too.
    assert await page.locator("live-stats .scroll:not([tabindex='0'])").count() == 0
