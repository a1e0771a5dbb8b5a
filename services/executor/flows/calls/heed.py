"""What a request's end tells about its provider: whether it can be asked harder, or wants to be left alone for a while."""

from services.executor.core.limits.retry import LONGEST_RETRY_AFTER_S
from services.executor.flows.run.open_call import UnderWay
from services.executor.flows.slots.provider_gates import Gate
from shared.failures import FailureKind
from shared.llm_call import LlmAnswer, LlmFailure

_ANSWERS = frozenset(
    {
        FailureKind.INVALID_JSON,
        FailureKind.UNREADABLE_VERDICT,
        FailureKind.OUTPUT_TOO_SMALL,
        FailureKind.TRUNCATED,
        FailureKind.CONTENT_FILTERED,
    }
)
"""The provider did its part: what is wrong is the answer."""


def heed(gate: Gate, request: UnderWay, outcome: LlmAnswer | LlmFailure, now_s: float) -> None:
    """Ask the provider harder or less hard from now on, in all runs."""
    if isinstance(outcome, LlmAnswer) or outcome.kind in _ANSWERS:
        gate.answered(request.began_s)
        return
    pause_s = outcome.retry_after_s or 0.0
    if outcome.kind is not FailureKind.RATE_LIMITED and pause_s <= 0:
        return
    means_all = gate.too_many(request.began_s, now_s, in_words(outcome))
    # Nobody waits for longer pauses: whoever hears of one gives its model up.
    if means_all and 0 < pause_s <= LONGEST_RETRY_AFTER_S:
        gate.close(now_s, pause_s, in_words(outcome))


def in_words(failure: LlmFailure) -> str:
    """Why somebody waits, for people: ``429 rate_limited``."""
    return failure.kind if failure.status is None else f"{failure.status} {failure.kind}"
