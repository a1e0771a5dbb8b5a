"""What the command asks telemetry. Source: CONTRACT sections 3 and 4."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, cast

import httpx

from services.cli.clients.http_service import NDJSON, HttpService, connect, unreachable
from services.cli.clients.problem_text import refusal
from services.cli.clients.routes import path
from services.cli.clients.sse_link import SseLink
from shared import paths

Json = dict[str, Any]


class TelemetryClient:
    """Telemetry's routes as methods; each raises ``Refused`` or ``Unreachable``."""

    def __init__(self, service: HttpService) -> None:
        self._service = service
        self.base_url = service.base_url

    async def runs(self, params: dict[str, str] | None = None) -> list[Json]:
        """Every run it has heard of, newest first."""
        value = await self._service.get(paths.RUNS, params)
        return cast(list[Json], value.get("runs", []) if isinstance(value, dict) else value)

    async def run(self, run_id: str) -> Json:
        """One run: status, phase, stats, completeness."""
        return cast(Json, await self._service.get(path(paths.RUN, run_id=run_id)))

    async def lines(self, run_id: str) -> AsyncIterator[str]:
        """The log up to its newest event, a stored line each."""
        log = path(paths.EVENTS, run_id=run_id)
        try:
            async with self._service.stream(log, params={}, headers={"Accept": NDJSON}, silence_s=30.0) as response:
                if response.status_code >= HTTPStatus.BAD_REQUEST:
                    raise refusal(self._service.name, response.status_code, await response.aread())
                async for line in response.aiter_lines():
                    if line:
                        yield line
        except httpx.HTTPError as error:
            raise unreachable(self._service.name, self.base_url, error) from error

    def live(self, run_id: str, rng: random.Random) -> SseLink:
        """The live view: state, for people."""
        return SseLink(self._service, path(paths.LIVE, run_id=run_id), {}, rng=rng)

    def log(self, run_id: str, rng: random.Random) -> SseLink:
        """The log: every event, once, in order, from the first."""
        return SseLink(self._service, path(paths.EVENTS, run_id=run_id), {"from": "start"}, rng=rng)

    async def end(self, run: Json) -> None:
        """End the log of this run (as ``run`` gives it) for the producer it no longer has: cancelled by hand."""
        event: Json = {"type": "run_finished", "data": {"status": "cancelled", "reason": "removed by hand"}}
        if run.get("numbered_by") == "producer":
            event |= {"seq": run["last"] + 1, "epoch": run["epoch"]}
        await self._service.post(path(paths.EVENTS, run_id=str(run["run_id"])), event)

    async def remove(self, run_id: str) -> None:
        """Delete the run's events."""
        await self._service.delete(path(paths.RUN, run_id=run_id))


@asynccontextmanager
async def telemetry_at(base_url: str) -> AsyncIterator[TelemetryClient]:
    """A client for telemetry at this address."""
    async with connect("telemetry", base_url) as service:
        yield TelemetryClient(service)
