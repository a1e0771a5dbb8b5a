"""All runs of this process: making them, finding them, ending them."""

from collections.abc import Callable
from dataclasses import dataclass

import anyio
import structlog
from anyio.abc import TaskGroup

from services.executor.core.records import StoredRun
from services.executor.errors import DrainingError, LedgerUnwritableError, RunExistsError, UnknownRunError
from services.executor.flows.execute import execute
from services.executor.flows.first_records import first_records, run_planned
from services.executor.flows.kit import Kit
from services.executor.flows.live_run import LiveRun
from services.executor.flows.ports import Deliveries, Reader
from services.executor.flows.prepare import Prepared
from services.executor.flows.revive import revive
from services.executor.flows.run_log import RunLog
from services.executor.flows.stop import Stop
from shared.ids import RunId, make_epoch, make_run_id
from shared.status import FINAL, RunStatus
from shared.stored import format_time

CANCEL_LIMIT_S = 20.0
"""How long a cancel is waited for; it goes on afterwards all the same."""

MAKE_LIMIT_S = 20.0
SETTLE_LIMIT_S = 1.0

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
        self._deliveries = deliveries
        self._randomness = randomness
        self._group = group
        self._live: dict[str, LiveRun] = {}
        self._making = anyio.Lock()
        self._draining = False

    @property
    def draining(self) -> bool:
        """Whether the service is about to stop."""
        return self._draining

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
            return False
        if stored.request_sha256 != request_sha256:
            raise RunExistsError(f"{run_id} is a run with other content; choose another run_id")
        return True

    async def make(self, prepared: Prepared, run_id: str | None) -> Made:
        """A new run, planned and about to start, durable when this returns; or the one a repeat means."""
        if self._kit.ledger.trouble is not None:
            raise self._unwritable()
        async with self._making:
            if self._draining:
                raise DrainingError("the executor is about to stop and starts no run")
            if run_id is not None and await self.repeated(run_id, prepared.request_sha256):
                return Made(run_id, new=False)
            run = self._plan(prepared, run_id or self._new_id())
            records = first_records(
                prepared, run_id=run.run_id, epoch=run.log.epoch, created_ms=self._kit.clock.now_ms()
            )
            planned = run.log.report("run_planned", run_planned(prepared), *records)
            self._live[run.run_id] = run
            self._deliveries.watch(run.run_id, last_seq=0, delivered_seq=0, distrust=run.log.distrust_digest)
            with anyio.move_on_after(MAKE_LIMIT_S):
                await planned.wait()
                self._group.start_soon(self._execute, run)
                return Made(run.run_id, new=True)
            # Whoever asked is told no, so nothing may be asked; the run's end is written when that is possible again.
            run.stop(Stop("failure", "the ledger could not be written when the run was made"))
            self._group.start_soon(self._execute, run)
            raise self._unwritable()

    def _unwritable(self) -> LedgerUnwritableError:
        return LedgerUnwritableError(f"the executor cannot write its ledger: {self._kit.ledger.trouble or 'too slow'}")

    async def cancel(self, run_id: str) -> RunStatus:
        """The run ends as cancelled, soon; waits for that a bounded time. One that is over stays as it is."""
        run = self._live.get(run_id)
        if run is None:
            stored = await self.find(run_id)
            if stored.status in FINAL:
                return stored.status
            return await self._cancel_interrupted(stored)
        if run.stopping is None:
            run.log.move("run_cancelling", "asked")
            run.stop(Stop("cancel", "cancelled by request"))
        with anyio.move_on_after(CANCEL_LIMIT_S):
            await run.gone.wait()
        return run.log.status

    async def drain(self) -> None:
        """Start nothing more, abort what is under way, leave every run ready to be resumed."""
        self._draining = True
        runs = list(self._live.values())
        for run in runs:
            run.stop(Stop("drain", "the executor stops"))
        for run in runs:
            await run.gone.wait()

    async def _execute(self, run: LiveRun) -> None:
        try:
            await execute(run)
        finally:
            self._live.pop(run.run_id, None)
            self._deliveries.over(run.run_id)

    async def _cancel_interrupted(self, stored: StoredRun) -> RunStatus:
        async with self._making:
            run = self._live.get(stored.run_id)
            if run is None:
                run = await revive(stored, kit=self._kit, reader=self._reader)
                self._live[run.run_id] = run
                self._deliveries.watch(
                    run.run_id,
                    last_seq=run.log.seq,
                    delivered_seq=stored.delivered_seq,
                    distrust=run.log.distrust_digest,
                )
                run.log.move("run_cancelling", "asked")
                run.stop(Stop("cancel", "cancelled by request"))
                self._group.start_soon(self._execute, run)
        with anyio.move_on_after(CANCEL_LIMIT_S):
            await run.gone.wait()
        return run.log.status

    def _plan(self, prepared: Prepared, run_id: str) -> LiveRun:
        run_log = RunLog(run_id, make_epoch(self._randomness()), ledger=self._kit.ledger, clock=self._kit.clock)
        texts = {document.id: document.text for document in prepared.preset.documents}
        return LiveRun(preset=prepared.preset, plan=prepared.plan, log=run_log, kit=self._kit, texts=texts)

    def _new_id(self) -> RunId:
        compact = format_time(self._kit.clock.now_ms())[:19].replace("-", "").replace(":", "").replace("T", "-")
        return make_run_id(compact, self._randomness())
