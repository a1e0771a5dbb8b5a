"""What the command asks the executor. Source: CONTRACT section 6."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

from services.cli.clients.http_service import CANCEL_TIMEOUT_S, WORK_TIMEOUT_S, HttpService, connect
from services.cli.clients.routes import path
from shared import paths

Json = dict[str, Any]


class ExecutorClient:
    """The executor's routes as methods; each raises ``Refused`` or ``Unreachable``."""

    def __init__(self, service: HttpService) -> None:
        self._service = service
        self.base_url = service.base_url

    async def presets(self) -> list[Json]:
        """Every preset it knows."""
        return _rows(await self._service.get(paths.PRESETS), "presets")

    async def preset(self, name: str) -> Json:
        """One preset."""
        return cast(Json, await self._service.get(path(paths.PRESET, name=name)))

    async def put_preset(self, name: str, text: bytes, content_type: str) -> bool:
        """Keep the text under this name, as it is; whether the name is new."""
        return await self._service.put(path(paths.PRESET, name=name), text, content_type)

    async def remove_preset(self, name: str) -> None:
        """Delete the preset of this name."""
        await self._service.delete(path(paths.PRESET, name=name))

    async def plan(self, body: Json) -> Json:
        """What a run would ask and cost; nothing is started."""
        return cast(Json, await self._service.post(paths.PLAN, body))

    async def start(self, body: Json) -> Json:
        """Start a run: ``{run_id, links, plan}``."""
        return cast(Json, await self._service.post(paths.RUNS, body))

    async def runs(self, params: dict[str, str] | None = None) -> list[Json]:
        """Its runs, newest first."""
        return _rows(await self._service.get(paths.RUNS, params), "runs")

    async def run(self, run_id: str) -> Json:
        """One run: status, stats, config, and in ``telemetry`` what became of its events."""
        return cast(Json, await self._service.get(path(paths.RUN, run_id=run_id)))

    async def cancel(self, run_id: str) -> Json:
        """Cancel; answered when no request goes out any more."""
        return cast(Json, await self._service.post(path(paths.CANCEL, run_id=run_id), timeout_s=CANCEL_TIMEOUT_S))

    async def pause(self, run_id: str) -> Json:
        """Pause: no new request goes out, those under way come to their end."""
        return cast(Json, await self._service.post(path(paths.PAUSE, run_id=run_id)))

    async def resume(self, run_id: str, limits: Json | None = None) -> Json:
        """Go on with what is missing; ``limits`` is a merge patch of the run's limits."""
        body = {"limits": limits} if limits else None
        return cast(Json, await self._service.post(path(paths.RESUME, run_id=run_id), body))

    async def results(self, run_id: str, within: float | None = None) -> Json:
        """Scores and what follows from them; ``within``: also the cheapest model so close to the best."""
        params = {} if within is None else {"within": f"{within:g}"}
        route = path(paths.RESULTS, run_id=run_id)
        return cast(Json, await self._service.get(route, params, timeout_s=WORK_TIMEOUT_S))

    async def compare(self, run_ids: Sequence[str]) -> Json:
        """Several runs' results side by side."""
        return cast(Json, await self._service.get(paths.COMPARE, {"run": list(run_ids)}, timeout_s=WORK_TIMEOUT_S))

    def export(self, run_id: str, format_: str) -> AsyncIterator[bytes]:
        """The run's judgements or its report, in this format, as it comes."""
        return self._service.parts(path(paths.EXPORT, run_id=run_id), {"format": format_})

    async def document(self, run_id: str, document_id: str) -> str:
        """The text of one of the run's documents."""
        return await self._service.text(path(paths.DOCUMENT, run_id=run_id, document_id=document_id))

    async def prices(self, params: Mapping[str, str]) -> list[Json]:
        """What models cost; ``params``: provider, model, preset."""
        return _rows(await self._service.get(paths.PRICES, params), "prices")

    async def calls(self, run_id: str, params: dict[str, str] | None = None) -> Json:
        """A page of the run's calls, ``{calls, after}``; ``params``: status, phase, model, limit, after."""
        value = await self._service.get(path(paths.CALLS, run_id=run_id), params)
        after = value.get("after") if isinstance(value, dict) else None
        return {"calls": _rows(value, "calls"), "after": after}

    async def call(self, run_id: str, call_id: str) -> Json:
        """One call with each attempt's prompt, answer and error."""
        return cast(Json, await self._service.get(path(paths.CALL, run_id=run_id, call_id=call_id)))

    async def remove(self, run_id: str) -> None:
        """Delete the run, here and at telemetry."""
        await self._service.delete(path(paths.RUN, run_id=run_id))


@asynccontextmanager
async def executor_at(base_url: str) -> AsyncIterator[ExecutorClient]:
    """A client for the executor at this address."""
    async with connect("the executor", base_url) as service:
        yield ExecutorClient(service)


def _rows(value: Any, name: str) -> list[Json]:
    rows = value.get(name, []) if isinstance(value, dict) else value
    return [row for row in rows if isinstance(row, dict)]
