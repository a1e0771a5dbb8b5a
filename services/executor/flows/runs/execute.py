"""A run from its plan to its end."""

import math

import anyio
import structlog

from services.executor.core.presets.researcher import researches
from services.executor.flows.calls.call import BROKEN, make_call
from services.executor.flows.calls.conclude import abandon
from services.executor.flows.calls.questions import Questions
from services.executor.flows.research.research import research
from services.executor.flows.run.agenda import begin_agenda, queue_in_parts
from services.executor.flows.run.live_ranking import LAST_WITHIN_S
from services.executor.flows.run.live_run import LiveRun
from services.executor.flows.run.open_call import OpenCall
from services.executor.flows.run.pausing import storage_back
from services.executor.flows.run.phase_time import watch_phases
from services.executor.flows.run.stop import Stop
from shared.status import RunStatus

log = structlog.get_logger()


async def execute(run: LiveRun) -> None:
    """Ask everything that is left of the plan, then write the run's end. Returns when that is durable."""
    try:
        try:
            if run.stopping is None:
                if run.log.status is RunStatus.PLANNED:
                    run.log.move("run_started")
                run.holds.begin()
                run.begun.set()
                await _ask_everything(run)
            await _end(run)
        except Exception:
            # The border of a run: one that breaks must not take the others with it.
            log.exception("a run broke", run_id=run.run_id)
            await _break(run)
    except Exception:
        # What is left open here, the next start of the service ends.
        log.exception("the end of a broken run could not be written", run_id=run.run_id)
    finally:
        run.begun.set()


async def _break(run: LiveRun) -> None:
    run.stop(Stop("failure", BROKEN))
    for call in run.under_way():
        abandon(run, call, BROKEN)
    if not run.log.ended:
        await _end(run)


async def _ask_everything(run: LiveRun) -> None:
    questions = Questions(run)
    async with anyio.create_task_group() as calls:

        def begin(call: OpenCall) -> None:
            calls.start_soon(make_call, run, questions, call, research if researches(call.model) else None)

        run.begin_with(begin)
        async with anyio.create_task_group() as around:
            around.start_soon(run.slots.run_alarms)
            around.start_soon(_watch_time, run)
            around.start_soon(watch_phases, run)
            around.start_soon(run.ranking.run)
            around.start_soon(run.sequel.queue_the_rest, run.kit.ledger.flush)
            around.start_soon(run.turned_away.tell_as_they_come, run.kit.ledger.flush)
            around.start_soon(begin_agenda, run)
            await run.over.wait()
            around.cancel_scope.cancel()
        await run.turned_away.tell_all(run.kit.ledger.flush)


async def _watch_time(run: LiveRun) -> None:
    """End the run when its time is over. The time it stands still does not count."""
    while True:
        limit_s, moved = run.preset.limits.run_timeout_s, run.holds.moved
        left_s = math.inf if limit_s is None or run.holds.any else limit_s - run.holds.used_s
        if limit_s is not None and left_s <= 0:
            run.stop(Stop("time", f"limits.run_timeout_s {limit_s:g} is over"))
            return
        with anyio.move_on_after(left_s):
            await moved.wait()


async def _end(run: LiveRun) -> None:
    storage_back(run)
    if run.kit.ledger.trouble is None:
        # What counts is what is kept: the last records may turn out to be such as no ledger holds.
        await run.kit.ledger.flush()
    stop = run.stopping
    if stop is not None and stop.leaves_calls_open:
        await run.log.interrupt(stop.message).wait()
        return
    if stop is not None:
        await queue_in_parts(run, run.progress.open_calls(run.plan.calls()))
    at_once = stop is not None and stop.kind in {"cancel", "failure"}
    await run.ranking.report_last(within_s=LAST_WITHIN_S if at_once else math.inf)
    status, reason = _verdict(run)
    await (await run.log.finish(status, reason)).wait()


def _verdict(run: LiveRun) -> tuple[RunStatus, str | None]:
    stop = run.stopping
    if run.spoilt is not None:
        return RunStatus.FAILED, run.spoilt
    # An executor that stops when all calls have ended changes nothing about how they did.
    if stop is not None and not stop.leaves_calls_open:
        if stop.kind == "cancel":
            return RunStatus.CANCELLED, stop.message
        if stop.kind == "failure":
            return RunStatus.FAILED, stop.message
        return RunStatus.COMPLETED_WITH_ERRORS, stop.kind
    if run.progress.succeeded == run.plan.planned_calls:
        return RunStatus.COMPLETED, None
    missing = run.plan.planned_calls - run.progress.succeeded
    what = f"{missing} of {run.plan.planned_calls} calls brought no result"
    return RunStatus.COMPLETED_WITH_ERRORS, "breaker" if run.breaker.any_stopped else what
