"""The pool of worker processes: requests go to the one with the fewest, a dead one is replaced."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import anyio
import structlog

from services.executor.adapters.processes.child import types_of
from services.executor.adapters.processes.child_record import ChildRecord
from services.executor.adapters.processes.fpf_worker import COMMAND, FpfWorker, spawn
from services.executor.adapters.processes.patience import Patience
from services.executor.core.limits.retry import Backoff
from services.executor.errors import WorkersUnavailableError
from shared.failures import FailureKind
from shared.llm_call import LlmAnswer, LlmFailure, LlmRequest

READY_LIMIT_S = 60.0
"""How long the pool may be without any worker before requests fail because of it."""

RECYCLE_AFTER_CALLS = 5000
"""A process this old is replaced when it has nothing to do: whatever it leaks goes with it."""

LATE_S = 5.0
"""How long after its deadline a request may still end by itself."""

ABORT_LIMIT_S = 5.0
"""How long an abort may take before the request is given up for lost."""

_RESTART = Backoff(base_s=0.1, longest_s=5.0)
_LIVED_S = 10.0
"""A worker that lived this long did not die of its start."""

log = structlog.get_logger()


@dataclass(slots=True)
class _Holder:
    """Who makes a request, if anybody does yet, and how long that is waited for."""

    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    worker: FpfWorker | None = None
    cancelled: bool = False


class FpfWorkers:
    """``count`` workers, kept alive while ``run`` runs."""

    def __init__(
        self,
        *,
        count: int,
        environ: Mapping[str, str],
        command: tuple[str, ...] = COMMAND,
        patience: Patience | None = None,
        record: ChildRecord | None = None,
    ) -> None:
        self._count = count
        self._environ = environ
        self._command = command
        self._patience = patience or Patience()
        self._record = record
        self._workers: list[FpfWorker] = []
        self._holders: dict[str, _Holder] = {}
        self._changed = anyio.Event()
        self._without_since_s: float | None = anyio.current_time()
        self._last_obituary: str | None = None
        self.deaths = 0

    @property
    def ready_count(self) -> int:
        """How many workers can take a request."""
        return len(self._takers())

    @property
    def trouble(self) -> str | None:
        """Why no request can be made at the moment, or None."""
        if self.ready_count:
            return None
        if self._last_obituary is None:
            return "no worker process is ready yet"
        return f"no worker process is ready; the last one {self._last_obituary}"

    async def run(self) -> None:
        """Keep the workers alive until cancelled; then every process is gone."""
        self._without_since_s = anyio.current_time()
        async with anyio.create_task_group() as group:
            for _ in range(self._count):
                group.start_soon(self._keep_one)

    async def ready(self) -> None:
        """Return when a request can be taken.

        Raises ``WorkersUnavailableError`` with the reason when there has been no worker for ``READY_LIMIT_S``.
        """
        while not self.ready_count:
            since_s = anyio.current_time() if self._without_since_s is None else self._without_since_s
            left_s = since_s + READY_LIMIT_S - anyio.current_time()
            if left_s <= 0:
                raise WorkersUnavailableError(self.trouble or "no worker process is ready")
            with anyio.move_on_after(left_s):
                await self._changed.wait()

    async def ask(self, key: str, request: LlmRequest, *, alone: bool = False) -> LlmAnswer | LlmFailure:
        """Make the request and return its end; ``alone`` gives it a process of its own."""
        holder = self._holders[key] = _Holder()
        try:
            return await (self._ask_alone if alone else self._ask_one)(holder, key, request)
        finally:
            del self._holders[key]

    def cancel(self, key: str) -> None:
        """Abort the request; it still ends, soon."""
        holder = self._holders.get(key)
        if holder is None:
            return
        holder.cancelled = True
        if holder.worker is None:
            holder.scope.cancel()
            return
        holder.worker.cancel(key)
        holder.scope.deadline = min(holder.scope.deadline, anyio.current_time() + ABORT_LIMIT_S)

    async def _ask_one(self, holder: _Holder, key: str, request: LlmRequest) -> LlmAnswer | LlmFailure:
        with holder.scope:
            try:
                await self.ready()
            except WorkersUnavailableError as error:
                return _not_sent(FailureKind.WORKER_DIED, str(error))
        if holder.cancelled:
            return _not_sent(FailureKind.CANCELLED, "cancelled before it was sent")
        worker = min(self._takers(), key=_in_flight)
        try:
            return await self._ask(holder, worker, key, request)
        finally:
            # One at a time: somebody has to be there meanwhile.
            if worker.calls >= RECYCLE_AFTER_CALLS and not worker.retiring and self._takers() != [worker]:
                worker.retire()

    async def _ask_alone(self, holder: _Holder, key: str, request: LlmRequest) -> LlmAnswer | LlmFailure:
        try:
            worker = await self._spawn()
        except OSError as error:
            return _not_sent(FailureKind.WORKER_DIED, f"no worker process could be started: {error.strerror}")
        outcomes: list[LlmAnswer | LlmFailure] = []
        async with anyio.create_task_group() as group:
            group.start_soon(worker.run, lambda: None)
            with holder.scope:
                await worker.begun.wait()
            if holder.cancelled:
                outcomes.append(_not_sent(FailureKind.CANCELLED, "cancelled before it was sent"))
            elif worker.is_ready:
                outcomes.append(await self._ask(holder, worker, key, request))
            else:
                outcomes.append(_not_sent(FailureKind.WORKER_DIED, f"the worker process {worker.obituary}"))
            group.cancel_scope.cancel()
        return outcomes[0]

    async def _ask(self, holder: _Holder, worker: FpfWorker, key: str, request: LlmRequest) -> LlmAnswer | LlmFailure:
        pending = worker.send(key, request)
        began_s = anyio.current_time()
        with anyio.move_on_after(request.timeout_s + LATE_S) as scope:
            holder.worker, holder.scope = worker, scope
            return await pending.wait()
        worker.cancel(key)
        with anyio.move_on_after(ABORT_LIMIT_S):
            return await pending.wait()
        kind = FailureKind.CANCELLED if holder.cancelled else FailureKind.TIMEOUT
        duration_s = anyio.current_time() - began_s
        failure = LlmFailure(kind=kind, message="no end, not even after an abort", sent="maybe", duration_s=duration_s)
        worker.forget(key, failure)
        return failure

    def _takers(self) -> list[FpfWorker]:
        return [worker for worker in self._workers if worker.is_ready and not worker.retiring]

    async def _spawn(self) -> FpfWorker:
        return await spawn(self._command, self._environ, patience=self._patience, record=self._record)

    async def _keep_one(self) -> None:
        failures = 0
        while True:
            began_s = anyio.current_time()
            if await self._live():
                continue
            self.deaths += 1
            failures = 1 if anyio.current_time() - began_s > _LIVED_S else failures + 1
            wait_s = _RESTART.wait_s(failures, 1.0)
            log.warning("a worker process is started again", last=self._last_obituary, restart_in_s=wait_s)
            await anyio.sleep(wait_s)

    async def _live(self) -> bool:
        """One worker's life; whether it ended because it was old."""
        try:
            worker = await self._spawn()
        except OSError as error:
            self._last_obituary = f"could not be started: {error.strerror}"
            return False
        self._workers.append(worker)
        try:
            await worker.run(self._note_change)
        except Exception as error:  # noqa: BLE001 - the border of a worker: an error of ours costs one, not the pool
            log.error("a worker's conversation broke", pid=worker.pid, error=types_of(error))  # noqa: TRY400 - a traceback may quote what was said
        finally:
            self._workers.remove(worker)
            self._note_change()
        if not worker.ended_well:
            self._last_obituary = worker.obituary
        return worker.ended_well

    def _note_change(self) -> None:
        if self.ready_count:
            self._without_since_s = None
        elif self._without_since_s is None:
            self._without_since_s = anyio.current_time()
        self._changed.set()
        self._changed = anyio.Event()


def _not_sent(kind: FailureKind, message: str) -> LlmFailure:
    return LlmFailure(kind=kind, message=message, sent="no")


def _in_flight(worker: FpfWorker) -> int:
    return worker.in_flight
