"""The executor over HTTP: its application in this process, or the whole service as a process of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx

from services.executor.app import Executor, open_executor
from services.executor.config import Config
from tests.free_port import free_port

ROOT = Path(__file__).parent.parent.parent
FAKE_WORKER = (sys.executable, str(Path(__file__).parent / "fake_fpf.py"))
BASE = "http://127.0.0.1:8002"
START_LIMIT_S = 90.0
NO_TELEMETRY = "http://127.0.0.1:9"


class Client(httpx.AsyncClient):
    """Asks the application directly."""

    executor: Executor


@asynccontextmanager
async def client(folder: Path, *, environ: Mapping[str, str] | None = None, **settings: Any) -> AsyncIterator[Client]:
    """A client of an executor whose data lies in this folder."""
    given = {"data_dir": folder, "workers": 1, "telemetry_url": NO_TELEMETRY, **settings}
    (folder / "executor").mkdir(exist_ok=True)
    full = {**os.environ, "PYTHONPATH": str(ROOT), "MYLAB_BASE_URL": "http://127.0.0.1:9", **(environ or {})}
    async with open_executor(Config(**given), environ=full, worker=FAKE_WORKER) as executor:
        with anyio.fail_after(60):
            await executor.workers.ready()
        transport = httpx.ASGITransport(app=executor.app)
        async with Client(transport=transport, base_url=BASE) as asked:
            asked.executor = executor
            yield asked


async def finished(asked: httpx.AsyncClient, run_id: str) -> dict[str, Any]:
    """The run once it is over."""
    with anyio.fail_after(60):
        while True:
            run: dict[str, Any] = (await asked.get(f"/runs/{run_id}")).json()
            if run["status"] not in {"planned", "running", "cancelling"}:
                return run
            await anyio.sleep(0.01)


class Process:
    """A service as a process of its own."""

    def __init__(self, folder: Path, **environ: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environ = {
            **os.environ,
            "ACM2_DATA_DIR": str(folder),
            "ACM2_EXECUTOR_PORT": str(self.port),
            "ACM2_TELEMETRY_URL": NO_TELEMETRY,
            "ACM2_WORKERS": "2",
            **environ,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, ready: bool = True) -> subprocess.Popen[bytes]:
        """Start it, and wait until it is ready."""
        command = [sys.executable, "-m", "services.executor"]
        self.process = subprocess.Popen(command, cwd=ROOT, env=self.environ, stderr=subprocess.PIPE)
        deadline = time.monotonic() + START_LIMIT_S
        while ready and not self._is_ready():
            assert self.process.poll() is None, self.process.communicate()[1].decode()
            assert time.monotonic() < deadline, "the executor was not ready in time"
            time.sleep(0.05)
        return self.process

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it; the answer is its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.communicate(timeout=40)
        return self.process.returncode

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health/ready", trust_env=False).is_success
        except httpx.HTTPError:
            return False


@contextmanager
def service(folder: Path, **environ: str) -> Iterator[Process]:
    """An executor as a process, ready; killed at the end if it is still there."""
    made = Process(folder, **environ)
    try:
        made.start()
        yield made
    finally:
        if made.process is not None and made.process.poll() is None:
            made.stop(signal.SIGKILL)
