"""A plan as people see it before they start: counts, ceiling, money, time, what may go wrong, what is missing."""

from collections.abc import Mapping
from typing import Any

from services.executor.core.planning.estimate import Estimate, estimate
from services.executor.core.planning.plan import Plan, max_requests_total
from services.executor.core.presets.check_preset import PriceOf
from services.executor.core.presets.preset import Preset
from services.executor.core.presets.providers import missing_variables
from services.executor.core.presets.researcher import missing_python


def overview(preset: Preset, plan: Plan, price_of: PriceOf, environ: Mapping[str, str]) -> dict[str, Any]:
    """The body of an answer to POST /plan, and ``plan`` in that to POST /runs."""
    ceiling = max_requests_total(preset, plan)
    expected = estimate(preset, plan, price_of, max_requests_total=ceiling)
    return {
        "preset": preset.name,
        "planned_calls": plan.planned_calls,
        "phases": plan.phases_shown(),
        "max_requests_total": ceiling,
        "cost_usd": {"expected": expected.expected_usd, "worst": expected.worst_usd},
        "duration_s": expected.duration_s,
        "warnings": warnings(preset, plan, expected, price_of),
        "missing": missing(preset, environ),
    }


def missing(preset: Preset, environ: Mapping[str, str]) -> list[str]:
    """Every environment variable the providers need and do not have, each once."""
    names = [name for _, model in preset.models() for name in missing_variables(model, environ)]
    return list(dict.fromkeys([*names, *missing_python(preset, environ)]))


def warnings(preset: Preset, plan: Plan, expected: Estimate, price_of: PriceOf) -> list[str]:
    """What will probably not go as hoped, although nothing forbids it."""
    limits, found = preset.limits, []
    if limits.max_requests is not None and limits.max_requests < plan.planned_calls:
        found.append(
            f"limits.max_requests {limits.max_requests} is below the plan of {plan.planned_calls} calls: "
            "the run will end with reason budget"
        )
    if limits.max_cost_usd is not None and (expected.expected_usd or 0) > limits.max_cost_usd:
        found.append(
            f"limits.max_cost_usd {limits.max_cost_usd:g} is below the expected {expected.expected_usd:.4f}: "
            "the run will probably end with reason budget"
        )
    if limits.max_attempts > 1 and limits.attempt_timeout_s >= limits.call_timeout_s:
        found.append("limits.call_timeout_s leaves no time for a second attempt after one that times out")
    unpriced = dict.fromkeys(
        f"{model.provider}/{model.model}" for _, model in preset.models() if price_of(model) is None
    )
    found.extend(f"the price of {name} is not known: its cost will be shown as unknown" for name in unpriced)
    used = {model.provider for _, model in preset.models()}
    found.extend(
        f"limits.providers.{name} limits a provider that no model uses" for name in limits.providers if name not in used
    )
    found.extend(
        f"limits.phase_timeout_s.{name} limits a phase that is not planned"
        for name in limits.phase_timeout_s
        if name not in plan.phases
    )
    if preset.pairwise_eval:
        alone = [item.input for item in plan.inputs if not item.pairwise]
        if alone:
            what = f"{alone[0]!r} has" if len(alone) == 1 else f"{len(alone)} inputs, {alone[0]!r} among them, have"
            found.append(f"{what} one document only, which is compared with none and combined with none")
    return found
