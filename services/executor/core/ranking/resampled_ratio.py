"""A ratio of sums, drawn anew from its parts. Loads numpy."""

from collections.abc import Sequence

import numpy as np

from services.executor.core.ranking.fit import quantiles, reweighted
from services.executor.core.ranking.intervals import ROUNDS


def resampled_ratio(
    parts: Sequence[tuple[float, float]], ends: tuple[float, float], *, seed: int
) -> tuple[float, float]:
    """The two quantiles of the drawn ratios; every second value is above 0."""
    sums = reweighted(np.asarray(parts, dtype=np.float64), rounds=ROUNDS, seed=[seed])
    low, high = quantiles((sums[:, 0] / sums[:, 1])[:, None], *ends)
    return low[0], high[0]
