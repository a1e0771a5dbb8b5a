"""Scores as they come in, as means: a row for each judged document, a column for each criterion. Pure."""

from collections.abc import Mapping
from typing import Any


class ScoreMeans:
    """Means of the scores taken in; the same event twice counts once. What nobody judged is missing, not 0."""

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._cells: dict[str, dict[str, tuple[float, int]]] = {}
        self._criteria: dict[str, None] = {}

    def add(self, seq: int, data: Mapping[str, Any]) -> None:
        """Take in the data of one ``score_recorded`` event."""
        if seq in self._seen:
            return
        self._seen.add(seq)
        row = self._cells.setdefault(str(data.get("document") or data.get("item_id")), {})
        for criterion, score in (data.get("scores") or {}).items():
            self._criteria[criterion] = None
            total, count = row.get(criterion, (0.0, 0))
            row[criterion] = (total + score, count + 1)

    @property
    def judgements(self) -> int:
        """How many were taken in."""
        return len(self._seen)

    @property
    def criteria(self) -> list[str]:
        """The criteria in the order they first came."""
        return list(self._criteria)

    def rows(self) -> list[tuple[str, list[float | None]]]:
        """Each document with its mean for each criterion, ``None`` where nothing was judged."""
        return [(document, [_mean(row.get(name)) for name in self._criteria]) for document, row in self._cells.items()]


def _mean(cell: tuple[float, int] | None) -> float | None:
    return None if cell is None else cell[0] / cell[1]
