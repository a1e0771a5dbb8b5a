"""How long prompts and answers will be, before any is there: what is given exactly, what is made by its token cap."""

from dataclasses import dataclass
from typing import Any

from services.executor.core.judging.prompts import judge_instructions, pair_instructions, two_documents
from services.executor.core.judging.verdict_schema import most_schema_tokens, preference_schema, verdict_schema
from services.executor.core.planning.plan import COMBINE, GENERATION, SINGLE_EVAL, Plan, PlannedCall
from services.executor.core.presets.check_preset import BYTES_PER_TOKEN
from services.executor.core.presets.preset import Generator, Model, Preset
from shared.strict_json import dumps

USUAL_BYTES_PER_TOKEN = 4

_USUAL_ANSWER_TOKENS = 600
_USUAL_VERDICT_TOKENS_PER_CRITERION = 45
_USUAL_VERDICT_TOKENS = 15
_USUAL_PREFERENCE_TOKENS = 60
_USUAL_RESEARCH_REQUESTS = 12
_USUAL_RESEARCH_BYTES = 16_000
_BETWEEN = 2
"""Bytes between instructions and document."""


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes of a text: about, and at most (None where nothing bounds it)."""

    usual: int
    most: int | None


@dataclass(frozen=True, slots=True)
class Asked:
    """One call, as far as money and time go."""

    call: PlannedCall
    model: Model
    prompt: Size
    usual_output_tokens: int
    usual_requests: int = 1

    @property
    def usual_input_tokens(self) -> int:
        """What one request of it will probably be counted as."""
        return self.prompt.usual // USUAL_BYTES_PER_TOKEN


class ExpectedSizes:
    """Of one preset and its plan."""

    def __init__(self, preset: Preset, plan: Plan) -> None:
        self._preset = preset
        self._given = {item.id: _exactly(item.text) for item in preset.documents}
        self._of = dict(self._given)
        for item in plan.documents:
            if item.generator is not None:
                self._of[item.document] = _answer(preset.model_of(GENERATION, item.generator))
        self._any = {item.input: _any_of([self._of[name] for name in item.documents]) for item in plan.inputs}
        self._any_final = {
            item.input: _any_of(
                [self._any[item.input], *(_answer(preset.model_of(COMBINE, i)) for i in range(len(item.combined)))]
            )
            for item in plan.inputs
        }
        self._instructions = {
            GENERATION: _exactly(preset.generation.instructions.text if preset.generation else "").usual,
            SINGLE_EVAL: _exactly(judge_instructions(preset.single_eval.criteria) if preset.single_eval else "").usual,
            COMBINE: _exactly(preset.combine.instructions.text if preset.combine else "").usual,
        }
        criteria = preset.single_eval.criteria if preset.single_eval else []
        providers = {model.provider for _, model in preset.models()}
        self._scores = {name: _schema(verdict_schema(criteria, name)) for name in providers}
        self._preferences = {name: _schema(preference_schema(name)) for name in providers}
        self._pair_instructions = _exactly(pair_instructions(preset.pair_criteria())).usual
        self._around = _exactly(two_documents("", "")).usual

    def asked(self, call: PlannedCall) -> Asked:
        """What one call will send and get."""
        model = self._preset.model_of(call.phase, call.slot)
        if call.phase == GENERATION:
            if isinstance(model, Generator) and model.kind == "gpt_researcher":
                size = Size(_USUAL_RESEARCH_BYTES, None)
                return Asked(call, model, size, _capped(model, _USUAL_ANSWER_TOKENS), _USUAL_RESEARCH_REQUESTS)
            size = _sum(self._instructions[GENERATION] + _BETWEEN, self._given[call.input])
            return Asked(call, model, size, _answer_tokens(model))
        if call.phase == SINGLE_EVAL:
            criteria = len(self._preset.single_eval.criteria) if self._preset.single_eval else 0
            tokens = _USUAL_VERDICT_TOKENS_PER_CRITERION * criteria + _USUAL_VERDICT_TOKENS
            size = _sum(
                self._instructions[SINGLE_EVAL] + _BETWEEN, self._of[call.document], self._scores[model.provider]
            )
            return Asked(call, model, size, _capped(model, tokens))
        if call.phase == COMBINE:
            either = self._any[call.input]
            size = _sum(self._instructions[COMBINE] + _BETWEEN + self._around, either, either)
            return Asked(call, model, size, _answer_tokens(model))
        either = self._any[call.input] if call.phase == "pairwise_eval" else self._any_final[call.input]
        shown = [self._of[document] for document in call.shown] or [either, either]
        size = _sum(self._pair_instructions + _BETWEEN + self._around, *shown, self._preferences[model.provider])
        return Asked(call, model, size, _capped(model, _USUAL_PREFERENCE_TOKENS))


def _schema(schema: dict[str, Any]) -> Size:
    return Size(len(dumps(schema)), most_schema_tokens(schema))


def _exactly(text: str) -> Size:
    size = len(text.encode())
    return Size(size, size)


def _sum(fixed: int, *sizes: Size) -> Size:
    most = [size.most for size in sizes]
    known = [size for size in most if size is not None]
    return Size(fixed + sum(size.usual for size in sizes), fixed + sum(known) if len(known) == len(most) else None)


def _any_of(sizes: list[Size]) -> Size:
    """Of one of them, nobody knows which."""
    most = [size.most for size in sizes if size.most is not None]
    return Size(sum(size.usual for size in sizes) // len(sizes), max(most) if len(most) == len(sizes) else None)


def _answer(model: Model) -> Size:
    cap = model.max_completion_tokens
    return Size(_answer_tokens(model) * USUAL_BYTES_PER_TOKEN, None if cap is None else cap * BYTES_PER_TOKEN)


def _answer_tokens(model: Model) -> int:
    return _capped(model, _USUAL_ANSWER_TOKENS)


def _capped(model: Model, tokens: int) -> int:
    cap = model.max_completion_tokens
    return tokens if cap is None else min(cap, tokens)
