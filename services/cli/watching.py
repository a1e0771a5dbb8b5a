"""Follow one run to its end, whatever the link does, and show it all the way."""

import random
from collections.abc import Callable
from dataclasses import dataclass

import anyio

from services.cli.clients.executor_client import ExecutorClient
from services.cli.clients.frames import Signal
from services.cli.clients.http_service import unreachable
from services.cli.clients.telemetry_client import TelemetryClient
from services.cli.errors import CommandError, Unreachable
from services.cli.showing.run_view import RunView
from services.cli.showing.screen import Screen

PATIENCE_S = 30.0
"""A run nobody works on is given up after so long without a sign of life. Source: CONTRACT section 7."""

LINK_PATIENCE_S = 300.0
"""So long a link may be down, with nobody else to ask about the run, before the watch is given up."""

_TICK_S = 0.1
_REDRAW_S = 0.5
_ASK_EXECUTOR_EVERY_S = 2.0


@dataclass(frozen=True, kw_only=True)
class Watch:
    """Who is asked, what is shown where, and how long silence is borne."""

    telemetry: TelemetryClient
    executor: ExecutorClient | None
    view: RunView
    screen: Screen
    rng: random.Random
    patience_s: float = PATIENCE_S
    link_patience_s: float = LINK_PATIENCE_S
    clock: Callable[[], float] = anyio.current_time


async def watch(job: Watch) -> str:
    """The status the run was left in: a final one, or ``interrupted`` when nobody came back to it.

    Raises ``Refused`` when telemetry will never show the run, ``Unreachable`` when the link stays down and the executor
    does not answer either.
    """
    watcher = _Watcher(job)
    async with anyio.create_task_group() as group:
        group.start_soon(watcher.hold_link)
        if job.executor is not None:
            group.start_soon(watcher.ask_executor, job.executor)
        await watcher.until_over()
        group.cancel_scope.cancel()
    if watcher.failure is not None:
        raise watcher.failure
    return job.view.status if job.view.final else "interrupted"


class _Watcher:
    """The state of one watch: what changed, since when it is silent, and how it ended."""

    def __init__(self, job: Watch) -> None:
        self._job = job
        self._changed = True
        self._over = False
        self._silent_since_s: float | None = None
        self._down_since_s: float | None = None
        self.failure: CommandError | None = None

    async def hold_link(self) -> None:
        """Take in the live stream until it ends for good."""
        job = self._job
        try:
            await job.telemetry.live(job.view.run_id, job.rng).hold(self._take)
            if not job.view.ended:
                job.view.take_run(await job.telemetry.run(job.view.run_id))
        except CommandError as error:
            self.failure = error
        self._over = True

    async def ask_executor(self, executor: ExecutorClient) -> None:
        """While the link is down, ask who runs the run: observing may fail, knowing the end must not."""
        while True:
            await anyio.sleep(_ASK_EXECUTOR_EVERY_S)
            if self._job.view.link_down is None:
                continue
            try:
                run = await executor.run(self._job.view.run_id)
            except CommandError:
                # It is asked again, and the link's own failure is on the screen; there is nothing to add to that.
                continue
            self._job.view.take_run(run)
            self._changed = True
            self._down_since_s = None
            if self._job.view.status != "interrupted":
                self._silent_since_s = None
            self._over = self._over or self._job.view.final

    async def until_over(self) -> None:
        """Draw what changes, and return when there is nothing more to wait for."""
        drawn_s = 0.0
        while True:
            now_s = self._job.clock()
            over = self._is_over(now_s)
            if self._changed or over or now_s - drawn_s >= _REDRAW_S:
                self._changed = False
                self._job.screen.show(self._job.view, now_s)
                drawn_s = now_s
            if over:
                return
            await anyio.sleep(_TICK_S)

    def _take(self, signal: Signal) -> None:
        self._job.view.take(signal, self._job.clock())
        self._changed = True

    def _is_over(self, now_s: float) -> bool:
        job, view = self._job, self._job.view
        if self._over or view.ended:
            return True
        self._silent_since_s = (self._silent_since_s or now_s) if view.silent else None
        if self._silent_since_s is not None and now_s - self._silent_since_s >= job.patience_s:
            return True
        self._down_since_s = (self._down_since_s or now_s) if view.link_down else None
        if self._down_since_s is not None and now_s - self._down_since_s >= job.link_patience_s:
            self.failure = self._lost(view.link_down.reason if view.link_down else "")
            return True
        return False

    def _lost(self, reason: str) -> Unreachable:
        telemetry = self._job.telemetry
        return unreachable("telemetry", telemetry.base_url, TimeoutError(reason))
