"""The runs under way in this process, each carried out by a task of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

import anyio
from anyio.abc import TaskGroup

from services.executor.core.records import Deletion
from services.executor.flows.ports import Deliveries
from services.executor.flows.run.live_run import LiveRun
from services.executor.flows.runs.execute import execute


class _Turn:
    """Who may change a run's fate now."""

    def __init__(self) -> None:
        self.lock = anyio.Lock()


class LiveRuns:
    """Runs by id, from their plan or their resume to their end."""

    def __init__(self, *, deliveries: Deliveries, group: TaskGroup) -> None:
        self.draining = False
        """Whether the service is about to stop and begins no run."""
        self._deliveries = deliveries
        self._group = group
        self._runs: dict[str, LiveRun] = {}
        self._turns: WeakValueDictionary[str, _Turn] = WeakValueDictionary()

    def __len__(self) -> int:
        return len(self._runs)

    def get(self, run_id: str) -> LiveRun | None:
        """The run, if it is under way."""
        return self._runs.get(run_id)

    def all(self) -> list[LiveRun]:
        """Every run under way."""
        return list(self._runs.values())

    @asynccontextmanager
    async def turn(self, run_id: str) -> AsyncIterator[None]:
        """One wish at a time about what becomes of a run: two resumes at once are one."""
        turn = self._turns.get(run_id)
        if turn is None:
            turn = self._turns[run_id] = _Turn()
        async with turn.lock:
            yield

    def add(self, run: LiveRun, *, delivered_seq: int = 0) -> None:
        """The run is under way, and its events are delivered from here on."""
        self._runs[run.run_id] = run
        self._deliveries.watch(
            run.run_id, last_seq=run.log.seq, delivered_seq=delivered_seq, distrust=run.log.distrust_digest
        )

    def begin(self, run: LiveRun) -> None:
        """Carry out what is left of its plan."""
        self._group.start_soon(self._execute, run)

    def forget(self, deletion: Deletion) -> None:
        """The run is gone from the ledger: nothing of it is delivered any more, and telemetry is told to forget it."""
        self._deliveries.forget(deletion)

    async def _execute(self, run: LiveRun) -> None:
        try:
            await execute(run)
        finally:
            self._runs.pop(run.run_id, None)
            self._deliveries.over(run.run_id)
            run.gone.set()
