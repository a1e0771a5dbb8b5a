"""Both services as real processes on free ports of the loopback, ended with the test that started them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import httpx_sse
import psutil

from tests.free_port import free_port

START_LIMIT_S = 90.0
RUN_LIMIT_S = 90.0
FINAL = {"completed", "completed_with_errors", "failed", "cancelled"}


@dataclass
class Frame:
    """One SSE frame as a client saw it."""

    event: str
    id: str
    data: dict[str, Any]


@dataclass
class Service:
    """One service process."""

    name: str
    port: int
    command: list[str]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                if httpx.get(f"{self.url}/health/ready", timeout=2).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"{self.name} did not start:\n{self.log.read_text()[-3000:]}")

    def stop(self, number: int = signal.SIGTERM) -> int:
        assert self.process is not None
        children = psutil.Process(self.process.pid).children(recursive=True) if self.process.poll() is None else []
        self.process.send_signal(number)
        code = self.process.wait(40)
        _, alive = psutil.wait_procs(children, timeout=5)
        assert not alive, f"{self.name} left processes behind: {alive}"
        return code


@dataclass
class Stack:
    """Telemetry and executor, and the way a user talks to them."""

    folder: Path
    telemetry: Service
    executor: Service
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30))

    def start_run(self, config: dict[str, Any], **extra: Any) -> str:
        answer = self.client.post(f"{self.executor.url}/runs", json={"config": config, **extra})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["run_id"])

    def frames(self, path: str, **headers: str) -> Iterator[Frame]:
        """The frames of one stream until it closes."""
        with (
            httpx.Client(timeout=httpx.Timeout(10, read=40)) as client,
            httpx_sse.connect_sse(client, "GET", self.telemetry.url + path, headers=headers) as source,
        ):
            for one in source.iter_sse():
                yield Frame(one.event, one.id, json.loads(one.data))

    def watch(self, run_id: str, view: str = "live") -> list[Frame]:
        """Every frame of a run's stream, to its end."""
        return list(self.frames(f"/runs/{run_id}/{view}"))

    def wait_for(self, run_id: str, wanted: set[str]) -> dict[str, Any]:
        """The executor's view of the run once its status is one of those wanted."""
        deadline = time.monotonic() + RUN_LIMIT_S
        while True:
            run: dict[str, Any] = self.client.get(f"{self.executor.url}/runs/{run_id}").json()
            if run["status"] in wanted:
                return run
            assert time.monotonic() < deadline, f"still {run['status']}, not {wanted}: {json.dumps(run)[:2000]}"
            time.sleep(0.05)


@contextmanager
def running_stack(folder: Path, **environment: str) -> Iterator[Stack]:
    telemetry_port, executor_port = free_port(), free_port()
    env = {**os.environ, **environment}
    acm2 = [sys.executable, "-m", "services.cli"]
    stack = Stack(
        folder,
        Service(
            "telemetry",
            telemetry_port,
            [*acm2, "serve", "telemetry", "--port", str(telemetry_port), "--data-dir", str(folder)],
            env,
            folder / "telemetry.log",
        ),
        Service(
            "executor",
            executor_port,
            [*acm2, "serve", "executor", "--port", str(executor_port), "--data-dir", str(folder),
             "--telemetry-url", f"http://127.0.0.1:{telemetry_port}"],
            {**env, "ACM2_TELEMETRY_PORT": str(telemetry_port)},
            folder / "executor.log",
        ),
    )  # fmt: skip
    started = []
    try:
        for service in (stack.telemetry, stack.executor):
            service.start()
            started.append(service)
        yield stack
    finally:
        stack.client.close()
        for service in reversed(started):
            if service.process is not None and service.process.poll() is None:
                service.stop()
