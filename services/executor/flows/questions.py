"""What a call asks, and what an answer to it means: one pair of functions for each phase."""

import hashlib
from dataclasses import dataclass
from typing import Any

from services.executor.core.plan import GENERATION
from services.executor.core.preset import Generation, SingleEval
from services.executor.core.prompts import judge_instructions
from services.executor.core.records import AnyRecord, Document, Score
from services.executor.core.verdict_schema import verdict_schema
from services.executor.core.verdicts import Unreadable, read_verdict
from services.executor.flows.live_run import LiveRun
from services.executor.flows.open_call import OpenCall
from shared.failures import FailureKind
from shared.llm_call import LlmAnswer, LlmFailure, LlmRequest
from shared.strict_json import dumps


@dataclass(frozen=True, slots=True)
class Accepted:
    """What an answer brought: further events and the records behind them."""

    events: list[tuple[str, dict[str, Any]]]
    records: list[AnyRecord]


class Questions:
    """Asks for one run; the texts that are the same for many calls are made once."""

    def __init__(self, run: LiveRun) -> None:
        self._run = run
        evaluation = run.preset.single_eval
        self._judge_text = judge_instructions(evaluation.criteria) if evaluation else ""
        self._generators = {item.document: item.generator for item in run.plan.documents}
        self._schemas = (
            {judge.provider: verdict_schema(evaluation.criteria, judge.provider) for judge in evaluation.judges}
            if evaluation
            else {}
        )

    def request(self, call: OpenCall, *, timeout_s: float, base_url: str | None) -> LlmRequest:
        """The question this call asks."""
        planned, model = call.planned, call.model
        if planned.phase == GENERATION:
            generation = self._generation()
            return LlmRequest(
                provider=planned.provider,
                model=planned.model,
                instructions=generation.instructions.text,
                document=self._run.texts[planned.input],
                timeout_s=timeout_s,
                min_bytes=generation.min_bytes,
                temperature=model.temperature,
                max_completion_tokens=model.max_completion_tokens,
                base_url=base_url,
            )
        return LlmRequest(
            provider=planned.provider,
            model=planned.model,
            instructions=self._judge_text,
            document=self._run.texts[planned.document],
            timeout_s=timeout_s,
            json=True,
            json_mode=model.json_mode,
            json_schema=self._schemas[planned.provider],
            temperature=model.temperature,
            max_completion_tokens=model.max_completion_tokens,
            base_url=base_url,
        )

    def prompt_bytes(self, call: OpenCall) -> int:
        """How long the prompt is."""
        planned, texts = call.planned, self._run.texts
        if planned.phase == GENERATION:
            return len(self._generation().instructions.text.encode()) + 2 + len(texts[planned.input].encode())
        return len(self._judge_text.encode()) + 2 + len(texts[planned.document].encode())

    def accept(self, call: OpenCall, answer: LlmAnswer) -> Accepted | LlmFailure:
        """What the answer brought, or why it is none."""
        if call.planned.phase == GENERATION:
            return self._document(call, answer)
        return self._score(call, answer)

    def _document(self, call: OpenCall, answer: LlmAnswer) -> Accepted:
        planned, raw = call.planned, answer.text.encode()
        if planned.document in self._run.plan.judging:
            self._run.texts[planned.document] = answer.text
        record = Document(
            run_id=self._run.run_id,
            document_id=planned.document,
            kind="generated",
            input=planned.input,
            bytes=len(raw),
            sha256=hashlib.sha256(raw).hexdigest(),
            generator=planned.slot,
            call_id=planned.call_id,
            attempt=call.attempts,
        )
        return Accepted([], [record])

    def _score(self, call: OpenCall, answer: LlmAnswer) -> Accepted | LlmFailure:
        planned, evaluation = call.planned, self._evaluation()
        verdict = read_verdict(answer.text, evaluation.criteria)
        if isinstance(verdict, Unreadable):
            return LlmFailure(
                kind=FailureKind.UNREADABLE_VERDICT,
                message=verdict.message,
                sent="yes",
                duration_s=answer.duration_s,
                input_tokens=answer.input_tokens,
                output_tokens=answer.output_tokens,
                text=answer.text,
            )
        generator = self._generators[planned.document]
        mean = round(verdict.mean, 4)
        event = {
            "item_id": planned.item_id,
            "input": planned.input,
            "document": planned.document,
            "generator": None if generator is None else self._generation().models[generator].shown(),
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

    def _generation(self) -> Generation:
        if self._run.preset.generation is None:
            raise ValueError("a generation call in a preset without generation")
        return self._run.preset.generation

    def _evaluation(self) -> SingleEval:
        if self._run.preset.single_eval is None:
            raise ValueError("a judge call in a preset without single_eval")
        return self._run.preset.single_eval
