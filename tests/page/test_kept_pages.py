"""Presets, the library and runs side by side on the Execute page, on an executor that says what the test tells it to."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.page.conftest import OpenPage
from tests.page.on_page import overflow_px
from tests.page.results_of import MODELS, SPENT
from tests.page.scripted_telemetry import Answer, Request, ScriptedTelemetry, as_json, scripted_telemetry

pytestmark = pytest.mark.page

TEXT = "name: mine\nlimits:\n  concurency: 2\n"
PLAN = {
    "planned_calls": 1200,
    "phases": [{"phase": "pairwise_eval", "planned_calls": 1200}],
    "max_requests_total": 3600,
    "cost_usd": {"expected": 1.5, "worst": 7.25},
    "duration_s": 75.0,
    "warnings": [],
    "missing": [],
}
BRIEF = {"planned_calls": 2, "phases": [{"phase": "generation", "planned_calls": 2}], "missing": [], "mistakes": []}
MISTAKES = [{"path": "limits.concurency", "message": "unknown key"}, {"path": "documents", "message": "required"}]
RUNS = [{"run_id": name, "status": "completed", "preset": "demo", "stats": None} for name in ("one", "two", "three")]
COST = SPENT | {"cost_usd": 0.25}


def problem(status: int, detail: str, **more: Any) -> Answer:
    return as_json({"title": "refused", "detail": detail, "status": status, **more}, status)


def compared() -> dict[str, Any]:
    """``one`` and ``two`` side by side."""
    phases = [{"phase": "generation", "planned": 2, "succeeded": 1}]
    brief = {"status": "completed", "answer": "Best: <i>cheap</i>", "cheapest_within": {"line": "cheap"}, "costs": COST}
    worth = {"mean": 4.0, "low": None, "high": None, "rating": 0.5, "win_rate": 0.5, "cost_per_document_usd": None}
    return {
        "runs": [{"run_id": name, **brief, "phases": phases} for name in ("one", "two")],
        "models": [{**MODELS[0], "in": [{**worth, "unpriced_attempts": 0}, None]}],
        "criteria": [{"name": "Clarity", "means": [4.0, None]}],
        "documents": [{"input": "doc", "document": "d1", "means": [3.0, 4.0]}],
        "costs": [{"phase": None, "in": [COST, None]}],
        "differs": [{"path": "limits.concurrency", "values": [8, None]}],
    }


class Executor:
    """Presets and a library in memory, with versions."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {"/presets/mine": TEXT.encode(), "/library/criteria/short": b"- Clarity\n"}
        self.version = 1
        self.refusal: Answer | None = None

    def __call__(self, request: Request) -> Answer | None:
        match (request.method, request.path):
            case ("GET", "/presets"):
                wrong = {"name": "mine", "built_in": False, "description": "", "mistakes": MISTAKES}
                return as_json(
                    {"presets": [{"name": "demo", "built_in": True, "description": "Short.", **BRIEF}, wrong]}
                )
            case ("GET", "/presets/demo"):
                return Answer(200, b"name: demo\n", "application/yaml", {"ETag": '"d"'})
            case ("GET", "/library"):
                item = {"name": "short", "bytes": 10, "mistakes": []}
                return as_json({"instructions": [], "criteria": [item], "documents": []})
            case ("POST", "/plan"):
                return self.refusal or as_json(PLAN)
            case ("POST", "/runs"):
                return as_json({"run_id": "golden", "links": {}, "plan": PLAN}, 201)
            case ("GET", "/runs"):
                return as_json({"runs": RUNS})
            case ("GET", "/compare"):
                return as_json(compared())
            case (_, path) if path.startswith(("/presets/", "/library/")):
                return self._kept(request)
        return None

    def _kept(self, request: Request) -> Answer:
        tag = f'"v{self.version}"'
        if request.method == "GET":
            if request.path not in self.kept:
                return problem(404, f"no {request.path}")
            return Answer(200, self.kept[request.path], "application/yaml", {"ETag": tag})
        if self.refusal is not None:
            return self.refusal
        if request.headers.get("if-match", tag) != tag:
            return problem(412, "the file has changed")
        if request.method == "DELETE":
            del self.kept[request.path]
            return Answer(204)
        new = request.path not in self.kept
        self.kept[request.path] = request.body
        self.version += 1
        return Answer(201 if new else 200, b"{}", headers={"ETag": f'"v{self.version}"'})


@pytest.fixture
def executor() -> Executor:
    return Executor()


@pytest.fixture
async def service(executor: Executor) -> AsyncIterator[ScriptedTelemetry]:
    async with scripted_telemetry(executor, page="execute.html") as service:
        yield service


def editor(page: Page) -> Any:
    return page.locator("#kept")


async def test_presets_are_listed_with_what_they_would_ask_or_what_is_wrong(
    service: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page(service.origin + "/?presets")
    rows = page.locator("[data-role=presets] li")
    await expect(rows).to_have_count(2)
    await expect(rows.first).to_contain_text("2 calls; generation 2")
    await expect(rows.first).to_contain_text("built in")
    await expect(rows.last).to_contain_text("2 mistakes: limits.concurency unknown key; documents required")
    await rows.last.get_by_role("link").click()
    await expect(editor(page)).to_have_value(TEXT)


async def test_a_preset_is_saved_over_the_version_that_was_read_and_deleted(
    executor: Executor, service: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page(service.origin + "/?preset=mine", expect=("412",))
    await editor(page).fill("name: mine\n")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.locator("[data-role=said]")).to_have_text("Saved.")
    assert service.asked("/presets/mine", "PUT")[0].headers["if-match"] == '"v1"'
    # The next one is over what was saved.
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.locator("[data-role=said]")).to_have_text("Saved.")
    assert executor.kept["/presets/mine"] == b"name: mine\n"
    executor.version = 9
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.locator(".told:visible")).to_contain_text("Somebody has changed it meanwhile")
    executor.version = 3
    await page.get_by_role("button", name="Delete").click()
    assert "/presets/mine" in executor.kept
    await page.get_by_role("button", name="Delete it for good?").click()
    await page.wait_for_url("**/?presets")
    assert "/presets/mine" not in executor.kept


async def test_mistakes_stand_beside_the_names_of_their_fields_and_lead_to_their_lines(
    executor: Executor, service: ScriptedTelemetry, open_page: OpenPage
) -> None:
    executor.refusal = problem(422, "2 mistakes", errors=MISTAKES)
    page = await open_page(service.origin + "/?preset=mine", expect=("422",))
    await expect(editor(page)).to_have_value(TEXT)
    await page.get_by_role("button", name="Check").click()
    mistakes = page.locator("[data-role=mistakes] li")
    await expect(mistakes.first).to_have_text("limits.concurency, line 3: unknown key")
    await expect(mistakes.last).to_have_text("documents: required")
    await mistakes.first.get_by_role("button").click()
    chosen = "(area) => area.value.slice(area.selectionStart, area.selectionEnd)"
    assert await editor(page).evaluate(chosen) == "  concurency: 2"
    executor.refusal = None
    await page.get_by_role("button", name="Check").click()
    await expect(page.locator("[data-plan=planned_calls]")).to_have_text("1,200")
    await expect(mistakes).to_have_count(0)


async def test_a_built_in_preset_is_copied_and_a_new_name_never_overwrites(
    executor: Executor, service: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page(service.origin + "/?preset=demo", expect=("404",))
    await expect(editor(page)).to_have_value("name: demo\n")
    await expect(page.get_by_role("button", name="Save", exact=True)).to_be_hidden()
    await page.get_by_label("Save a copy as").fill("demo-2")
    await page.get_by_role("button", name="Copy").click()
    await expect(editor(page)).to_have_value("name: demo\n")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.locator("[data-role=said]")).to_have_text("Saved.")
    assert service.asked("/presets/demo-2", "PUT")[0].headers["if-none-match"] == "*"
    assert executor.kept["/presets/demo-2"] == b"name: demo\n"


async def test_items_of_the_library_are_listed_edited_and_made(
    executor: Executor, service: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page(service.origin + "/?library", expect=("404",))
    await page.locator("[data-kind=criteria]").get_by_role("link", name="short").click()
    await expect(editor(page)).to_have_value("- Clarity\n")
    await editor(page).fill("- Clarity\n- Truth\n")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.locator("[data-role=said]")).to_have_text("Saved.")
    assert executor.kept["/library/criteria/short"] == b"- Clarity\n- Truth\n"
    await page.goto(service.origin + "/?library")
    await page.get_by_label("new instructions").fill("brief")
    await page.locator("section", has_text="instructions").get_by_role("button", name="New").click()
    await editor(page).fill("Be brief.")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.locator("[data-role=said]")).to_have_text("Saved.")
    assert json.loads(executor.kept["/library/instructions/brief"]) == {"text": "Be brief."}


async def test_runs_are_chosen_and_put_side_by_side(service: ScriptedTelemetry, open_page: OpenPage) -> None:
    page = await open_page(service.origin + "/?compare")
    button = page.get_by_role("button", name="Compare", exact=True)
    await expect(button).to_be_disabled()
    await page.get_by_label("one").check()
    await page.get_by_label("two").check()
    await button.click()
    shown = page.locator("[data-role=compared]")
    await expect(shown).to_contain_text("Best: <i>cheap</i>")
    await expect(shown.locator("section", has_text="Told differently")).to_contain_text("limits.concurrency8")
    await expect(shown.locator("section", has_text="Models").first).to_contain_text("p · cheap")
    assert service.asked("/compare")[0].path == "/compare"
    assert await overflow_px(page) == 0


async def test_a_run_that_may_cost_more_than_a_dollar_starts_only_after_a_yes(
    service: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page(service.origin + "/?from=one", expect=("404",))
    await expect(page.get_by_role("heading", name="Judge the documents of one again")).to_be_visible()
    await expect(page.locator("[data-plan=phases] li")).to_contain_text("1,200 calls")
    start = page.get_by_role("button", name="Start", exact=True)
    await start.click()
    window = page.get_by_role("dialog")
    await expect(window).to_contain_text("$7.25 at worst (about $1.50 expected), with up to 3,600 requests")
    await page.keyboard.press("Escape")
    await expect(window).to_be_hidden()
    assert not service.asked("/runs", "POST")
    await start.click()
    await window.get_by_role("button", name="Start it").click()
    await page.wait_for_url("**/?run=golden")
    assert service.asked("/runs", "POST")[0].json() == {"documents_from": {"run": "one"}}


@pytest.mark.parametrize("path", ["/?presets", "/?preset=mine", "/?library", "/?compare=one&compare=two"])
async def test_every_page_fits_a_narrow_window(path: str, service: ScriptedTelemetry, open_page: OpenPage) -> None:
    page = await open_page(service.origin + path, width=320, dark=True)
    await expect(page.locator("main .panel").first).to_be_visible()
    await expect(page.locator("main :is(li, textarea, table):visible").first).to_be_visible()
    assert await overflow_px(page) == 0
