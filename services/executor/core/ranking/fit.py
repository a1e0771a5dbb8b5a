"""Bradley-Terry by maximum likelihood, for many tables of wins at once.

A table is ``wins[i, j]``: how often i won against j, a tie half a win for each. Ratings are natural logarithms of
strengths. All of this is numpy, which only those who rank something load.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.executor.core.ranking.cells import Cell

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]

PRIOR_TIES = 0.5
"""Where no maximum exists, each competitor is given so many ties against one of average strength."""

_MOST_STEPS = 500
_PRECISION = 1e-10
_DRAWN_PRECISION = 1e-6
"""Of tables that were drawn: their quantiles are less sure than that anyway."""
_CHUNK_CELLS = 2_000_000
"""How many cells of tables are worked on at once: 16 MB."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """Ratings with mean 0, and whether a maximum exists without the prior: one row for each table."""

    ratings: Floats
    bounded: Truths


def fit(wins: Floats, start: Floats | None = None, *, between: Callable[[], None] = lambda: None) -> Fitted:
    """The ratings of ``wins[table, i, j]``; where no table begins anew, ``start`` is a guess for all of them.

    ``between`` is called between steps; what it raises ends the work.

    A table has a maximum exactly if, however its competitors are split in two, each side has won against the other.
    """
    tables, size = wins.shape[0], wins.shape[-1]
    ratings, bounded = np.zeros((tables, size)), strongly_connected(wins)
    step = max(1, _CHUNK_CELLS // max(1, size * size))
    for first in range(0, tables, step):
        part = slice(first, first + step)
        ratings[part] = _newton(wins[part], np.where(bounded[part], 0.0, PRIOR_TIES), start, between)
    return Fitted(ratings, bounded)


def spread(wins: Floats, ratings: Floats) -> Floats:
    """The standard errors of one table's ratings under the prior: how far it leaves them open."""
    prior = np.full(1, PRIOR_TIES)
    _, curvature = _slopes(wins[None], ratings[None], prior)
    size = wins.shape[-1]
    centred = np.eye(size) - 1 / size
    covariance = centred @ np.linalg.inv(curvature[0]) @ centred
    errors: Floats = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    return errors


def strongly_connected(wins: Floats) -> Truths:
    """Whether, in each table, everybody can be reached from everybody along wins."""
    beats: Truths = np.greater(wins, 0)
    return _reaches_all(beats) & _reaches_all(beats.transpose(0, 2, 1))


def components(compared: Floats) -> list[int]:
    """For each competitor of one table the number of its part, from 1, in order of appearance."""
    size = compared.shape[0]
    linked = (compared + compared.T) > 0
    found = [0] * size
    for start in range(size):
        if found[start]:
            continue
        number, open_ = max(found) + 1, [start]
        found[start] = number
        while open_:
            for other in np.flatnonzero(linked[open_.pop()]):
                if not found[other]:
                    found[other] = number
                    open_.append(int(other))
    return found


def table(cells: Iterable[Cell], size: int) -> Floats:
    """The table of what was judged."""
    wins = np.zeros((size, size))
    for cell in cells:
        wins[cell.first, cell.second] += cell.times * cell.won
        wins[cell.second, cell.first] += cell.times * (1 - cell.won)
    return wins


def resampled(cells: Sequence[Cell], size: int, *, rounds: int, seed: Sequence[int]) -> Floats:
    """Tables drawn from what was judged, judgement by judgement, with replacement: ``[rounds, size, size]``.

    No two cells are of the same pair and kind.
    """
    chance = np.random.default_rng(seed)
    counts = np.array([cell.times for cell in cells], dtype=np.float64)
    drawn = chance.multinomial(int(counts.sum()), counts / counts.sum(), size=rounds)
    wins = np.zeros((rounds, size, size))
    first, second, won = (np.array(column) for column in list(zip(*cells, strict=True))[:3])
    for share in (1.0, 0.5, 0.0):
        # Two cells of one kind are never of the same pair, so none is added to twice at once.
        kind = won == share
        wins[:, first[kind], second[kind]] += drawn[:, kind] * share
        wins[:, second[kind], first[kind]] += drawn[:, kind] * (1 - share)
    return wins


def reweighted(parts: Floats, *, rounds: int, seed: Sequence[int]) -> Floats:
    """Sums of ``parts[part, ...]`` drawn with replacement, as many as there are: ``[rounds, ...]``."""
    chance = np.random.default_rng(seed)
    many = parts.shape[0]
    drawn = chance.multinomial(many, np.full(many, 1 / many), size=rounds).astype(np.float64)
    return np.tensordot(drawn, parts, axes=1)


def quantiles(values: Floats, low: float, high: float) -> tuple[list[float], list[float]]:
    """Two quantiles of each column."""
    lower, upper = np.quantile(values, [low, high], axis=0)
    return lower.tolist(), upper.tolist()


def _reaches_all(beats: Truths) -> Truths:
    reached = np.zeros(beats.shape[:2], dtype=bool)
    reached[:, 0] = True
    weights = beats.astype(np.float32)
    while True:
        further: Truths = np.logical_or(reached, np.einsum("bi,bij->bj", reached.astype(np.float32), weights))
        if np.array_equal(further, reached):
            everywhere: Truths = np.logical_and.reduce(reached, axis=1)
            return everywhere
        reached = further


def _newton(wins: Floats, prior: Floats, start: Floats | None, between: Callable[[], None]) -> Floats:
    tables, size = wins.shape[0], wins.shape[-1]
    ratings = np.zeros((tables, size)) if start is None else np.tile(start, (tables, 1))
    precision = _PRECISION if start is None else _DRAWN_PRECISION
    # The likelihood says nothing about a shift of all ratings: this keeps the equations solvable and the shift 0.
    level = np.full((size, size), 1 / size)
    moving = np.arange(tables)
    for _ in range(_MOST_STEPS):
        between()
        own, open_ = wins[moving], prior[moving]
        slope, curvature = _slopes(own, ratings[moving], open_)
        scale = np.maximum(np.einsum("bii->b", curvature) / size, 1e-12)
        loose = np.where(open_ > 0, 0.0, scale)[:, None, None]
        move = np.linalg.solve(curvature + loose * level, slope[..., None])[..., 0]
        reach = np.maximum(move.max(axis=1), 0.0) - np.minimum(move.min(axis=1), 0.0)
        # A full step may overshoot where strengths lie far apart; this length never does for logistic likelihoods.
        length = np.where(reach > precision, np.log1p(reach) / np.maximum(reach, precision), 1.0)
        ratings[moving] += length[:, None] * move
        moving = moving[reach > precision]
        if not moving.size:
            break
    centred: Floats = ratings - ratings.mean(axis=1, keepdims=True)
    return centred


def _slopes(wins: Floats, ratings: Floats, prior: Floats) -> tuple[Floats, Floats]:
    """The likelihood's first derivatives and its negative second ones."""
    compared = wins + wins.transpose(0, 2, 1)
    chance = _logistic(ratings[:, :, None] - ratings[:, None, :])
    alone = _logistic(ratings)
    slope = (wins - compared * chance).sum(axis=2) + prior[:, None] * (0.5 - alone)
    bend = compared * chance * (1 - chance)
    curvature = -bend
    diagonal = np.arange(ratings.shape[1])
    curvature[:, diagonal, diagonal] += bend.sum(axis=2) + prior[:, None] * alone * (1 - alone)
    return slope, curvature


def _logistic(values: Floats) -> Floats:
    positive: Floats = 0.5 * (1 + np.tanh(values / 2))
    return positive
