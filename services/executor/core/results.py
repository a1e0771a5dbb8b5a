"""What came out: scores by document, criterion and judge. What is missing is missing and named, never a 0."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.executor.core.answer_line import answer_line
from services.executor.core.plan import Plan, PlannedCall, make_plan
from services.executor.core.preset import Preset
from services.executor.core.prices import usd
from services.executor.core.records import Attempt, Call, Score

Config = Mapping[str, Any]
Shown = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Everything results are made of, as the ledger has it."""

    config: Config
    plan: Plan
    calls: Mapping[str, Call]
    scores: Sequence[Score]
    attempts: Sequence[Attempt]


@dataclass(frozen=True, slots=True)
class Judged:
    """One document with its judge calls; ``generator`` is an index, None for an input judged as it is."""

    document: str
    input: str
    generator: int | None
    calls: Sequence[PlannedCall]
    scores: Mapping[str, Score]
    """By call."""
    missing: str | None
    """Why there is no document, if there is none."""

    @property
    def mean(self) -> float | None:
        """The mean over all readable verdicts."""
        return mean([score.mean for score in self.scores.values()])


def results(outcome: Outcome) -> Shown:
    """The body of an answer to GET results."""
    documents = _judged(outcome)
    shown = [_document_shown(outcome, judged) for judged in documents]
    models = _models(outcome, documents)
    return {
        "scores": shown,
        "judge_deviations": judge_deviations(outcome.config, documents),
        "ranking": [],
        "models": models,
        "pareto": [],
        "answer": answer_line(shown, models),
    }


def mean(values: Sequence[float]) -> float | None:
    """The mean, None of nothing."""
    return round(sum(values) / len(values), 4) if values else None


def model_shown(model: Mapping[str, Any]) -> Shown:
    """``{provider, model, settings}`` of a model in a config snapshot."""
    names = ("temperature", "max_completion_tokens")
    settings = {name: model[name] for name in names if model.get(name) is not None}
    return {"provider": model["provider"], "model": model["model"], "settings": settings}


def plan_of(config: Config) -> Plan:
    """The plan of a config snapshot; the texts it lacks have no part in a plan."""
    documents = [{"id": item["id"], "text": "-"} for item in config["documents"]]
    return make_plan(Preset.model_validate({**config, "documents": documents}))


def _judged(outcome: Outcome) -> list[Judged]:
    scores: dict[str, dict[str, Score]] = defaultdict(dict)
    for score in outcome.scores:
        scores[score.document][score.call_id] = score
    makers = {call.document: call.call_id for call in outcome.plan.generation}
    documents = []
    for planned in outcome.plan.documents:
        maker = makers.get(planned.document)
        missing = None if maker is None else _why(outcome.calls.get(maker))
        calls = outcome.plan.judging.get(planned.document, ())
        documents.append(
            Judged(planned.document, planned.input, planned.generator, calls, scores[planned.document], missing)
        )
    return documents


def _document_shown(outcome: Outcome, judged: Judged) -> Shown:
    config = outcome.config
    criteria = [item["name"] for item in (config.get("single_eval") or {}).get("criteria", ())]
    values = {name: [json.loads(score.scores).get(name) for score in judged.scores.values()] for name in criteria}
    return {
        "document": judged.document,
        "input": judged.input,
        "generator": None
        if judged.generator is None
        else model_shown(config["generation"]["models"][judged.generator]),
        "mean": judged.mean,
        "criteria": {name: mean([value for value in found if value is not None]) for name, found in values.items()},
        "judged": len(judged.scores),
        "planned": len(judged.calls),
        "missing": judged.missing,
        "judgements": [
            _judgement(config, call, judged.scores.get(call.call_id), outcome.calls.get(call.call_id))
            for call in judged.calls
        ],
    }


def _judgement(config: Config, planned: PlannedCall, score: Score | None, call: Call | None) -> Shown:
    return {
        "item_id": planned.item_id,
        "call_id": planned.call_id,
        "judge": model_shown(config["single_eval"]["judges"][planned.slot]),
        "trial": planned.round,
        "scores": None if score is None else json.loads(score.scores),
        "reasons": None if score is None else json.loads(score.reasons),
        "mean": None if score is None else score.mean,
        "missing": None if score is not None else _why(call),
    }


def _why(call: Call | None) -> str | None:
    """Why a call has brought nothing, None if it has."""
    if call is None:
        return "not there yet (planned)"
    if call.status == "succeeded":
        return None
    if call.error is None:
        return f"not there yet ({call.status})"
    error = json.loads(call.error)
    return f"{error['kind']}: {error.get('message', '')}".rstrip(": ")


def judge_deviations(config: Config, documents: Sequence[Judged]) -> list[Shown]:
    """How far each judge lies from the mean of all judges, over documents that at least two judges scored."""
    deviations: dict[int, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for judged in documents:
        given_by = {score.judge for score in judged.scores.values()}
        if len(given_by) == 1:
            continue
        by_criterion: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for score in judged.scores.values():
            for name, value in json.loads(score.scores).items():
                by_criterion[name].append((score.judge, value))
        for name, given in by_criterion.items():
            middle = sum(value for _, value in given) / len(given)
            for judge, value in given:
                deviations[judge][name].append(value - middle)
    return [
        {
            "judge": model_shown(config["single_eval"]["judges"][judge]),
            "criteria": {name: mean(values) for name, values in found.items()},
            "total": mean([value for values in found.values() for value in values]),
            "judged": max(len(values) for values in found.values()),
        }
        for judge, found in sorted(deviations.items())
    ]


def _models(outcome: Outcome, documents: Sequence[Judged]) -> list[Shown]:
    """One entry for each generator: means over what was judged, and what its documents cost."""
    generation = outcome.config.get("generation")
    if not generation:
        return []
    slots = {call.call_id: call.slot for call in outcome.plan.generation}
    costs: dict[int, list[int | None]] = defaultdict(list)
    for attempt in outcome.attempts:
        slot = slots.get(attempt.call_id)
        if slot is not None and attempt.sent != "no":
            costs[slot].append(attempt.cost_nano)
    shown = []
    for slot, model in enumerate(generation["models"]):
        mine = [judged for judged in documents if judged.generator == slot]
        scored = [judged for judged in mine if judged.mean is not None]
        made = [judged for judged in mine if judged.missing is None]
        known = [cost for cost in costs[slot] if cost is not None]
        cost_nano = sum(known) if known or not costs[slot] else None
        shown.append(
            {
                **model_shown(model),
                "mean": mean([score.mean for judged in mine for score in judged.scores.values()]),
                "low": None,
                "high": None,
                "win_rate": None,
                "cost_usd": None if cost_nano is None else usd(cost_nano),
                "cost_per_document_usd": None if cost_nano is None or not made else usd(round(cost_nano / len(made))),
                "judged": len(scored),
                "missing": len(mine) - len(scored),
            }
        )
    return shown
