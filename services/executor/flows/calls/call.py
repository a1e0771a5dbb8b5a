"""The one retry loop: a call is asked until it has its answer or no further attempt is allowed.

Every attempt is committed to the ledger before its request leaves, and every pause is an event.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import anyio
import structlog

from services.executor.core.limits.attempt_time import attempt_time_s
from services.executor.core.limits.budget import NotNow, Reserved, Spent
from services.executor.core.limits.retry import Retry
from services.executor.core.planning.estimate import worst_cost_nano
from services.executor.core.presets.preset import Model
from services.executor.core.presets.providers import LOCAL
from services.executor.core.records import Attempt
from services.executor.errors import LocalModelError, WorkersUnavailableError
from services.executor.flows.calls.conclude import abandon, conclude
from services.executor.flows.calls.heed import heed
from services.executor.flows.calls.questions import Questions
from services.executor.flows.run.live_run import LiveRun
from services.executor.flows.run.open_call import OpenCall, UnderWay
from services.executor.flows.run.stop import Stop
from services.executor.flows.slots.provider_gates import UNLIMITED
from shared.failures import FailureKind
from shared.llm_call import LlmAnswer, LlmFailure, LlmRequest

DEATHS_BEFORE_ALONE = 2
"""A call that was in flight at this many deaths of a worker gets a worker of its own."""

LOOK_AGAIN_S = 0.5
"""How often a call that may not begin looks whether it may."""

BROKEN = "an error in the executor; its log says more"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One request to be made for a call: what it is billed as, how it is asked, and what its end means."""

    model: Model
    prompt_bytes: Callable[[], int]
    request: Callable[[float, str | None], LlmRequest]
    """Given its time-out in seconds and the embedded model's address where that is asked."""
    conclude: Callable[[LlmAnswer | LlmFailure], Retry | None]
    is_repeat: Callable[[], bool]
    unbounded: Callable[[], None]
    """Money is limited and nobody can say what the request costs at most, so it is not made."""
    prompt: str | None = None
    """What is kept of the question, where it does not follow from the call."""


CarryOut = Callable[[LiveRun, Questions, OpenCall], Awaitable[None]]
"""Sees a call that has its slot and has been said to have started to its end; may leave it open where the run stops."""


async def make_call(run: LiveRun, questions: Questions, call: OpenCall, carry_out: CarryOut | None = None) -> None:
    """See a call to its end. It has a slot when this begins; ``carry_out`` is for one that is more than a question."""
    try:
        run.log.report("call_started", call.names(), call.record(run.run_id, "in_flight"))
        await (carry_out or _ask_until_answered)(run, questions, call)
    except Exception:
        # The border of a call: one that breaks must not take the run with it.
        log.exception("a call broke", run_id=run.run_id, call_id=call.planned.call_id)
        abandon(run, call, BROKEN)
    # Not in a finally: when this task is cancelled the service goes down, and no other call may begin.
    if call.has_slot:
        call.has_slot = False
        run.slots.leave(call.planned.provider, makes=call.makes)


async def _ask_until_answered(run: LiveRun, questions: Questions, call: OpenCall) -> None:
    asking = Asking(
        model=call.model,
        prompt_bytes=partial(questions.prompt_bytes, call),
        request=lambda timeout_s, base_url: questions.request(call, timeout_s=timeout_s, base_url=base_url),
        conclude=partial(conclude, run, questions, call),
        is_repeat=lambda: call.attempts > 1,
        unbounded=partial(stop_unbounded, run, call.model),
    )
    while not call.ended:
        if may_not_go_on(run, call):
            run.end_unasked(call)
            break
        pause = await attempt(run, call, asking)
        if pause is not None:
            await rest(run, call, pause)


def stop_unbounded(run: LiveRun, model: Model) -> None:
    """Nobody knows (any more) what a request to this model can cost, and money is limited: the run ends."""
    _stop_spent(run, f"limits.max_cost_usd cannot be kept: no price of {model.provider}/{model.model} is known")


def _stop_spent(run: LiveRun, message: str) -> None:
    run.alert("budget", message, alert_id="budget", severity="error")
    run.stop(Stop("budget", message))


def may_not_go_on(run: LiveRun, call: OpenCall) -> bool:
    """Whether nothing more may be asked for this call."""
    return run.may_not_ask(call)


async def attempt(run: LiveRun, call: OpenCall, asking: Asking) -> Retry | None:
    """One request, from its reservation to its event. The answer is the pause before the next one, if any.

    None too where it may not be made (any more), and where the run stood still before it was; a pause, too, where the
    provider has closed its door before it was. Then ``call.attempts`` has not grown, and whoever asks looks again
    whether it may.
    """
    reserved = await _reserve(run, call, asking)
    if reserved is None:
        return None
    try:
        obstacle, base_url = await _prepare(run, call)
        timeout_s = attempt_time_s(run.preset.limits, spent_s=call.spent_s, failures=call.counted)
        request = asking.request(timeout_s, base_url)
    except BaseException:
        run.release(reserved)
        raise
    if may_not_go_on(run, call) or run.may_not_begin:
        # What was reserved for it may be another budget's by the time the run goes on.
        run.release(reserved)
        await until_it_may_begin(run, call)
        return None
    if not run.budget.holds(reserved):
        run.release(reserved)
        return None
    closed = _pass_door(run, call)
    if closed is not None:
        run.release(reserved)
        return closed
    under_way = await _commit_start(run, call, reserved, asking)
    began_s = run.kit.clock.monotonic_s()
    outcome = obstacle or await _ask(run, call, request)
    call.spent_s += run.kit.clock.monotonic_s() - began_s
    heed(run.kit.gates.of(call.planned.provider), under_way, outcome, run.kit.clock.monotonic_s())
    return asking.conclude(outcome)


def _pass_door(run: LiveRun, call: OpenCall) -> Retry | None:
    """Go through the provider's door, which may have closed since the call got its slot; the answer is how long it is."""
    provider = call.planned.provider
    gate, limit = run.kit.gates.of(provider), run.preset.limits.providers.get(provider, UNLIMITED)
    now_s = run.kit.clock.monotonic_s()
    wait = gate.wait_inside(limit, now_s, let_in=call.let_in)
    if wait is not None:
        return Retry(max(0.0, (wait.at_s or 0.0) - now_s), asked=True, waits_for=wait.waits_for, reason=wait.reason)
    if not call.let_in:
        gate.goes_on(limit, now_s)
    call.let_in = False
    return None


async def until_it_may_begin(run: LiveRun, call: OpenCall) -> None:
    """Wait while the run stands still, without keeping the provider from other runs."""
    waits = False
    while run.may_not_begin and not may_not_go_on(run, call):
        if run.holds.any:
            _leave_slot(run, call)
            await _next_slot(run, call)
            continue
        if not waits:
            waits = True
            run.waits(call, "pause", None)
        # A ledger's trouble announces itself to nobody, and may be over before anybody has held the run for it.
        with anyio.move_on_after(LOOK_AGAIN_S):
            await run.holds.moved.wait()


async def _reserve(run: LiveRun, call: OpenCall, asking: Asking) -> Reserved | None:
    waits = False
    while not may_not_go_on(run, call):
        if run.may_not_begin:
            # Whoever paused a run may be about to give it a larger budget: it is not spent before it goes on.
            await until_it_may_begin(run, call)
            continue
        worst_nano = _worst_nano(run, asking)
        if worst_nano is None and run.preset.limits.max_cost_usd is not None:
            asking.unbounded()
            break
        match run.budget.reserve(worst_nano or 0):
            case Reserved() as reserved:
                return reserved
            case Spent(message):
                _stop_spent(run, message)
            case NotNow():
                if not waits:
                    waits = True
                    run.waits(call, "slot", None, "what is left of the budget is reserved by requests under way")
                await run.budget_moved.wait()
    return None


def _worst_nano(run: LiveRun, asking: Asking) -> int | None:
    """What the request can cost at most, None where nobody can say.

    Also where money is not limited: a resume may bring a limit, and then counts what was spent before.
    """
    price, cap = run.kit.price_of(asking.model), asking.model.max_completion_tokens
    if price is not None and price.is_free:
        return 0
    if price is None or cap is None:
        return None
    return worst_cost_nano(price, asking.prompt_bytes(), cap)


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


async def _commit_start(run: LiveRun, call: OpenCall, reserved: Reserved, asking: Asking) -> UnderWay:
    call.attempts += 1
    record = Attempt(
        run_id=run.run_id,
        call_id=call.planned.call_id,
        attempt=call.attempts,
        started_ms=run.kit.clock.now_ms(),
        reserved_nano=reserved.cost_nano,
        prompt=asking.prompt,
    )
    under_way = UnderWay(record, reserved, run.breaker.begin(), asking.model, run.kit.clock.monotonic_s())
    call.under_way = under_way
    data = {"call_id": call.planned.call_id, "attempt": call.attempts}
    commit = run.log.report("attempt_started", data, record, call.record(run.run_id, "in_flight"))
    change = run.storm.began(retry=asking.is_repeat())
    if change is not None:
        run.alert(
            "retry_storm",
            "most of the newest requests are repeats" if change == "raised" else "repeats are few again",
            alert_id="retry_storm",
            state=change,
        )
    await commit.wait()
    return under_way


async def _ask(run: LiveRun, call: OpenCall, request: LlmRequest) -> LlmAnswer | LlmFailure:
    if run.stopping is not None or run.phase_times.over(call.planned.phase) is not None:
        return LlmFailure(kind=FailureKind.CANCELLED, message="cancelled before it was sent", sent="no")
    call.asking = f"{run.run_id}/{call.planned.call_id}/{call.attempts}"
    try:
        alone = call.deaths >= DEATHS_BEFORE_ALONE
        return await run.kit.workers.ask(call.asking, request, alone=alone)
    finally:
        call.asking = None


async def rest(run: LiveRun, call: OpenCall, pause: Retry) -> None:
    """Wait without a slot, then for one. What the provider asked for does not run against the call's time."""
    began_s = run.kit.clock.monotonic_s()
    run.waits(call, pause.waits_for, pause.wait_s, pause.reason)
    sent_away = pause.asked and pause.waits_for == "backoff"
    _leave_slot(run, call, sent_away=sent_away)
    call.rests = True
    with anyio.move_on_after(pause.wait_s):
        await call.wake.wait()
    call.rests = False
    if not pause.asked:
        call.spent_s += run.kit.clock.monotonic_s() - began_s
    await _next_slot(run, call, sent_away=sent_away)


def _leave_slot(run: LiveRun, call: OpenCall, *, sent_away: bool = False) -> None:
    """Give the slot back for a while: judges leave a maker one to come back to."""
    call.has_slot = call.let_in = False
    if call.makes:
        run.slots.rests(sent_away=sent_away)
    run.slots.leave(call.planned.provider, makes=call.makes)


async def _next_slot(run: LiveRun, call: OpenCall, *, sent_away: bool = False) -> None:
    """Return when the call has a slot again, or may not go on."""
    rests = call.makes
    # Refused, it may find when it hears of that that it may go on again.
    while not call.has_slot and not may_not_go_on(run, call):
        turn = anyio.Event()
        run.slots.ask(run.ticket(call, start=partial(_start, call, turn), refused=turn.set), first=True)
        if rests:
            rests = False
            run.slots.rested(sent_away=sent_away)
        await turn.wait()
    if rests:
        run.slots.rested(sent_away=sent_away)


def _start(call: OpenCall, turn: anyio.Event) -> None:
    call.has_slot = call.let_in = True
    turn.set()
