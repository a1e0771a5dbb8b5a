"""The same numbers, read off the page in a real browser."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e.configs import judged
from tests.e2e.provider import scripted_provider
from tests.e2e.stack import running_stack
from tests.proofs import needs

pytestmark = [pytest.mark.e2e, pytest.mark.page, pytest.mark.timeout(180)]

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-sync"]


@pytest.fixture
def browser() -> Iterator[Browser]:
    needs("chromium", "the numbers on the page, in a real browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield browser
        browser.close()


def number(page: Page, name: str) -> int:
    return int(page.locator(f'live-stats [data-stat="{name}"]').first.get_attribute("data-value") or "-1")


def test_the_numbers_on_the_page_equal_the_providers_own_count(tmp_path: Path, browser: Browser) -> None:
    with (
        scripted_provider("ok", "429", "ok", "500", "ok", "broken") as lab,
        running_stack(tmp_path, LAB_BASE_URL=lab.base_url) as stack,
    ):
        run_id = stack.start_run(judged("lab", max_attempts=8, identical_failures=50))
        page = browser.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(f"{stack.telemetry.url}/?run={run_id}")
        expect(page.locator('live-stats [data-stat="status"]').first).to_have_attribute(
            "data-value", "completed", timeout=60_000
        )
        assert number(page, "attempts") == lab.counts.requests
        assert number(page, "failed_attempts") == lab.counts.requests - lab.counts.answered_ok
        assert number(page, "successful_calls") == lab.counts.answered_ok == 4 + 4 * 2
        assert number(page, "input_tokens") == lab.counts.input_tokens
        assert number(page, "output_tokens") == lab.counts.output_tokens
        assert faults == []


def test_the_execute_page_starts_a_run_and_shows_it_through_the_same_element(tmp_path: Path, browser: Browser) -> None:
    presets = tmp_path / "presets"
    presets.mkdir()
    with scripted_provider("ok") as lab:
        config = judged("lab", documents=2)
        (presets / "mine.yaml").write_text(json.dumps({**config, "name": "mine"}))
        with running_stack(tmp_path, LAB_BASE_URL=lab.base_url, ACM2_PRESETS_DIR=str(presets)) as stack:
            page = browser.new_page()
            page.goto(stack.executor.url)
            page.get_by_label("Preset").select_option("mine")
            page.get_by_role("button", name="Start", exact=True).click()
            # No token cap: nobody can say what it costs at worst, so it asks first.
            page.get_by_role("button", name="Start it").click()
            expect(page.locator('live-stats [data-stat="status"]').first).to_have_attribute(
                "data-value", "completed", timeout=60_000
            )
            assert number(page, "attempts") == lab.counts.requests
