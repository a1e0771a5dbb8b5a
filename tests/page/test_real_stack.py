"""The pages on the real services: steered, cut off and resumed, with the provider's own count beside them."""

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest
from playwright.async_api import Page, expect

from tests.e2e.configs import judged
from tests.e2e.provider import ScriptedProvider, scripted_provider
from tests.e2e.stack import Stack, running_stack
from tests.page.conftest import OpenPage
from tests.page.on_page import connection_is, stat_is, until

pytestmark = [pytest.mark.page, pytest.mark.e2e, pytest.mark.timeout(180)]

AWAY = ("ERR_", "Failed to load")
CALLS = 4 + 4 * 2


@pytest.fixture
def lab() -> Iterator[ScriptedProvider]:
    """A provider that answers when it is let."""
    with scripted_provider("hold") as lab:
        yield lab


@pytest.fixture
def stack(tmp_path: Path, lab: ScriptedProvider) -> Iterator[Stack]:
    with running_stack(tmp_path, LAB_BASE_URL=lab.base_url) as stack:
        yield stack


async def test_while_telemetry_is_away_both_pages_say_how_much_waits_and_afterwards_show_it_all(
    stack: Stack, lab: ScriptedProvider, open_page: OpenPage
) -> None:
    run_id = await anyio.to_thread.run_sync(stack.start_run, judged("lab"))
    watching = await open_page(f"{stack.telemetry.url}/?run={run_id}", expect=AWAY)
    steering = await open_page(f"{stack.executor.url}/?run={run_id}", expect=AWAY)
    for page in (watching, steering):
        await connection_is(page, "live")
        # Its sign of life says where the executor can be asked.
        await expect(page.locator("live-stats [data-stat=status]")).to_have_text("Running")
    await until_known(watching)
    await anyio.to_thread.run_sync(stack.telemetry.stop, signal.SIGKILL)
    lab.released.set()
    await anyio.to_thread.run_sync(stack.wait_for, run_id, {"completed"})
    for page in (watching, steering):
        told = page.locator("live-stats [data-notice=link]")
        await expect(told).to_contain_text("stats link down since ")
        await expect(told).to_contain_text(f"The executor says: completed, {CALLS} of {CALLS} calls ok.")
        await expect(told).to_have_text(WAITING)
    own = steering.locator("[data-role=own-numbers]")
    await expect(own.locator("[data-stat=successful_calls]")).to_have_text(str(CALLS))
    await expect(steering.locator("[data-role=delivery]")).to_contain_text("stats link down since ")
    await anyio.to_thread.run_sync(stack.telemetry.start)
    for page in (watching, steering):
        await connection_is(page, "ended")
        await stat_is(page, "attempts", lab.counts.requests)
        await expect(page.locator("live-stats [data-role=audit]")).to_have_attribute("data-state", "equal")
        await expect(page.locator("live-stats [data-notice=link]")).to_have_count(0)
    await expect(own).to_be_hidden()


WAITING = re.compile(r", [1-9]\d* events waiting")


async def until_known(page: Page) -> None:
    """The page knows where the executor can be asked."""
    await until(page, "() => document.querySelector('live-stats').state.producer?.executor")


async def test_a_run_is_paused_resumed_and_cancelled_from_the_page(
    stack: Stack, lab: ScriptedProvider, open_page: OpenPage
) -> None:
    run_id = await anyio.to_thread.run_sync(stack.start_run, judged("lab"))
    page = await open_page(f"{stack.executor.url}/?run={run_id}")
    status = page.locator("live-stats [data-stat=status]")
    await expect(status).to_have_text("Running")
    await page.get_by_role("button", name="Pause", exact=True).click()
    await expect(status).to_have_text("Paused")
    await expect(page.locator("live-stats [data-notice=paused]")).to_be_visible()
    await page.get_by_role("button", name="Resume", exact=True).click()
    await expect(status).to_have_text("Running")
    await page.get_by_role("button", name="Cancel the run", exact=True).click()
    await expect(status).to_have_text("Cancelled")
    await connection_is(page, "ended")
    lab.released.set()
    await page.get_by_role("button", name="Resume", exact=True).click()
    await expect(status).to_have_text("Completed")
    await stat_is(page, "successful_calls", CALLS)
