"""What a call asks, whole: whoever sends it and whoever shows what was sent make it here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.executor.core.judging.prompts import judge_instructions, pair_instructions
from services.executor.core.judging.verdict_schema import most_schema_tokens, preference_schema, verdict_schema
from services.executor.core.presets.preset import Combine, Generation, Model, Preset
from shared.events import PhaseName
from shared.llm_call import LlmRequest


@dataclass(frozen=True, slots=True)
class Shape:
    """What all calls of a phase have in common; ``schemas`` are by provider, None where prose is asked for."""

    instructions: str
    instructions_bytes: int
    min_bytes: int = 0
    schemas: dict[str, dict[str, Any]] | None = None
    schema_tokens: Mapping[str, int] = field(default_factory=dict)
    """The most each schema adds to a prompt, by provider."""


def question(shape: Shape, model: Model, document: str, *, timeout_s: float, base_url: str | None = None) -> LlmRequest:
    """The question a call of this shape asks this model about these words."""
    schema = None if shape.schemas is None else shape.schemas[model.provider]
    return LlmRequest(
        provider=model.provider,
        model=model.model,
        instructions=shape.instructions,
        document=document,
        timeout_s=timeout_s,
        json=schema is not None,
        json_mode="schema" if schema is None else model.json_mode,
        json_schema=schema,
        min_bytes=shape.min_bytes,
        temperature=model.temperature,
        max_completion_tokens=model.max_completion_tokens,
        top_p=model.top_p,
        seed=model.seed,
        stop=model.stop,
        reasoning_effort=model.reasoning_effort,
        api=model.api,
        base_url=base_url,
    )


def shapes(preset: Preset) -> dict[PhaseName, Shape]:
    """The shape of each phase's calls."""
    found: dict[PhaseName, Shape] = {}
    if preset.generation:
        found["generation"] = _prose(preset.generation)
    if preset.single_eval:
        judges, criteria = preset.single_eval.judges, preset.single_eval.criteria
        schemas = {judge.provider: verdict_schema(criteria, judge.provider) for judge in judges}
        found["single_eval"] = _judged(judge_instructions(criteria), schemas)
    if preset.pairwise_eval:
        schemas = {judge.provider: preference_schema(judge.provider) for judge in preset.pairwise_eval.judges}
        pairs = _judged(pair_instructions(preset.pair_criteria()), schemas)
        found["pairwise_eval"] = found["post_combine_eval"] = pairs
    if preset.combine:
        found["combine"] = _prose(preset.combine)
    return found


def _prose(making: Generation | Combine) -> Shape:
    text = making.instructions.text
    return Shape(text, len(text.encode()), making.min_bytes)


def _judged(instructions: str, schemas: dict[str, dict[str, Any]]) -> Shape:
    tokens = {provider: most_schema_tokens(schema) for provider, schema in schemas.items()}
    return Shape(instructions, len(instructions.encode()), schemas=schemas, schema_tokens=tokens)
