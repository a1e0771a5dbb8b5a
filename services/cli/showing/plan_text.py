"""A plan as people read it before they start: calls, ceiling, money, time, what may go wrong, what is missing. Pure."""

from collections.abc import Mapping
from typing import Any

from services.cli.showing import phrases


def plan_lines(plan: Mapping[str, Any]) -> list[str]:
    """The plan, a line for each thing to know."""
    cost = plan.get("cost_usd") or {}
    phases = ", ".join(
        f"{phrases.status(phase['phase'])} {phase['planned_calls']}" for phase in plan.get("phases") or []
    )
    lines = [
        f"calls     {phrases.count(plan.get('planned_calls'))} planned ({phases}), "
        f"{phrases.count(plan.get('max_requests_total'))} requests at most",
        f"cost      {phrases.money(cost.get('expected'))} expected, {_worst(cost.get('worst'))}",
        f"duration  about {phrases.duration(plan.get('duration_s'))}",
    ]
    lines += [f"warning   {phrases.one_line(str(warning))}" for warning in plan.get("warnings") or []]
    lines += [f"missing   the environment variable {name}, at the executor" for name in plan.get("missing") or []]
    return lines


def may_cost(plan: Mapping[str, Any]) -> bool:
    """Whether the run could cost money; what is unknown could."""
    return (plan.get("cost_usd") or {}).get("worst") != 0


def _worst(usd: float | None) -> str:
    return "no known ceiling" if usd is None else f"{phrases.money(usd)} at worst"
