"""Which documents of an input go on: the best by score, or by comparison. Arrival order changes nothing."""

import importlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from math import fsum
from typing import Any

from services.executor.core.ranking.cells import Cell, counted, tallies

_NUMBERS = "services.executor.core.ranking.fit"

_MOST_FITTED = 60
"""A fit of more documents takes longer than whoever asks can wait; then the share of wins decides."""

Judgement = tuple[str, str, str]
"""Two documents and ``a``, ``b`` or ``tie``."""


def best_by_score(documents: Iterable[str], means: Mapping[str, Sequence[float]]) -> list[str]:
    """Those of the documents (in the order of the plan) that have a score, best first by the mean of their verdicts."""
    # The sum is exact, so that the order in which verdicts came does not decide between equals.
    mean = {name: fsum(means[name]) / len(means[name]) for name in documents if means.get(name)}
    return sorted(mean, key=lambda name: -mean[name])


def best_by_comparison(documents: Sequence[str], judged: Iterable[Judgement]) -> list[str]:
    """Those of the documents (in the order of the plan) that were compared, best first, as they are ranked in the end.

    Where every pair was judged equally often the counts of wins have the order of the ratings, and nothing is fitted.
    """
    place = {name: index for index, name in enumerate(documents)}
    cells = counted((place.get(a), place.get(b), winner) for a, b, winner in judged)
    found = tallies(cells)
    strength = {index: tally.win_rate for index, tally in found.items()}
    if len(found) <= _MOST_FITTED and not _balanced(cells, list(found)):
        strength = _rated(cells, list(found)) or strength
    return [documents[index] for index in sorted(strength, key=lambda index: (-strength[index], index))]


def _balanced(cells: Iterable[Cell], compared: Sequence[int]) -> bool:
    times: dict[frozenset[int], int] = defaultdict(int)
    for cell in cells:
        times[frozenset((cell.first, cell.second))] += cell.times
    return len({times.get(frozenset(pair), 0) for pair in combinations(compared, 2)}) <= 1


def _rated(cells: Iterable[Cell], compared: Sequence[int]) -> dict[int, float] | None:
    """The ratings; None where some were compared with no others but each other, so that nobody can say."""
    place = {index: number for number, index in enumerate(compared)}
    numbers: Any = importlib.import_module(_NUMBERS)
    moved = [cell._replace(first=place[cell.first], second=place[cell.second]) for cell in cells]
    wins = numbers.table(moved, len(compared))
    if len(set(numbers.components(wins))) != 1:
        return None
    ratings = numbers.fit(wins[None]).ratings[0].tolist()
    # Ten digits are what the fit is sure of: equals stay equals.
    return {index: round(rating, 9) for index, rating in zip(compared, ratings, strict=True)}
