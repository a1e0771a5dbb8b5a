"""Means, and how sure they are."""

import importlib
from collections.abc import Sequence
from typing import Any

from services.executor.core.ranking.intervals import NO_SPREAD, is_a_point, only_one, tails

_RESAMPLED = "services.executor.core.ranking.resampled_ratio"


def mean(values: Sequence[float]) -> float | None:
    """The mean, None of nothing."""
    return round(sum(values) / len(values), 4) if values else None


def mean_interval(parts: Sequence[tuple[float, float]], *, seed: int) -> tuple[float | None, float | None, str | None]:
    """The ends of the 95 % interval over inputs and, where they say nothing or are unknown although there is a mean, why.

    Inputs that are all alike give a point for an interval, which would look like certainty.
    """
    found = ratio_interval(parts, seed=seed)
    if found is None:
        return None, None, only_one("input") if any(part[1] > 0 for part in parts) else None
    return (*found, NO_SPREAD if is_a_point(*found) else None)


def ratio_interval(parts: Sequence[tuple[float, float]], *, seed: int) -> tuple[float, float] | None:
    """The 95 % interval of the sum of first values by that of second ones, drawing the parts anew.

    None below two parts with anything in them: one says nothing about how far others would lie from it.
    """
    full = [part for part in parts if part[1] > 0]
    ends = tails(len(full))
    if ends is None:
        return None
    # numpy takes a fifth of a second and 25 MB: only who has something to draw loads it.
    module: Any = importlib.import_module(_RESAMPLED)
    low, high = module.resampled_ratio(full, ends, seed=seed)
    middle = sum(part[0] for part in full) / sum(part[1] for part in full)
    return round(min(low, middle), 4), round(max(high, middle), 4)
