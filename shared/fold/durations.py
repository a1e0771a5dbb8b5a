"""Durations as counts in fixed logarithmic buckets, so that percentiles add up and ask no order.

The bounds are products of one table literal and one power of ten: the same IEEE multiplication in every language.
"""

from bisect import bisect_left

_STEPS = (1.0, 1.2, 1.5, 1.8, 2.2, 2.7, 3.3, 3.9, 4.7, 5.6, 6.8, 8.2)
_DECADES = (0.001, 0.01, 0.1, 1.0, 10.0, 100.0, 1000.0, 10000.0)

BOUNDS_S: tuple[float, ...] = tuple(step * decade for decade in _DECADES for step in _STEPS)
"""Upper bounds in seconds, 1 ms to some 23 hours; what is longer counts in the last."""


def bucket(duration_s: float) -> int:
    """The index of the first bound that is not below the duration."""
    return min(bisect_left(BOUNDS_S, duration_s), len(BOUNDS_S) - 1)


def percentile(counts: dict[int, int], share: float) -> float | None:
    """The bound below which ``share`` of the durations lie, in seconds; None when there are none."""
    total = sum(counts.values())
    if total == 0:
        return None
    reached = 0
    for index in sorted(counts):
        reached += counts[index]
        if reached >= total * share:
            return BOUNDS_S[index]
    return None
