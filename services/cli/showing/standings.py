"""Judgements as they come in: how many, the newest, and who leads. Pure."""

from collections import deque
from collections.abc import Mapping
from typing import Any

from services.cli.showing import phrases
from services.cli.showing.judgement_line import judgement_line
from services.cli.showing.model_name import model_name

Json = Mapping[str, Any]

_NEWEST_KEPT = 3
_LEADERS = 5


class Standings:
    """The pairs, scores and rankings taken in; the same event twice counts once."""

    def __init__(self) -> None:
        self._pairs: set[int] = set()
        self._scores: set[int] = set()
        self._ranked_seq = 0
        self._ranking: Json = {}
        self._means: dict[str, tuple[float, int]] = {}
        self.newest: deque[str] = deque(maxlen=_NEWEST_KEPT)
        """The newest judgements, a line each, the newest last."""

    @property
    def pairs(self) -> int:
        """How many comparisons were taken in."""
        return len(self._pairs)

    def take(self, event: str, seq: int, data: Json) -> None:
        """Take in a ``score_recorded``, ``pair_judged`` or ``ranking_changed`` event."""
        if event == "ranking_changed":
            if seq > self._ranked_seq:
                self._ranked_seq, self._ranking = seq, data
            return
        seen = self._pairs if event == "pair_judged" else self._scores
        if seq in seen:
            return
        seen.add(seq)
        self.newest.append(judgement_line(event, data))
        if event == "score_recorded" and data.get("mean") is not None and data.get("generator"):
            name = model_name(data["generator"])
            total, count = self._means.get(name, (0.0, 0))
            self._means[name] = (total + float(data["mean"]), count + 1)

    def leaders(self) -> list[str]:
        """Who leads, best first: models by comparison, else models by mean score, else documents of each input."""
        models = [row for row in self._ranking.get("models") or [] if row.get("rating") is not None]
        if models:
            return [f"{_rated(row)}  {model_name(row)}" for row in models[:_LEADERS]]
        if self._means:
            means = sorted(((total / count, name, count) for name, (total, count) in self._means.items()), reverse=True)
            return [f"{mean:.2f}  {name}  ({count})" for mean, name, count in means[:_LEADERS]]
        rows = self._ranking.get("ranking") or []
        return [f"{_rated(row)}  {phrases.one_line(str(row.get('document')), 80)}" for row in rows[:_LEADERS]]

    def winners(self) -> list[str]:
        """The winner of each input by comparison, as far as it is known; a tie is no winner, and is said."""
        after = self._ranking.get("post_combine")
        found = after.get("winners") if isinstance(after, Mapping) else None
        return [
            f"{phrases.one_line(str(row.get('input')), 60)}: {_best(row)}" for row in found or [] if row.get("document")
        ][:_LEADERS]


def _best(row: Json) -> str:
    names = [phrases.one_line(str(name), 80) for name in (row["document"], *(row.get("tied") or []))]
    more = [f"{row['tied_omitted']} more"] if row.get("tied_omitted") else []
    *first, last = names + more
    return f"{', '.join(first)} and {last} are just as good" if first else last


def _rated(row: Json) -> str:
    low, high = row.get("rating_low", row.get("low")), row.get("rating_high", row.get("high"))
    span = phrases.interval(low, high, "{:+.2f}".format)
    return f"{row['rating']:+.2f} ({span})" if span != phrases.UNKNOWN else f"{row['rating']:+.2f}"
