"""What attempts cost together. Every one counts, also those that failed or were repeated; unknown is None, never 0."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from services.executor.core.presets.prices import usd
from services.executor.core.records import Attempt

Shown = dict[str, Any]


@dataclass(slots=True)
class Spent:
    """Attempts and what is known of their tokens and cost."""

    attempts: int = 0
    failed_attempts: int = 0
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_nano: int | None = None
    """The sum of what is known; None where nothing is, though something was sent."""
    unpriced_attempts: int = 0
    """How many may have cost something nobody knows."""

    def shown(self) -> Shown:
        """As results show it."""
        return {
            "attempts": self.attempts,
            "failed_attempts": self.failed_attempts,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cost_usd": None if self.cost_nano is None else usd(self.cost_nano),
            "unpriced_attempts": self.unpriced_attempts,
        }


def spent(attempts: Iterable[Attempt]) -> Spent:
    """All of them together, as the stats count them: one that never left or is still under way has no cost to know."""
    total = Spent()
    measured = False
    for attempt in attempts:
        total.attempts += 1
        total.failed_attempts += attempt.outcome == "failed"
        under_way = attempt.outcome is None and attempt.cost_nano is None
        if attempt.sent == "no" or under_way:
            continue
        measured = True
        total.input_tokens = _sum(total.input_tokens, attempt.input_tokens)
        total.output_tokens = _sum(total.output_tokens, attempt.output_tokens)
        total.cost_nano = _sum(total.cost_nano, attempt.cost_nano)
        total.unpriced_attempts += attempt.cost_nano is None
    if not measured:
        total.input_tokens = total.output_tokens = total.cost_nano = 0
    return total


def _sum(known: int | None, more: int | None) -> int | None:
    return known if more is None else more if known is None else known + more
