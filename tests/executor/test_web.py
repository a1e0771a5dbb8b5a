"""The executor's routes, asked over ASGI: real ledger, real worker processes, no telemetry."""

import hashlib
import json
from pathlib import Path
from typing import Any

import anyio
import pytest
import yaml

from shared import paths
from tests.executor.configs import a_config
from tests.executor.service import client, finished

pytestmark = pytest.mark.e2e

LAB = {"provider": "mylab", "model": "ok"}
JSON = {"Content-Type": "application/json"}


def a_body(**parts: Any) -> dict[str, Any]:
    parts.setdefault("generation", {"models": [LAB]})
    return {"config": a_config(**parts)}


def problem(response: Any, status: int, type_: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["type"].endswith(f"/{type_}")
    assert body["status"] == status
    return body


async def test_a_run_is_started_watched_and_read(tmp_path: Path) -> None:
    async with client(tmp_path, telemetry_url="http://127.0.0.1:8003") as asked:
        started = await asked.post("/runs", json=a_body(docs=2))
        assert started.status_code == 201
        body = started.json()
        run_id = body["run_id"]
        assert started.headers["location"] == body["links"]["self"] == f"http://127.0.0.1:8002/runs/{run_id}"
        assert body["links"]["page"] == f"http://127.0.0.1:8003/?run={run_id}"
        assert body["links"]["live"] == f"http://127.0.0.1:8003/runs/{run_id}/live"
        assert body["links"]["events"] == f"http://127.0.0.1:8003/runs/{run_id}/events"
        assert body["plan"]["planned_calls"] == 2
        run = await finished(asked, run_id)
        assert (run["status"], run["stats"]["successful_calls"]) == ("completed", 2)
        assert run["config"]["documents"][0] == {
            "id": "doc_1",
            "size": 14,
            "hash": f"sha256:{hashlib.sha256(b'Text number 1.').hexdigest()}",
        }
        assert set(run["telemetry"]) >= {"sent", "pending", "oldest_pending_s", "discarded", "link"}
        assert run["telemetry"]["pending"] > 0
        listed = (await asked.get("/runs")).json()["runs"]
        assert [item["run_id"] for item in listed] == [run_id]


async def test_a_repeat_is_the_same_run_and_other_content_is_a_conflict(tmp_path: Path) -> None:
    async with client(tmp_path) as asked:
        first = await asked.post("/runs", json={**a_body(docs=1), "run_id": "mine"})
        again = await asked.post("/runs", json={"run_id": "mine", **a_body(docs=1)})
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json() == again.json()
        problem(await asked.post("/runs", json={**a_body(docs=2), "run_id": "mine"}), 409, "run-exists")
        assert len((await asked.get("/runs")).json()["runs"]) == 1


async def test_the_same_id_at_the_same_moment_makes_one_run(tmp_path: Path) -> None:
    async with client(tmp_path) as asked:
        statuses: list[int] = []

        async def start() -> None:
            statuses.append((await asked.post("/runs", json={**a_body(docs=1), "run_id": "mine"})).status_code)

        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(start)
        assert sorted(statuses) == [200, 200, 200, 200, 201]


@pytest.mark.parametrize("run_id", ["", "a b", "x" * 65, "ä", "..", 7])
async def test_an_id_that_is_none_is_refused(tmp_path: Path, run_id: Any) -> None:
    async with client(tmp_path) as asked:
        problem(await asked.post("/runs", json={**a_body(), "run_id": run_id}), 422, "invalid-id")


async def test_every_mistake_and_every_missing_key_is_named(tmp_path: Path) -> None:
    async with client(tmp_path) as asked:
        body = a_body(docs=1, limits={"concurency": 1, "max_attempts": 0})
        found = problem(await asked.post("/runs", json=body), 422, "invalid-config")
        assert {error["path"] for error in found["errors"]} == {"limits.concurency", "limits.max_attempts"}
        models = [{"provider": "openai", "model": "gpt-4o-mini"}, {"provider": "elsewhere", "model": "m"}]
        needy = a_body(docs=1, generation={"models": models})
        found = problem(await asked.post("/runs", json=needy), 422, "missing-key")
        assert found["missing"] == ["OPENAI_API_KEY", "ELSEWHERE_BASE_URL"]
        plan = await asked.post("/plan", json=needy)
        assert (plan.status_code, plan.json()["missing"]) == (200, ["OPENAI_API_KEY", "ELSEWHERE_BASE_URL"])
        assert (await asked.get("/runs")).json()["runs"] == []


@pytest.mark.parametrize(
    ("content", "headers", "status", "type_"),
    [
        (b"{}", {}, 415, "unsupported-type"),
        (b"preset=demo", {"Content-Type": "application/x-www-form-urlencoded"}, 415, "unsupported-type"),
        (b"{}", {"Content-Type": "text/plain"}, 415, "unsupported-type"),
        (b"", JSON, 400, "not-json"),
        (b"{", JSON, 400, "not-json"),
        (b'{"a": NaN}', JSON, 400, "not-json"),
        (b'{"a": 1, "a": 2}', JSON, 400, "not-json"),
        (b'{"a": "\\ud800"}', JSON, 400, "not-json"),
        (b"[" * 100_000, JSON, 400, "not-json"),
        (b"a: [", {"Content-Type": "application/yaml"}, 400, "not-json"),
        (b"[]", JSON, 422, "invalid-config"),
        (b"{}", JSON, 422, "invalid-config"),
        (b'{"preset": "demo", "config": {}}', JSON, 422, "invalid-config"),
        (b'{"preset": "demo", "colour": 1}', JSON, 422, "invalid-config"),
        (b'{"preset": "nothing"}', JSON, 422, "invalid-config"),
        (b'{"preset": "../demo"}', JSON, 422, "invalid-config"),
        (b'{"preset": 3}', JSON, 422, "invalid-config"),
        (b'{"preset": "demo", "overrides": []}', JSON, 422, "invalid-config"),
    ],
)
async def test_a_body_that_is_none_is_a_problem_that_says_why(
    tmp_path: Path, content: bytes, headers: dict[str, str], status: int, type_: str
) -> None:
    async with client(tmp_path) as asked:
        for path in ("/runs", "/plan"):
            assert problem(await asked.post(path, content=content, headers=headers), status, type_)["detail"]


async def test_yaml_is_taken_like_json(tmp_path: Path) -> None:
    async with client(tmp_path) as asked:
        text = yaml.safe_dump(a_body(docs=1))
        started = await asked.post("/runs", content=text, headers={"Content-Type": "application/yaml; charset=utf-8"})
        assert started.status_code == 201


async def test_a_body_over_the_limit_is_413(tmp_path: Path) -> None:
    async with client(tmp_path) as asked:
        problem(await asked.post("/runs", content=b" " * (33 * 1024 * 1024), headers=JSON), 413, "too-large")


async def test_overrides_change_the_preset(tmp_path: Path) -> None:
    async with client(tmp_path) as asked:
        body = {"preset": "demo", "overrides": {"single_eval": {"trials": 2}, "generation": {"iterations": 3}}}
        plan = (await asked.post("/plan", json=body)).json()
        assert plan["phases"] == [
            {"phase": "generation", "planned_calls": 9},
            {"phase": "single_eval", "planned_calls": 18},
        ]
        assert plan["cost_usd"] == {"expected": 0.0, "worst": 0.0}


async def test_presets_are_listed_and_shown(tmp_path: Path) -> None:
    async with client(tmp_path) as asked:
        listed = (await asked.get("/presets")).json()["presets"]
        assert [item["name"] for item in listed] == ["demo", "demo-full"]
        assert listed[0]["planned_calls"] == 6
        shown = (await asked.get("/presets/demo")).json()
        assert (await asked.post("/plan", json={"config": shown})).status_code == 200
        problem(await asked.get("/presets/nothing"), 404, "not-found")


async def test_a_broken_preset_of_yours_is_listed_with_what_is_wrong(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "bad.yaml").write_text("documents: [gone.md]\n")
    async with client(tmp_path, presets_dir=own) as asked:
        listed = {item["name"]: item for item in (await asked.get("/presets")).json()["presets"]}
        assert "gone.md" in listed["bad"]["mistakes"][0]["message"]


async def test_a_plan_says_which_script_is_not_there(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text('{"steps": [{"text": "ok"}]}')
    models = [{"provider": "scripted", "model": str(path)} for path in (script, tmp_path / "gone.json")]
    async with client(tmp_path) as asked:
        plan = (await asked.post("/plan", json=a_body(generation={"models": models}))).json()
    found = [warning for warning in plan["warnings"] if ".model: " in warning]
    assert len(found) == 1
    assert found[0].startswith(f"generation.models[1].model: there is no file {tmp_path / 'gone.json'}")


async def test_each_call_shows_its_prompt_and_answer(tmp_path: Path) -> None:
    async with client(tmp_path) as asked:
        models = [LAB, {**LAB, "temperature": 0.5}]
        body = a_body(docs=1, generation={"models": models, "instructions": {"text": "Rewrite this.\n"}})
        run_id = (await asked.post("/runs", json=body)).json()["run_id"]
        await finished(asked, run_id)
        calls = (await asked.get(f"/runs/{run_id}/calls")).json()["calls"]
        assert [call["status"] for call in calls] == ["succeeded", "succeeded"]
        assert [call["settings"].get("temperature") for call in calls] == [None, 0.5]
        assert (await asked.get(f"/runs/{run_id}/calls?status=failed")).json()["calls"] == []
        assert len((await asked.get(f"/runs/{run_id}/calls?model=ok&phase=generation&limit=1")).json()["calls"]) == 1
        one = (await asked.get(f"/runs/{run_id}/calls/{calls[0]['call_id']}")).json()
        assert one["attempts"][0]["prompt"] == "Rewrite this.\n\nText number 1."
        assert one["json_schema"] is None
        assert one["attempts"][0]["answer"] == "about Text number 1."
        text = await asked.get(f"/runs/{run_id}/documents/{one['document']}")
        assert text.text == "about Text number 1."
        assert text.headers["x-content-type-options"] == "nosniff"
        assert (await asked.get(f"/runs/{run_id}/documents/doc_1")).text == "Text number 1."
        problem(await asked.get(f"/runs/{run_id}/calls?status=odd"), 422, "invalid-parameter")
        problem(await asked.get(f"/runs/{run_id}/calls/none"), 404, "not-found")
        problem(await asked.get(f"/runs/{run_id}/documents/none"), 404, "not-found")


async def test_what_is_missing_in_the_results_is_missing_and_named(tmp_path: Path) -> None:
    async with client(tmp_path) as asked:
        # The fake worker answers a judge with prose, which is no verdict.
        body = a_body(docs=1, generation={"models": [LAB]}, single_eval={"judges": [LAB]}, limits={"max_attempts": 1})
        run_id = (await asked.post("/runs", json=body)).json()["run_id"]
        run = await finished(asked, run_id)
        assert run["status"] == "completed_with_errors"
        results = (await asked.get(f"/runs/{run_id}/results")).json()
        assert results["answer"] is None
        document = results["scores"][0]
        assert (document["mean"], document["judged"], document["planned"]) == (None, 0, 1)
        assert document["criteria"] == {"Relevance": None, "Clarity": None}
        assert document["judgements"][0]["missing"].startswith("unreadable_verdict")
        assert results["models"][0]["missing"] == 1
        assert results["models"][0]["mean"] is None


async def test_cancel_is_repeatable(tmp_path: Path) -> None:
    async with client(tmp_path) as asked:
        hanging = {"provider": "mylab", "model": "hang"}
        run_id = (await asked.post("/runs", json=a_body(docs=3, generation={"models": [hanging]}))).json()["run_id"]
        for _ in range(2):
            answer = await asked.post(f"/runs/{run_id}/cancel")
            assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
        problem(await asked.post("/runs/nothing/cancel"), 404, "unknown-run")


async def test_the_streams_are_telemetrys_and_the_query_goes_along(tmp_path: Path) -> None:
    async with client(tmp_path, telemetry_url="http://127.0.0.1:8003") as asked:
        answer = await asked.get("/runs/any/events?from=now&event=message")
        assert answer.status_code == 307
        assert answer.headers["location"] == "http://127.0.0.1:8003/runs/any/events?from=now&event=message"
        assert (await asked.get("/runs/any/live")).headers["location"] == "http://127.0.0.1:8003/runs/any/live"


async def test_links_use_the_public_addresses(tmp_path: Path) -> None:
    public, live = "https://acm2.example.org", "https://live.example.org/t"
    async with client(tmp_path, public_url=public, telemetry_public_url=live) as asked:
        links = (await asked.post("/runs", json=a_body(docs=1))).json()["links"]
        assert links["self"].startswith("https://acm2.example.org/runs/")
        assert links["page"].startswith("https://live.example.org/t/?run=")
    async with client(tmp_path, telemetry_url="https://telemetry.example.org") as asked:
        links = (await asked.post("/runs", json=a_body(docs=1))).json()["links"]
        assert links["page"].startswith("https://telemetry.example.org/?run=")


async def test_a_foreign_page_may_start_and_cancel_nothing(tmp_path: Path) -> None:
    async with client(tmp_path) as asked:
        foreign = {"Origin": "https://evil.example"}
        problem(await asked.post("/runs", json=a_body(), headers=foreign), 403, "forbidden")
        problem(await asked.post("/runs/x/cancel", headers=foreign), 403, "forbidden")
        problem(await asked.get("/runs", headers={"Host": "rebound.example"}), 403, "forbidden")
        assert "access-control-allow-origin" not in (await asked.get("/runs", headers=foreign)).headers
        ours = {"Origin": "http://127.0.0.1:8003"}
        assert (await asked.get("/runs", headers=ours)).headers["access-control-allow-origin"] == ours["Origin"]


@pytest.mark.parametrize(
    ("method", "path", "status", "type_"),
    [
        ("GET", "/nothing", 404, "not-found"),
        ("GET", "/runs/none", 404, "unknown-run"),
        ("GET", "/runs/none/results", 404, "unknown-run"),
        ("GET", "/runs/none/calls", 404, "unknown-run"),
        ("GET", "/runs/a%20b", 422, "invalid-id"),
        ("DELETE", "/runs", 405, "method-not-allowed"),
        ("POST", "/runs/none/pause", 404, "unknown-run"),
        ("GET", "/static/nothing.js", 404, "not-found"),
        ("GET", "/runs?limit=0", 422, "invalid-parameter"),
        ("GET", "/runs?limit=x", 422, "invalid-parameter"),
    ],
)
async def test_every_error_is_a_problem_document(
    tmp_path: Path, method: str, path: str, status: int, type_: str
) -> None:
    async with client(tmp_path) as asked:
        answer = await asked.request(method, path)
    problem(answer, status, type_)
    assert answer.headers.get("allow") == ("GET, HEAD, POST" if status == 405 else None)


async def test_probes_metrics_and_the_description_are_there(tmp_path: Path) -> None:
    async with client(tmp_path) as asked:
        assert (await asked.get("/health/live")).status_code == 200
        assert (await asked.get("/health/ready")).json()["status"] == "ready"
        run_id = (await asked.post("/runs", json=a_body(docs=3))).json()["run_id"]
        await finished(asked, run_id)
        metrics = (await asked.get("/metrics")).text
        assert 'acm2_attempts_total{model="ok",outcome="succeeded",provider="mylab"} 3.0' in metrics
        assert "acm2_ledger_pending" in metrics
        assert "acm2_ledger_oldest_seconds" in metrics
        assert run_id not in metrics
        described = (await asked.get("/openapi.json")).json()
        assert described["openapi"].startswith("3.1")
        assert set(described["paths"]) >= {paths.RUNS, paths.RUN, paths.PLAN, paths.CALLS, paths.RESULTS}
        await asked.executor.drain()
        assert (await asked.get("/health/ready")).status_code == 503
        problem(await asked.post("/runs", json=a_body()), 503, "unavailable")


async def test_runs_are_listed_newest_first_and_page_by_page(tmp_path: Path) -> None:
    async with client(tmp_path) as asked:
        for number in range(5):
            await asked.post("/runs", json={**a_body(docs=1), "run_id": f"r{number}"})
            await finished(asked, f"r{number}")
        page = (await asked.get("/runs?limit=2")).json()["runs"]
        assert [run["run_id"] for run in page] == ["r4", "r3"]
        page = (await asked.get("/runs?limit=2&before=r3")).json()["runs"]
        assert [run["run_id"] for run in page] == ["r2", "r1"]


async def test_no_prompt_is_in_what_a_run_shows(tmp_path: Path) -> None:
    async with client(tmp_path) as asked:
        body = a_body(docs=1)
        body["config"]["documents"][0]["text"] = "CANARY"
        run_id = (await asked.post("/runs", json=body)).json()["run_id"]
        assert "CANARY" not in json.dumps(await finished(asked, run_id))
