"""What the services say and what the page handles are the same, and each of it moves something one can see."""

import ast
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from services.pages.site import STATIC_FOLDER as STATIC
from shared.events import DATA
from tests.e2e.stack import Service
from tests.page.conftest import OpenPage
from tests.page.live_script import LiveScript, end_of, heartbeat, hello
from tests.page.on_page import connection_is, until
from tests.page.real_telemetry import post, real_telemetry
from tests.page.scripted_telemetry import Frame, as_json, scripted_telemetry
from tests.proofs import needs

pytestmark = pytest.mark.page

TELEMETRY = Path(__file__).parent.parent.parent / "services" / "telemetry"
SAYING = {"word", "say", "_worded"}
"""The functions through which telemetry says anything about a stream; the name of the frame is their text."""


@pytest.fixture(scope="module")
def page_tables() -> dict[str, set[str]]:
    """What the page's own modules take in."""
    needs("node", "the page handles what the services say")
    script = f"""
      const {{ RunFold }} = await import({json.dumps((STATIC / "fold.js").as_uri())});
      const {{ HANDLED_FRAMES }} = await import({json.dumps((STATIC / "state.js").as_uri())});
      const {{ SINGLE_TYPES, STATE_FRAMES }} = await import({json.dumps((STATIC / "frames.js").as_uri())});
      console.log(JSON.stringify({{ folded: RunFold.TYPES, HANDLED_FRAMES, SINGLE_TYPES, STATE_FRAMES }}));
    """
    done = subprocess.run(
        ["node", "--input-type=module", "-e", script], capture_output=True, text=True, timeout=30, check=True
    )
    return {name: set(values) for name, values in json.loads(done.stdout).items()}


def frames_said() -> set[str]:
    """The names of all frames in telemetry's own source."""
    found = set()
    for path in sorted(TELEMETRY.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            named = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
            if named in SAYING:
                texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
                found |= {text for text in texts[:1] if isinstance(text, str)}
    return found


def test_the_page_handles_every_event_type_there_is_and_no_other(page_tables: dict[str, set[str]]) -> None:
    handled = page_tables["folded"] | page_tables["SINGLE_TYPES"]
    assert handled == set(DATA)


def test_the_page_handles_every_frame_telemetry_says_and_no_other(page_tables: dict[str, set[str]]) -> None:
    assert page_tables["HANDLED_FRAMES"] == page_tables["STATE_FRAMES"] == frames_said()


TIME = "2026-11-22T10:00:00.000Z"
NAMES = {"item_id": "i", "phase": "single_eval", "label": "Evaluating ...", "provider": "p", "model": "m"}
ERROR = {"kind": "server", "message": "no", "status": 500}
SCORED = {"item_id": "i", "document": "d", "judge": "j", "scores": {"Clarity": 4}}
RANKED = {
    "input": "i",
    "document": "first",
    "rating": 1510,
    "low": 1400,
    "high": 1600,
    "wins": 2,
    "losses": 1,
    "ties": 0,
}

STEPS: list[tuple[str, dict[str, Any]]] = [
    ("run_planned", {"phases": [{"phase": "single_eval", "planned_calls": 9}], "planned_calls": 9}),
    ("run_started", {}),
    ("phase_started", {"phase": "single_eval"}),
    ("call_queued", {"call_id": "a", **NAMES}),
    ("call_started", {"call_id": "a", **NAMES}),
    ("attempt_started", {"call_id": "a", "attempt": 1}),
    ("attempt_failed", {"call_id": "a", "attempt": 1, "error": ERROR, "sent": "yes"}),
    ("call_waiting", {"call_id": "a", "waits_for": "backoff", "until": None}),
    ("attempt_succeeded", {"call_id": "a", "attempt": 2, "duration_s": 1.5, "cost_usd": 0.5}),
    ("call_succeeded", {"call_id": "a", "attempts": 2}),
    ("call_failed", {"call_id": "b", "attempts": 1, "error": ERROR}),
    ("call_cancelled", {"call_id": "c", "attempts": 1}),
    ("call_lost", {"call_id": "d", "attempts": 1, "error": ERROR | {"kind": "worker_died"}}),
    ("score_recorded", SCORED),
    ("pair_judged", {"item_id": "i", "a": "first", "b": "second", "winner": "a"}),
    ("ranking_changed", {"ranking": [RANKED]}),
    ("alert", {"alert_id": "x", "state": "raised", "kind": "stalled", "message": "nothing moves"}),
    ("log", {"message": "a line for people"}),
    ("client_report", {"discarded": [{"reason": "refused", "quantity": 3}]}),
    ("myapp.step", {"n": 1}),
    ("phase_finished", {"phase": "single_eval"}),
    ("run_paused", {"reason": "asked"}),
    ("run_resumed", {"reason": "asked", "planned_calls": 8}),
    ("run_interrupted", {"reason": "stopped"}),
    ("run_cancelling", {"reason": "asked"}),
    ("run_finished", {"status": "cancelled", "reason": "asked"}),
]

SEEN = """() => {
  const root = document.querySelector('live-stats').shadowRoot;
  const moving = '.link, .seconds, footer, .spoken, style';
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) {
    const at = walker.currentNode.parentElement;
    if (at && at.checkVisibility() && !at.closest(moving)) texts.push(walker.currentNode.textContent);
  }
  return texts.join('|');
}"""
"""What can be read of the run, without what moves by itself: ages, and the place in the stream."""


async def seen(page: Page) -> str:
    """What can be read now."""
    return str(await page.evaluate(SEEN))


@pytest.fixture
def telemetry(tmp_path: Path) -> Iterator[Service]:
    with real_telemetry(tmp_path) as service:
        yield service


async def test_every_event_type_posted_to_a_real_service_moves_something_on_the_page(
    telemetry: Service, open_page: OpenPage
) -> None:
    assert {name for name, _ in STEPS if "." not in name} == set(DATA)
    page = await open_page(f"{telemetry.url}/?run=every-type")
    await connection_is(page, "live")
    for name, data in STEPS:
        before = await seen(page)
        # All at one time: a rate that moves with the clock would be a change that no type made.
        await post(telemetry, "every-type", {"type": name, "time": TIME, "data": data})
        try:
            await until(page, f"(before) => ({SEEN})() !== before", before)
        except TimeoutError as error:
            raise AssertionError(f"{name} moved nothing") from error
    await connection_is(page, "ended")


async def test_every_frame_moves_something_on_the_page(open_page: OpenPage) -> None:
    script = LiveScript()
    flushed = script.flush([{"type": "run_finished", "seq": 1, "time": TIME, "data": {"status": "failed"}}])
    status, stats = flushed
    frames: list[Frame] = [
        hello(status="waiting"),
        status | {"status": "paused"},
        stats,
        heartbeat("2026-11-22T10:00:00.000Z"),
        {"type": "gap", "run_id": "golden", "requested": "a-1", "oldest": "a-2", "newest": "a-3", "reason": "expired"},
        {"type": "drain", "run_id": None, "reason": "stopping", "retry_ms": 100},
        end_of(script.fold, "00" * 32),
    ]
    assert {frame["type"] for frame in frames} == frames_said()
    async with scripted_telemetry(
        lambda request: as_json({}) if request.path.endswith("/receipts") else None
    ) as service:
        page = await open_page(service.origin + "/?run=golden", expect=("404", "ERR_"))
        stream = await service.next_stream()
        for frame in frames:
            if frame["type"] == "heartbeat":
                # A heartbeat moves the age of what was heard last, and nothing else.
                age = page.locator("live-stats [data-role=age]")
                await expect(age).to_contain_text("heard 2 s ago")
                await stream.send(frame)
                await expect(age).to_contain_text("heard 0 s ago")
                continue
            before = await seen(page)
            await stream.send(frame)
            await until(page, f"(before) => ({SEEN})() !== before", before)
