"""``GET /runs``, and ``GET`` and ``DELETE /runs/{run_id}``: runs as JSON."""

from typing import Any

import anyio.to_thread
import msgspec
from starlette.types import Receive, Scope, Send

from services.process.problem import Problem
from services.telemetry.core.facts import Facts
from services.telemetry.flows.deletion import delete_run
from services.telemetry.web.answers import base_url, send_facts, send_nothing
from services.telemetry.web.listing import page_of_runs
from services.telemetry.web.parts import Parts
from services.telemetry.web.query import Query
from services.telemetry.web.run_ids import checked_run_id, refuse_deleted, refuse_unknown, run_id_of
from shared import paths

RUNS_SHOWN = 50
MOST_RUNS_SHOWN = 1000
_HIDDEN_IN_LISTS = ("delivered", "receipts", "accounting")


class ListRuns:
    """The endpoint of ``GET /runs``: newest first; ``next`` is the ``before`` of the next page."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        query = Query(scope)
        limit = query.whole("limit", least=1, most=MOST_RUNS_SHOWN) or RUNS_SHOWN
        before = query.text("before")
        if before is not None:
            checked_run_id(before)
        page = await page_of_runs(self._parts.store, self._parts.runs, limit=limit, before=before)
        base = base_url(scope, self._parts.config.telemetry_public_url)
        runs = [_listed(facts) | {"links": links(base, facts["run_id"])} for facts in page.runs]
        await send_facts(send, {"runs": runs, "next": page.before})


class ShowRun:
    """The endpoint of ``GET /runs/{run_id}``."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        channel = await self._parts.runs.pin(run_id_of(scope))
        try:
            refuse_deleted(channel)
            refuse_unknown(channel)
            base = base_url(scope, self._parts.config.telemetry_public_url)
            await send_facts(send, channel.facts() | {"links": links(base, channel.run_id)})
        finally:
            self._parts.runs.unpin(channel)


class DeleteRun:
    """The endpoint of ``DELETE /runs/{run_id}``."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        parts = self._parts
        channel = await parts.runs.pin(run_id_of(scope))
        try:
            if not channel.deleted:
                refuse_unknown(channel)
            if not await delete_run(channel, parts.committer, parts.clock):
                status = channel.log.status.value
                raise Problem("run-active", f"run {channel.run_id} is {status}; cancel it first")
        finally:
            parts.runs.unpin(channel)
        await send_nothing(send)


class ShowRejected:
    """The endpoint of ``GET /runs/{run_id}/rejected``: newest first, also of a run that has not begun."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        channel = await self._parts.runs.pin(run_id_of(scope))
        try:
            refuse_deleted(channel)
            if not channel.rejected:
                refuse_unknown(channel)
            found = await anyio.to_thread.run_sync(self._parts.store.rejections, channel.run_id)
            shown = [msgspec.structs.asdict(one) for one in found]
            facts = {"run_id": channel.run_id, "count": channel.rejected, "rejected": shown}
        finally:
            self._parts.runs.unpin(channel)
        await send_facts(send, facts)


def links(base: str, run_id: str) -> dict[str, str]:
    """Where a run is to be found."""

    def at(template: str) -> str:
        return base + paths.fill(template, run_id=run_id)

    return {
        "self": at(paths.RUN),
        "events": at(paths.EVENTS),
        "live": at(paths.LIVE),
        "rejected": at(paths.REJECTED),
        "page": f"{base}{paths.PAGE}?run={run_id}",
    }


def _listed(facts: Facts) -> dict[str, Any]:
    stats = {name: value for name, value in facts["stats"].items() if not isinstance(value, list | dict)}
    return {name: value for name, value in facts.items() if name not in _HIDDEN_IN_LISTS} | {"stats": stats}
