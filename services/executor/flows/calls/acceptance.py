"""What an answer means: a document made, a verdict read, or a failure of the attempt."""

import hashlib
from dataclasses import dataclass
from typing import Any

from services.executor.core.judging.verdicts import Unreadable, read_preference, read_verdict
from services.executor.core.planning.plan import COMBINE, GENERATION, SINGLE_EVAL
from services.executor.core.presets.preset import Preset, SingleEval
from services.executor.core.records import AnyRecord, Document, Pair, Score
from services.executor.flows.run.live_run import LiveRun
from services.executor.flows.run.open_call import OpenCall
from shared.failures import FailureKind
from shared.llm_call import LlmAnswer, LlmFailure
from shared.strict_json import dumps

Shown = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Accepted:
    """What an answer brought: further events and the records behind them."""

    events: list[tuple[str, dict[str, Any]]]
    records: list[AnyRecord]


class Acceptance:
    """Reads the answers of one run. What they bring is told to the run's agenda at once."""

    def __init__(self, run: LiveRun) -> None:
        self._run = run
        self._generators = _generators(run)

    def accept(self, call: OpenCall, answer: LlmAnswer) -> Accepted | LlmFailure:
        """What the answer brought, or why it is none."""
        phase = call.planned.phase
        if phase in (GENERATION, COMBINE):
            return self._document(call, answer)
        return self._score(call, answer) if phase == SINGLE_EVAL else self._pair(call, answer)

    def _document(self, call: OpenCall, answer: LlmAnswer) -> Accepted:
        planned, raw = call.planned, answer.text.encode()
        if self._run.agenda is not None and self._run.agenda.reads(planned.document):
            self._run.texts[planned.document] = answer.text
        record = Document(
            run_id=self._run.run_id,
            document_id=planned.document,
            kind="generated" if planned.phase == GENERATION else "combined",
            input=planned.input,
            bytes=len(raw),
            sha256=hashlib.sha256(raw).hexdigest(),
            generator=planned.slot,
            call_id=planned.call_id,
            attempt=call.attempts,
        )
        return Accepted([], [record])

    def _score(self, call: OpenCall, answer: LlmAnswer) -> Accepted | LlmFailure:
        planned, evaluation = call.planned, _evaluation(self._run.preset)
        verdict = read_verdict(answer.text, evaluation.criteria)
        if isinstance(verdict, Unreadable):
            return _unreadable(verdict, answer)
        mean = round(verdict.mean, 4)
        if self._run.agenda is not None:
            self._run.agenda.scored(planned.document, mean)
        event = {
            "item_id": planned.item_id,
            "input": planned.input,
            "document": planned.document,
            "generator": self._generators[planned.document],
            "judge": call.model.shown(),
            "trial": planned.round,
            "scores": verdict.scores,
            "mean": mean,
        }
        record = Score(
            run_id=self._run.run_id,
            item_id=planned.item_id,
            call_id=planned.call_id,
            document=planned.document,
            judge=planned.slot,
            trial=planned.round,
            scores=dumps(verdict.scores).decode(),
            reasons=dumps(verdict.reasons).decode(),
            mean=mean,
        )
        return Accepted([("score_recorded", event)], [record])

    def _pair(self, call: OpenCall, answer: LlmAnswer) -> Accepted | LlmFailure:
        planned = call.planned
        order = planned.order or "ab"
        verdict = read_preference(answer.text, order)
        if isinstance(verdict, Unreadable):
            return _unreadable(verdict, answer)
        if self._run.agenda is not None:
            self._run.agenda.judged(planned, verdict.winner)
        a, b = planned.pair
        event = {
            "item_id": planned.item_id,
            "phase": planned.phase,
            "input": planned.input,
            "a": a,
            "b": b,
            "a_generator": self._generators[a],
            "b_generator": self._generators[b],
            "order": order,
            "winner": verdict.winner,
            "judge": call.model.shown(),
            "trial": planned.round,
        }
        record = Pair(
            run_id=self._run.run_id,
            item_id=planned.item_id,
            call_id=planned.call_id,
            phase=planned.phase,
            input=planned.input,
            a=a,
            b=b,
            order=order,
            winner=verdict.winner,
            judge=planned.slot,
            trial=planned.round,
            reason=verdict.reason,
        )
        self._run.ranking.judged(record)
        return Accepted([("pair_judged", event)], [record])


def _generators(run: LiveRun) -> dict[str, Shown | None]:
    """Who made each document, as events show it; None for one that was given and does not say."""
    generation, combine = run.preset.generation, run.preset.combine
    makers = [model.shown() for model in generation.models] if generation else []
    combiners = [model.shown() for model in combine.models] if combine else []
    found: dict[str, Shown | None] = {
        item.id: item.generator.shown() if item.generator else None for item in run.preset.documents
    }
    for item in run.plan.documents:
        if item.generator is not None:
            found[item.document] = makers[item.generator]
    for item in run.plan.combined:
        if item.generator is not None:
            found[item.document] = combiners[item.generator]
    return found


def _unreadable(verdict: Unreadable, answer: LlmAnswer) -> LlmFailure:
    return LlmFailure(
        kind=FailureKind.UNREADABLE_VERDICT,
        message=verdict.message,
        sent="yes",
        duration_s=answer.duration_s,
        input_tokens=answer.input_tokens,
        output_tokens=answer.output_tokens,
        cached_tokens=answer.cached_tokens,
        written_tokens=answer.written_tokens,
        cost_usd=answer.cost_usd,
        billed_apart=answer.billed_apart,
        text=answer.text,
    )


def _evaluation(preset: Preset) -> SingleEval:
    if preset.single_eval is None:
        raise ValueError("a judge call in a preset without single_eval")
    return preset.single_eval
