"""Counters that can be added up and taken apart again: one set for a run, and one for each phase and model."""

from typing import Any

from shared.fold.durations import percentile

NANO_PER_USD = 1_000_000_000

NAMES = (
    "in_flight",
    "successful_calls",
    "failed_calls",
    "cancelled_calls",
    "lost_calls",
    "queued",
    "not_started",
    "attempts",
    "tried_calls",
    "open_attempts",
    "failed_attempts",
    "unsent_attempts",
    "uncertain_attempts",
    "died_attempts",
    "input_tokens",
    "input_known",
    "output_tokens",
    "output_known",
    "cost_nano",
    "priced",
    "unpriced_attempts",
)
"""What one call adds to every tally it belongs to."""


def nano_usd(cost_usd: float) -> int:
    """Dollars as whole nano-dollars, halves up: the same in every language."""
    return int(cost_usd * NANO_PER_USD + 0.5)


def rounded(value: float, scale: int) -> float:
    """The value rounded half up to 1/scale: the same in every language."""
    return int(value * scale + 0.5) / scale


class Share:
    """What one call adds: a count for each name, and a duration bucket for each attempt that succeeded."""

    __slots__ = ("buckets", "counts")

    def __init__(self) -> None:
        self.counts = dict.fromkeys(NAMES, 0)
        self.buckets: dict[int, int] = {}


class Tally:
    """A sum of shares."""

    __slots__ = ("buckets", "calls", "counts")

    def __init__(self) -> None:
        self.calls = 0
        self.counts = dict.fromkeys(NAMES, 0)
        self.buckets: dict[int, int] = {}

    def add(self, share: Share, sign: int) -> None:
        """Add a share (``sign`` 1) or take it away again (-1)."""
        self.calls += sign
        counts = self.counts
        for name, count in share.counts.items():
            if count:
                counts[name] += sign * count
        for index, count in share.buckets.items():
            self.buckets[index] = self.buckets.get(index, 0) + sign * count

    def numbers(self) -> dict[str, Any]:
        """The counters as CONTRACT section 5 names them; unknown is null, never 0."""
        count = self.counts
        ended = count["successful_calls"] + count["failed_calls"] + count["cancelled_calls"] + count["lost_calls"]
        unmeasured = count["attempts"] - count["open_attempts"] - count["unsent_attempts"]
        return {
            "total_calls": ended + count["in_flight"],
            "successful_calls": count["successful_calls"],
            "failed_calls": count["failed_calls"],
            "retries": count["attempts"] - count["tried_calls"],
            "queued": count["queued"],
            "in_flight": count["in_flight"],
            "cancelled_calls": count["cancelled_calls"],
            "lost_calls": count["lost_calls"],
            "not_started": count["not_started"],
            "attempts": count["attempts"],
            "failed_attempts": count["failed_attempts"],
            "unsent_attempts": count["unsent_attempts"],
            "uncertain_attempts": count["uncertain_attempts"],
            "input_tokens": _known(count["input_tokens"], count["input_known"], unmeasured),
            "output_tokens": _known(count["output_tokens"], count["output_known"], unmeasured),
            "cost_usd": _cost(count["cost_nano"], count["priced"], unmeasured),
            "unpriced_attempts": count["unpriced_attempts"],
            "duration_s": {"p50": percentile(self.buckets, 0.5), "p95": percentile(self.buckets, 0.95)},
        }


def _known(total: int, known: int, expected: int) -> int | None:
    return None if known == 0 and expected > 0 else total


def _cost(nano: int, priced: int, expected: int) -> float | None:
    return None if priced == 0 and expected > 0 else nano / NANO_PER_USD
