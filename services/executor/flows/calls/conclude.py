"""What the end of a request means: for the call, for the money, for the model, and for the next attempt."""

from dataclasses import replace
from typing import Any

import msgspec

from services.executor.core.limits.attempt_time import pause_within_s
from services.executor.core.limits.retry import GiveUp, Retry, decide
from services.executor.core.limits.settle import Settled, settled
from services.executor.core.presets.prices import usd
from services.executor.flows.calls.acceptance import Accepted
from services.executor.flows.calls.heed import in_words
from services.executor.flows.calls.questions import Questions
from services.executor.flows.run.live_run import LiveRun
from services.executor.flows.run.open_call import OpenCall, UnderWay
from services.executor.flows.run.stop import CallEnding
from shared.failures import FailureKind
from shared.llm_call import LlmAnswer, LlmFailure

_MAX_MESSAGE_CHARS = 500
"""A message in an event is one sentence; a provider may have sent a page."""


def conclude(run: LiveRun, questions: Questions, call: OpenCall, outcome: LlmAnswer | LlmFailure) -> Retry | None:
    """Write down how the request under way ended; the answer is the pause before the next one, None for none."""
    if isinstance(outcome, LlmAnswer):
        accepted = questions.accept(call, outcome)
        if not isinstance(accepted, LlmFailure):
            _succeed(run, call, outcome, accepted)
            return None
        outcome = accepted
    return _fail(run, call, outcome)


def abandon(run: LiveRun, call: OpenCall, message: str) -> None:
    """End the call, and the request under way if there is one, because of an error of ours."""
    if call.under_way is not None:
        _fail(run, call, LlmFailure(kind=FailureKind.INTERNAL, message=message, sent="maybe"))
    elif not call.ended:
        run.end(call, "call_failed", FailureKind.INTERNAL, message)


def _under_way(call: OpenCall) -> UnderWay:
    if call.under_way is None:
        raise ValueError(f"no request of {call.planned.call_id} is under way")
    return call.under_way


def conclude_step(run: LiveRun, call: OpenCall, outcome: LlmAnswer | LlmFailure) -> Retry | None:
    """As ``conclude``, for one request of many: an answer does not end the call, a failure that is final does."""
    if isinstance(outcome, LlmFailure):
        return _fail(run, call, outcome)
    _succeed(run, call, outcome, None)
    return None


def _succeed(run: LiveRun, call: OpenCall, answer: LlmAnswer, accepted: Accepted | None) -> None:
    end = _under_way(call)
    usage = _settled(run, end, answer)
    run.breaker.succeeded(call.key)
    data = {
        "call_id": call.planned.call_id,
        "attempt": end.attempt.attempt,
        "duration_s": round(answer.duration_s, 4),
        **_shown(usage),
    }
    record = msgspec.structs.replace(
        end.attempt,
        ended_ms=run.kit.clock.now_ms(),
        outcome="succeeded",
        duration_s=answer.duration_s,
        sent="yes",
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cost_nano=usage.cost_nano,
        answer=answer.text,
    )
    events = [("attempt_succeeded", data)]
    if accepted is None:
        run.goes_on(call, events, [record])
    else:
        run.answered(call, [*events, *accepted.events], [record, *accepted.records])
    run.settle(end.reserved, usage.cost_nano)
    run.kit.meter.attempt(*call.key, "succeeded", usage.cost_nano)


def _fail(run: LiveRun, call: OpenCall, failure: LlmFailure) -> Retry | None:
    end = _under_way(call)
    usage = _settled(run, end, failure)
    refusal = run.breaker.failed(call.key, failure.kind, end.begun)
    decision = _decide(run, call, failure)
    if isinstance(decision, GiveUp) and decision.shut:
        refusal = run.breaker.shut(call.key, failure.kind, decision.reason)
    error = {"kind": failure.kind, "message": failure.message[:_MAX_MESSAGE_CHARS], "status": failure.status}
    wait_s = decision.wait_s if isinstance(decision, Retry) else None
    data = {
        "call_id": call.planned.call_id,
        "attempt": end.attempt.attempt,
        "duration_s": round(failure.duration_s, 4),
        "error": error,
        "sent": failure.sent,
        "will_retry": wait_s is not None,
        "retry_in_s": None if wait_s is None else round(wait_s, 3),
        **_shown(usage),
    }
    record = msgspec.structs.replace(
        end.attempt,
        ended_ms=run.kit.clock.now_ms(),
        outcome="failed",
        duration_s=failure.duration_s,
        kind=failure.kind.value,
        message=failure.message[:_MAX_MESSAGE_CHARS],
        http_status=failure.status,
        sent=failure.sent,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cost_nano=usage.cost_nano,
        answer=failure.text,
    )
    events = [("attempt_failed", data)]
    if isinstance(decision, Retry) or (run.stopping is not None and run.stopping.leaves_calls_open):
        run.goes_on(call, events, [record])
    else:
        ending, ended_with = _ending(run, call, failure, error, decision)
        run.ended(call, ending, ended_with, events, [record])
    run.settle(end.reserved, 0 if failure.sent == "no" else usage.cost_nano)
    run.kit.meter.attempt(*call.key, failure.kind, usage.cost_nano)
    if refusal is not None:
        run.stop_model(refusal, call.key)
    return decision if isinstance(decision, Retry) else None


def _decide(run: LiveRun, call: OpenCall, failure: LlmFailure) -> Retry | GiveUp:
    held = failure.sent != "no"
    if failure.kind is FailureKind.WORKER_DIED and held:
        call.deaths += 1
    else:
        call.counted += 1
    if run.stopping is not None:
        return GiveUp("the run stops")
    if run.may_not_ask(call):
        return GiveUp("the model is not asked any more, or its phase is over")
    limits = run.preset.limits
    decision = decide(
        failure.kind,
        call.tries,
        max_attempts=limits.max_attempts,
        retry_after_s=failure.retry_after_s,
        backoff=run.kit.backoff,
        chance=run.kit.chance,
        held=held,
    )
    if isinstance(decision, Retry):
        wait_s, active_s = decision.wait_s, 0.0
        if not decision.asked:
            active_s = wait_s = pause_within_s(limits, wait_s=wait_s, spent_s=call.spent_s, failures=call.counted)
        if call.spent_s + active_s >= limits.call_timeout_s:
            return GiveUp("call_timeout_s is used up")
        return replace(decision, wait_s=wait_s, reason=in_words(failure))
    return decision


def _ending(
    run: LiveRun, call: OpenCall, failure: LlmFailure, error: dict[str, Any], decision: GiveUp
) -> tuple[CallEnding, dict[str, Any]]:
    if run.stopping is not None:
        ending, kind = run.stopping.ending
        return ending, {"kind": kind, "message": run.stopping.message, "status": None}
    if failure.kind is FailureKind.CANCELLED:
        over = run.phase_times.over(call.planned.phase)
        if over is not None:
            return "call_failed", {"kind": FailureKind.TIMEOUT, "message": over, "status": None}
        return "call_cancelled", error
    return "call_lost" if decision.lost else "call_failed", error


def _settled(run: LiveRun, end: UnderWay, outcome: LlmAnswer | LlmFailure) -> Settled:
    price = run.kit.price_of(end.model)
    usage = settled(outcome, price, began_ms=end.attempt.started_ms, ended_ms=run.kit.clock.now_ms())
    if usage.why_unknown is not None:
        name = f"{end.model.provider}/{end.model.model}"
        run.log.warn_once(f"the cost of requests to {name} is not known: {usage.why_unknown}")
    return usage


def _shown(usage: Settled) -> dict[str, Any]:
    cost_usd = None if usage.cost_nano is None else usd(usage.cost_nano)
    return {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens, "cost_usd": cost_usd}
