"""Runs over HTTP: plan, start, list, show, pause, resume, cancel, delete."""

from functools import partial
from typing import Any

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.executor.core.presets.mistakes import InvalidPreset, Mistake
from services.executor.errors import MissingVariablesError
from services.executor.flows.before.prepare import Prepared, Preparer
from services.executor.flows.before.reevaluate import earlier_documents
from services.executor.flows.ports import Reader
from services.executor.flows.runs.runs import Runs
from services.executor.web.answers import json_answer
from services.executor.web.asked import read_nothing, read_value, read_value_or_nothing, run_id_of, whole_number
from services.executor.web.links import PublicAddresses
from services.executor.web.price_rows import PriceRows
from services.executor.web.run_views import RunViews
from services.process.problem import Problem
from shared.ids import is_run_id
from shared.status import RunStatus

DEFAULT_LISTED = 50
MOST_LISTED = 500
TEMPORARY_REDIRECT = 307
NO_CONTENT = 204


class RunRoutes:
    """The routes about runs as a whole."""

    def __init__(
        self,
        *,
        runs: Runs,
        reader: Reader,
        preparer: Preparer,
        views: RunViews,
        addresses: PublicAddresses,
        prices: PriceRows,
    ) -> None:
        self._runs = runs
        self._reader = reader
        self._preparer = preparer
        self._views = views
        self._addresses = addresses
        self._prices = prices

    async def plan(self, request: Request) -> Response:
        """POST /plan: what a run would ask and cost, with the price of each model; nothing is started."""
        prepared = await self._prepare(await read_value(request))
        prices = await anyio.to_thread.run_sync(self._prices.of_models, [one for _, one in prepared.preset.models()])
        return json_answer({**prepared.overview, "prices": prices})

    async def start(self, request: Request) -> Response:
        """POST /runs: a new run; a repeat with the same run id is answered with that run."""
        value = await read_value(request)
        run_id = _own_id(value)
        prepared = await self._prepare(value)
        if prepared.missing and not (run_id and await self._runs.repeated(run_id, prepared.request_sha256)):
            raise MissingVariablesError(prepared.missing)
        made = await self._runs.make(prepared, run_id)
        links = self._addresses.links(request, made.run_id)
        body = {"run_id": made.run_id, "links": links, "plan": prepared.overview}
        return json_answer(body, 201 if made.new else 200, {"Location": links["self"]})

    async def list(self, request: Request) -> Response:
        """GET /runs: newest first."""
        limit = whole_number(request, "limit", default=DEFAULT_LISTED, least=1, most=MOST_LISTED)
        before = request.query_params.get("before") or None
        found = await self._reader.runs(limit=limit, before=before)
        return json_answer({"runs": [await self._views.brief(request, stored) for stored in found]})

    async def show(self, request: Request) -> Response:
        """GET /runs/{run_id}."""
        stored = await self._runs.find(run_id_of(request))
        return json_answer(await self._views.whole(request, stored))

    async def cancel(self, request: Request) -> Response:
        """POST /runs/{run_id}/cancel: answered when no request goes out any more; repeatable."""
        await read_nothing(request)
        run_id = run_id_of(request)
        return self._now(request, run_id, await self._runs.cancel(run_id))

    async def pause(self, request: Request) -> Response:
        """POST /runs/{run_id}/pause: no request begins any more, those under way come to their end; repeatable."""
        await read_nothing(request)
        run_id = run_id_of(request)
        return self._now(request, run_id, await self._runs.pause(run_id))

    async def resume(self, request: Request) -> Response:
        """POST /runs/{run_id}/resume: only what is missing is asked; ``{"limits": {...}}`` changes its limits."""
        patch = _limits_patch(await read_value_or_nothing(request))
        run_id = run_id_of(request)
        return self._now(request, run_id, await self._runs.resume(run_id, patch))

    async def delete(self, request: Request) -> Response:
        """DELETE /runs/{run_id}: gone here, and soon at telemetry; repeatable."""
        await read_nothing(request)
        await self._runs.delete(run_id_of(request))
        return Response(status_code=NO_CONTENT)

    async def redirect(self, request: Request) -> Response:
        """GET /runs/{run_id}/events and /live: they are telemetry's."""
        run_id_of(request)
        query = f"?{request.url.query}" if request.url.query else ""
        target = self._addresses.of_telemetry(request) + request.url.path + query
        return RedirectResponse(target, TEMPORARY_REDIRECT)

    def _now(self, request: Request, run_id: str, status: RunStatus) -> Response:
        return json_answer({"run_id": run_id, "status": status, "links": self._addresses.links(request, run_id)})

    async def _prepare(self, value: Any) -> Prepared:
        # A large config takes a while to check, and everybody else's requests wait for the loop.
        found = await earlier_documents(value, self._reader)
        return await anyio.to_thread.run_sync(partial(self._preparer.prepare, value, found))


def _limits_patch(value: Any) -> Any:
    """The limits a resume asks for, None for none; raises ``InvalidPreset`` for anything else."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise InvalidPreset([Mistake("body", 'must be an object: {"limits": {...}}')])
    unknown = [Mistake(str(key)[:100], "unknown key; known here: limits") for key in value if key != "limits"]
    if unknown:
        raise InvalidPreset(unknown)
    return value.get("limits")


def _own_id(value: Any) -> str | None:
    run_id = value.get("run_id") if isinstance(value, dict) else None
    if run_id is None:
        return None
    if not isinstance(run_id, str) or not is_run_id(run_id):
        message = "must have 1 to 64 letters, digits, dots, dashes or underscores"
        raise Problem("invalid-id", f"run_id: {message}", errors=[{"path": "run_id", "message": message}])
    return run_id
