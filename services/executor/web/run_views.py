"""Runs as the API shows them: those that run from memory, all others from the ledger."""

import json
from typing import Any

from starlette.requests import Request

from services.executor.core.records import StoredRun
from services.executor.flows.delivery.deliver import DeliveryDesk
from services.executor.flows.ports import Clock, Ledger, Reader
from services.executor.flows.run.run_log import RunLog
from services.executor.flows.runs.runs import Runs
from services.executor.web.links import PublicAddresses
from shared.status import FINAL, RESUMABLE, RunStatus
from shared.stored import format_time

Shown = dict[str, Any]


class RunViews:
    """Makes the JSON of runs."""

    def __init__(
        self,
        *,
        runs: Runs,
        reader: Reader,
        ledger: Ledger,
        desk: DeliveryDesk,
        clock: Clock,
        addresses: PublicAddresses,
    ) -> None:
        self._runs = runs
        self._reader = reader
        self._ledger = ledger
        self._desk = desk
        self._clock = clock
        self._addresses = addresses

    async def whole(self, request: Request, stored: StoredRun) -> Shown:
        """One run with its config and what became of its events."""
        return {
            **await self.brief(request, stored),
            "config": json.loads(stored.config),
            "telemetry": await self._desk.shown(stored, await self._reader.last_seq(stored.run_id)),
        }

    async def brief(self, request: Request, stored: StoredRun) -> Shown:
        """One run as a list shows it."""
        live = self._runs.live(stored.run_id)
        if live is None and stored.status not in FINAL:
            # It may have ended since it was read, and then the ledger knows more than ``stored``.
            stored = await self._runs.find(stored.run_id)
        fold = live.log.fold if live else None
        stats = fold.stats() if fold else await self._stats(stored)
        status = fold.status if fold else stored.status
        if live and status is RunStatus.RUNNING and live.may_not_begin:
            # Nothing is sent from the first moment on; that is written down when it can be.
            status = RunStatus.PAUSED
        shown = {
            "run_id": stored.run_id,
            "status": status,
            "reason": fold.reason if fold else stored.reason,
            "phase": stats["current_phase"],
            "preset": stored.preset,
            "created": format_time(stored.created_ms),
            "finished": None if stored.finished_ms is None else format_time(stored.finished_ms),
            "resumable": status in RESUMABLE,
            "storage": self._ledger.trouble or "ok",
            "epoch": stored.epoch,
            "planned_calls": stored.planned_calls,
            "max_requests_total": stored.max_requests_total,
            "stats": stats,
            "links": self._addresses.links(request, stored.run_id),
        }
        await self._runs.settled()
        return shown

    async def _stats(self, stored: StoredRun) -> Shown:
        if stored.stats is not None:
            kept: Shown = json.loads(stored.stats)
            return kept
        run_log = await RunLog.reopen(stored.run_id, stored.epoch, ledger=self._ledger, clock=self._clock)
        return run_log.fold.stats()
