"""Scores by document, criterion and judge, and how far each judge lies from the others."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.executor.core.planning.plan import PlannedCall
from services.executor.core.ranking.means import mean
from services.executor.core.records import Score
from services.executor.core.results.outcome import Outcome

Shown = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Judged:
    """One document with its judge calls; ``generator`` as it is shown, None for an input judged as it is."""

    document: str
    input: str
    generator: Shown | None
    calls: Sequence[PlannedCall]
    scores: Mapping[str, Score]
    """By call."""
    missing: str | None
    """Why there is no document, if there is none."""

    @property
    def mean(self) -> float | None:
        """The mean over all readable verdicts; None without one."""
        return mean([score.mean for score in self.scores.values()])


def judged_documents(outcome: Outcome) -> list[Judged]:
    """Every document that was to be judged, in the order of the plan."""
    scores: dict[str, dict[str, Score]] = defaultdict(dict)
    for score in sorted(outcome.scores, key=lambda score: score.item_id):
        if score.call_id in outcome.planned_calls:
            scores[score.document][score.call_id] = score
    makers = {call.document: call.call_id for call in outcome.plan.generation}
    found = []
    for documents in outcome.contestants.values():
        for item in documents:
            maker = makers.get(item.document)
            missing = None if maker is None else outcome.why(maker)
            calls = outcome.plan.judging.get(item.document, ())
            found.append(
                Judged(item.document, item.input, item.generator, calls, scores.get(item.document, {}), missing)
            )
    return found


def score_row(outcome: Outcome, judged: Judged) -> Shown:
    """One document's scores; ``no_score`` says why a document that is there has none."""
    evaluation = outcome.preset.single_eval
    criteria = [item.name for item in evaluation.criteria] if evaluation else []
    given = [json.loads(score.scores) for score in judged.scores.values()]
    values = {name: [scores[name] for scores in given if scores.get(name) is not None] for name in criteria}
    judgements = [_judgement(outcome, call, judged.scores.get(call.call_id)) for call in judged.calls]
    return {
        "document": judged.document,
        "input": judged.input,
        "generator": judged.generator,
        "mean": judged.mean,
        "criteria": {name: mean(found) for name, found in values.items()},
        "judged": len(judged.scores),
        "planned": len(judged.calls),
        "missing": judged.missing,
        "no_score": _no_score(judged, judgements),
        "judgements": judgements,
    }


def _no_score(judged: Judged, judgements: Sequence[Shown]) -> str | None:
    if judged.missing is not None or judged.scores or not judgements:
        return None
    reasons = dict.fromkeys(str(item["missing"]).split(":", maxsplit=1)[0] for item in judgements)
    return f"no score: none of {len(judgements)} verdicts is there ({', '.join(reasons)})"


def _judgement(outcome: Outcome, planned: PlannedCall, score: Score | None) -> Shown:
    return {
        "item_id": planned.item_id,
        "call_id": planned.call_id,
        "judge": outcome.score_judges[planned.slot],
        "trial": planned.round,
        "scores": None if score is None else json.loads(score.scores),
        "reasons": None if score is None else json.loads(score.reasons),
        "mean": None if score is None else score.mean,
        "missing": None if score is not None else outcome.why(planned.call_id),
    }


def judge_deviations(outcome: Outcome, documents: Sequence[Judged]) -> list[Shown]:
    """How far each judge lies from the mean of all judges, over documents that at least two judges scored.

    Each judge counts once for a document and criterion, however many of its trials could be read.
    """
    deviations: dict[int, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for judged in documents:
        for name, given in sorted(_given(judged).items()):
            if len(given) < 2:
                continue
            opinions = {judge: sum(values) / len(values) for judge, values in given.items()}
            middle = sum(opinions.values()) / len(opinions)
            for judge, opinion in opinions.items():
                deviations[judge][name].append(opinion - middle)
    return [
        {
            "judge": outcome.score_judges[judge],
            "criteria": {name: mean(values) for name, values in found.items()},
            "total": mean([value for values in found.values() for value in values]),
            "judged": max(len(values) for values in found.values()),
        }
        for judge, found in sorted(deviations.items())
    ]


def _given(judged: Judged) -> dict[str, dict[int, list[float]]]:
    """The scores of one document: by criterion, by judge."""
    found: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for score in judged.scores.values():
        for name, value in json.loads(score.scores).items():
            found[name][score.judge].append(value)
    return found
