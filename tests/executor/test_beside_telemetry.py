"""An executor beside a real telemetry process: what that loses it gets again, what is deleted here goes there too."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from tests.executor.configs import a_config
from tests.executor.service import ROOT, Client, client, finished
from tests.free_port import free_port

pytestmark = pytest.mark.e2e


class Telemetry:
    """A telemetry process with a data folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin; it is ready when it answers."""
        environ = {**os.environ, "ACM2_DATA_DIR": str(self.folder), "ACM2_TELEMETRY_PORT": str(self.port)}
        command = [sys.executable, "-m", "services.telemetry"]
        self._process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL)

    def kill(self) -> None:
        """End at once."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(20)
            self._process = None

    async def run(self, run_id: str) -> httpx.Response | None:
        """A run as it shows it, None while it does not answer."""
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as asked:
            try:
                return await asked.get(f"/runs/{run_id}")
            except httpx.HTTPError:
                return None


@contextmanager
def telemetry(folder: Path) -> Iterator[Telemetry]:
    service = Telemetry(folder)
    try:
        service.start()
        yield service
    finally:
        service.kill()


async def until_shown(asked: Client, run_id: str, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """What the executor says of the run's delivery, once it is what is wanted."""
    with anyio.fail_after(60):
        while True:
            found: dict[str, Any] = (await asked.get(f"/runs/{run_id}")).json()["telemetry"]
            if wanted(found):
                return found
            await anyio.sleep(0.05)


async def until_status(service: Telemetry, run_id: str, status: int) -> dict[str, Any]:
    """What telemetry answers, once it has this status."""
    with anyio.fail_after(60):
        while True:
            answer = await service.run(run_id)
            if answer is not None and answer.status_code == status:
                body: dict[str, Any] = answer.json()
                return body
            await anyio.sleep(0.05)


async def until_digest(service: Telemetry, run_id: str, digest: str) -> None:
    """Return when telemetry's log of the run is this one."""
    with anyio.fail_after(60):
        while True:
            if (await until_status(service, run_id, 200))["digest"] == digest:
                return
            await anyio.sleep(0.05)


def equal(found: dict[str, Any]) -> bool:
    return found["reconciled"] is not None and found["reconciled"]["equal"]


async def test_a_killed_and_emptied_telemetry_is_the_same_as_before_and_forgets_what_is_deleted(tmp_path: Path) -> None:
    with telemetry(tmp_path / "t") as service:
        async with client(tmp_path, telemetry_url=service.url) as asked:
            for run_id in ("one", "two"):
                await asked.post("/runs", json={"config": a_config(docs=3), "run_id": run_id})
                await finished(asked, run_id)
                await until_shown(asked, run_id, equal)
            before = await until_status(service, "one", 200)
            assert before["complete"] is True
            service.kill()
            await until_shown(asked, "one", lambda found: found["link"]["state"] == "down")
            shutil.rmtree(tmp_path / "t")
            service.start()
            after = await until_status(service, "two", 200)
            assert after["run_id"] == "two"
            await until_digest(service, "one", before["digest"])
            assert (await asked.delete("/runs/two")).status_code == 204
            await until_status(service, "two", 410)
