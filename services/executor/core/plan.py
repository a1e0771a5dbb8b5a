"""Which calls a preset means: all of them, with their ids, before anything is asked."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from services.executor.core.check_preset import planned_calls
from services.executor.core.names import joined, model_parts, part
from services.executor.core.preset import Model, PhaseName, Preset

GENERATION: PhaseName = "generation"
SINGLE_EVAL: PhaseName = "single_eval"

_LABEL_CHARS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCall:
    """One question to an LLM. ``document`` is what it makes (generation) or judges (single_eval)."""

    ordinal: int
    """Its place in the plan, from 1."""
    call_id: str
    item_id: str
    phase: PhaseName
    label: str
    provider: str
    model: str
    slot: int
    """Index of the model among the generators or the judges."""
    round: int
    """Iteration or trial, from 1."""
    input: str
    document: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDocument:
    """A document to be judged: an input itself, or what a generator makes of it."""

    document: str
    input: str
    generator: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All calls of a run; judge calls lie ready by the document they judge."""

    generation: tuple[PlannedCall, ...]
    documents: tuple[PlannedDocument, ...]
    judging: dict[str, tuple[PlannedCall, ...]] = field(repr=False)
    phases: dict[PhaseName, int]

    @property
    def planned_calls(self) -> int:
        """How many calls there are."""
        return sum(self.phases.values())

    def calls(self) -> list[PlannedCall]:
        """Every call, generation first."""
        return [*self.generation, *(call for calls in self.judging.values() for call in calls)]

    def phases_shown(self) -> list[dict[str, str | int]]:
        """As ``run_planned`` and a plan list them."""
        return [{"phase": name, "planned_calls": count} for name, count in self.phases.items()]


def make_plan(preset: Preset) -> Plan:
    """The plan of a checked preset; the same preset gives the same plan, id for id."""
    generation, documents = _generation(preset)
    counts = planned_calls(preset)
    return Plan(
        generation=tuple(generation),
        documents=tuple(documents),
        judging=_judging(preset, documents, count(len(generation) + 1)),
        phases={name: counts[name] for name in (GENERATION, SINGLE_EVAL) if name in counts},
    )


def max_requests_total(preset: Preset, plan: Plan) -> int:
    """The ceiling of requests a run can make without being resumed; a died worker's are not in it."""
    ceiling = plan.planned_calls * preset.limits.max_attempts
    return ceiling if preset.limits.max_requests is None else min(ceiling, preset.limits.max_requests)


def _generation(preset: Preset) -> tuple[list[PlannedCall], list[PlannedDocument]]:
    if preset.generation is None:
        return [], [
            PlannedDocument(document=document.id, input=document.id, generator=None) for document in preset.documents
        ]
    calls: list[PlannedCall] = []
    documents: list[PlannedDocument] = []
    makers = model_parts(preset.generation.models)
    for source in preset.documents:
        for slot, model in enumerate(preset.generation.models):
            for round_ in range(1, preset.generation.iterations + 1):
                made = joined(part(source.id), makers[slot], round_)
                documents.append(PlannedDocument(document=made, input=source.id, generator=slot))
                calls.append(
                    PlannedCall(
                        ordinal=len(calls) + 1,
                        call_id=joined("generate", made),
                        item_id=made,
                        phase=GENERATION,
                        label=_label("Generating from", source.id, model),
                        provider=model.provider,
                        model=model.model,
                        slot=slot,
                        round=round_,
                        input=source.id,
                        document=made,
                    )
                )
    return calls, documents


def _judging(
    preset: Preset, documents: list[PlannedDocument], ordinals: Iterator[int]
) -> dict[str, tuple[PlannedCall, ...]]:
    evaluation = preset.single_eval
    if evaluation is None:
        return {}
    judges = model_parts(evaluation.judges)
    judging = {}
    for judged in documents:
        # A generated document's id is made of parts already; an input's may hold anything.
        subject = part(judged.document) if judged.generator is None else judged.document
        calls: list[PlannedCall] = []
        for slot, model in enumerate(evaluation.judges):
            for trial in range(1, evaluation.trials + 1):
                cell = joined(subject, judges[slot], trial)
                calls.append(
                    PlannedCall(
                        ordinal=next(ordinals),
                        call_id=joined("evaluate", cell),
                        item_id=cell,
                        phase=SINGLE_EVAL,
                        label=_label("Evaluating", judged.document, model),
                        provider=model.provider,
                        model=model.model,
                        slot=slot,
                        round=trial,
                        input=judged.input,
                        document=judged.document,
                    )
                )
        judging[judged.document] = tuple(calls)
    return judging


def _label(doing: str, document: str, model: Model) -> str:
    return f"{doing} {document} with {model.model}"[:_LABEL_CHARS]
