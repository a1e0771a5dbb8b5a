"""The one retry loop: a call is asked until it has its answer or no further attempt is allowed.

Every attempt is committed to the ledger before its request leaves, and every pause is an event.
"""

import anyio
import structlog

from services.executor.core.budget import NotNow, Reserved, Spent
from services.executor.core.estimate import worst_cost_nano
from services.executor.core.providers import LOCAL
from services.executor.core.records import Attempt
from services.executor.core.retry import Retry
from services.executor.errors import LocalModelError, WorkersUnavailableError
from services.executor.flows.conclude import abandon, conclude
from services.executor.flows.live_run import LiveRun
from services.executor.flows.open_call import OpenCall, UnderWay
from services.executor.flows.questions import Questions
from services.executor.flows.stop import Stop
from shared.failures import FailureKind
from shared.llm_call import LlmAnswer, LlmFailure, LlmRequest

DEATHS_BEFORE_ALONE = 2
"""A call that was in flight at this many deaths of a worker gets a worker of its own."""

LOOK_AGAIN_S = 0.5
"""How often a call that may not begin looks whether it may."""

BROKEN = "an error in the executor; its log says more"

log = structlog.get_logger()


async def make_call(run: LiveRun, questions: Questions, call: OpenCall) -> None:
    """See a call to its end. It has a slot when this begins."""
    try:
        run.log.report("call_started", call.names(), call.record(run.run_id, "in_flight"))
        while not call.ended:
            if _may_not_go_on(run, call):
                run.end_unasked(call)
                break
            pause = await _attempt(run, questions, call)
            if pause is not None:
                await _rest(run, call, pause)
    except Exception:
        # The border of a call: one that breaks must not take the run with it.
        log.exception("a call broke", run_id=run.run_id, call_id=call.planned.call_id)
        abandon(run, call, BROKEN)
    # Not in a finally: when this task is cancelled the service goes down, and no other call may begin.
    if call.has_slot:
        call.has_slot = False
        run.slots.leave(call.planned.provider)


def _may_not_go_on(run: LiveRun, call: OpenCall) -> bool:
    return run.stopping is not None or run.breaker.stopped(call.key) is not None


async def _attempt(run: LiveRun, questions: Questions, call: OpenCall) -> Retry | None:
    """One request, from its reservation to its event. The answer is the pause before the next one, if any."""
    reserved = await _reserve(run, questions, call)
    if reserved is None:
        return None
    try:
        obstacle, base_url = await _prepare(run, call)
        limits = run.preset.limits
        timeout_s = max(0.001, min(limits.attempt_timeout_s, limits.call_timeout_s - call.spent_s))
        request = questions.request(call, timeout_s=timeout_s, base_url=base_url)
    except BaseException:
        run.release(reserved)
        raise
    if _may_not_go_on(run, call) or run.may_not_begin:
        # What was reserved for it may be another budget's by the time the run goes on.
        run.release(reserved)
        await _until_it_may_begin(run, call)
        return None
    await _commit_start(run, call, reserved)
    began_s = run.kit.clock.monotonic_s()
    outcome = obstacle or await _ask(run, call, request)
    call.spent_s += run.kit.clock.monotonic_s() - began_s
    return conclude(run, questions, call, outcome)


async def _until_it_may_begin(run: LiveRun, call: OpenCall) -> None:
    """Wait while the run stands still. The call keeps its slot: there is nobody to give it to."""
    waits = False
    while run.may_not_begin and not _may_not_go_on(run, call):
        if not waits:
            waits = True
            run.waits(call, "pause", None)
        # A ledger's trouble announces itself to nobody, and may be over before anybody has held the run for it.
        with anyio.move_on_after(LOOK_AGAIN_S):
            await run.holds.moved.wait()


async def _reserve(run: LiveRun, questions: Questions, call: OpenCall) -> Reserved | None:
    waits = False
    while not _may_not_go_on(run, call):
        if run.may_not_begin:
            # Whoever paused a run may be about to give it a larger budget: it is not spent before it goes on.
            await _until_it_may_begin(run, call)
            continue
        match run.budget.reserve(_worst_nano(run, questions, call)):
            case Reserved() as reserved:
                return reserved
            case Spent(message):
                run.alert("budget", message, alert_id="budget", severity="error")
                run.stop(Stop("budget", message))
            case NotNow():
                if not waits:
                    waits = True
                    run.waits(call, "slot", None)
                await run.budget_moved.wait()
    return None


def _worst_nano(run: LiveRun, questions: Questions, call: OpenCall) -> int:
    """What the request can cost at most, 0 where nobody can say: then no limit on money is let in.

    Also where there is no such limit: a resume may bring one, and then counts what was spent before.
    """
    price, cap = run.kit.price_of(call.model), call.model.max_completion_tokens
    if price is None or cap is None:
        return 0
    return worst_cost_nano(price, questions.prompt_bytes(call), cap)


async def _prepare(run: LiveRun, call: OpenCall) -> tuple[LlmFailure | None, str | None]:
    """What has to be there before a request can leave; an obstacle becomes the attempt's failure."""
    base_url = None
    try:
        # Starting a process can take a minute, and a run that is told to stop has no time for that.
        with anyio.CancelScope() as call.preparing:
            await run.kit.workers.ready()
            if call.planned.provider == LOCAL:
                base_url = await run.kit.local_model.base_url()
    except WorkersUnavailableError as error:
        return LlmFailure(kind=FailureKind.WORKER_DIED, message=str(error), sent="no"), None
    except LocalModelError as error:
        return LlmFailure(kind=FailureKind.CONNECTION, message=str(error), sent="no"), None
    finally:
        call.preparing = None
    return None, base_url


async def _commit_start(run: LiveRun, call: OpenCall, reserved: Reserved) -> None:
    call.attempts += 1
    record = Attempt(
        run_id=run.run_id,
        call_id=call.planned.call_id,
        attempt=call.attempts,
        started_ms=run.kit.clock.now_ms(),
        reserved_nano=reserved.cost_nano,
    )
    call.under_way = UnderWay(record, reserved, run.breaker.begin())
    data = {"call_id": call.planned.call_id, "attempt": call.attempts}
    commit = run.log.report("attempt_started", data, record, call.record(run.run_id, "in_flight"))
    change = run.storm.began(retry=call.attempts > 1)
    if change is not None:
        run.alert(
            "retry_storm",
            "most of the newest requests are repeats" if change == "raised" else "repeats are few again",
            alert_id="retry_storm",
            state=change,
        )
    await commit.wait()


async def _ask(run: LiveRun, call: OpenCall, request: LlmRequest) -> LlmAnswer | LlmFailure:
    if run.stopping is not None:
        return LlmFailure(kind=FailureKind.CANCELLED, message="cancelled before it was sent", sent="no")
    call.asking = f"{run.run_id}/{call.planned.call_id}/{call.attempts}"
    try:
        alone = call.deaths >= DEATHS_BEFORE_ALONE
        return await run.kit.workers.ask(call.asking, request, alone=alone)
    finally:
        call.asking = None


async def _rest(run: LiveRun, call: OpenCall, pause: Retry) -> None:
    """Wait without a slot, then for one. What the provider asked for does not run against the call's time."""
    began_s = run.kit.clock.monotonic_s()
    run.waits(call, "backoff", pause.wait_s)
    call.has_slot = False
    run.slots.leave(call.planned.provider)
    with anyio.move_on_after(pause.wait_s):
        await call.wake.wait()
    if not pause.asked:
        call.spent_s += run.kit.clock.monotonic_s() - began_s
    if _may_not_go_on(run, call):
        return
    turn = anyio.Event()

    def start() -> None:
        call.has_slot = True
        turn.set()

    run.slots.ask(run.ticket(call, start=start, refused=turn.set), first=True)
    await turn.wait()
