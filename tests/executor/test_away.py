"""The whole executor beside a telemetry that is away, mute, or something else: runs end as ever, and it shows."""

import json
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.executor.configs import a_config
from tests.executor.scripted_telemetry import Handler, answers, hangs_up, never_answers, said, scripted
from tests.executor.service import client, finished

DOCUMENTED = (
    "acm2_events_produced_total",
    "acm2_events_enqueued_total",
    "acm2_events_sent_total",
    "acm2_events_accepted_total",
    "acm2_events_duplicate_total",
    "acm2_events_discarded_total",
    "acm2_delivery_failures_total",
    "acm2_runs_reconciled_total",
    "acm2_telemetry_link_up",
    "acm2_ledger_pending",
    "acm2_ledger_oldest_seconds",
    "acm2_unaccounted_events",
    "acm2_deletions_pending",
)


async def metrics(asked: httpx.AsyncClient) -> dict[str, float]:
    """The sum of each metric over its labels."""
    text = (await asked.get("/metrics")).text
    assert "run_id" not in text
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name] = found.get(sample.name, 0) + sample.value
    return found


async def until_link(asked: httpx.AsyncClient, state: str) -> dict[str, Any]:
    """The state of the link once it is this."""
    with anyio.fail_after(60):
        while True:
            ready = await asked.get("/health/ready")
            link: dict[str, Any] = ready.json()["telemetry"]
            if link["state"] == state and "asked yet" not in (link["reason"] or ""):
                assert ready.status_code == 200
                return link
            await anyio.sleep(0.01)


@pytest.mark.parametrize(
    ("handler", "word"),
    [
        (never_answers, "answer"),
        (hangs_up, "reached"),
        (answers(said("502 Bad Gateway", "text/html", b"<h1>502</h1>")), "502"),
        (answers(said("200 OK", "text/html", b"<h1>Welcome</h1>")), "not telemetry's"),
        (answers(said("308 Moved", "text/html", b"", location="http://127.0.0.1:9/")), "redirect"),
    ],
)
async def test_a_run_is_the_same_beside_anything_and_says_what_is_wrong(
    tmp_path: Path, handler: Handler, word: str
) -> None:
    async with scripted(handler) as url, client(tmp_path, telemetry_url=url) as asked:
        started = await asked.post("/runs", json={"config": a_config(docs=2)})
        run_id = started.json()["run_id"]
        run = await finished(asked, run_id)
        assert (run["status"], run["stats"]["successful_calls"]) == ("completed", 2)
        link = await until_link(asked, "down")
        assert word in link["reason"]
        run = (await asked.get(f"/runs/{run_id}")).json()
        assert run["telemetry"]["link"] == link
        assert run["telemetry"]["pending"] > 0
        assert run["telemetry"]["reconciled"] is None
        found = await metrics(asked)
        assert set(found) >= set(DOCUMENTED)
        assert found["acm2_telemetry_link_up"] == 0
        assert found["acm2_delivery_failures_total"] > 0
        assert found["acm2_ledger_pending"] == run["telemetry"]["pending"]
        assert found["acm2_events_enqueued_total"] == run["telemetry"]["pending"]
        assert found["acm2_unaccounted_events"] == 0


async def test_an_executor_without_any_run_knows_the_link_too(tmp_path: Path) -> None:
    body = json.dumps({"status": "live", "build": "x"}).encode()
    handler = answers(said("200 OK", "application/json", body))
    async with scripted(handler) as url, client(tmp_path, telemetry_url=url) as asked:
        await until_link(asked, "up")
        assert (await metrics(asked))["acm2_telemetry_link_up"] == 1
