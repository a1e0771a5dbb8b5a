"""A run steered from the Execute page, and watched there while telemetry is away."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.golden.scenarios import SCENARIOS, events_of
from tests.page.conftest import OpenPage
from tests.page.live_script import LiveScript, hello
from tests.page.on_page import connection_is, notice_shows
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
RESULTS: dict[str, Any] = {"answer": None, "models": [], "scores": []}
AFTER = {"pause": "paused", "resume": "running", "cancel": "cancelling"}


class Executor:
    """One run, and what is done to it."""

    def __init__(self) -> None:
        self.status = "running"
        self.reason: str | None = None
        self.telemetry = "http://127.0.0.1:9/"
        self.delivery: dict[str, Any] = {"sent": 20, "pending": 0, "oldest_pending_s": 0, "discarded": 0}
        self.storage = "ok"
        self.refusal: Answer | None = None
        self.results: dict[str, Any] = RESULTS

    def __call__(self, request: Request) -> Answer | None:
        match request.method, request.path:
            case "GET", "/runs/golden":
                return as_json(self.shown())
            case "GET", "/runs/golden/results":
                return as_json(self.results)
            case "POST", path if path.startswith("/runs/golden/"):
                if self.refusal is not None:
                    return self.refusal
                self.status = AFTER[path.rpartition("/")[2]]
                return as_json(self.shown())
        return None

    def shown(self) -> dict[str, Any]:
        script = LiveScript()
        script.flush(events_of(SCENARIOS["in_the_middle"]))
        return {
            "run_id": "golden",
            "status": self.status,
            "reason": self.reason,
            "links": {"live": f"{self.telemetry}runs/golden/live", "page": f"{self.telemetry}?run=golden"},
            "stats": script.fold.stats(),
            "telemetry": self.delivery,
            "storage": self.storage,
        }


@pytest.fixture
def executor() -> Executor:
    return Executor()


@pytest.fixture
async def service(executor: Executor) -> AsyncIterator[ScriptedTelemetry]:
    async with scripted_telemetry(executor, page="execute.html") as service:
        service.policy = STRICT_POLICY.replace("'self'", "'self' http://127.0.0.1:*")
        yield service


@pytest.fixture
async def telemetry(executor: Executor) -> AsyncIterator[ScriptedTelemetry]:
    async with scripted_telemetry(lambda request: None) as telemetry:
        executor.telemetry = f"{telemetry.origin}/"
        yield telemetry


def button(page: Page, name: str) -> Any:
    return page.get_by_role("button", name=name, exact=True)


@pytest.mark.parametrize(
    ("status", "buttons"),
    [
        ("running", ["Pause", "Cancel the run"]),
        ("paused", ["Resume", "Cancel the run"]),
        ("interrupted", ["Resume", "Cancel the run"]),
        ("cancelling", ["Cancelling …"]),
        ("failed", ["Resume"]),
        ("cancelled", ["Resume"]),
        ("completed_with_errors", ["Resume"]),
        ("completed", []),
    ],
)
async def test_what_can_be_done_with_a_run_is_offered(
    status: str,
    buttons: list[str],
    executor: Executor,
    service: ScriptedTelemetry,
    telemetry: ScriptedTelemetry,
    open_page: OpenPage,
) -> None:
    executor.status = status
    page = await open_page(service.origin + RUN)
    await telemetry.next_stream()
    shown = page.locator("[data-action]:visible")
    await expect(shown).to_have_text(buttons)


async def test_a_run_is_paused_and_goes_on(
    executor: Executor, service: ScriptedTelemetry, telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page(service.origin + RUN)
    await button(page, "Pause").click()
    await button(page, "Resume").click()
    await expect(button(page, "Pause")).to_be_visible()
    posted = [one.path for one in service.requests if one.method == "POST"]
    assert posted == ["/runs/golden/pause", "/runs/golden/resume"]


async def test_what_the_executor_refuses_is_told_in_its_words(
    executor: Executor, service: ScriptedTelemetry, telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    detail = "the run is being cancelled; resume it when that is done"
    told = {"title": "run active", "detail": detail, "status": 409}
    executor.status = "paused"
    executor.refusal = as_json(told, 409)
    page = await open_page(service.origin + RUN, expect=("409",))
    await button(page, "Resume").click()
    await expect(page.get_by_role("alert").filter(has_text=detail)).to_be_visible()
    await expect(button(page, "Resume")).to_be_enabled()


async def test_results_that_cannot_be_shown_are_told_and_the_run_can_still_be_steered(
    executor: Executor, service: ScriptedTelemetry, telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    executor.results = {"answer": None, "models": None, "scores": None}
    page = await open_page(service.origin + RUN)
    await expect(page.get_by_role("alert").filter(has_text="The results cannot be shown: ")).to_be_visible()
    await button(page, "Pause").click()
    await expect(button(page, "Resume")).to_be_visible()


async def test_an_end_elsewhere_is_noticed(
    executor: Executor, service: ScriptedTelemetry, telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page(service.origin + RUN)
    await expect(button(page, "Pause")).to_be_visible()
    executor.status = "failed"
    await expect(button(page, "Pause")).to_be_hidden()
    await expect(button(page, "Resume")).to_be_visible()


async def test_a_stats_link_that_is_down_is_told_with_what_waits_and_the_own_numbers(
    executor: Executor, service: ScriptedTelemetry, telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page(service.origin + RUN)
    await (await telemetry.next_stream()).send(hello())
    await connection_is(page, "live")
    own = page.locator("[data-role=own-numbers]")
    await expect(own).to_be_hidden()
    link = {"state": "down", "since": "2026-11-22T10:04:05Z", "reason": "connection refused"}
    executor.delivery |= {"pending": 17, "oldest_pending_s": 12, "link": link}
    line = page.locator("[data-role=delivery]")
    await expect(line).to_contain_text("stats link down since ")
    await expect(line).to_contain_text(", 17 events waiting (connection refused)")
    await expect(own).to_be_visible()
    await expect(own.locator("[data-stat=successful_calls]")).to_have_text("3")
    executor.delivery |= {"pending": 0, "link": link | {"state": "up", "reason": None}}
    await expect(line).to_be_hidden()
    await expect(own).to_be_hidden()


async def test_the_element_asks_this_executor_while_its_own_stream_is_away(
    executor: Executor, service: ScriptedTelemetry, telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    executor.delivery["pending"] = 6
    page = await open_page(service.origin + RUN, expect=("502", "ERR_", "404"))
    stream = await telemetry.next_stream()
    await stream.send(hello())
    await connection_is(page, "live")
    telemetry.refuse_streams_with = Answer(502)
    await stream.cut()
    await expect(page.locator("live-stats [data-notice=link]")).to_contain_text(", 6 events waiting")
    await expect(page.locator("[data-role=own-numbers]")).to_be_visible()
    telemetry.refuse_streams_with = None
    await (await telemetry.next_stream()).send(hello())
    await expect(page.locator("[data-role=own-numbers]")).to_be_hidden()


async def test_telemetry_that_comes_later_is_found(
    executor: Executor, service: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page(service.origin + RUN, expect=("ERR_CONNECTION_REFUSED", "Failed to load"))
    await expect(page.locator("[data-role=no-telemetry]")).to_be_visible()
    await expect(page.locator("[data-role=own-numbers]")).to_be_visible()
    async with scripted_telemetry() as late:
        executor.telemetry = f"{late.origin}/"
        await (await late.next_stream()).send(hello())
        await connection_is(page, "live")
        await expect(page.locator("[data-role=no-telemetry]")).to_be_hidden()
        await expect(page.locator("[data-role=own-numbers]")).to_be_hidden()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"storage": "disk full"}, "cannot store what it does: disk full"),
        ({"delivery": {"stopped": "epoch-conflict"}}, "takes no more of this run: epoch-conflict"),
        (
            {"delivery": {"trouble": "503 storage-full", "pending": 2}},
            "2 events waiting for telemetry (503 storage-full)",
        ),
        ({"delivery": {"discarded": 3}}, "3 events had to be dropped"),
        ({"delivery": {"pending": 4, "oldest_pending_s": 9}}, "4 events waiting to be sent"),
        (
            {"delivery": {"reconciled": {"equal": False, "count": 1, "digest": "", "at": ""}}},
            "differs from the executor's",
        ),
    ],
)
async def test_trouble_at_the_executor_is_told(
    given: dict[str, Any],
    said: str,
    executor: Executor,
    service: ScriptedTelemetry,
    telemetry: ScriptedTelemetry,
    open_page: OpenPage,
) -> None:
    executor.storage = given.get("storage", "ok")
    executor.delivery |= given.get("delivery", {})
    page = await open_page(service.origin + RUN)
    await expect(page.locator("[data-role=delivery]")).to_contain_text(said)


async def test_an_executor_and_a_telemetry_of_different_contracts_are_told(
    service: ScriptedTelemetry, telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page(service.origin + RUN)
    await (await telemetry.next_stream()).send(hello(contract="2"))
    await expect(page.locator("[data-role=mismatch]")).to_contain_text("executor speaks contract 1, telemetry 2")
    await notice_shows(page, "contract")
