"""What becomes of a run that is there: paused, resumed, cancelled, closed. Every wish may be repeated."""

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import structlog

from services.executor.core.lives.auto_resume import MOST_IN_A_ROW
from services.executor.core.lives.history import ASKED, AUTOMATIC
from services.executor.core.presets.new_limits import with_limits
from services.executor.core.presets.preset import Preset
from services.executor.core.records import Deletion, StoredRun
from services.executor.errors import (
    DeliveryStoppedError,
    DrainingError,
    LedgerUnwritableError,
    MissingVariablesError,
    RunActiveError,
)
from services.executor.flows.kit import Kit
from services.executor.flows.ports import Commit, Reader
from services.executor.flows.run.agenda import end_phases_without_calls
from services.executor.flows.run.live_run import LiveRun
from services.executor.flows.run.pausing import clear_alerts, go_on, new_limits, pause, resumed
from services.executor.flows.run.stop import Stop
from services.executor.flows.runs.live_runs import LiveRuns
from services.executor.flows.runs.recover import interrupt
from services.executor.flows.runs.revive import preset_of, revive
from shared.status import ACTIVE, FINAL, RunStatus

WAIT_LIMIT_S = 20.0
"""How long an answer waits for what was asked; that goes on afterwards all the same."""

Find = Callable[[str], Awaitable[StoredRun]]
"""The run as the ledger knows it; raises ``UnknownRunError``."""

log = structlog.get_logger()


class Steering:
    """Changes the fate of runs."""

    def __init__(self, *, kit: Kit, reader: Reader, live: LiveRuns, find: Find) -> None:
        self._kit = kit
        self._reader = reader
        self._live = live
        self._find = find

    async def pause(self, run_id: str) -> RunStatus:
        """No request begins any more, those under way come to their end. A run that is not under way stays as it is.

        Raises ``RunActiveError`` while it is being cancelled.
        """
        async with self._live.turn(run_id):
            run = await self._under_way(run_id, "paused")
            if run is None:
                return (await self._find(run_id)).status
            await _durable(pause(run))
            return run.log.status

    async def resume(self, run_id: str, patch: Any = None) -> RunStatus:
        """The run goes on with what is missing; ``patch`` is a merge patch of its limits. One that lacks nothing stays.

        Raises ``InvalidPreset`` for limits that cannot be, ``MissingVariablesError``, ``DeliveryStoppedError``, and
        ``RunActiveError`` while it is being cancelled.
        """
        async with self._live.turn(run_id):
            while (run := await self._under_way(run_id, "resumed")) is not None:
                changed = self._changed(run.preset, patch)
                stored = await self._find(run_id)
                if not run.is_ending:
                    await _durable(go_on(run, stored.config, changed))
                    return run.log.status
            return await self._resume_stored(await self._find(run_id), patch)

    async def go_on_alone(self, run_id: str) -> None:
        """The run goes on because the executor has started again. It stays interrupted where that leads nowhere."""
        async with self._live.turn(run_id):
            stored = await self._find(run_id)
            if self._live.get(run_id) is not None or stored.status is not RunStatus.INTERRUPTED:
                return
            run = await revive(stored, kit=self._kit, reader=self._reader, asked=False)
            why = self._why_not_alone(run, stored)
            if why is not None:
                log.warning("an interrupted run waits for a person", run_id=run_id, why=why)
                return
            self._set_going(run, stored, AUTOMATIC)
            log.warning("an interrupted run goes on", run_id=run_id)

    async def cancel(self, run_id: str) -> RunStatus:
        """The run ends as cancelled, soon; waits for that a bounded time. One that is over stays as it is."""
        run = self._live.get(run_id)
        if run is None:
            async with self._live.turn(run_id):
                stored = await self._find(run_id)
                run = self._live.get(run_id)
                if run is None:
                    if stored.status in FINAL:
                        return stored.status
                    run = await self._take_up_to_end(stored)
                    self._cancel(run)
                    self._live.begin(run)
        if run.is_ending:
            run.ranking.hurry()
        else:
            self._cancel(run)
        return await _ended(run)

    async def fail(self, run_id: str, reason: str) -> RunStatus:
        """The run cannot go on and ends as failed, for this reason. One that is over stays as it is."""
        async with self._live.turn(run_id):
            run = self._live.get(run_id)
            if run is None:
                stored = await self._find(run_id)
                if stored.status in FINAL:
                    return stored.status
                run = await self._take_up_to_end(stored)
                run.stop(Stop("failure", reason))
                self._live.begin(run)
            else:
                run.stop(Stop("failure", reason))
            return await _ended(run)

    async def delete(self, run_id: str) -> None:
        """The run is gone from the ledger, and telemetry will be told to forget it.

        Raises ``RunActiveError`` while it is under way, ``UnknownRunError`` where there never was such a run.
        """
        async with self._live.turn(run_id):
            run = await self._under_way(run_id, "deleted")
            if run is not None:
                raise RunActiveError(f"the run is {run.log.status}; cancel it first")
            if await self._reader.deleted(run_id):
                return
            stored = await self._interrupted(await self._find(run_id))
            if self._kit.ledger.trouble is not None:
                raise LedgerUnwritableError(f"the executor cannot write its ledger: {self._kit.ledger.trouble}")
            deletion = Deletion(run_id=run_id, epoch=stored.epoch, asked_ms=self._kit.clock.now_ms())
            await self._kit.ledger.remove(deletion)
            self._live.forget(deletion)

    def _cancel(self, run: LiveRun) -> None:
        if run.log.status is not RunStatus.CANCELLING and not run.log.ended:
            run.log.move("run_cancelling", ASKED)
        run.stop(Stop("cancel", "cancelled by request"))

    async def _under_way(self, run_id: str, wish: str) -> LiveRun | None:
        """The run if it is under way and has begun; one that is just ending is waited for."""
        if self._live.draining:
            raise DrainingError(f"the executor is about to stop; the run can be {wish} when it is back")
        with anyio.move_on_after(WAIT_LIMIT_S):
            while (run := self._live.get(run_id)) is not None:
                if run.log.status is RunStatus.CANCELLING:
                    raise RunActiveError(f"the run is being cancelled; it can be {wish} when that is done")
                if not run.is_ending:
                    await run.begun.wait()
                if not run.is_ending:
                    return run
                await run.gone.wait()
            return None
        raise RunActiveError(f"the run is just ending; it can be {wish} when that is done")

    async def _resume_stored(self, stored: StoredRun, patch: Any) -> RunStatus:
        changed = self._changed(await preset_of(stored, self._reader), patch)
        if stored.status is RunStatus.COMPLETED:
            return stored.status
        if stored.stopped is not None:
            raise DeliveryStoppedError(stored.stopped)
        if self._kit.ledger.trouble is not None:
            raise LedgerUnwritableError(f"the executor cannot write its ledger: {self._kit.ledger.trouble}")
        stored = await self._interrupted(stored)
        run = await revive(stored, kit=self._kit, reader=self._reader, asked=True)
        missing = self._kit.missing(run.preset)
        if missing:
            raise MissingVariablesError(missing)
        if changed is not None:
            run.take_limits(changed)
        await _durable(self._set_going(run, stored, ASKED))
        return run.log.status

    def _why_not_alone(self, run: LiveRun, stored: StoredRun) -> str | None:
        missing = self._kit.missing(run.preset)
        if missing:
            return f"missing: {', '.join(missing)}"
        if stored.stopped is not None:
            return f"telemetry takes no more of its events: {stored.stopped}"
        return "it was interrupted again and again" if run.log.past.automatic >= MOST_IN_A_ROW else None

    def _set_going(self, run: LiveRun, stored: StoredRun, reason: str) -> Commit:
        # Reviving took a while, and whoever drains meanwhile has not seen this run.
        if self._live.draining:
            raise DrainingError("the executor is about to stop and begins no run")
        self._live.add(run, delivered_seq=stored.delivered_seq)
        commit = run.log.resume(reason, resumed(run), new_limits(run, stored.config))
        clear_alerts(run)
        end_phases_without_calls(run)
        self._live.begin(run)
        return commit

    async def _take_up_to_end(self, stored: StoredRun) -> LiveRun:
        stored = await self._interrupted(stored)
        run = await revive(stored, kit=self._kit, reader=self._reader, asked=False, asks_again=False)
        self._live.add(run, delivered_seq=stored.delivered_seq)
        end_phases_without_calls(run)
        return run

    async def _interrupted(self, stored: StoredRun) -> StoredRun:
        """The run as it is once the end of its last life is written; that could not be done when it broke."""
        if stored.status not in ACTIVE:
            return stored
        await interrupt(stored, self._reader, self._kit.ledger, self._kit.clock)
        return await self._find(stored.run_id)

    def _changed(self, preset: Preset, patch: Any) -> Preset | None:
        if patch is None:
            return None
        changed = with_limits(preset, patch, self._kit.price_of)
        return None if changed.limits == preset.limits else changed


async def _durable(commit: Commit | None) -> None:
    if commit is not None:
        with anyio.move_on_after(WAIT_LIMIT_S):
            await commit.wait()


async def _ended(run: LiveRun) -> RunStatus:
    with anyio.move_on_after(WAIT_LIMIT_S):
        await run.gone.wait()
    return run.log.status
