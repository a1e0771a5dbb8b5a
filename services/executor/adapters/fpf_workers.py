"""The pool of worker processes: requests go to the one with the fewest, a dead one is replaced."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import anyio
import structlog

from services.executor.adapters.fpf_worker import COMMAND, FpfWorker, spawn
from services.executor.core.retry import Backoff
from services.executor.errors import WorkersUnavailableError
from shared.failures import FailureKind
from shared.llm_call import LlmAnswer, LlmFailure, LlmRequest

READY_LIMIT_S = 60.0
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
    """Who makes a request, and how long it is waited for."""

    worker: FpfWorker
    scope: anyio.CancelScope
    cancelled: bool = False


class FpfWorkers:
    """``count`` workers, kept alive while ``run`` runs."""

    def __init__(self, *, count: int, environ: Mapping[str, str], command: tuple[str, ...] = COMMAND) -> None:
        self._count = count
        self._environ = environ
        self._command = command
        self._workers: list[FpfWorker] = []
        self._holders: dict[str, _Holder] = {}
        self._became_ready = anyio.Event()
        self.deaths = 0

    @property
    def ready_count(self) -> int:
        """How many workers can take a request."""
        return len(self._takers())

    async def run(self) -> None:
        """Keep the workers alive until cancelled; then every process is gone."""
        async with anyio.create_task_group() as group:
            for _ in range(self._count):
                group.start_soon(self._keep_one)

    async def ready(self) -> None:
        """Return when a request can be taken; raises ``WorkersUnavailableError`` when that takes too long."""
        with anyio.move_on_after(READY_LIMIT_S):
            while not self.ready_count:
                await self._became_ready.wait()
            return
        raise WorkersUnavailableError(f"no worker process was ready within {READY_LIMIT_S:.0f} s")

    async def ask(self, key: str, request: LlmRequest, *, alone: bool = False) -> LlmAnswer | LlmFailure:
        """Make the request and return its end; ``alone`` gives it a process of its own."""
        if alone:
            return await self._ask_alone(key, request)
        worker = min(self._takers(), key=_in_flight, default=None)
        if worker is None:
            message = "no worker process was there to make the request"
            return LlmFailure(kind=FailureKind.WORKER_DIED, message=message, sent="no")
        try:
            return await self._ask(worker, key, request)
        finally:
            # One at a time: somebody has to be there meanwhile.
            if worker.calls >= RECYCLE_AFTER_CALLS and not worker.retiring and self._takers() != [worker]:
                worker.retire()

    def cancel(self, key: str) -> None:
        """Abort the request; it still ends, soon."""
        holder = self._holders.get(key)
        if holder is not None:
            holder.cancelled = True
            holder.worker.cancel(key)
            holder.scope.deadline = min(holder.scope.deadline, anyio.current_time() + ABORT_LIMIT_S)

    async def _ask(self, worker: FpfWorker, key: str, request: LlmRequest) -> LlmAnswer | LlmFailure:
        pending = worker.send(key, request)
        began_s = anyio.current_time()
        with anyio.move_on_after(request.timeout_s + LATE_S) as scope:
            holder = self._holders[key] = _Holder(worker, scope)
            try:
                return await pending.wait()
            finally:
                del self._holders[key]
        worker.cancel(key)
        with anyio.move_on_after(ABORT_LIMIT_S):
            return await pending.wait()
        kind = FailureKind.CANCELLED if holder.cancelled else FailureKind.TIMEOUT
        duration_s = anyio.current_time() - began_s
        failure = LlmFailure(kind=kind, message="no end, not even after an abort", sent="maybe", duration_s=duration_s)
        worker.forget(key, failure)
        return failure

    async def _ask_alone(self, key: str, request: LlmRequest) -> LlmAnswer | LlmFailure:
        try:
            worker = await spawn(self._command, self._environ)
        except OSError as error:
            message = f"no worker process could be started: {error.strerror}"
            return LlmFailure(kind=FailureKind.WORKER_DIED, message=message, sent="no")
        outcomes = []
        async with anyio.create_task_group() as group:
            group.start_soon(worker.run, lambda: None)
            outcomes.append(await self._ask(worker, key, request))
            group.cancel_scope.cancel()
        return outcomes[0]

    def _takers(self) -> list[FpfWorker]:
        return [worker for worker in self._workers if worker.is_ready and not worker.retiring]

    async def _keep_one(self) -> None:
        failures = 0
        while True:
            began_s = anyio.current_time()
            retired = False
            with suppress(OSError):
                worker = await spawn(self._command, self._environ)
                self._workers.append(worker)
                try:
                    await worker.run(self._tell_ready)
                finally:
                    self._workers.remove(worker)
                retired = worker.retiring
            if retired:
                continue
            self.deaths += 1
            failures = 1 if anyio.current_time() - began_s > _LIVED_S else failures + 1
            wait_s = _RESTART.wait_s(failures, 1.0)
            log.warning("a worker process ended and is started again", restart_in_s=wait_s)
            await anyio.sleep(wait_s)

    def _tell_ready(self) -> None:
        self._became_ready.set()
        self._became_ready = anyio.Event()


def _in_flight(worker: FpfWorker) -> int:
    return worker.in_flight
