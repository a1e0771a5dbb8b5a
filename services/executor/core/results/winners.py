"""Who stands where within each input, and who has won it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from services.executor.core.planning.plan import PAIRWISE_EVAL, POST_COMBINE_EVAL
from services.executor.core.ranking.ranking import Contestant, leader, rank_documents, tied_with_leader
from services.executor.core.results.outcome import Outcome
from services.executor.core.results.scores import Judged

Shown = dict[str, Any]
Rows = Mapping[str, Sequence[Shown]]


def rankings(outcome: Outcome) -> dict[str, list[Shown]]:
    """The rows of each input's own comparisons, best first; empty for an input without any."""
    return {
        name: rank_documents(found, outcome.pairs_of(PAIRWISE_EVAL, name), seed=outcome.preset.seed)
        for name, found in outcome.contestants.items()
    }


def unranked(outcome: Outcome, ranked: Rows, documents: Sequence[Judged]) -> list[Shown]:
    """``{input, document, reason}`` of each document that was to be compared and never was."""
    if outcome.preset.pairwise_eval is None:
        return []
    chosen = {choice.input: json.loads(choice.documents) for choice in outcome.choices if choice.phase == PAIRWISE_EVAL}
    top_n = outcome.preset.pairwise_eval.top_n
    found = []
    for judged in documents:
        if any(row["document"] == judged.document for row in ranked[judged.input]):
            continue
        if len(outcome.contestants[judged.input]) < 2:
            continue
        if judged.missing is not None:
            reason = f"there is no document: {judged.missing}"
        elif judged.input in chosen and judged.document not in chosen[judged.input]:
            reason = f"not among the best {top_n} by score"
        else:
            reason = "no comparison with it has been judged"
        found.append({"input": judged.input, "document": judged.document, "reason": reason})
    return found


def post_combine(outcome: Outcome) -> list[Shown]:
    """``{input, ranking, winner}`` of each input that combine makes documents of: the originals against the combined."""
    if outcome.preset.combine is None:
        return []
    found = []
    for name, originals in outcome.contestants.items():
        if name not in outcome.combined:
            continue
        pairs = outcome.pairs_of(POST_COMBINE_EVAL, name)
        rows = rank_documents(after_combining(originals, outcome.combined[name]), pairs, seed=outcome.preset.seed)
        made = {item.document for item in outcome.combined[name]}
        shown = [{**row, "combined": row["document"] in made} for row in rows]
        found.append({"input": name, "ranking": shown, "winner": leader(rows)})
    return found


def after_combining(originals: Sequence[Contestant], made: Sequence[Contestant]) -> list[Contestant]:
    """All that can meet after combining, in the order that decides between equals."""
    return [*originals, *made]


def winners(ranked: Rows, combined: Sequence[Shown], documents: Sequence[Judged]) -> list[Shown]:
    """``{input, document, by, tied}`` of each input; ``document`` and ``by`` are None where nothing tells them apart.

    The comparison with the combined documents decides, without one the comparison of the originals, without that the
    score. ``tied`` names others that are just as good.
    """
    after = {item["input"]: item["ranking"] for item in combined}
    return [_winner(name, after.get(name, ()), rows, documents) for name, rows in ranked.items()]


def _winner(input_: str, after: Sequence[Shown], rows: Sequence[Shown], documents: Sequence[Judged]) -> Shown:
    for by, found in (("post_combine", after), ("pairwise", rows)):
        best = leader(found)
        if best is not None:
            return {"input": input_, "document": best, "by": by, "tied": tied_with_leader(found)}
    scored = [judged for judged in documents if judged.input == input_ and judged.mean is not None]
    if not scored:
        return {"input": input_, "document": None, "by": None, "tied": []}
    most = max(judged.mean or 0.0 for judged in scored)
    best_ones = [judged.document for judged in scored if judged.mean == most]
    return {"input": input_, "document": best_ones[0], "by": "score", "tied": best_ones[1:]}
