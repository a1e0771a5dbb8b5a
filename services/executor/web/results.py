"""What came out of runs: results, runs side by side, exports, documents. Also of runs that are not over."""

import json
from functools import partial
from typing import Any

import anyio
import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from services.executor.core.records import StoredRun
from services.executor.core.results.compare_runs import compare_runs
from services.executor.core.results.export_rows import csv_text, ndjson
from services.executor.core.results.report.page import report
from services.executor.core.results.results import results
from services.executor.flows.ports import Reader
from services.executor.flows.read_outcome import read_outcome
from services.executor.flows.runs.runs import Runs
from services.executor.web.answers import json_answer
from services.executor.web.asked import one_of, run_id_of
from services.process.problem import Problem
from shared.ids import is_run_id
from shared.stored import format_time

FORMATS = ("json", "ndjson", "csv", "html")
MOST_COMPARED = 8
AT_ONCE = 2
"""How many runs' results are worked out at the same time: those of a large run take seconds and much memory."""

MOST_WITHIN = 5.0

Shown = dict[str, Any]


class ResultRoutes:
    """The routes about what runs brought."""

    def __init__(self, *, runs: Runs, reader: Reader) -> None:
        self._runs = runs
        self._reader = reader
        self._room = anyio.Semaphore(AT_ONCE)

    async def results(self, request: Request) -> Response:
        """GET /runs/{run_id}/results: as far as they are there."""
        within = _within(request)
        return await _answer(json_answer, await self._read(run_id_of(request), within))

    async def compare(self, request: Request) -> Response:
        """GET /compare?run=a&run=b: runs side by side, in the order they were named."""
        names = list(dict.fromkeys(request.query_params.getlist("run")))
        if not 2 <= len(names) <= MOST_COMPARED:
            message = f"name 2 to {MOST_COMPARED} different runs: /compare?run=A&run=B"
            raise Problem("invalid-parameter", message, errors=[{"path": "run", "message": message}])
        if not all(is_run_id(name) for name in names):
            raise Problem("invalid-id", "a run id has 1 to 64 letters, digits, dots, dashes or underscores")
        within = _within(request)
        stored = [await self._runs.find(name) for name in names]
        found = [await self._results(one, within) for one in stored]
        return await _answer(partial(_compared, [one.config for one in stored]), found)

    async def export(self, request: Request) -> Response:
        """GET /runs/{run_id}/export?format=json|ndjson|csv|html."""
        kind = one_of(request, "format", FORMATS) or "json"
        found = await self._read(run_id_of(request), _within(request))
        headers = {"X-Content-Type-Options": "nosniff", "Content-Disposition": _file(found["run_id"], kind)}
        if kind == "html":
            # Whatever a model wrote stands in it as text; should that ever fail, the browser runs nothing all the same.
            headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
            return Response(await anyio.to_thread.run_sync(report, found), headers=headers, media_type="text/html")
        if kind == "csv":
            return Response(await anyio.to_thread.run_sync(csv_text, found), headers=headers, media_type="text/csv")
        if kind == "ndjson":
            lines = await anyio.to_thread.run_sync(ndjson, found)
            return Response(lines, headers=headers, media_type="application/x-ndjson")
        return await _answer(partial(json_answer, headers=headers), found)

    async def document(self, request: Request) -> Response:
        """GET /runs/{run_id}/documents/{document_id}: the text itself."""
        stored = await self._runs.find(run_id_of(request))
        text = await self._reader.text(stored.run_id, request.path_params["document_id"])
        if text is None:
            raise Problem("not-found", "the run has no document of that id, or has not made it yet")
        # A document is whatever a model wrote: a browser must not take it for a page.
        headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}
        return Response(text.encode(), media_type="text/plain; charset=utf-8", headers=headers)

    async def _read(self, run_id: str, within: float | None) -> Shown:
        return await self._results(await self._runs.find(run_id), within)

    async def _results(self, stored: StoredRun, within: float | None) -> Shown:
        async with self._room:
            found = await read_outcome(stored, self._reader, partial(results, within=within))
        live = self._runs.live(stored.run_id)
        named = {
            "run_id": stored.run_id,
            "status": live.log.status if live else stored.status,
            "reason": live.log.fold.reason if live else stored.reason,
            "preset": stored.preset,
            "created": format_time(stored.created_ms),
        }
        return {**named, **found}


def _compared(configs: list[str], found: list[Shown]) -> Response:
    return json_answer(compare_runs(found, [json.loads(config) for config in configs]))


async def _answer(make: Any, value: Any) -> Response:
    """Written down beside the loop: the results of a large run are megabytes."""
    answer: Response = await anyio.to_thread.run_sync(make, value)
    return answer


def _within(request: Request) -> float | None:
    text = request.query_params.get("within")
    if not text:
        return None
    try:
        within = float(text)
    except ValueError:
        within = -1.0
    if not 0 <= within <= MOST_WITHIN:
        message = f"must be a number from 0 to {MOST_WITHIN:g}"
        raise Problem("invalid-parameter", f"within: {message}", errors=[{"path": "within", "message": message}])
    return within


def _file(run_id: str, kind: str) -> str:
    # A report is read where it is; the others are files for other programs.
    return f'{"inline" if kind == "html" else "attachment"}; filename="{run_id}.{kind}"'
