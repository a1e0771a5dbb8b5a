"""The element fits a narrow window and can be read in light and dark."""

from collections.abc import AsyncIterator

import pytest

from tests.golden.log_builder import Log
from tests.page.conftest import OpenPage
from tests.page.live_script import LiveScript, hello
from tests.page.on_page import connection_is, overflow_px
from tests.page.scripted_telemetry import Answer, Request, ScriptedTelemetry, as_json, scripted_telemetry

pytestmark = pytest.mark.page

READABLE = 4.5
"""The contrast WCAG asks for of text."""

CONTRASTS = """() => {
  const root = document.querySelector('live-stats').shadowRoot;
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b]
    .map((value) => value / 255)
    .map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement ?? at.getRootNode().host) {
      const color = channels(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const found = {};
  for (const node of root.querySelectorAll('*')) {
    const texts = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
    if (!texts || !node.checkVisibility()) continue;
    const [a, b] = [light(channels(getComputedStyle(node).color)), light(behind(node))];
    found[`${node.tagName}.${node.className} ${node.textContent.slice(0, 30)}`] =
      (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  }
  return found;
}"""


@pytest.fixture
async def telemetry(anyio_backend: str) -> AsyncIterator[ScriptedTelemetry]:
    def answers(request: Request) -> Answer | None:
        long = "a-reason-that-is-rather-long-and-has-no-space-in-it-at-all-because-somebody-sent-it-so"
        one = {"n": 1, "index": 0, "reason": "invalid-event", "path": long, "message": long, "text": long * 3}
        listed = {"run_id": "golden", "count": 1, "rejected": [one | {"time": "2026-11-22T10:00:00Z"}]}
        if request.path == "/runs/golden":
            return as_json({"status": "running"})
        return as_json(listed) if request.path.endswith("/rejected") else None

    async with scripted_telemetry(answers) as service:
        yield service


def everything() -> Log:
    """A log with long names, errors, waits, scores of every height, alerts and lines of every level."""
    log = Log()
    log.plan(2, generation=3, single_eval=40)
    log.add("phase_started", phase="single_eval", planned_calls=40)
    long = "a-name-that-somebody-made-rather-long-and-without-a-single-space-in-it"
    for number in range(6):
        judge = {"provider": "openai", "model": f"{long}-{number % 2}"}
        log.begin(f"done-{number}", label=long, model=judge["model"])
        log.ok(f"done-{number}", cost_usd=None if number == 1 else 0.01)
        log.done(f"done-{number}")
        scores = {"Relevance": 1 + number % 5, "Clarity": 1 + (number + 2) % 5}
        log.add("score_recorded", item_id=f"i-{number}", document=f"{long}.md", judge=judge, scores=scores)
        log.add("score_recorded", item_id=f"k-{number}", document=f"doc-{number}", judge=judge, scores=scores)
    log.begin("flying", label=long)
    log.trouble("flying", 1, "rate_limited")
    log.add("call_waiting", call_id="flying", waits_for="backoff", until="2099-01-01T00:00:00Z")
    log.begin("lost")
    log.trouble("lost", 1, "worker_died", sent="maybe")
    log.end("lost", "lost", 1, "worker_died")
    for level in ("info", "warning", "error", "debug"):
        log.add("log", level=level, message=f"{level} {long}")
    log.add("my.own", note=long)
    log.add("alert", alert_id="a", state="raised", kind="budget", severity="error", message=long)
    return log


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [320, 1100])
async def test_it_fits_and_can_be_read(
    dark: bool, width: int, telemetry: ScriptedTelemetry, open_page: OpenPage
) -> None:
    page = await open_page(telemetry.origin + "/?run=golden", width=width, dark=dark, expect=("502", "ERR_"))
    stream = await telemetry.next_stream()
    script = LiveScript()
    *frames, status, stats = script.flush(everything().events)
    sign = {
        "state": "silent",
        "since": "2026-11-22T10:00:00Z",
        "pending": 21,
        "storage": "disk full",
        "stopped": "x" * 500,
    }
    trouble = {"producer": sign, "rejected": 2, "unaccounted": 3, "storage": "no space left", "complete": False}
    gap = {"type": "gap", "run_id": "golden", "requested": "a-1", "oldest": "a-2", "newest": "a-3", "reason": "expired"}
    await stream.send(hello(build="other"), gap, *frames, status | trouble | {"status": "paused"}, stats)
    await stream.send_text("data: {\n\n")
    await connection_is(page, "live")
    telemetry.refuse_streams_with = as_json({}, 502)
    await stream.cut()
    await page.locator("live-stats [data-notice=link]").wait_for()
    await page.locator("live-stats [data-role=rejected] li").first.wait_for()
    await page.locator("live-stats .log li").first.wait_for()
    assert await overflow_px(page) == 0
    contrasts = await page.evaluate(CONTRASTS)
    assert len(contrasts) > 60
    assert {name: round(ratio, 2) for name, ratio in contrasts.items() if ratio < READABLE} == {}
    background = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == ("rgb(15, 18, 22)" if dark else "rgb(246, 248, 250)")
