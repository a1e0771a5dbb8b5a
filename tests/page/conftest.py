"""A browser for the page tests."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Error, Page, async_playwright, expect

from tests.proofs import needs

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
SEEN_LIMIT_MS = 15_000

OpenPage = Callable[..., Awaitable[Page]]


@pytest.fixture(scope="module")
async def browser(anyio_backend: str) -> AsyncIterator[Browser]:
    needs("chromium", "the pages, in a real browser")
    expect.set_options(timeout=SEEN_LIMIT_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def open_page(browser: Browser) -> AsyncIterator[OpenPage]:
    """Opens an address in a window of its own; what the page complains about fails the test, unless it is expected."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []
    expected: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    def broke(error: Error) -> None:
        complaints.append(str(error))

    async def open_page(address: str, *, width: int = 1100, dark: bool = False, expect: tuple[str, ...] = ()) -> Page:
        context = await browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
        )
        contexts.append(context)
        expected.extend(expect)
        context.set_default_timeout(SEEN_LIMIT_MS)
        page = await context.new_page()
        page.on("console", heard)
        page.on("pageerror", broke)
        await page.goto(address)
        return page

    yield open_page
    for context in contexts:
        await context.close()
    assert [text for text in complaints if not any(part in text for part in expected)] == []
