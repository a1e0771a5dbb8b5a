"""Results, comparisons, exports and documents, asked for over HTTP: real ledger, real worker processes."""

from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from tests.executor.configs import a_config
from tests.executor.service import client, finished
from tests.executor.test_web import problem

pytestmark = pytest.mark.e2e

OK, PID, CRITIC = ({"provider": "mylab", "model": name} for name in ("ok", "pid", "critic"))


async def a_run(asked: httpx.AsyncClient, run_id: str, **parts: Any) -> dict[str, Any]:
    config = a_config(
        docs=2,
        generation={"models": [OK, PID]},
        single_eval={"judges": [CRITIC]},
        pairwise_eval={"judges": [CRITIC]},
        combine={"models": [OK], "instructions": {"text": "Combine."}},
        **parts,
    )
    started = await asked.post("/runs", json={"config": config, "run_id": run_id})
    assert started.status_code == 201, started.text
    return await finished(asked, run_id)


async def test_results_exports_comparisons_and_documents_of_finished_runs(tmp_path: Path) -> None:
    async with client(tmp_path) as asked:
        assert (await a_run(asked, "first"))["status"] == "completed"
        found = (await asked.get("/runs/first/results")).json()
        assert set(found) >= {
            "run_id", "status", "preset", "created", "scores", "judge_deviations", "pairs", "ranking", "unranked",
            "post_combine", "winners", "position_bias", "agreement", "models", "pareto", "pareto_unknown",
            "cheapest_within", "answer", "costs", "errors", "plan",
        }  # fmt: skip
        assert len(found["pairs"]) == 2 * (1 + 3) * 2
        assert found["position_bias"]["overall"]["first_share"] == 1.0
        assert [row["missing"] for row in found["plan"]] == [[]] * 5
        assert [item["by"] for item in found["winners"]] == ["post_combine"] * 2
        assert found["cheapest_within"]["within"] == 0.25
        asked_for = (await asked.get("/runs/first/results?within=1.5")).json()
        assert asked_for["cheapest_within"]["within"] == 1.5
        for odd in ("nan", "-1", "9", "inf", "x"):
            problem(await asked.get(f"/runs/first/results?within={odd}"), 422, "invalid-parameter")

        whole = await asked.get("/runs/first/export")
        assert whole.json() == found
        lines = await asked.get("/runs/first/export?format=ndjson")
        assert lines.headers["content-type"] == "application/x-ndjson"
        assert len(lines.text.splitlines()) == 4 + len(found["pairs"])
        rows = await asked.get("/runs/first/export?format=csv")
        assert rows.headers["content-type"] == "text/csv; charset=utf-8"
        assert rows.headers["content-disposition"] == 'attachment; filename="first.csv"'
        assert len(rows.text.splitlines()) == 1 + 4 + len(found["pairs"])
        assert '"\'=first"' in rows.text
        page = await asked.get("/runs/first/export?format=html")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert page.headers["content-security-policy"].startswith("default-src 'none'")
        assert "<svg" in page.text
        problem(await asked.get("/runs/first/export?format=xlsx"), 422, "invalid-parameter")
        problem(await asked.get("/runs/none/export"), 404, "unknown-run")

        documents = [item["document"] for item in found["winners"]]
        texts = [(await asked.get(f"/runs/first/documents/{name}")).text for name in documents]
        assert all("about" in text for text in texts)
        combined = found["post_combine"][0]["ranking"]
        name = next(row["document"] for row in combined if row["combined"])
        assert (await asked.get(f"/runs/first/documents/{name}")).status_code == 200

        await a_run(asked, "second", limits={"concurrency": 3})
        compared = (await asked.get("/compare?run=second&run=first")).json()
        assert [run["run_id"] for run in compared["runs"]] == ["second", "first"]
        assert [item["path"] for item in compared["differs"]] == ["limits.concurrency"]
        assert [item["values"] for item in compared["differs"]] == [[3, 8]]
        assert [len(model["in"]) for model in compared["models"]] == [2, 2]
        problem(await asked.get("/compare?run=first"), 422, "invalid-parameter")
        problem(await asked.get("/compare?run=first&run=first"), 422, "invalid-parameter")
        problem(await asked.get("/compare?run=first&run=none"), 404, "unknown-run")
        problem(await asked.get("/compare?run=first&run=a%20b"), 422, "invalid-id")


async def test_a_run_under_way_has_results_and_exports_too(tmp_path: Path) -> None:
    async with client(tmp_path) as asked:
        hanging = {"provider": "mylab", "model": "hang"}
        config = a_config(docs=1, generation={"models": [OK, hanging]}, single_eval={"judges": [CRITIC]})
        await asked.post("/runs", json={"config": config, "run_id": "open"})
        with anyio.fail_after(60):
            while True:
                found = (await asked.get("/runs/open/results")).json()
                if found["scores"][0]["judged"]:
                    break
                await anyio.sleep(0.01)
        assert found["status"] == "running"
        assert [row["judged"] for row in found["models"]] == [1, 0]
        reasons = {cell["reason"] for row in found["plan"] for cell in row["missing"]}
        assert all(reason.startswith("not there yet") for reason in reasons)
        assert "The run is running" in (await asked.get("/runs/open/export?format=html")).text
        for kind in ("json", "ndjson", "csv"):
            assert (await asked.get(f"/runs/open/export?format={kind}")).status_code == 200
        assert (await asked.post("/runs/open/cancel")).status_code == 200
