"""A real telemetry service as a process of its own, for pages that are to be looked at for real."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.stack import Service
from tests.free_port import free_port

ANSWER_LIMIT_S = 20.0


@contextmanager
def real_telemetry(folder: Path) -> Iterator[Service]:
    """The service on a free port, its data in the folder; started and stopped again as the test likes."""
    port = free_port()
    command = [sys.executable, "-m", "services.cli", "serve", "telemetry"]
    arguments = ["--port", str(port), "--data-dir", str(folder)]
    service = Service("telemetry", port, [*command, *arguments], dict(os.environ), folder / "telemetry.log")
    service.start()
    try:
        yield service
    finally:
        if service.process is not None and service.process.poll() is None:
            service.stop()


async def ask(service: Service, method: str, path: str, **request: Any) -> httpx.Response:
    """One request, and its answer."""
    async with httpx.AsyncClient(base_url=service.url, timeout=ANSWER_LIMIT_S) as client:
        return await client.request(method, path, **request)


async def post(service: Service, run_id: str, *events: dict[str, Any]) -> None:
    """POST events, all of which are taken."""
    answer = await ask(service, "POST", f"/runs/{run_id}/events", json=list(events))
    assert answer.status_code == 200, answer.text
