"""What a call asks: its instructions, the documents it reads, and how its answer is held to a shape."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.executor.core.judging.prompts import judge_instructions, pair_instructions, two_documents
from services.executor.core.judging.verdict_schema import most_schema_tokens, preference_schema, verdict_schema
from services.executor.core.planning.plan import COMBINE, GENERATION, SINGLE_EVAL, PlannedCall
from services.executor.core.presets.preset import Combine, Generation, Preset
from services.executor.flows.calls.acceptance import Acceptance, Accepted
from services.executor.flows.run.live_run import LiveRun
from services.executor.flows.run.open_call import OpenCall
from shared.events import PhaseName
from shared.llm_call import LlmAnswer, LlmFailure, LlmRequest


@dataclass(frozen=True, slots=True)
class _Shape:
    """What all calls of a phase have in common; ``schemas`` are by provider, None where prose is asked for."""

    instructions: str
    instructions_bytes: int
    min_bytes: int = 0
    schemas: dict[str, dict[str, Any]] | None = None
    schema_tokens: Mapping[str, int] = field(default_factory=dict)
    """The most each schema adds to a prompt, by provider."""


class Questions:
    """Asks for one run; what is the same for many calls is made once."""

    def __init__(self, run: LiveRun) -> None:
        self._run = run
        self._shapes = _shapes(run.preset)
        self._acceptance = Acceptance(run)

    def request(self, call: OpenCall, *, timeout_s: float, base_url: str | None) -> LlmRequest:
        """The question this call asks."""
        planned, model, shape = call.planned, call.model, self._shapes[call.planned.phase]
        schema = None if shape.schemas is None else shape.schemas[planned.provider]
        return LlmRequest(
            provider=planned.provider,
            model=planned.model,
            instructions=shape.instructions,
            document=self._reads(planned),
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

    def prompt_bytes(self, call: OpenCall) -> int:
        """How long the prompt is, with the most a schema adds to it: what a request can cost at most counts on it."""
        planned, shape = call.planned, self._shapes[call.planned.phase]
        schema = shape.schema_tokens.get(planned.provider, 0)
        return shape.instructions_bytes + 2 + len(self._reads(planned).encode()) + schema

    def accept(self, call: OpenCall, answer: LlmAnswer) -> Accepted | LlmFailure:
        """What the answer brought, or why it is none."""
        return self._acceptance.accept(call, answer)

    def _reads(self, planned: PlannedCall) -> str:
        texts = [self._run.texts[document] for document in planned.reads]
        return texts[0] if planned.phase in (GENERATION, SINGLE_EVAL) else two_documents(*texts)


def _shapes(preset: Preset) -> dict[PhaseName, _Shape]:
    found: dict[PhaseName, _Shape] = {}
    if preset.generation:
        found[GENERATION] = _prose(preset.generation)
    if preset.single_eval:
        judges, criteria = preset.single_eval.judges, preset.single_eval.criteria
        schemas = {judge.provider: verdict_schema(criteria, judge.provider) for judge in judges}
        found[SINGLE_EVAL] = _shape(judge_instructions(criteria), schemas)
    if preset.pairwise_eval:
        schemas = {judge.provider: preference_schema(judge.provider) for judge in preset.pairwise_eval.judges}
        pairs = _shape(pair_instructions(preset.pair_criteria()), schemas)
        found["pairwise_eval"] = found["post_combine_eval"] = pairs
    if preset.combine:
        found[COMBINE] = _prose(preset.combine)
    return found


def _prose(making: Generation | Combine) -> _Shape:
    text = making.instructions.text
    return _Shape(text, len(text.encode()), making.min_bytes)


def _shape(instructions: str, schemas: dict[str, dict[str, Any]]) -> _Shape:
    tokens = {provider: most_schema_tokens(schema) for provider, schema in schemas.items()}
    return _Shape(instructions, len(instructions.encode()), schemas=schemas, schema_tokens=tokens)
