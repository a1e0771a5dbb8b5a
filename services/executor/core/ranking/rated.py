"""Competitors rated, with intervals: each connected part of them by itself, for parts cannot be held against each other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from services.executor.core.ranking.cells import Cell
from services.executor.core.ranking.fit import (
    Floats,
    components,
    fit,
    quantiles,
    resampled,
    reweighted,
    spread,
    table,
)
from services.executor.core.ranking.intervals import NO_SPREAD, around, is_a_point, only_one, rounds, tails


@dataclass(frozen=True, slots=True)
class Rated:
    """One competitor; ``low`` and ``high`` are None where nothing says how far it could be off.

    ``no_interval`` is the reason for that, and for two ends that are one point.
    """

    rating: float
    low: float | None
    high: float | None
    bounded: bool
    component: int
    no_interval: str | None


def rated_by_judgements(
    cells: Sequence[Cell], size: int, *, seed: Sequence[int], between: Callable[[], None]
) -> list[Rated]:
    """Competitors 0 to ``size`` - 1; intervals draw the judgements anew. Each must have been compared."""

    def draw(members: list[int]) -> tuple[Floats, int]:
        place = {member: index for index, member in enumerate(members)}
        own = [
            cell._replace(first=place[cell.first], second=place[cell.second]) for cell in cells if cell.first in place
        ]
        many = rounds(len(members))
        drawn = resampled(own, len(members), rounds=many, seed=[*seed, members[0]])
        return drawn, sum(cell.times for cell in own)

    return _rated(table(cells, size), draw, between, what="judgement")


def rated_by_inputs(
    inputs: Sequence[Sequence[Cell]], size: int, *, seed: Sequence[int], between: Callable[[], None]
) -> list[Rated]:
    """Competitors that met on several inputs; intervals draw the inputs anew. Each must have been compared."""
    each = np.stack([table(cells, size) for cells in inputs])

    def draw(members: list[int]) -> tuple[Floats, int]:
        own = each[:, members][:, :, members]
        own = own[own.sum(axis=(1, 2)) > 0]
        return reweighted(own, rounds=rounds(len(members)), seed=[*seed, members[0]]), len(own)

    return _rated(each.sum(axis=0), draw, between, what="input")


def _rated(
    wins: Floats, draw: Callable[[list[int]], tuple[Floats, int]], between: Callable[[], None], *, what: str
) -> list[Rated]:
    parts = components(wins)
    rated: dict[int, Rated] = {}
    for part in sorted(set(parts)):
        members = [index for index, number in enumerate(parts) if number == part]
        own = wins[np.ix_(members, members)]
        found = fit(own[None], between=between)
        ratings, bounded = found.ratings[0], bool(found.bounded[0])
        bounds = _bounds(own, ratings, *draw(members), between) if bounded else _open_bounds(own, ratings)
        for index, member in enumerate(members):
            interval = None if bounds is None else (_short(bounds[index][0]), _short(bounds[index][1]))
            why = only_one(what) if interval is None else NO_SPREAD if is_a_point(*interval) else None
            low, high = interval or (None, None)
            rated[member] = Rated(_short(ratings[index]), low, high, bounded, part, why)
    return [rated[index] for index in range(len(parts))]


def _bounds(
    wins: Floats, ratings: Floats, drawn: Floats, observed: int, between: Callable[[], None]
) -> list[tuple[float, float]] | None:
    ends = tails(observed)
    if ends is None:
        return None
    low, high = quantiles(fit(drawn, ratings, between=between).ratings, *ends)
    middle = ratings.tolist()
    return [(min(low[i], middle[i]), max(high[i], middle[i])) for i in range(len(wins))]


def _open_bounds(wins: Floats, ratings: Floats) -> list[tuple[float, float]]:
    """What the prior leaves open: drawing anew would only repeat that somebody never lost."""
    return [
        around(middle, error) for middle, error in zip(ratings.tolist(), spread(wins, ratings).tolist(), strict=True)
    ]


def _short(value: float) -> float:
    # Six digits are what the fit is sure of on every machine; a negative zero is a zero.
    return round(float(value), 6) + 0.0
