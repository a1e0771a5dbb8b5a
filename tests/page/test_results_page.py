"""Results on the Execute page: every view of them, by mouse and keyboard, bounded; and what is fetched only on demand."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.golden.scenarios import SCENARIOS, events_of
from tests.page.conftest import OpenPage
from tests.page.live_script import LiveScript
from tests.page.on_page import overflow_px
from tests.page.results_of import ATTEMPT, CALL, judgement, pair, ranking_row, results, scored
from tests.page.scripted_telemetry import Answer, Request, ScriptedTelemetry, as_json, scripted_telemetry

pytestmark = pytest.mark.page

RUN = "/?run=golden"
NO_TELEMETRY = ("Content Security Policy", "Failed to load", "ERR_")


class Executor:
    """One finished run; the test says with which results."""

    def __init__(self) -> None:
        self.results = results()

    def __call__(self, request: Request) -> Answer | None:
        match (request.method, request.path):
            case ("GET", "/runs/golden"):
                script = LiveScript()
                script.flush(events_of(SCENARIOS["all_went_well"]))
                return as_json({"run_id": "golden", "status": "completed", "links": {}, "stats": script.fold.stats()})
            case ("GET", "/runs/golden/results"):
                within = request.query.get("within")
                line = "Cheapest within 0.25: dear" if within is None else f"Cheapest within {within}: cheap"
                return as_json(self.results | {"cheapest_within": {"within": 0.25, "line": line}})
            case ("GET", "/runs/golden/calls"):
                return as_json({"calls": [CALL], "after": None})
            case ("GET", "/runs/golden/calls/evaluate~d3~0"):
                return as_json({**CALL, "attempts": [ATTEMPT]})
            case ("GET", "/runs/golden/documents/d1"):
                return Answer(200, b"<h1>The text of d1</h1>", "text/plain; charset=utf-8")
        return None


@pytest.fixture
def executor() -> Executor:
    return Executor()


@pytest.fixture
async def service(executor: Executor) -> AsyncIterator[ScriptedTelemetry]:
    async with scripted_telemetry(executor, page="execute.html") as service:
        yield service


async def opened(service: ScriptedTelemetry, open_page: OpenPage, **window: Any) -> Page:
    page = await open_page(service.origin + RUN, expect=NO_TELEMETRY, **window)
    await expect(page.locator("[data-role=answer]")).to_have_text("Best of 3 models: p/unpriced")
    return page


def part(page: Page, role: str) -> Locator:
    return page.locator(f"[data-role=results] details[data-role='{role}']")


async def test_a_map_of_scores_tells_scored_pending_failed_and_not_planned_apart_with_reasons(
    service: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await opened(service, open_page)
    cells = part(page, "scores").locator("td.score")
    states = await cells.evaluate_all("(cells) => cells.map((cell) => cell.dataset.state)")
    assert states == ["scored"] * 4 + ["pending"] * 2 + ["scored"] * 2 + ["failed"] * 2 + ["unplanned"] * 2
    assert await cells.first.get_attribute("title") == "trial 1: 4. <b>plain</b>"
    assert await cells.first.get_attribute("aria-label") == "Clarity: 4"
    # One stop for the keyboard, arrows from there.
    assert await part(page, "scores").locator("td.score[tabindex='0']").count() == 1
    await cells.first.focus()
    reasons = page.locator("[data-role=reasons]")
    await expect(reasons).to_contain_text("d1, Clarity, by p · judge-a")
    await expect(reasons).to_contain_text("trial 1: 4. <b>plain</b>")
    await page.keyboard.press("ArrowDown")
    await expect(reasons).to_contain_text("trial 1: not there yet (queued)")
    await page.keyboard.press("ArrowDown")
    await expect(reasons).to_contain_text("trial 1: unreadable_verdict: no score")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    window = page.locator("dialog.reader")
    await expect(window).to_contain_text("Judge <script>alert(1)</script>")
    await expect(window).to_contain_text("unreadable_verdict: no score")
    await expect(window.locator("pre").nth(1)).to_have_text("x" * 20_000)
    await window.get_by_role("button", name="Show all 30,000 characters").click()
    await expect(window.locator("pre").nth(1)).to_have_text("x" * 30_000)
    await page.keyboard.press("Escape")
    await expect(window).to_be_hidden()


async def test_cost_against_quality_is_a_chart_with_words_and_the_same_numbers_in_a_table(
    service: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await opened(service, open_page)
    chart = part(page, "pareto").get_by_role("img", name="Cost against quality of the models")
    await expect(chart).to_be_visible()
    described = await chart.locator("desc").text_content()
    assert described is not None
    assert "2 models; on the front, cheapest first: p · cheap at $0.00100 with 3.50" in described
    assert await chart.locator("circle").count() == 2
    rows = part(page, "pareto").locator("tbody tr")
    await expect(rows).to_have_count(3)
    await expect(rows.nth(1)).to_contain_text("2 p · dear")
    await expect(rows.nth(2)).to_contain_text("cost unknown")


async def test_the_cheapest_model_within_any_distance_is_asked_for(
    service: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await opened(service, open_page)
    line = page.locator("[data-role=cheapest]")
    await expect(line).to_have_text("Cheapest within 0.25: dear")
    await page.get_by_label("Cheapest model within").fill("0.6")
    await expect(line).to_have_text("Cheapest within 0.6: cheap")
    assert service.requests[-1].query == {"within": "0.6"}


async def test_comparisons_winners_judges_costs_and_what_is_missing_have_their_tables(
    service: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await opened(service, open_page)
    compared = part(page, "comparisons")
    await expect(compared.locator(".rated tbody tr").first).to_contain_text("d1")
    await expect(compared.locator(".matrix tbody tr").first.locator("td").nth(1)).to_have_text("2")
    await compared.locator("select").select_option(label="doc, evaluation after combination")
    await expect(compared.locator(".rated tbody tr").first).to_contain_text("mix")
    await expect(part(page, "winners").locator("summary")).to_have_text("Winners: 1 of 1 input decided")
    for role, words in {
        "judges": ("\N{MINUS SIGN}0.25", "p · judge-a and p · judge-b", "75 %", "1 of 2"),
        "costs": ("at least $0.250", "By document: making it and scoring it", "1,200"),
        "planned": ("Missing: 1 cell", "unreadable_verdict: no score"),
    }.items():
        await part(page, role).locator("summary").click()
        for text in words:
            await expect(part(page, role)).to_contain_text(text)
    await expect(part(page, "planned").locator("summary")).to_have_text("Planned and there: 1 missing")


async def test_texts_and_calls_are_fetched_when_they_are_asked_for(
    service: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await opened(service, open_page)
    assert not service.asked("/calls")
    await part(page, "scores").get_by_role("button", name="d1", exact=True).click()
    await expect(page.locator("dialog.reader pre")).to_have_text("<h1>The text of d1</h1>")
    await page.get_by_role("button", name="Close").click()
    await part(page, "calls").locator("summary").click()
    await expect(part(page, "calls").locator("tbody tr")).to_contain_text("unreadable_verdict: no score")
    await expect(part(page, "calls").locator("tbody tr")).to_contain_text("p · judge-a, temperature 0.2")
    await part(page, "calls").get_by_label("status").select_option("failed")
    await expect(part(page, "calls").locator("tbody tr")).to_have_count(1)
    assert service.asked("/calls")[-1].query == {"status": "failed", "limit": "100"}
    await part(page, "calls").locator("tbody button").click()
    await expect(page.locator("dialog.reader")).to_contain_text("Attempt 1")


async def test_results_can_be_taken_along_compared_and_judged_again(
    service: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await opened(service, open_page)
    links = page.locator("[data-role=ways] a")
    found = await links.evaluate_all("(links) => links.map((link) => new URL(link.href).search)")
    assert found == ["?format=html", "?format=csv", "?format=json", "?format=ndjson", "?compare=golden", "?from=golden"]


async def test_two_hundred_documents_and_five_hundred_pairs_are_drawn_in_part_and_said_so(
    executor: Executor, service: ScriptedTelemetry, open_page: OpenPage
) -> None:
    names = [f"d{number}" for number in range(230)]
    many = executor.results
    many["scores"] = [scored(name, [judgement(name, 0), judgement(name, 1)]) for name in names]
    many["ranking"] = [ranking_row(name, -index / 50) for index, name in enumerate(names)]
    many["pairs"] = [
        pair(one, names[(index + step) % 230], "a", "ab") for index, one in enumerate(names) for step in (1, 2, 3)
    ]
    page = await opened(service, open_page)
    await expect(part(page, "scores").locator("tbody tr")).to_have_count(200)
    await expect(page.locator("[data-role=heat-told]")).to_contain_text("the first 200 of 230 documents")
    await expect(part(page, "comparisons").locator(".matrix tbody tr")).to_have_count(20)
    await expect(part(page, "comparisons")).to_contain_text("The first 20 of 230 documents")
    await expect(part(page, "comparisons")).to_contain_text("130 more are not drawn")


async def test_a_part_that_is_not_what_it_should_be_hides_no_other(
    executor: Executor, service: ScriptedTelemetry, open_page: OpenPage
) -> None:
    executor.results["winners"] = [None]
    executor.results["models"][0]["mean"] = "four"
    page = await open_page(service.origin + RUN, expect=(*NO_TELEMETRY, "could not be drawn"))
    await expect(part(page, "models")).to_contain_text("This part could not be shown")
    await expect(part(page, "winners")).to_contain_text("This part could not be shown")
    await expect(part(page, "scores").locator("td.score").first).to_have_text("4")


@pytest.mark.parametrize(("width", "dark"), [(320, True), (800, False)])
async def test_results_fit_any_window(width: int, dark: bool, service: ScriptedTelemetry, open_page: OpenPage) -> None:
    page = await opened(service, open_page, width=width, dark=dark)
    await page.evaluate("document.querySelectorAll('details').forEach((part) => (part.open = true))")
    await expect(part(page, "costs").locator("table").first).to_be_visible()
    assert await overflow_px(page) == 0
