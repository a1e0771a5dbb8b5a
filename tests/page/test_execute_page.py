"""The Execute page: choose, see the plan, start, watch, cancel, leave and come back; and what it says when it cannot."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.golden.scenarios import SCENARIOS, events_of
from tests.page.conftest import OpenPage
from tests.page.live_script import LiveScript, hello
from tests.page.on_page import connection_is, overflow_px, stat_is
from tests.page.scripted_telemetry import (
    STRICT_POLICY,
    Answer,
    Request,
    ScriptedTelemetry,
    as_json,
    scripted_telemetry,
)

pytestmark = pytest.mark.page

PLAN = {
    "planned_calls": 6,
    "phases": [{"phase": "generation", "planned_calls": 2}, {"phase": "single_eval", "planned_calls": 4}],
    "max_requests_total": 18,
    "cost_usd": {"expected": 0.012, "worst": None},
    "duration_s": 75.0,
    "warnings": ["the price of local/x is not known"],
    "missing": [],
    "prices": [
        {"provider": "local", "model": "x", "input_per_mtok": None, "output_per_mtok": None, "source": "unknown"}
    ],
}
CHEAP_PLAN = PLAN | {"cost_usd": {"expected": 0.012, "worst": 0.04}}
JUDGE = {"provider": "local", "model": "smollm2-135m", "settings": {}}
SCORED = {"item_id": "i", "call_id": "c", "judge": JUDGE, "trial": 1, "mean": 4.0, "missing": None}
RESULTS: dict[str, Any] = {
    "answer": "Best: local/smollm2-135m, mean 4.00 of 5 over 1 document, 1 missing",
    "models": [JUDGE | {"mean": 4.0, "judged": 1, "missing": 1, "cost_usd": None, "cost_per_document_usd": None}],
    "scores": [
        {
            "document": "doc_1",
            "mean": 4.0,
            "criteria": {"Clarity": 4.0},
            "judged": 1,
            "planned": 2,
            "judgements": [
                SCORED | {"scores": {"Clarity": 4}, "reasons": {"Clarity": "<b>Clear</b> enough."}},
                SCORED | {"scores": None, "reasons": None, "mean": None, "missing": "timeout: too long", "trial": 2},
            ],
        }
    ],
}


class Executor:
    """The executor's answers, as the test sets them."""

    def __init__(self) -> None:
        self.telemetry = "http://127.0.0.1:9/"
        self.status = "running"
        self.plan: Answer = as_json(PLAN)
        self.runs: list[dict[str, Any]] = []
        self.run: Answer | None = None

    def __call__(self, request: Request) -> Answer | None:
        match (request.method, request.path):
            case ("GET", "/presets"):
                named = [{"name": "demo", "description": "Three short texts."}, {"name": "mine", "description": None}]
                return as_json({"presets": named})
            case ("POST", "/plan"):
                return self.plan
            case ("POST", "/runs"):
                return as_json({"run_id": "golden", "links": {}, "plan": PLAN}, 201)
            case ("GET", "/runs"):
                return as_json({"runs": self.runs})
            case ("GET", "/runs/golden"):
                return self.run or as_json(self.shown())
            case ("POST", "/runs/golden/cancel"):
                self.status = "cancelling"
                return as_json({"status": "cancelling"})
            case ("GET", "/runs/golden/results"):
                return as_json(RESULTS)
        return None

    def shown(self) -> dict[str, Any]:
        script = LiveScript()
        script.flush(events_of(SCENARIOS["in_the_middle"]))
        links = {"live": f"{self.telemetry}runs/golden/live", "page": f"{self.telemetry}?run=golden"}
        return {"run_id": "golden", "status": self.status, "links": links, "stats": script.fold.stats()}


@pytest.fixture
def executor() -> Executor:
    return Executor()


@pytest.fixture
async def service(executor: Executor) -> AsyncIterator[ScriptedTelemetry]:
    async with scripted_telemetry(executor, page="execute.html") as service:
        yield service


@pytest.fixture
async def telemetry(executor: Executor, service: ScriptedTelemetry) -> AsyncIterator[ScriptedTelemetry]:
    def taken(request: Request) -> Answer | None:
        return as_json({}) if request.path.endswith("/receipts") else None

    async with scripted_telemetry(taken) as telemetry:
        executor.telemetry = f"{telemetry.origin}/"
        service.policy = STRICT_POLICY.replace("'self'", f"'self' {telemetry.origin}")
        yield telemetry


def planned(page: Page, name: str) -> Any:
    return page.locator(f"[data-plan={name}]")


async def test_a_preset_is_chosen_its_plan_shown_and_the_run_started(
    service: ScriptedTelemetry, telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page(service.origin + "/")
    await expect(planned(page, "planned_calls")).to_have_text("6")
    await expect(planned(page, "max_requests_total")).to_have_text("18")
    await expect(planned(page, "cost_expected")).to_have_text("$0.0120")
    await expect(planned(page, "cost_worst")).to_have_text("unknown")
    await expect(planned(page, "warning")).to_contain_text("the price of local/x is not known")
    await expect(planned(page, "prices")).to_contain_text("nobody knows its price")
    await page.select_option("#preset", "mine")
    await expect(page.get_by_role("button", name="Start", exact=True)).to_be_enabled()
    await page.get_by_role("button", name="Start", exact=True).click()
    await expect(page.locator("[data-role=confirm]")).to_contain_text("Nobody can say what this may cost at worst")
    await page.get_by_role("button", name="Start it").click()
    await page.wait_for_url("**/?run=golden")
    assert [json.loads(one.body) for one in service.asked("/plan", "POST")][-1] == {"preset": "mine"}
    assert json.loads(service.asked("/runs", "POST")[0].body) == {"preset": "mine"}


async def test_a_run_is_watched_through_the_element_of_the_telemetry_its_links_name(
    service: ScriptedTelemetry, telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page(service.origin + "/?run=golden")
    stream = await telemetry.next_stream()
    script = LiveScript()
    await stream.send(hello(), *script.flush(events_of(SCENARIOS["in_the_middle"])))
    await connection_is(page, "live")
    await stat_is(page, "successful_calls", 3)
    await expect(page.get_by_role("link", name="page to share")).to_have_attribute(
        "href", f"{telemetry.origin}/?run=golden"
    )


async def test_results_are_shown_with_what_is_missing(
    service: ScriptedTelemetry, telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page(service.origin + "/?run=golden")
    await expect(page.locator("[data-role=answer]")).to_have_text(RESULTS["answer"])
    await page.locator(".heat .score").first.click()
    reasons = page.locator("[data-role=reasons]")
    await expect(reasons).to_contain_text("trial 1: 4. <b>Clear</b> enough.")
    await expect(reasons).to_contain_text("trial 2: timeout: too long")


async def test_a_run_is_cancelled(
    service: ScriptedTelemetry, telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page(service.origin + "/?run=golden")
    await page.get_by_role("button", name="Cancel the run").click()
    await expect(page.get_by_role("button", name="Cancelling …")).to_be_visible()
    assert len(service.asked("/cancel", "POST")) == 1


async def test_a_finished_run_cannot_be_cancelled(
    executor: Executor, service: ScriptedTelemetry, telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    executor.status = "completed"
    page = await open_page(service.origin + "/?run=golden")
    await expect(page.locator("[data-role=answer]")).to_be_visible()
    await expect(page.get_by_role("button", name="Cancel the run")).to_be_hidden()


async def test_a_mistake_is_told_with_all_its_places_and_nothing_can_be_started(
    executor: Executor, service: ScriptedTelemetry, open_page: OpenPage
) -> None:
    mistakes = [{"path": "limits.concurency", "message": "unknown key"}, {"path": "documents", "message": "required"}]
    problem = {"title": "invalid config", "detail": "2 mistakes", "errors": mistakes}
    executor.plan = as_json(problem, 422)
    page = await open_page(service.origin + "/", expect=("422",))
    told = page.locator(".told")
    await expect(told.filter(has_text="2 mistakes")).to_contain_text("limits.concurency: unknown key")
    await expect(page.get_by_role("button", name="Start", exact=True)).to_be_disabled()


async def test_missing_keys_are_named_and_nothing_can_be_started(
    executor: Executor, service: ScriptedTelemetry, open_page: OpenPage
) -> None:
    executor.plan = as_json(PLAN | {"missing": ["OPENAI_API_KEY"]})
    page = await open_page(service.origin + "/")
    await expect(planned(page, "error")).to_contain_text("OPENAI_API_KEY")
    await expect(page.get_by_role("button", name="Start", exact=True)).to_be_disabled()


async def test_an_own_configuration_is_planned_as_it_was_written(
    service: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page(service.origin + "/")
    await page.get_by_text("Your own configuration instead").click()
    await page.fill("#config", "---\nname: own\nlimits:\n  concurrency: 2")
    async with page.expect_request(lambda request: "own" in (request.post_data or "")) as sent:
        pass
    request = await sent.value
    assert request.post_data == "config:\n  name: own\n  limits:\n    concurrency: 2\n"
    assert request.headers["content-type"] == "application/yaml"


async def test_earlier_runs_are_found_again(
    executor: Executor, service: ScriptedTelemetry, open_page: OpenPage
) -> None:
    executor.runs = [executor.shown() | {"preset": "demo"}, {"run_id": "old", "status": "failed", "stats": None}]
    page = await open_page(service.origin + "/")
    await expect(page.locator("[data-role=runs] li")).to_have_count(2)
    await expect(page.locator("[data-role=runs] li").first).to_contain_text("demo · 3 of 10 calls")
    await expect(page.get_by_role("link", name="old", exact=True)).to_have_attribute(
        "href", f"{service.origin}/?run=old"
    )


async def test_without_telemetry_the_page_says_what_to_check_and_shows_the_executors_own_numbers(
    service: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page(service.origin + "/?run=golden", expect=("Content Security Policy", "Failed to load"))
    told = page.locator("[data-role=no-telemetry]")
    await expect(told).to_contain_text("http://127.0.0.1:9/")
    await expect(told).to_contain_text("ACM2_TELEMETRY_PUBLIC_URL")
    await expect(page.locator("[data-stat=successful_calls]")).to_have_text("3")


async def test_an_unknown_run_is_told(executor: Executor, service: ScriptedTelemetry, open_page: OpenPage) -> None:
    executor.run = as_json({"title": "unknown run", "detail": "no run golden"}, 404)
    page = await open_page(service.origin + "/?run=golden", expect=("404",))
    await expect(page.locator(".told:visible")).to_contain_text("no run golden")


@pytest.mark.parametrize("path", ["/", "/?run=golden"])
async def test_the_page_fits_a_narrow_window(
    path: str, service: ScriptedTelemetry, telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page(service.origin + path, width=320)
    await expect(page.locator("[data-plan=warning], [data-role=answer]").first).to_be_visible()
    assert await overflow_px(page) == 0
