"""What a plan will cost and how long it will take, before it starts. Unknown is None, never 0."""

from collections import defaultdict
from dataclasses import dataclass

from services.executor.core.planning.expected_sizes import Asked, ExpectedSizes
from services.executor.core.planning.plan import Plan
from services.executor.core.presets.check_preset import PriceOf
from services.executor.core.presets.preset import Preset
from services.executor.core.presets.prices import ModelPrice, nano, usd
from services.executor.core.presets.providers import LOCAL, SCRIPTED

OVERHEAD_TOKENS = 64
"""What a chat format puts around a prompt; no provider needs more."""

_SCRIPTED_S = 0.02
"""Of handing a question to a worker and back; the delays a script asks for come on top."""

_LEAST_S = 0.1
"""What nobody waits for less than: a plan is never said to take no time."""

_REMOTE_TOKENS_PER_S = 60.0
_REMOTE_FIRST_S = 1.0
_LOCAL_TOKENS_PER_S = 60.0
_LOCAL_PROMPT_TOKENS_PER_S = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Dollars and seconds; ``worst`` cannot be exceeded, ``expected`` is a guess."""

    expected_usd: float | None
    worst_usd: float | None
    duration_s: float


def worst_input_tokens(prompt_bytes: int) -> int:
    """More tokens than a prompt of this many bytes can have: no token is shorter than a byte."""
    return prompt_bytes + OVERHEAD_TOKENS


def worst_cost_nano(price: ModelPrice, prompt_bytes: int, max_completion_tokens: int) -> int:
    """The most one request can cost."""
    return price.most_nano(worst_input_tokens(prompt_bytes), max_completion_tokens)


def estimate(preset: Preset, plan: Plan, price_of: PriceOf, *, max_requests_total: int) -> Estimate:
    """What the plan will cost and take."""
    sizes = ExpectedSizes(preset, plan)
    asked = [sizes.asked(call) for call in plan.calls()]
    # Looking a price up takes longer than all else about a call.
    found = {id(model): price_of(model) for _, model in preset.models()}
    prices = [found[id(one.model)] for one in asked]
    return Estimate(
        expected_usd=_expected(asked, prices),
        worst_usd=_worst(preset, asked, prices, max_requests_total),
        duration_s=_duration_s(preset, asked),
    )


def _expected(asked: list[Asked], prices: list[ModelPrice | None]) -> float | None:
    total = 0
    for one, price in zip(asked, prices, strict=True):
        if price is None:
            return None
        total += one.usual_requests * price.expected_nano(one.usual_input_tokens, one.usual_output_tokens)
    return usd(total)


def _worst(
    preset: Preset, asked: list[Asked], prices: list[ModelPrice | None], max_requests_total: int
) -> float | None:
    limit = preset.limits.max_cost_usd
    each = []
    for one, price in zip(asked, prices, strict=True):
        if price is None:
            return None
        cap, size = one.model.max_completion_tokens, one.prompt.most
        if price.is_free:
            each.append(0)
        elif cap is None or size is None:
            return limit
        else:
            each.append(worst_cost_nano(price, size, cap))
    each.sort(reverse=True)
    attempts = preset.limits.max_attempts
    full, rest = divmod(max_requests_total, attempts)
    total = attempts * sum(each[:full]) + rest * sum(each[full : full + 1])
    return usd(total if limit is None else min(total, nano(limit)))


def _duration_s(preset: Preset, asked: list[Asked]) -> float:
    """Calls to the embedded model come one after the other, all others side by side, one phase after the other."""
    local_s = remote_s = 0.0
    longest_s: dict[str, float] = defaultdict(float)
    for one in asked:
        output = one.usual_output_tokens
        if one.model.provider == LOCAL:
            took_s = one.usual_input_tokens / _LOCAL_PROMPT_TOKENS_PER_S + output / _LOCAL_TOKENS_PER_S
            local_s += took_s
        else:
            each_s = _SCRIPTED_S if one.model.provider == SCRIPTED else _REMOTE_FIRST_S + output / _REMOTE_TOKENS_PER_S
            took_s = one.usual_requests * each_s
            remote_s += took_s
            longest_s[one.call.phase] = max(longest_s[one.call.phase], took_s)
    return round(max(_LEAST_S, local_s, remote_s / preset.limits.concurrency, sum(longest_s.values())), 1)
