"""All runs of this process: making them, finding them, ending them."""

from collections.abc import Callable
from dataclasses import dataclass

import anyio
import structlog
from anyio.abc import TaskGroup

from services.executor.core.records import StoredRun
from services.executor.errors import DrainingError, LedgerUnwritableError, RunExistsError, UnknownRunError
from services.executor.flows.before.prepare import Prepared
from services.executor.flows.kit import Kit
from services.executor.flows.ports import Deliveries, Reader
from services.executor.flows.run.live_run import LiveRun
from services.executor.flows.run.pausing import storage_back, storage_lost
from services.executor.flows.run.run_log import RunLog
from services.executor.flows.run.stop import Stop
from services.executor.flows.runs.first_records import first_records, run_planned
from services.executor.flows.runs.live_runs import LiveRuns
from services.executor.flows.runs.steering import Steering
from shared.ids import RunId, make_epoch, make_run_id
from shared.stored import format_time

MAKE_LIMIT_S = 20.0
SETTLE_LIMIT_S = 1.0
STORAGE_LOOK_S = 0.5
"""How often the ledger is looked at; one that cannot be written at two looks in a row makes the runs pause."""


log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Made:
    """A run that is there now; ``new`` unless a repeat has named it."""

    run_id: str
    new: bool


class Runs:
    """The runs of this process."""

    def __init__(
        self, *, kit: Kit, reader: Reader, deliveries: Deliveries, randomness: Callable[[], int], group: TaskGroup
    ) -> None:
        self._kit = kit
        self._reader = reader
        self._randomness = randomness
        self._group = group
        self._live = LiveRuns(deliveries=deliveries, group=group)
        self._steering = Steering(kit=kit, reader=reader, live=self._live, find=self.find)
        self._making = anyio.Lock()
        self.pause = self._steering.pause
        self.resume = self._steering.resume
        self.cancel = self._steering.cancel
        self.delete = self._steering.delete
        self.go_on_alone = self._steering.go_on_alone

    @property
    def draining(self) -> bool:
        """Whether the service is about to stop."""
        return self._live.draining

    @property
    def live_count(self) -> int:
        """How many runs are under way."""
        return len(self._live)

    def live(self, run_id: str) -> LiveRun | None:
        """The run, if it runs here and now."""
        return self._live.get(run_id)

    async def settled(self) -> None:
        """Return when what is known now is durable: what is shown once must never be taken back.

        A ledger that cannot be written is not waited for; it is shown too.
        """
        if self._kit.ledger.trouble is None:
            with anyio.move_on_after(SETTLE_LIMIT_S):
                await self._kit.ledger.flush()

    async def find(self, run_id: str) -> StoredRun:
        """The run as the ledger knows it, after all that has happened; raises ``UnknownRunError``."""
        await self.settled()
        stored = await self._reader.run(run_id)
        if stored is None:
            raise UnknownRunError(f"no run {run_id}")
        return stored

    async def repeated(self, run_id: str, request_sha256: str) -> bool:
        """Whether this very run is there already; raises ``RunExistsError`` when the id is another run's."""
        stored = await self._reader.run(run_id)
        if stored is None:
            if await self._reader.deleted(run_id):
                raise RunExistsError(f"{run_id} was a run that has been deleted; choose another run_id")
            return False
        if stored.request_sha256 != request_sha256:
            raise RunExistsError(f"{run_id} is a run with other content; choose another run_id")
        return True

    async def make(self, prepared: Prepared, run_id: str | None) -> Made:
        """A new run, planned and about to start, durable when this returns; or the one a repeat means."""
        if self._kit.ledger.trouble is not None:
            raise self._unwritable()
        async with self._making:
            if self._live.draining:
                raise DrainingError("the executor is about to stop and starts no run")
            if run_id is not None and await self.repeated(run_id, prepared.request_sha256):
                return Made(run_id, new=False)
            run = self._plan(prepared, run_id or self._new_id())
            records = first_records(
                prepared, run_id=run.run_id, epoch=run.log.epoch, created_ms=self._kit.clock.now_ms()
            )
            self._live.add(run)
            planned = run.log.report("run_planned", run_planned(prepared), *records)
            with anyio.move_on_after(MAKE_LIMIT_S):
                await planned.wait()
                self._live.begin(run)
                return Made(run.run_id, new=True)
            # Whoever asked is told no, so nothing may be asked; the run's end is written when that is possible again.
            run.stop(Stop("failure", "the ledger could not be written when the run was made"))
            self._live.begin(run)
            raise self._unwritable()

    def _unwritable(self) -> LedgerUnwritableError:
        return LedgerUnwritableError(f"the executor cannot write its ledger: {self._kit.ledger.trouble or 'too slow'}")

    def close(self, run_id: str, reason: str) -> None:
        """End the run as failed, soon, for this reason; one that is over stays as it is."""
        self._group.start_soon(self._close, run_id, reason)

    def spoil(self, run_id: str, reason: str) -> None:
        """Something of the run can never be written down: from now on it asks nothing, and ends as failed."""
        run = self._live.get(run_id)
        if run is None:
            self.close(run_id, reason)
        else:
            run.spoilt = reason
            run.stop(Stop("failure", reason))

    async def _close(self, run_id: str, reason: str) -> None:
        try:
            await self._steering.fail(run_id, reason)
        except Exception:
            # The border of a run: one that cannot be closed must not take the service with it.
            log.exception("a run could not be closed", run_id=run_id)

    async def drain(self) -> None:
        """Start nothing more, abort what is under way, leave every run ready to be resumed."""
        self._live.draining = True
        runs = self._live.all()
        for run in runs:
            run.stop(Stop("drain", "the executor stops"))
            run.ranking.hurry()
        for run in runs:
            await run.gone.wait()

    async def watch_storage(self) -> None:
        """While the ledger cannot be written, every run stands still and says so; until cancelled."""
        looks = 0
        while True:
            await anyio.sleep(STORAGE_LOOK_S)
            why = self._kit.ledger.trouble
            looks = 0 if why is None else looks + 1
            for run in self._live.all():
                if why is None:
                    storage_back(run)
                elif looks > 1:
                    storage_lost(run, why)

    def _plan(self, prepared: Prepared, run_id: str) -> LiveRun:
        run_log = RunLog(run_id, make_epoch(self._randomness()), ledger=self._kit.ledger, clock=self._kit.clock)
        texts = {document.id: document.text for document in prepared.preset.documents}
        return LiveRun(preset=prepared.preset, plan=prepared.plan, log=run_log, kit=self._kit, texts=texts)

    def _new_id(self) -> RunId:
        compact = format_time(self._kit.clock.now_ms())[:19].replace("-", "").replace(":", "").replace("T", "-")
        return make_run_id(compact, self._randomness())
