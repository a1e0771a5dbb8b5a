"""Judgements counted: what a ranking is made of, the same whatever order they came in."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

_WON = {"a": 1.0, "b": 0.0, "tie": 0.5}


class Cell(NamedTuple):
    """``times`` judgements in which ``first`` won ``won`` (1, 0.5 or 0) against ``second``, a later competitor."""

    first: int
    second: int
    won: float
    times: int


class Tally(NamedTuple):
    """How one competitor's judgements ended."""

    wins: int
    losses: int
    ties: int

    @property
    def win_rate(self) -> float:
        """The share of wins, a tie half of one."""
        return round((self.wins + self.ties / 2) / sum(self), 4)


def counted(judged: Iterable[tuple[int | None, int | None, str]]) -> list[Cell]:
    """Judgements ``(a, b, winner)`` in one order; those of a competitor that is none (None) are left out."""
    found: Counter[tuple[int, int, float]] = Counter()
    for a, b, winner in judged:
        if a is None or b is None or a == b:
            continue
        won = _WON[winner]
        found[(a, b, won) if a < b else (b, a, 1 - won)] += 1
    return [Cell(*key, times) for key, times in sorted(found.items())]


def tallies(cells: Sequence[Cell]) -> dict[int, Tally]:
    """For each competitor that met another, how that went."""
    found: dict[int, list[int]] = {}
    for cell in cells:
        first, second = found.setdefault(cell.first, [0, 0, 0]), found.setdefault(cell.second, [0, 0, 0])
        for_first, for_second = (2, 2) if cell.won == 0.5 else (0, 1) if cell.won == 1 else (1, 0)
        first[for_first] += cell.times
        second[for_second] += cell.times
    return {index: Tally(*counts) for index, counts in sorted(found.items())}
