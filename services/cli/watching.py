"""Follow one run to its end, whatever the link does, and show it all the way."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import anyio

from services.cli.clients.backoff import delay_s
from services.cli.clients.executor_client import ExecutorClient
from services.cli.clients.frames import Signal
from services.cli.clients.http_service import unreachable
from services.cli.clients.sse_link import SseLink
from services.cli.clients.telemetry_client import TelemetryClient
from services.cli.errors import CommandError, Refused, Unreachable
from services.cli.executors_word import ExecutorsWord
from services.cli.showing.run_view import FINAL, RunView
from services.cli.showing.screen import Screen

PATIENCE_S = 30.0
"""A run nobody works on is given up after so long without a sign of life. Source: CONTRACT section 7."""

LINK_PATIENCE_S = 300.0
"""So long a link may be down, with nobody else to ask about the run, before the watch is given up."""

UNSEEN_S = 10.0
"""So long the end of a run the executor is through with may take to come by way of telemetry, before its word is taken."""

_TICK_S = 0.1
_REDRAW_S = 0.5
_ASK_EVERY_S = 5.0
_ASK_IN_TROUBLE_EVERY_S = 2.0
_AGAIN_MS = 200
_ACCOUNT_LIMIT_S = 10.0
_NOT_THERE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})

Json = dict[str, Any]


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
            group.start_soon(watcher.ask_executor, ExecutorsWord(job.executor, job.view.run_id))
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
        self._hurry = anyio.Event()
        self._executors_status: str | None = None
        self._executors_run: Json | None = None
        self._link_scope = anyio.CancelScope()
        self._since_s: dict[str, float] = {}
        self.failure: CommandError | None = None

    async def hold_link(self) -> None:
        """Take in the live stream until the run has ended for good."""
        job = self._job
        link = job.telemetry.live(job.view.run_id, job.rng)
        with self._link_scope:
            try:
                await self._until_the_last_end(link)
            except CommandError as error:
                if not await self._is_the_executors(error):
                    self.failure = error
                    self._over = True
                return
            self._over = self._over or job.view.executors_own is None

    async def _until_the_last_end(self, link: SseLink) -> None:
        """An end is the last one unless the executor says otherwise: a resume may be on its way to telemetry."""
        job, rounds = self._job, 0
        word = ExecutorsWord(job.executor, job.view.run_id) if job.executor else None
        while True:
            await link.hold(self._take)
            await self._take_account()
            run = await word.of_the_run() if word else None
            if word is None or run is None:
                return
            if word.is_stopped(run):
                self._follow_executor(run, _stopped(run))
                return
            if not word.more_is_coming(run, job.view.end_seq):
                return
            job.view.reopen()
            await anyio.sleep(delay_s(rounds, _AGAIN_MS, job.rng))
            rounds += 1

    async def _is_the_executors(self, error: CommandError) -> bool:
        """Whether a run that telemetry does not have is followed at the executor, which knows it."""
        job = self._job
        if job.executor is None or not isinstance(error, Refused) or error.status not in _NOT_THERE:
            return False
        run = await ExecutorsWord(job.executor, job.view.run_id).of_the_run()
        if run is None:
            return False
        self._follow_executor(run, f"telemetry does not have the run ({error})")
        return True

    def _follow_executor(self, run: Json, why: str) -> None:
        """Telemetry will not show how the run goes: from here on the executor does."""
        view = self._job.view
        if view.executors_own is None:
            view.follow_executor(why)
            self._hurry.set()
        self._executors_run, self._executors_status = run, str(run.get("status"))
        view.take_executors(run, whole=True)
        self._over = self._over or self._executors_status in FINAL
        self._changed = True
        self._link_scope.cancel()

    async def _take_account(self) -> None:
        """What telemetry says of the whole run in the end; a stream that had nothing more to say needs it."""
        job = self._job
        try:
            with anyio.fail_after(_ACCOUNT_LIMIT_S):
                run = await job.telemetry.run(job.view.run_id)
        except TimeoutError as error:
            if not job.view.ended:
                raise unreachable("telemetry", job.telemetry.base_url, error) from error
        except CommandError as error:
            if not job.view.ended:
                raise
            job.view.news.append(f"the account of the whole run could not be read: {error}")
        else:
            job.view.take_run(run)
            job.view.end_seq = run.get("last") or job.view.end_seq
        self._changed = True

    async def ask_executor(self, word: ExecutorsWord) -> None:
        """Ask who runs the run, now and then, and more often in trouble: the link between it and telemetry is its to
        tell, and while our own is down it knows how the run goes."""
        view = self._job.view
        while True:
            run = await word.of_the_run()
            self._executors_run = run
            self._executors_status = None if run is None else str(run.get("status"))
            if run is not None:
                self._since_s.pop("down", None)
            if run is not None and (view.executors_own or word.is_stopped(run)):
                self._follow_executor(run, _stopped(run))
            else:
                view.take_executors(run, whole=view.link_down is not None)
            self._changed = True
            period_s = _ASK_IN_TROUBLE_EVERY_S if view.troubles else _ASK_EVERY_S
            with anyio.move_on_after(period_s):
                await self._hurry.wait()
            self._hurry = anyio.Event()

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
        was_down = self._job.view.link_down is not None
        self._job.view.take(signal, self._job.clock())
        if not was_down and self._job.view.link_down is not None:
            self._hurry.set()
        self._changed = True

    def _is_over(self, now_s: float) -> bool:
        job, view = self._job, self._job.view
        if self._over:
            return True
        if self._lasts("silent", now_s, so=self._nobody_works_on_it) >= job.patience_s:
            return True
        if self._lasts("unseen", now_s, so=self._executors_status in FINAL) >= min(UNSEEN_S, job.patience_s):
            self._follow_executor(
                self._executors_run or {},
                "telemetry does not have the run (yet)"
                if view.status == "waiting"
                else "telemetry does not have the end of the run (yet)",
            )
            return True
        if self._lasts("down", now_s, so=view.link_down is not None) >= job.link_patience_s:
            self.failure = self._lost(view.link_down.reason if view.link_down else "")
            return True
        alone = view.executors_own is not None and self._executors_status is None
        if self._lasts("alone", now_s, so=alone) >= job.link_patience_s:
            self.failure = Unreachable(f"nobody shows the run: the executor does not answer, and {view.executors_own}")
            return True
        return False

    @property
    def _nobody_works_on_it(self) -> bool:
        """Interrupted, and nobody says otherwise. What telemetry said before it went away proves nothing now."""
        view = self._job.view
        if self._executors_status is not None:
            return self._executors_status == "interrupted"
        return view.silent and view.link_down is None

    def _lasts(self, name: str, now_s: float, *, so: bool) -> float:
        """For how many seconds this has been so."""
        if not so:
            self._since_s.pop(name, None)
            return -1.0
        return now_s - self._since_s.setdefault(name, now_s)

    def _lost(self, reason: str) -> Unreachable:
        telemetry = self._job.telemetry
        return unreachable("telemetry", telemetry.base_url, TimeoutError(reason))


def _stopped(run: Json) -> str:
    return f"telemetry takes no more events of it: {(run.get('telemetry') or {}).get('stopped')}"
