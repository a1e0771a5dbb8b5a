"""A plan as people read it before they start: calls, ceiling, money, time, what may go wrong, what is missing. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from services.cli.showing import phrases

ASKED_ABOVE_USD = 1.0
"""A run that may cost more is agreed to first, where there is somebody to ask."""

Json = Mapping[str, Any]


def plan_lines(plan: Json) -> list[str]:
    """The plan, a line for each thing to know."""
    cost = plan.get("cost_usd") or {}
    phases = plan.get("phases") or []
    width = max((len(phrases.status(str(phase["phase"]))) for phase in phases), default=0)
    lines = [
        f"calls     {phrases.count(plan.get('planned_calls'))} planned, "
        f"{phrases.counted(plan.get('max_requests_total'), 'request')} at most"
    ]
    lines += [f"  {_phase(phase, width)}" for phase in phases]
    lines += [
        f"cost      {phrases.money(cost.get('expected'))} expected, {_worst(cost.get('worst'))}",
        f"duration  about {phrases.duration(plan.get('duration_s'))}",
    ]
    lines += [f"warning   {phrases.one_line(str(warning))}" for warning in plan.get("warnings") or []]
    lines += [f"missing   the environment variable {name}, at the executor" for name in plan.get("missing") or []]
    return lines


def is_worth_asking(plan: Json) -> bool:
    """Whether the run could cost so much that a person is asked first; what is unknown could."""
    worst = (plan.get("cost_usd") or {}).get("worst")
    return worst is None or worst > ASKED_ABOVE_USD


def _phase(phase: Json, width: int) -> str:
    return f"{phrases.status(str(phase['phase'])):<{width}}  {', '.join(_facts(phase))}"


def _facts(phase: Json) -> Iterator[str]:
    yield phrases.counted(phase.get("planned_calls"), "call")
    if phase.get("max_requests") is not None:
        yield f"{phrases.counted(phase['max_requests'], 'request')} at most"
    cost = phase.get("cost_usd")
    if isinstance(cost, Mapping):
        yield f"{phrases.money(cost.get('expected'))} expected"
        yield _worst(cost.get("worst"))


def _worst(usd: float | None) -> str:
    return "no known ceiling" if usd is None else f"{phrases.money(usd)} at worst"
