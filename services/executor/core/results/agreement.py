"""Judges against each other: how often each is with the majority of the others, and any two with one another.

A judge's opinion of a pair is taken over its trials and both orders, so that a judge who always prefers what it is
shown first has none.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import Any

from services.executor.core.ranking.intervals import share_interval
from services.executor.core.records import Pair

Shown = dict[str, Any]
Subject = tuple[str, str, str, str]
_LEANS = {"a": 1, "b": -1, "tie": 0}


def agreement(pairs: Iterable[Pair], judges: Mapping[int, Shown]) -> Shown:
    """``{judges: [{judge, share, low, high, compared}], between: [{judges, share, low, high, compared}]}``.

    ``share`` is None of nothing. Empty where there is one judge only; pairs without a majority count for nothing.
    """
    opinions: dict[Subject, dict[int, int]] = {}
    for subject, leaning in _leanings(pairs).items():
        opinions[subject] = {judge: _sign(lean) for judge, lean in sorted(leaning.items())}
    heard = sorted({judge for found in opinions.values() for judge in found})
    if len(heard) < 2:
        return {"judges": [], "between": []}
    return {
        "judges": [{"judge": judges[judge], **_share(_with_majority(judge, opinions))} for judge in heard],
        "between": [
            {"judges": [judges[one], judges[other]], **_share(_together(one, other, opinions))}
            for one, other in combinations(heard, 2)
        ],
    }


def _leanings(pairs: Iterable[Pair]) -> dict[Subject, dict[int, int]]:
    found: dict[Subject, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for pair in pairs:
        found[pair.phase, pair.input, pair.a, pair.b][pair.judge] += _LEANS[pair.winner]
    return found


def _with_majority(judge: int, opinions: Mapping[Subject, Mapping[int, int]]) -> list[bool]:
    found = []
    for given in opinions.values():
        majority = _sign(sum(opinion for other, opinion in given.items() if other != judge))
        if judge in given and majority:
            found.append(given[judge] == majority)
    return found


def _together(one: int, other: int, opinions: Mapping[Subject, Mapping[int, int]]) -> list[bool]:
    return [given[one] == given[other] for given in opinions.values() if one in given and other in given]


def _share(agreed: list[bool]) -> Shown:
    low, high = share_interval(sum(agreed), len(agreed)) or (None, None)
    share = round(sum(agreed) / len(agreed), 4) if agreed else None
    return {"share": share, "low": low, "high": high, "compared": len(agreed)}


def _sign(value: int) -> int:
    return (value > 0) - (value < 0)
