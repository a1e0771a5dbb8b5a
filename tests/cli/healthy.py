"""An executor and a telemetry that answer a check-up as two well services would; a test changes what it is about."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any

from services.cli.processes.find_services import EXECUTOR_MARK, TELEMETRY_MARK
from shared.digest import EMPTY, extend
from shared.limits import CONTRACT_VERSION
from tests.cli.fake_server import Exchange, FakeServer, Request, Script, answers, fake_server, problem, says

BUILD = "0.1.0+0123456789"
EPOCH = "k3v9"
PAGE = f'<meta name="acm2-build" content="{BUILD}"><script type="module" src="static/app.js"></script>'
SCRIPTS = ("/static/app.js", "/static/live-stats.js")
VERDICT_ERROR = {"kind": "worker_died", "message": "the worker went away", "status": None}


@dataclass
class Pair:
    """Both services; ``lines`` is what telemetry has of the run that was started last."""

    executor: FakeServer
    telemetry: FakeServer
    run_id: str = ""
    lines: tuple[str, ...] = ()
    complete: bool = True
    deleted_at_telemetry: bool = False

    @property
    def digest(self) -> str:
        return extend(EMPTY, [line.encode() for line in self.lines]).hex()

    async def start(self, request: Request, exchange: Exchange) -> None:
        """POST /runs: three events, the last of them true about the two before."""
        self.run_id = request.json["run_id"]
        before = [self._line("run_planned", 1, {}), self._line("run_started", 2, {})]
        digest = extend(EMPTY, [line.encode() for line in before]).hex()
        last = {"status": "completed", "reason": None, "events": 2, "digest": digest}
        self.lines = (*before, self._line("run_finished", 3, last))
        run = f"/runs/{self.run_id}"
        self.telemetry.on("GET", f"{run}/events", self.stream)
        self.telemetry.on("GET", run, self.account)
        self.executor.on("GET", f"{run}/calls", answers({"calls": [{"call_id": "c", "error": None}], "after": None}))
        self.executor.on("GET", run, answers({"status": "completed", "telemetry": {"pending": 0}}))
        self.executor.on("DELETE", run, self.delete)
        self.telemetry.on("DELETE", run, says("", 204))
        links = {"events": f"{self.telemetry.url}{run}/events", "page": f"{self.telemetry.url}/?run={self.run_id}"}
        await answers({"run_id": self.run_id, "links": links, "plan": {}}, 201)(request, exchange)

    async def stream(self, _request: Request, exchange: Exchange) -> None:
        """The log as SSE."""
        await exchange.head(200, "text/event-stream; charset=utf-8")
        await exchange.send(sse("hello", json.dumps({"type": "hello", "seq": 3, "epoch": EPOCH})))
        for line in self.lines:
            await exchange.send(sse(json.loads(line)["type"], line))
        await exchange.send(sse("end", json.dumps({"type": "end", **self.facts()})))

    async def account(self, request: Request, exchange: Exchange) -> None:
        """GET /runs/{id} at telemetry."""
        gone = problem(410, "run-expired", "the run was deleted")
        await (gone if self.deleted_at_telemetry else answers(self.facts()))(request, exchange)

    async def delete(self, request: Request, exchange: Exchange) -> None:
        """DELETE at the executor, which has telemetry delete too."""
        self.deleted_at_telemetry = True
        await says("", 204)(request, exchange)

    def facts(self) -> dict[str, Any]:
        """What telemetry says of the log."""
        count = len(self.lines)
        return {
            "run_id": self.run_id,
            "status": "completed",
            "count": count,
            "digest": self.digest,
            "complete": self.complete,
        }

    def _line(self, type_: str, seq: int, data: dict[str, Any]) -> str:
        line = {"type": type_, "run_id": self.run_id, "seq": seq, "epoch": EPOCH}
        return json.dumps(line | {"time": "2026-11-22T10:00:00.000Z", "data": data}, separators=(",", ":"))


def sse(event: str, data: str) -> bytes:
    return f"event: {event}\ndata: {data}\n\n".encode()


def dated(value: Any, date: str | None = None) -> Script:
    """JSON with the time it was said at."""

    async def script(_request: Request, exchange: Exchange) -> None:
        await exchange.head(200, "application/json", f"Date: {date or formatdate(usegmt=True)}")
        await exchange.send(json.dumps(value).encode())

    return script


def leads_to(url: str) -> Script:
    """A redirect."""

    async def script(_request: Request, exchange: Exchange) -> None:
        await exchange.head(307, "text/plain", f"Location: {url}")

    return script


@asynccontextmanager
async def healthy() -> AsyncIterator[Pair]:
    """Both, at free ports."""
    known = {"status": "ok", "build": BUILD, "contract": CONTRACT_VERSION}
    async with fake_server() as executor, fake_server() as telemetry:
        pair = Pair(executor, telemetry)
        for server, mark in ((executor, EXECUTOR_MARK), (telemetry, TELEMETRY_MARK)):
            server.on("GET", "/metrics", says(f"{mark} 0.0\n"))
            server.on("GET", "/health/live", dated(known))
            server.on("GET", "/health/ready", answers({"status": "ready", "build": BUILD}))
            server.on("GET", "/", says(PAGE, content_type="text/html"))
            for script in SCRIPTS:
                server.on("GET", script, says("export {}", content_type="text/javascript"))
        executor.on("GET", "/presets", answers({"presets": [{"name": "demo", "missing": [], "mistakes": []}]}))
        executor.on("GET", "/runs/doctor/events", leads_to(f"{telemetry.url}/runs/doctor/events"))
        executor.on("GET", "/runs", answers({"runs": []}))
        telemetry.on("GET", "/runs", answers({"runs": []}))
        executor.on("POST", "/runs", pair.start)
        yield pair
