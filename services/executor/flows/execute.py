"""A run from its plan to its end."""

from collections.abc import Sequence

import anyio
import structlog

from services.executor.core.plan import PlannedCall
from services.executor.flows.call import BROKEN, make_call
from services.executor.flows.conclude import abandon
from services.executor.flows.live_run import LiveRun
from services.executor.flows.open_call import OpenCall
from services.executor.flows.questions import Questions
from services.executor.flows.stop import Stop
from shared.status import RunStatus

QUEUED_AT_A_TIME = 500

log = structlog.get_logger()


async def execute(run: LiveRun) -> None:
    """Ask everything the plan says, then write the run's end. Returns when that is durable."""
    try:
        try:
            if run.stopping is None:
                run.log.move("run_started")
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
        run.gone.set()


async def _break(run: LiveRun) -> None:
    run.stop(Stop("failure", BROKEN))
    for call in run.under_way():
        abandon(run, call, BROKEN)
    if not run.log.ended:
        await _end(run)


async def _ask_everything(run: LiveRun) -> None:
    questions = Questions(run)
    async with anyio.create_task_group() as calls, anyio.create_task_group() as around:

        def begin(call: OpenCall) -> None:
            calls.start_soon(make_call, run, questions, call)

        run.begin_with(begin)
        around.start_soon(run.slots.run_alarms)
        around.start_soon(_watch_time, run)
        # Judges of a document that is still to be made are queued when it is there.
        await _queue(run, list(run.plan.generation) or run.plan.calls())
        await run.over.wait()
        around.cancel_scope.cancel()


async def _queue(run: LiveRun, calls: Sequence[PlannedCall]) -> None:
    """Queue them in parts: a large plan must neither fill the memory with unwritten events nor hold up the others."""
    for start in range(0, len(calls), QUEUED_AT_A_TIME):
        run.queue(calls[start : start + QUEUED_AT_A_TIME])
        await run.kit.ledger.flush()


async def _watch_time(run: LiveRun) -> None:
    limit_s = run.preset.limits.run_timeout_s
    if limit_s is not None:
        await anyio.sleep(limit_s)
        run.stop(Stop("time", f"limits.run_timeout_s {limit_s:g} is over"))


async def _end(run: LiveRun) -> None:
    stop = run.stopping
    if stop is not None and stop.leaves_calls_open:
        await run.log.interrupt(stop.message, (), ()).wait()
        return
    if stop is not None:
        await _queue(run, [call for call in run.plan.calls() if not run.progress.has_ended(call.call_id)])
    status, reason = _verdict(run)
    await (await run.log.finish(status, reason)).wait()


def _verdict(run: LiveRun) -> tuple[RunStatus, str | None]:
    if run.stopping is not None:
        if run.stopping.kind == "cancel":
            return RunStatus.CANCELLED, run.stopping.message
        if run.stopping.kind == "failure":
            return RunStatus.FAILED, run.stopping.message
        return RunStatus.COMPLETED_WITH_ERRORS, run.stopping.kind
    if run.progress.succeeded == run.plan.planned_calls:
        return RunStatus.COMPLETED, None
    missing = run.plan.planned_calls - run.progress.succeeded
    what = f"{missing} of {run.plan.planned_calls} calls brought no result"
    return RunStatus.COMPLETED_WITH_ERRORS, "breaker" if run.breaker.any_stopped else what
