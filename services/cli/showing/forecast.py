"""What a run will have cost in the end, if it goes on as it did. Pure."""

from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]


def forecast_usd(stats: Json) -> float | None:
    """Spent so far and, for every call still to come, the mean cost of a call of its phase.

    None where nothing says what a call of an open phase costs: none of it has ended, its cost is unknown in part, or
    nobody knows how many calls are planned.
    """
    spent = stats.get("cost_usd")
    phases = stats.get("by_phase") or []
    if spent is None or stats.get("unpriced_attempts") or not phases:
        return None
    more = 0.0
    for phase in phases:
        planned = phase.get("planned_calls")
        if planned is None:
            return None
        ended = done_calls(phase)
        left = planned - ended
        if left <= 0:
            continue
        if ended == 0 or phase.get("cost_usd") is None:
            return None
        more += left * float(phase["cost_usd"]) / ended
    return float(spent) + more


def done_calls(numbers: Json) -> int:
    """How many planned calls are over, also those that were never asked."""
    return (
        int(numbers.get("total_calls") or 0) - int(numbers.get("in_flight") or 0) + int(numbers.get("not_started") or 0)
    )
