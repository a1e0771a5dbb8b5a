"""What one request has cost: what the provider says, else its tokens at the price; what nobody can say is unknown.

Never too low: a cost that leaves something out is no cost.
"""

from dataclasses import dataclass

from services.executor.core.presets.prices import STATED, ModelPrice, nano
from shared.llm_call import LlmAnswer, LlmFailure

FIRST_ERROR_STATUS = 400

MAYBE_BILLED = frozenset({408, 499, 502, 504, 520, 524, 598, 599})
"""Said by whoever stands before the model and did not get its answer, or not in time: it may have been made, and billed."""

MAX_TOKENS = 2**53 - 1
MAX_USD = 1e6
"""A provider that says one request cost more has not said what it cost."""


@dataclass(frozen=True, slots=True)
class Settled:
    """Tokens, and nano-dollars; None where nobody knows. ``why_unknown`` is words for whoever wonders."""

    input_tokens: int | None
    output_tokens: int | None
    cost_nano: int | None
    why_unknown: str | None = None


def settled(outcome: LlmAnswer | LlmFailure, price: ModelPrice | None, *, began_ms: int, ended_ms: int) -> Settled:
    """The tokens and the cost of a request that lasted from one moment to the other, in milliseconds since 1970.

    Where the price has changed meanwhile it is the dearer one: nobody says which moment is billed.
    """
    input_tokens, output_tokens = _tokens(outcome.input_tokens), _tokens(outcome.output_tokens)
    said_nano = _said_nano(outcome.cost_usd)
    # What was said and cannot be believed was said all the same.
    said_nothing = outcome.input_tokens is None and outcome.output_tokens is None and outcome.cost_usd is None
    if isinstance(outcome, LlmFailure) and said_nothing:
        if outcome.sent == "no":
            return Settled(None, None, None)
        status = outcome.status or 0
        said_all = outcome.sent == "yes" and not outcome.billed_apart
        if said_all and status >= FIRST_ERROR_STATUS and status not in MAYBE_BILLED:
            return Settled(0, 0, 0)
    if said_nano is not None and (price is None or price.source not in STATED):
        return Settled(input_tokens, output_tokens, said_nano)
    if price is None:
        return Settled(input_tokens, output_tokens, None)
    if price.is_free:
        return Settled(input_tokens, output_tokens, 0)
    if outcome.billed_apart and price.source not in STATED:
        why = f"its usage states {', '.join(outcome.billed_apart)}, which no price of tokens covers"
        return Settled(input_tokens, output_tokens, None, why)
    if input_tokens is None or output_tokens is None:
        return Settled(input_tokens, output_tokens, None)
    cached, written = _tokens(outcome.cached_tokens) or 0, _tokens(outcome.written_tokens) or 0
    cost_nano = max(
        price.at(at_ms).cost_nano(input_tokens, output_tokens, cached, written) for at_ms in (began_ms, ended_ms)
    )
    # More is no cost of a request, whatever was counted, and may not fit into a ledger.
    return Settled(input_tokens, output_tokens, cost_nano if cost_nano <= nano(MAX_USD) else None)


def _said_nano(cost_usd: float | None) -> int | None:
    """What the provider itself says the request cost."""
    return nano(cost_usd) if cost_usd is not None and 0 <= cost_usd <= MAX_USD else None


def _tokens(count: int | None) -> int | None:
    # A provider that counts beyond any prompt, or backwards, has not counted.
    return count if count is not None and 0 <= count <= MAX_TOKENS else None
