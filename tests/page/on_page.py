"""What a test reads from the element on a page, through its open shadow root."""

import json
from typing import Any

import anyio
from playwright.async_api import Page, expect

SEEN_LIMIT_S = 10.0

HOOKS = """() => Object.fromEntries(
  [...document.querySelector('live-stats').shadowRoot.querySelectorAll('[data-stat]')]
    .map((node) => [node.dataset.stat, node.dataset.value]))"""


def flat(stats: dict[str, Any]) -> dict[str, Any]:
    """The stats by the names of their hooks."""
    duration = {f"duration_s.{name}": value for name, value in stats["duration_s"].items()}
    return {name: value for name, value in stats.items() if name != "duration_s"} | duration


async def stats_shown(page: Page) -> dict[str, Any]:
    """Every number on the page by its hook, as it came."""
    shown = await page.evaluate(HOOKS)
    return {name: _read(value) for name, value in shown.items() if name != "status"}


def _read(value: str) -> Any:
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value


async def connection_is(page: Page, state: str) -> None:
    """The connection badge comes to say so."""
    await expect(page.locator("live-stats [data-role=connection]")).to_have_attribute("data-state", state)


async def stat_is(page: Page, name: str, value: object) -> None:
    """The number comes to be this one."""
    await expect(page.locator(f"live-stats [data-stat='{name}']")).to_have_attribute("data-value", json.dumps(value))


async def notice_shows(page: Page, name: str) -> str:
    """The notice comes, and says this."""
    notice = page.locator(f"live-stats [data-notice='{name}']")
    await expect(notice).to_be_visible()
    return await notice.inner_text()


async def log_lines(page: Page, number: int) -> list[str]:
    """The lines of the log, as soon as there are so many."""
    lines = page.locator("live-stats .log li > span")
    await expect(lines).to_have_count(number)
    return await lines.all_inner_texts()


async def until(page: Page, condition: str, argument: object = None) -> None:
    """The condition, a function in JavaScript, comes to hold. Looked at in the page itself: its policy forbids ``eval``,
    which the browser driver's own way of waiting needs."""
    looking = f"""(argument) => new Promise((resolve) => {{
      const look = () => (({condition})(argument) ? resolve() : requestAnimationFrame(look));
      look();
    }})"""
    with anyio.fail_after(SEEN_LIMIT_S):
        await page.evaluate(looking, argument)


async def overflow_px(page: Page) -> int:
    """How far the page is wider than its window."""
    return int(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
