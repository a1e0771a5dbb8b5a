"""Workers inside the whole service: what is wrong with them can be read, and what a kill has left behind is ended."""

import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from services.executor.adapters.processes import fpf_workers
from services.executor.adapters.processes.child_record import ChildRecord
from services.executor.app import open_executor
from services.executor.config import Config
from tests.executor.configs import a_config
from tests.executor.living import command_of, living_children
from tests.executor.service import BASE, FAKE_WORKER, NO_TELEMETRY, finished
from tests.executor.worker_pool import ENVIRON

pytestmark = pytest.mark.e2e


@asynccontextmanager
async def executor(folder: Path, command: tuple[str, ...]) -> AsyncIterator[httpx.AsyncClient]:
    (folder / "executor").mkdir(exist_ok=True)
    config = Config(data_dir=folder, workers=2, telemetry_url=NO_TELEMETRY, retry_base_s=0.01)
    environ = {**ENVIRON, "MYLAB_BASE_URL": "http://127.0.0.1:9"}
    async with (
        open_executor(config, environ=environ, worker=command) as made,
        httpx.AsyncClient(transport=httpx.ASGITransport(app=made.app), base_url=BASE) as asked,
    ):
        yield asked


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Return when it holds; looked at often, for nobody tells."""
    with anyio.fail_after(60):
        while not await condition():  # noqa: ASYNC110  (see above)
            await anyio.sleep(0.02)


async def readiness(asked: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await asked.get("/health/ready")).json()
    return found


async def is_ready(asked: httpx.AsyncClient) -> bool:
    return bool((await readiness(asked))["status"] == "ready")


async def count(asked: httpx.AsyncClient, name: str) -> float:
    metrics = (await asked.get("/metrics")).text
    return next(float(line.split()[1]) for line in metrics.splitlines() if line.startswith(f"{name} "))


async def test_workers_that_cannot_start_are_told_by_the_probe_and_by_every_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fpf_workers, "READY_LIMIT_S", 0.5)
    command = (sys.executable, "-c", "raise SystemExit('the worker program is not installed')")
    async with executor(tmp_path, command) as asked:

        async def it_says_why() -> bool:
            return "not installed" in (await readiness(asked))["obstacles"]["workers"]

        await until(it_says_why)
        config = a_config(docs=3, generation={"models": [{"provider": "mylab", "model": "m"}]})
        assert (await asked.post("/runs", json={"config": config, "run_id": "r"})).status_code == 201
        run = await finished(asked, "r")
        assert run["status"] == "completed_with_errors"
        stats = run["stats"]
        assert (stats["failed_calls"], stats["lost_calls"], stats["uncertain_attempts"]) == (3, 0, 0)
        assert stats["unsent_attempts"] == stats["attempts"] == 9
        assert "the worker program is not installed" in stats["errors"][0]["message"]
        assert await count(asked, "acm2_worker_deaths_total") >= 2


async def test_a_killed_and_a_stopped_worker_are_counted_and_replaced(tmp_path: Path) -> None:
    async with executor(tmp_path, FAKE_WORKER) as asked:

        async def two_ready() -> bool:
            return await count(asked, "acm2_workers_ready") == 2

        for number in (signal.SIGKILL, signal.SIGSTOP):
            await until(two_ready)
            victims = [one for one in living_children() if "fake_fpf" in " ".join(command_of(one))]
            assert len(victims) == 2
            wanted = await count(asked, "acm2_worker_deaths_total") + 2
            for one in victims:
                os.kill(one.pid, number)

            async def both_counted(wanted: float = wanted) -> bool:
                return await count(asked, "acm2_worker_deaths_total") >= wanted

            await until(both_counted)
            assert not any(one.is_running() for one in victims)
        await until(two_ready)


async def test_the_next_life_ends_what_the_last_one_left_behind_before_it_takes_up_its_runs(tmp_path: Path) -> None:
    (tmp_path / "executor").mkdir()
    async with await anyio.open_process([sys.executable, "-c", "import time; time.sleep(600)"]) as left:
        ChildRecord(tmp_path / "executor" / "children.json").began(left.pid)
        async with executor(tmp_path, FAKE_WORKER) as asked:
            assert await left.wait() == -signal.SIGKILL
            await until(lambda: is_ready(asked))
    stored = (tmp_path / "executor" / "children.json").read_text()
    assert '"children":[]' in stored
