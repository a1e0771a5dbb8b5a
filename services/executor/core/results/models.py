"""One entry for each generator: what its documents were worth, and what they cost."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from services.executor.core.presets.prices import usd
from services.executor.core.ranking.means import mean, mean_interval, ratio_interval
from services.executor.core.ranking.ranking import generator_key
from services.executor.core.records import Attempt
from services.executor.core.results.costs import spent
from services.executor.core.results.outcome import Outcome
from services.executor.core.results.scores import Judged

Shown = dict[str, Any]

ByInput = Mapping[str, tuple[float, float]]

_RANKED = ("win_rate", "win_rate_low", "win_rate_high", "wins", "losses", "ties", "bounded", "connected")


def model_rows(outcome: Outcome, documents: Sequence[Judged], ranked: Sequence[Mapping[str, Any]]) -> list[Shown]:
    """The generators in the order of the plan; what nobody judged or compared is None.

    ``no_interval`` and ``rating_no_interval`` say why a mean or a rating has none, or why it says nothing.
    ``behind`` is how much lower a model scored than the best on the same inputs, with its interval.
    Costs are those of making documents, failed attempts included. Where the documents were there already they are None.
    """
    standings = {generator_key(row): row for row in ranked}
    attempts = _making(outcome)
    groups: dict[str, list[Judged]] = {}
    for judged in documents:
        if judged.generator is not None:
            groups.setdefault(generator_key(judged.generator), []).append(judged)
    by_score = any(judged.scores for judged in documents)
    compared = set() if by_score else {name for pair in outcome.compared for name in (pair.a, pair.b)}
    rows = [_row(outcome, mine, standings.get(key, {}), attempts, compared) for key, mine in groups.items()]
    scored = [(row, by_input(mine)) for row, mine in zip(rows, groups.values(), strict=True) if row["mean"] is not None]
    if scored:
        _, best = max(scored, key=lambda item: float(item[0]["mean"]))
        for row, mine_by_input in scored:
            row.update(_behind(best, mine_by_input, seed=outcome.preset.seed))
    return rows


def _making(outcome: Outcome) -> Mapping[str, list[Attempt]]:
    """The attempts that were made to make each document."""
    made_by = {call.call_id: call.document for call in outcome.plan.generation}
    found: dict[str, list[Attempt]] = defaultdict(list)
    for attempt in outcome.attempts:
        if attempt.call_id in made_by:
            found[made_by[attempt.call_id]].append(attempt)
    return found


def _row(
    outcome: Outcome,
    mine: Sequence[Judged],
    standing: Mapping[str, Any],
    attempts: Mapping[str, list[Attempt]],
    compared: set[str],
) -> Shown:
    judged = [item for item in mine if item.mean is not None or item.document in compared]
    made = [item for item in mine if item.missing is None]
    means = [score.mean for item in mine for score in item.scores.values()]
    low, high, no_interval = mean_interval(list(by_input(mine).values()), seed=outcome.preset.seed)
    tried = [attempt for item in mine for attempt in attempts.get(item.document, ())]
    total = spent(tried)
    cost_nano = total.cost_nano if outcome.preset.generation else None
    # A failure nobody can price makes the cost of a document a little more; an answer nobody can price, anything.
    open_ = any(attempt.outcome == "succeeded" and attempt.cost_nano is None for attempt in tried)
    each_nano = None if cost_nano is None or open_ or not made else round(cost_nano / len(made))
    return {
        **(mine[0].generator or {}),
        "mean": mean(means),
        "low": low,
        "high": high,
        "no_interval": no_interval,
        "behind": None,
        "behind_low": None,
        "behind_high": None,
        "rating": standing.get("rating"),
        "rating_low": standing.get("low"),
        "rating_high": standing.get("high"),
        "rating_no_interval": standing.get("no_interval"),
        **{name: standing.get(name) for name in _RANKED},
        "cost_usd": None if cost_nano is None else usd(cost_nano),
        "cost_per_document_usd": None if each_nano is None else usd(each_nano),
        "attempts": total.attempts,
        "failed_attempts": total.failed_attempts,
        "unpriced_attempts": total.unpriced_attempts,
        "documents": len(mine),
        "judged": len(judged),
        "missing": len(mine) - len(judged if _judges(outcome) else made),
    }


def _judges(outcome: Outcome) -> bool:
    return outcome.preset.single_eval is not None or outcome.preset.pairwise_eval is not None


def by_input(mine: Sequence[Judged]) -> dict[str, tuple[float, float]]:
    """For each input the sum and the number of the model's verdicts.

    Intervals draw inputs anew, for the scores of one input have more in common than those of two.
    """
    found: dict[str, tuple[float, float]] = {}
    for judged in mine:
        total, count = found.get(judged.input, (0.0, 0.0))
        means = [score.mean for score in judged.scores.values()]
        found[judged.input] = (total + sum(means), count + len(means))
    return {name: part for name, part in found.items() if part[1] > 0}


def _behind(best: ByInput, mine: ByInput, *, seed: int) -> Shown:
    """How far a model is behind the best on the inputs both were judged on: all else is the same there."""
    gaps = [(best[name][0] / best[name][1] - mine[name][0] / mine[name][1], 1.0) for name in best if name in mine]
    low, high = (ratio_interval(gaps, seed=seed) if mine is not best else None) or (None, None)
    return {"behind": mean([gap for gap, _ in gaps]), "behind_low": low, "behind_high": high}
