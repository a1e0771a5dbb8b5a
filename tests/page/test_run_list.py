"""The list of runs: from the service's pages, changed by its stream."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.golden.scenarios import SCENARIOS, events_of
from tests.page.conftest import OpenPage
from tests.page.live_script import LiveScript, hello, stats_of, status_of
from tests.page.on_page import overflow_px
from tests.page.scripted_telemetry import Answer, Request, ScriptedTelemetry, as_json, scripted_telemetry

pytestmark = pytest.mark.page

PAGE_SIZE = 50


def listed(number: int, status: str = "completed") -> dict[str, Any]:
    script = LiveScript()
    script.flush(events_of(SCENARIOS["all_went_well"]))
    return {"run_id": f"run-{number:03}", "status": status, "stats": script.fold.stats()}


class Service:
    """What ``GET /runs`` finds."""

    def __init__(self) -> None:
        self.runs: list[dict[str, Any]] = []

    def __call__(self, request: Request) -> Answer | None:
        if request.path != "/runs":
            return None
        before = request.query.get("before", "~")
        found = [run for run in self.runs if run["run_id"] < before]
        page = found[: int(request.query["limit"])]
        return as_json({"runs": page, "next": page[-1]["run_id"] if len(page) < len(found) else None})


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
async def telemetry(service: Service) -> AsyncIterator[ScriptedTelemetry]:
    async with scripted_telemetry(service) as telemetry:
        yield telemetry


def names(page: Page) -> Any:
    return page.locator("[data-role=runs] a")


async def test_without_runs_the_page_says_how_to_start_one(telemetry: ScriptedTelemetry, open_page: OpenPage) -> None:
    page = await open_page(telemetry.origin + "/", width=320)
    empty = page.locator("[data-role=empty]")
    await expect(empty).to_contain_text("acm2 demo")
    await expect(empty).to_contain_text(f"{telemetry.origin}/runs/my-run/events")
    assert await overflow_px(page) == 0


async def test_runs_change_as_the_stream_tells(
    service: Service, telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    service.runs = [listed(1)]
    page = await open_page(telemetry.origin + "/")
    stream = await telemetry.next_stream()
    script = LiveScript()
    script.flush(events_of(SCENARIOS["in_the_middle"]))
    named = {"run_id": "fresh"}
    await stream.send(hello() | {"run_id": None}, status_of(script.fold) | named, stats_of(script.fold) | named)
    await expect(names(page)).to_have_text(["fresh", "run-001"])
    fresh = page.locator("[data-role=runs] li").first
    await expect(fresh).to_contain_text("running")
    await expect(fresh).to_contain_text("3 of 10 calls")
    await stream.send(status_of(script.fold) | named | {"status": "failed"})
    await expect(fresh).to_contain_text("failed")
    await expect(page.get_by_role("link", name="fresh")).to_have_attribute("href", f"{telemetry.origin}/?run=fresh")


async def test_older_runs_are_loaded_on_request(
    service: Service, telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    service.runs = [listed(number) for number in range(PAGE_SIZE + 3, 0, -1)]
    page = await open_page(telemetry.origin + "/", width=320)
    await expect(names(page)).to_have_count(PAGE_SIZE)
    await page.get_by_role("button", name="Load more").click()
    await expect(names(page)).to_have_count(PAGE_SIZE + 3)
    await expect(page.get_by_role("button", name="Load more")).to_be_hidden()
    assert await overflow_px(page) == 0


async def test_a_message_that_cannot_be_read_or_shown_hurts_no_other_run(
    service: Service, telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    service.runs = [listed(1)]
    page = await open_page(telemetry.origin + "/")
    stream = await telemetry.next_stream()
    script = LiveScript()
    script.flush(events_of(SCENARIOS["in_the_middle"]))
    greeting = hello() | {"run_id": None}
    await stream.send(greeting)
    await stream.send_text("data: {\n\n")
    poison = {
        "type": "fpf_stats_update",
        "run_id": "run-001",
        "seq": 1,
        "stats": {"planned_calls": "x", "cost_usd": {}},
    }
    await stream.send(poison, status_of(script.fold) | {"run_id": "fresh"}, stats_of(script.fold) | {"run_id": "fresh"})
    await expect(page.locator("[data-role=runs] li").first).to_contain_text("3 of 10 calls")
    await expect(page.locator("[data-role=unread]")).to_contain_text("messages could not be read or shown: run-001, ")


async def test_a_list_that_is_cut_off_says_since_when(telemetry: ScriptedTelemetry, open_page: OpenPage) -> None:
    page = await open_page(telemetry.origin + "/", expect=("502", "ERR_", "Failed to load"))
    stream = await telemetry.next_stream()
    await stream.send(hello() | {"run_id": None})
    telemetry.refuse_streams_with = Answer(502)
    await stream.cut()
    await expect(page.locator("[data-role=connection]")).to_contain_text("link down since ")
    telemetry.refuse_streams_with = None
    await (await telemetry.next_stream()).send(hello() | {"run_id": None})
    await expect(page.locator("[data-role=connection]")).to_have_text("live")


async def test_a_service_that_is_away_is_told(service: Service, open_page: OpenPage) -> None:
    def unavailable(request: Request) -> Answer | None:
        told = {"title": "unavailable", "detail": "the log cannot be used now"}
        return as_json(told, 503) if request.path == "/runs" else None

    async with scripted_telemetry(unavailable) as telemetry:
        page = await open_page(telemetry.origin + "/", expect=("503",))
        await expect(page.locator(".told:visible")).to_have_text("the log cannot be used now")
