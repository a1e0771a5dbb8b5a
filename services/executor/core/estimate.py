"""What a plan will cost and how long it will take, before it starts. Unknown is None, never 0."""

from dataclasses import dataclass

from services.executor.core.check_preset import BYTES_PER_TOKEN, PriceOf
from services.executor.core.plan import GENERATION, Plan, PlannedCall
from services.executor.core.preset import Model, Preset
from services.executor.core.prices import ModelPrice, nano, usd
from services.executor.core.prompts import judge_instructions
from services.executor.core.providers import FREE

USUAL_BYTES_PER_TOKEN = 4
OVERHEAD_TOKENS = 64
"""What a chat format puts around a prompt; no provider needs more."""

_USUAL_ANSWER_TOKENS = 600
_USUAL_VERDICT_TOKENS_PER_CRITERION = 45
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


@dataclass(frozen=True, slots=True)
class _Asked:
    """One call, as far as money and time go."""

    model: Model
    prompt_bytes: int
    usual_output_tokens: int
    most_prompt_bytes: int | None


def worst_input_tokens(prompt_bytes: int) -> int:
    """More tokens than a prompt of this many bytes can have: no token is shorter than a byte."""
    return prompt_bytes + OVERHEAD_TOKENS


def worst_cost_nano(price: ModelPrice, prompt_bytes: int, max_completion_tokens: int) -> int:
    """The most one request can cost."""
    return price.cost_nano(worst_input_tokens(prompt_bytes), max_completion_tokens)


def estimate(preset: Preset, plan: Plan, price_of: PriceOf, *, max_requests_total: int) -> Estimate:
    """What the plan will cost and take."""
    asked = _asked(preset, plan)
    prices = [price_of(call.model) for call in asked]
    return Estimate(
        expected_usd=_expected(asked, prices),
        worst_usd=_worst(preset, asked, prices, max_requests_total),
        duration_s=_duration_s(preset, asked),
    )


def _asked(preset: Preset, plan: Plan) -> list[_Asked]:
    sizes = {document.id: len(document.text.encode()) for document in preset.documents}
    makers = preset.generation.models if preset.generation else []
    judges = preset.single_eval.judges if preset.single_eval else []
    made = {document.document: document.generator for document in plan.documents}
    instructions = len(preset.generation.instructions.text.encode()) if preset.generation else 0
    criteria = preset.single_eval.criteria if preset.single_eval else []
    judging = len(judge_instructions(criteria).encode()) if criteria else 0
    verdict_tokens = _USUAL_VERDICT_TOKENS_PER_CRITERION * len(criteria) + 15

    def one(call: PlannedCall) -> _Asked:
        if call.phase == GENERATION:
            model = makers[call.slot]
            size = instructions + sizes[call.input] + 2
            return _Asked(model, size, _answer_tokens(model), size)
        model, maker = judges[call.slot], made[call.document]
        if maker is None:
            size = judging + sizes[call.input] + 2
            return _Asked(model, size, verdict_tokens, size)
        cap = makers[maker].max_completion_tokens
        usual = judging + _answer_tokens(makers[maker]) * USUAL_BYTES_PER_TOKEN
        return _Asked(model, usual, verdict_tokens, None if cap is None else judging + cap * BYTES_PER_TOKEN)

    return [one(call) for call in plan.calls()]


def _answer_tokens(model: Model) -> int:
    cap = model.max_completion_tokens
    return _USUAL_ANSWER_TOKENS if cap is None else min(cap, _USUAL_ANSWER_TOKENS)


def _usual_tokens(call: _Asked) -> tuple[int, int]:
    cap = call.model.max_completion_tokens
    output = call.usual_output_tokens if cap is None else min(cap, call.usual_output_tokens)
    return call.prompt_bytes // USUAL_BYTES_PER_TOKEN, output


def _expected(asked: list[_Asked], prices: list[ModelPrice | None]) -> float | None:
    total = 0
    for call, price in zip(asked, prices, strict=True):
        if price is None:
            return None
        total += price.cost_nano(*_usual_tokens(call))
    return usd(total)


def _worst(
    preset: Preset, asked: list[_Asked], prices: list[ModelPrice | None], max_requests_total: int
) -> float | None:
    each = []
    for call, price in zip(asked, prices, strict=True):
        if price is None:
            return None
        cap, size = call.model.max_completion_tokens, call.most_prompt_bytes
        if price.is_free:
            each.append(0)
        elif cap is None or size is None:
            return None
        else:
            each.append(worst_cost_nano(price, size, cap))
    each.sort(reverse=True)
    attempts = preset.limits.max_attempts
    full, rest = divmod(max_requests_total, attempts)
    total = attempts * sum(each[:full]) + rest * sum(each[full : full + 1])
    if preset.limits.max_cost_usd is not None:
        total = min(total, nano(preset.limits.max_cost_usd))
    return usd(total)


def _duration_s(preset: Preset, asked: list[_Asked]) -> float:
    """Calls to the embedded model come one after the other, all others side by side."""
    local_s = remote_s = 0.0
    for call in asked:
        prompt, output = _usual_tokens(call)
        if call.model.provider in FREE:
            local_s += prompt / _LOCAL_PROMPT_TOKENS_PER_S + output / _LOCAL_TOKENS_PER_S
        else:
            remote_s += _REMOTE_FIRST_S + output / _REMOTE_TOKENS_PER_S
    return round(max(local_s, remote_s / preset.limits.concurrency), 1)
