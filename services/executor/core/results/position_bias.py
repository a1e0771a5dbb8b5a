"""Whether judges prefer what they are shown first. Each pair is asked in both orders, so it favours nobody."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.executor.core.ranking.intervals import share_interval
from services.executor.core.records import Pair

Shown = dict[str, Any]

FAIR = 0.5


def position_bias(pairs: Iterable[Pair], judges: Mapping[int, Shown]) -> Shown:
    """``{overall: {...}, judges: [{judge, ...}]}``, or ``overall`` None before anything is judged.

    Each has ``first`` and ``second`` (how often that place won), ``ties``, ``first_share`` of what was decided with its
    interval ``low`` to ``high``, ``biased`` where one half lies outside of it, ``both_orders`` (how often a pair was
    judged in both by one judge in one trial) and ``inconsistent`` (how often the same place then won both).
    """
    everything = sorted(pairs, key=lambda pair: pair.item_id)
    by_judge: dict[int, list[Pair]] = defaultdict(list)
    for pair in everything:
        by_judge[pair.judge].append(pair)
    return {
        "overall": _bias(everything) if everything else None,
        "judges": [{"judge": judges[judge], **_bias(found)} for judge, found in sorted(by_judge.items())],
    }


def first_won(pair: Pair) -> bool | None:
    """Whether the document shown first won; None for a tie."""
    return None if pair.winner == "tie" else (pair.winner == "a") == (pair.order == "ab")


def _bias(pairs: Sequence[Pair]) -> Shown:
    won = [first_won(pair) for pair in pairs]
    first, second = won.count(True), won.count(False)
    low, high = share_interval(first, first + second) or (None, None)
    both, inconsistent = _both_orders(pairs)
    return {
        "first": first,
        "second": second,
        "ties": won.count(None),
        "first_share": round(first / (first + second), 4) if first + second else None,
        "low": low,
        "high": high,
        "biased": low is not None and high is not None and not low <= FAIR <= high,
        "both_orders": both,
        "inconsistent": inconsistent,
    }


def _both_orders(pairs: Sequence[Pair]) -> tuple[int, int]:
    asked: dict[tuple[Any, ...], dict[str, bool | None]] = defaultdict(dict)
    for pair in pairs:
        asked[pair.phase, pair.input, pair.a, pair.b, pair.judge, pair.trial][pair.order] = first_won(pair)
    whole = [found for found in asked.values() if len(found) == len(("ab", "ba"))]
    return len(whole), sum(found["ab"] is not None and found["ab"] == found["ba"] for found in whole)
