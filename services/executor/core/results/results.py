"""What came out of a run, finished or not. What is missing is missing and named, never a 0."""

from collections.abc import Sequence
from typing import Any

from services.executor.core.planning.plan import PAIRWISE_EVAL
from services.executor.core.ranking.ranking import rank_models
from services.executor.core.records import Pair
from services.executor.core.results.agreement import agreement
from services.executor.core.results.answer_line import answer_line
from services.executor.core.results.errors import error_rows
from services.executor.core.results.models import model_rows
from services.executor.core.results.outcome import Outcome
from services.executor.core.results.pareto import cheapest_within, pareto
from services.executor.core.results.plan_done import plan_rows
from services.executor.core.results.position_bias import position_bias
from services.executor.core.results.run_costs import costs
from services.executor.core.results.scores import judge_deviations, judged_documents, score_row
from services.executor.core.results.winners import post_combine, rankings, unranked, winners

Shown = dict[str, Any]


def results(outcome: Outcome, *, within: float | None = None) -> Shown:
    """The body of an answer to GET results; ``within`` is how much worse than the best is good enough."""
    documents = judged_documents(outcome)
    scores = [score_row(outcome, judged) for judged in documents]
    ranked, combined = rankings(outcome), post_combine(outcome)
    ranked_models = model_ranking(outcome)
    models = model_rows(outcome, documents, ranked_models)
    won = winners(ranked, combined, documents)
    front, unknown = pareto(models)
    return {
        "scores": scores,
        "judge_deviations": judge_deviations(outcome, documents),
        "pairs": [pair_row(outcome, pair) for pair in outcome.compared],
        "ranking": [row for rows in ranked.values() for row in rows],
        "unranked": unranked(outcome, ranked, documents),
        "post_combine": combined,
        "winners": won,
        "position_bias": position_bias(outcome.compared, outcome.pair_judges),
        "agreement": agreement(outcome.compared, outcome.pair_judges),
        "models": models,
        "pareto": front,
        "pareto_unknown": unknown,
        "cheapest_within": cheapest_within(models, within),
        "answer": answer_line(scores, models, won),
        "costs": costs(outcome),
        "errors": error_rows(outcome),
        "plan": plan_rows(outcome),
    }


def model_ranking(outcome: Outcome) -> list[Shown]:
    """The generators by how their documents fared against each other's, over all inputs."""
    contestants = [item for found in outcome.contestants.values() for item in found]
    pairs: Sequence[Pair] = [pair for pair in outcome.compared if pair.phase == PAIRWISE_EVAL]
    return rank_models(contestants, pairs, seed=outcome.preset.seed)


def pair_row(outcome: Outcome, pair: Pair) -> Shown:
    """One judgement of two documents, as results and events show it."""
    return {
        "item_id": pair.item_id,
        "call_id": pair.call_id,
        "phase": pair.phase,
        "input": pair.input,
        "a": pair.a,
        "b": pair.b,
        "a_generator": outcome.makers[pair.a],
        "b_generator": outcome.makers[pair.b],
        "order": pair.order,
        "winner": pair.winner,
        "judge": outcome.pair_judges.get(pair.judge),
        "trial": pair.trial,
        "reason": pair.reason,
    }
