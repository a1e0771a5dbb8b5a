"""All five phases on the real services: what the pages read is what the services say, and what they offer works."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from playwright.async_api import Page, expect

from tests.e2e.stack import Stack, running_stack
from tests.page.conftest import OpenPage
from tests.page.on_page import connection_is
from tests.page.unproduced import unproduced, watch

pytestmark = [pytest.mark.page, pytest.mark.e2e, pytest.mark.timeout(180)]

SCRIPT = """
rules:
  - {model: judge-a, match: winner, steps: [{prefer: [by one, by two]}]}
  - {model: judge-b, match: winner, steps: [{json: {winner: tie, reason: <b>equal</b>}}, {json: {winner: A, reason: first}}]}
  - {match: criterion, steps: [{score: 4}, {score: 3}]}
  - {steps: [{text: "{{number}} by {{model}}", usage: {input_tokens: 12, output_tokens: 3}}]}
"""
PRICE = {"input_per_mtok": 10, "output_per_mtok": 30}


def asked(model: str, **more: Any) -> dict[str, Any]:
    return {"provider": "scripted", "model": model, "max_completion_tokens": 50, **more}


JUDGES = [asked("judge-a"), asked("judge-b")]
CONFIG: dict[str, Any] = {
    "name": "five",
    "documents": [{"id": "alpha", "text": "About rivers."}, {"id": "beta", "text": "About snow."}],
    "generation": {"instructions": {"text": "Shorten."}, "models": [asked("one", price=PRICE), asked("two")]},
    "single_eval": {"criteria": ["Clarity"], "judges": JUDGES},
    "pairwise_eval": {"judges": JUDGES},
    "combine": {"instructions": {"text": "Make one of two."}, "models": [asked("one", price=PRICE)]},
    "limits": {"max_attempts": 3},
}
CALLS = 4 + 8 + 2 * 4 + 2 + 2 * 3 * 4
AGAIN = 6 * 2 + 2 * 3 * 4
"""Three documents of each input, the combined one among them, scored and compared by both judges."""

NOT_ALWAYS = {"reason", "kind", "omitted", "tied_omitted", "until", "no_interval"}
"""Said only where there is something to say: why a run or a call stands still, another kind of generator, rows left out."""

OF_SOME_PRICES = {
    f"/plan.prices.{name}"
    for name in ("cached_input_per_mtok", "per_request", "dearest_input_per_mtok", "dearest_output_per_mtok")
}
"""What only some prices have: a cache, a fee, times at which they are others."""

OF_A_MODEL_IN_ALL_ROLES = {"/runs/R/results.costs.by_model.settings"}
"""Costs by model are of all its roles together, whatever its settings."""

OF_MODELS = {"/runs/R/results.models.component"}
"""Models do not say which part of a graph that falls apart they are in."""

OF_A_LIST = {"/runs.runs.config"}
"""A list of runs leaves their configs out; the preset's name stands there instead."""


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    script = tmp_path / "script.yaml"
    script.write_text(SCRIPT)
    with running_stack(tmp_path, SCRIPTED_FILE=str(script)) as stack:
        yield stack


def unexplained(found: set[str]) -> set[str]:
    explained = OF_A_MODEL_IN_ALL_ROLES | OF_MODELS | OF_A_LIST | OF_SOME_PRICES
    return {path for path in found if path.rsplit(".", 1)[-1] not in NOT_ALWAYS} - explained


async def watched(open_page: OpenPage, address: str) -> Page:
    page = await open_page("about:blank", expect=("404", "422"))
    await watch(page, address)
    return page


async def test_every_field_the_pages_read_is_one_the_services_say(stack: Stack, open_page: OpenPage) -> None:
    run_id = await anyio.to_thread.run_sync(stack.start_run, CONFIG)
    live = await watched(open_page, f"{stack.telemetry.url}/?run={run_id}")
    await anyio.to_thread.run_sync(stack.wait_for, run_id, {"completed"})
    await connection_is(live, "ended")
    comparisons = live.locator("live-stats [data-role=comparisons]")
    await expect(comparisons.locator("[data-role=compared]")).to_contain_text(f"after {8 + 24} comparisons")
    await expect(comparisons.locator("[data-role=ranking] tbody tr")).to_have_count(2)
    await expect(live.locator("live-stats [data-role=winners] tbody tr")).to_have_count(2)
    await expect(live.locator("live-stats [data-role=models] tbody tr")).to_have_count(2)
    await expect(live.locator("live-stats [data-stat=by_phase] li[data-state=done]")).to_have_count(5)
    await expect(live.locator("live-stats [data-role=audit]")).to_have_attribute("data-state", "equal")
    # The watch sees a name that is not there; without that, all of the following would say nothing.
    assert await live.evaluate("""JSON.parse('{"type": "known", "data": {}}').data.renamed === undefined""")
    assert unexplained(await unproduced(live)) == {"known.data.renamed"}

    page = await watched(open_page, f"{stack.executor.url}/?run={run_id}")
    results = page.locator("[data-role=results]")
    await expect(results.locator("[data-role=answer]")).to_contain_text("Best of 2 models")
    await page.evaluate("document.querySelectorAll('details').forEach((part) => (part.open = true))")
    for role in ("models", "pareto", "winners", "scores", "comparisons", "judges", "costs", "planned", "calls"):
        await expect(results.locator(f"details[data-role={role}] tbody tr").first).to_be_visible()
    await expect(results.locator("[data-role=calls] tbody tr")).to_have_count(CALLS)
    await results.locator("[data-role=calls] tbody button").nth(CALLS - 1).click()
    window = page.locator("dialog.reader")
    await expect(window).to_contain_text("Attempt 1")
    await window.get_by_role("button", name="Close").click()
    await results.locator("[data-role=scores] tbody button").first.click()
    await expect(window.locator("pre")).to_contain_text("by one")
    await window.get_by_role("button", name="Close").click()
    await page.get_by_label("Cheapest model within").fill("2")
    await expect(page.locator("[data-role=cheapest]")).to_contain_text("within 2 of the best")
    for link in await results.locator("[data-role=ways] a[data-format]").all():
        answer = await page.request.get(str(await link.evaluate("(link) => link.href")))
        assert answer.ok, await answer.text()
    assert unexplained(await unproduced(page)) == set()

    await page.get_by_role("link", name="judge these documents again").click()
    await expect(page.locator("[data-plan=planned_calls]")).to_have_text(str(AGAIN))
    assert unexplained(await unproduced(page)) == set()
    await page.get_by_role("button", name="Start", exact=True).click()
    await page.wait_for_url("**/?run=*")
    again = page.url.partition("?run=")[2]
    await anyio.to_thread.run_sync(stack.wait_for, again, {"completed"})

    await page.goto(f"{stack.executor.url}/?compare={run_id}&compare={again}")
    compared = page.locator("[data-role=compared] section")
    await expect(compared.first).to_contain_text(again)
    await expect(compared.last).to_contain_text("generation")
    assert unexplained(await unproduced(page)) == set()

    await page.goto(f"{stack.executor.url}/?preset=own")
    await page.locator("#kept").fill("name: own\nlimits:\n  concurency: 2\n")
    await page.get_by_role("button", name="Check").click()
    mistakes = page.locator("[data-role=mistakes] li")
    await expect(mistakes.filter(has_text="limits.concurency, line 3")).to_be_visible()
    await page.goto(f"{stack.executor.url}/?preset=own-2")
    await expect(page.get_by_text("A new preset")).to_be_visible()
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.locator("[data-role=said]")).to_have_text("Saved.")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.locator("[data-role=said]")).to_have_text("Saved.")
    await page.goto(f"{stack.executor.url}/?presets")
    await expect(page.locator("li[data-preset=own-2]")).to_contain_text("2 calls")
    assert unexplained(await unproduced(page)) == set()
    await page.goto(f"{stack.executor.url}/?library=criteria&item=short")
    await page.locator("#kept").fill("- name: Clarity\n")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.locator("[data-role=said]")).to_have_text("Saved.")
    await page.goto(f"{stack.executor.url}/?library")
    await expect(page.locator("li[data-item=short]")).to_contain_text("16 bytes")
    assert unexplained(await unproduced(page)) == set()
