"""A judge's answer read as scores or a winner, or as unreadable: never a guess, never a 0 for what is missing."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.executor.core.presets.preset import Criterion
from services.executor.core.records import Order, Winner

LOWEST, HIGHEST = 1, 5
_FENCE = re.compile(r"```(?:json)?\s*\n(.*?)\n?```", re.DOTALL | re.IGNORECASE)
_MAX_REASON_CHARS = 2000


@dataclass(frozen=True, slots=True)
class Scores:
    """A readable verdict: a score from 1 to 5 and a reason for every criterion, in the preset's order."""

    scores: dict[str, float]
    reasons: dict[str, str]

    @property
    def mean(self) -> float:
        """The mean of all scores."""
        return sum(self.scores.values()) / len(self.scores)


@dataclass(frozen=True, slots=True)
class Preferred:
    """A readable verdict on two documents: which of them is better, wherever it was shown, and why."""

    winner: Winner
    reason: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why no scores could be read. Quotes nothing of the answer: a piece of the document may stand in it."""

    message: str


def read_verdict(text: str, criteria: Sequence[Criterion]) -> Scores | Unreadable:
    """The scores of a judge's answer for exactly these criteria."""
    verdict = _json(text)
    if isinstance(verdict, Unreadable):
        return verdict
    entries = verdict.get("evaluations") if isinstance(verdict, dict) else None
    if not isinstance(entries, list):
        return Unreadable('the verdict has no list "evaluations"')
    names = {item.name.strip().casefold(): item.name for item in criteria}
    found: dict[str, tuple[float, str]] = {}
    for number, entry in enumerate(entries, 1):
        read = _entry(entry, number, names)
        if isinstance(read, Unreadable):
            return read
        name, score, reason = read
        if name in found:
            return Unreadable(f"the verdict scores {name!r} twice")
        found[name] = (score, reason)
    missing = [name for name in names.values() if name not in found]
    if missing:
        return Unreadable(f"the verdict lacks a score for {', '.join(missing)}"[:300])
    return Scores(
        scores={item.name: found[item.name][0] for item in criteria},
        reasons={item.name: found[item.name][1] for item in criteria},
    )


def read_preference(text: str, order: Order) -> Preferred | Unreadable:
    """The winner of two documents shown in this order: ``ab`` shows a as A, ``ba`` shows b as A."""
    verdict = _json(text)
    if isinstance(verdict, Unreadable):
        return verdict
    said = verdict.get("winner") if isinstance(verdict, dict) else None
    shown = said.strip().casefold() if isinstance(said, str) else None
    reason = _reason(verdict) if isinstance(verdict, dict) else ""
    if shown == "tie":
        return Preferred("tie", reason)
    if shown not in ("a", "b"):
        return Unreadable('the verdict has no "winner" that is A, B or tie')
    return Preferred("a" if (shown == "a") == (order == "ab") else "b", reason)


def _json(text: str) -> Any:
    fenced = _FENCE.fullmatch(text.strip())
    try:
        return json.loads(fenced[1] if fenced else text)
    except (ValueError, RecursionError):
        return Unreadable("the verdict is not JSON")


def _reason(verdict: dict[str, Any]) -> str:
    reason = verdict.get("reason", verdict.get("reasoning"))
    return reason[:_MAX_REASON_CHARS] if isinstance(reason, str) else ""


def _entry(entry: Any, number: int, names: dict[str, str]) -> tuple[str, float, str] | Unreadable:
    if not isinstance(entry, dict):
        return Unreadable(f"evaluation {number} is not an object")
    said = entry.get("criterion")
    name = names.get(said.strip().casefold()) if isinstance(said, str) else None
    if name is None:
        return Unreadable(f"evaluation {number} names no criterion that was asked for")
    score = entry.get("score")
    if isinstance(score, bool) or not isinstance(score, int | float):
        return Unreadable(f"the score for {name!r} is missing or no number")
    # Also false for NaN, so that no comparison lets it through.
    if not LOWEST <= score <= HIGHEST:
        return Unreadable(f"the score for {name!r} lies outside {LOWEST} to {HIGHEST}")
    return name, score, _reason(entry)
