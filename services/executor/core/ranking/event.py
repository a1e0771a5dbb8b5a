"""The data of ``ranking_changed``: who stands where, as far as it fits into an event."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from services.executor.core.ranking.ranking import leader, tied_with_leader
from shared.limits import MAX_EVENT_BYTES
from shared.strict_json import dumps

Shown = dict[str, Any]
Rows = Mapping[str, Sequence[Shown]]

_SHARES = {"ranking": 0.4, "models": 0.25, "post_combine": 0.2, "winners": 0.1}
"""Of an event, in bytes; the rest is for what stands around it."""

_TIED_NAMED = 8
"""Of an input, beside its first: more tell a reader no more."""


def ranking_event(ranked: Rows, models: Sequence[Shown], after: Rows) -> Shown:
    """``{ranking, models, post_combine: {ranking, winners}}`` from the rows of each input, in the order of the plan.

    Where there are more rows than an event can hold, the best of each input stay, and ``omitted`` says how many do not;
    the results have all. ``tied`` of a winner names some that are just as good, ``tied_omitted`` how many more there are.
    """
    winners = [_winner(name, after.get(name, ()), rows) for name, rows in ranked.items()]
    full = {
        "ranking": [list(rows) for rows in ranked.values()],
        "models": [list(models)],
        "post_combine": [list(rows) for rows in after.values()],
        "winners": [[winner] for winner in winners if winner is not None],
    }
    fitting = {name: best_that_fit(groups, int(_SHARES[name] * MAX_EVENT_BYTES)) for name, groups in full.items()}
    many = sum(len(group) for groups in full.values() for group in groups)
    omitted = many - sum(len(rows) for rows in fitting.values())
    event: Shown = {
        "ranking": fitting["ranking"],
        "models": fitting["models"],
        "post_combine": {"ranking": fitting["post_combine"], "winners": fitting["winners"]},
    }
    return {**event, "omitted": omitted} if omitted else event


def best_that_fit(groups: Sequence[Sequence[Shown]], most_bytes: int) -> list[Shown]:
    """The rows in their order, as many as fit: the first of every group before the second of any."""
    if sum(len(dumps(row)) + 1 for group in groups for row in group) <= most_bytes:
        return [row for group in groups for row in group]
    kept: dict[int, int] = defaultdict(int)
    left = most_bytes
    for rank in range(max(len(group) for group in groups)):
        for index, group in enumerate(groups):
            size = len(dumps(group[rank])) + 1 if rank < len(group) else 0
            if size > left:
                return [row for number, rows in enumerate(groups) for row in rows[: kept[number]]]
            left -= size
            kept[index] += size > 0
    return [row for number, rows in enumerate(groups) for row in rows[: kept[number]]]


def _winner(input_: str, after: Sequence[Shown], rows: Sequence[Shown]) -> Shown | None:
    for by, found in (("post_combine", after), ("pairwise", rows)):
        best = leader(found)
        if best is not None:
            tied = tied_with_leader(found)
            shown = {"input": input_, "document": best, "by": by, "tied": tied[:_TIED_NAMED]}
            return shown if len(tied) <= _TIED_NAMED else {**shown, "tied_omitted": len(tied) - _TIED_NAMED}
    return None
