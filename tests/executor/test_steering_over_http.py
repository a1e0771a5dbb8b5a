"""Pausing, resuming and deleting runs over HTTP."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from tests.executor.configs import a_config, a_model
from tests.executor.service import client, finished
from tests.executor.test_storage import Block
from tests.executor.test_web import problem

SLOW = a_model(provider="mylab", model="hang")


def slow(run_id: str = "r", **limits: object) -> dict[str, object]:
    return {"config": a_config(docs=2, generation={"models": [SLOW]}, limits=limits), "run_id": run_id}


def said(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    status: str = answer.json()["status"]
    return status


async def test_a_run_is_paused_resumed_cancelled_resumed_and_deleted(tmp_path: Path) -> None:
    async with client(tmp_path) as asked:
        await asked.post("/runs", json=slow())
        assert said(await asked.post("/runs/r/pause")) == "paused"
        shown = (await asked.get("/runs/r")).json()
        assert (shown["status"], shown["resumable"], shown["reason"]) == ("paused", True, "asked")
        assert (await asked.get("/runs")).json()["runs"][0]["status"] == "paused"
        problem(await asked.delete("/runs/r"), 409, "run-active")
        assert said(await asked.post("/runs/r/resume", json={"limits": {"concurrency": 1}})) == "running"
        shown = (await asked.get("/runs/r")).json()
        assert (shown["status"], shown["resumable"]) == ("running", False)
        assert shown["config"]["limits"]["concurrency"] == 1
        assert said(await asked.post("/runs/r/cancel")) == "cancelled"
        assert (await asked.get("/runs/r")).json()["resumable"] is True
        assert said(await asked.post("/runs/r/resume")) == "running"
        shown = (await asked.get("/runs/r")).json()
        assert (shown["status"], shown["finished"], shown["resumable"]) == ("running", None, False)
        assert said(await asked.post("/runs/r/cancel")) == "cancelled"
        for _ in range(2):
            answer = await asked.delete("/runs/r")
            assert (answer.status_code, answer.content) == (204, b"")
        problem(await asked.get("/runs/r"), 404, "unknown-run")


async def test_a_completed_run_is_left_alone_and_says_that_it_is_not_resumable(tmp_path: Path) -> None:
    async with client(tmp_path) as asked:
        model = a_model(provider="mylab", model="ok")
        await asked.post("/runs", json={"config": a_config(generation={"models": [model]}), "run_id": "r"})
        before = await finished(asked, "r")
        assert before["resumable"] is False
        assert said(await asked.post("/runs/r/resume")) == "completed"
        assert said(await asked.post("/runs/r/pause")) == "completed"
        assert (await finished(asked, "r"))["stats"] == before["stats"]


@pytest.mark.parametrize(
    ("body", "status", "type_", "path"),
    [
        ({"limits": {"concurrency": 0}}, 422, "invalid-config", "limits.concurrency"),
        ({"limits": {"retries": 3}}, 422, "invalid-config", "limits.retries"),
        ({"limits": {"max_cost_usd": 1}}, 422, "invalid-config", "generation.models[0].price"),
        ({"limits": 7}, 422, "invalid-config", "limits"),
        ({"limit": {}}, 422, "invalid-config", "limit"),
        ([], 422, "invalid-config", "body"),
    ],
)
async def test_a_resume_that_cannot_be_names_the_field(
    tmp_path: Path, body: object, status: int, type_: str, path: str
) -> None:
    async with client(tmp_path) as asked:
        await asked.post("/runs", json=slow())
        await asked.post("/runs/r/cancel")
        answer = await asked.post("/runs/r/resume", json=body)
        problem(answer, status, type_)
        assert path in [item["path"] for item in answer.json()["errors"]]
        assert (await asked.get("/runs/r")).json()["status"] == "cancelled"


async def test_a_resume_without_its_key_is_refused_by_the_keys_name(tmp_path: Path) -> None:
    async with client(tmp_path) as asked:
        await asked.post("/runs", json=slow())
        await asked.post("/runs/r/cancel")
    async with client(tmp_path, environ={"MYLAB_BASE_URL": ""}) as asked:
        answer = await asked.post("/runs/r/resume")
        problem(answer, 422, "missing-key")
        assert answer.json()["missing"] == ["MYLAB_BASE_URL"]


async def shows(asked: httpx.AsyncClient, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The run once it is like this."""
    with anyio.fail_after(60):
        while True:
            run: dict[str, Any] = (await asked.get("/runs/r")).json()
            if condition(run):
                return run
            await anyio.sleep(0.02)


async def test_a_ledger_that_cannot_be_written_is_shown_as_a_pause_with_its_reason(tmp_path: Path) -> None:
    async with client(tmp_path) as asked:
        await asked.post("/runs", json=slow())
        block = Block(tmp_path / "executor")
        block.take()
        async with anyio.create_task_group() as group:
            group.start_soon(partial(asked.post, "/runs", json=slow("other")))
            shown = await shows(asked, lambda run: run["storage"] != "ok")
            assert (shown["status"], shown["resumable"]) == ("paused", True)
            assert "locked" in shown["storage"]
            block.give_back()
        shown = await shows(asked, lambda run: run["status"] == "running")
        assert shown["storage"] == "ok"


@pytest.mark.parametrize("wish", ["pause", "resume", "cancel"])
async def test_a_form_is_not_taken(tmp_path: Path, wish: str) -> None:
    async with client(tmp_path) as asked:
        answer = await asked.post(f"/runs/r/{wish}", data={"limits": "1"})
        problem(answer, 415, "unsupported-type")
