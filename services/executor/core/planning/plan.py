"""Which calls a preset means: all of them, with their ids, before anything is asked."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count

from services.executor.core.planning.names import joined, model_parts
from services.executor.core.planning.plan_pairs import combine_calls, combined_documents, pairings
from services.executor.core.planning.planned import (
    COMBINE,
    GENERATION,
    PAIRWISE_EVAL,
    POST_COMBINE_EVAL,
    SINGLE_EVAL,
    Pairing,
    PlannedCall,
    PlannedDocument,
    PlannedInput,
    label,
)
from services.executor.core.presets.check_preset import planned_calls
from services.executor.core.presets.id_part import part
from services.executor.core.presets.preset import RESEARCH_REQUESTS, GeneratorKind, Preset
from shared.events import PhaseName

PHASES: tuple[PhaseName, ...] = (GENERATION, SINGLE_EVAL, PAIRWISE_EVAL, COMBINE, POST_COMBINE_EVAL)

__all__ = [
    "COMBINE",
    "GENERATION",
    "PAIRWISE_EVAL",
    "PHASES",
    "POST_COMBINE_EVAL",
    "SINGLE_EVAL",
    "Pairing",
    "Plan",
    "PlannedCall",
    "PlannedDocument",
    "PlannedInput",
    "make_plan",
    "max_requests_total",
    "most_requests",
]

_DOING: dict[GeneratorKind, str] = {"fpf": "Generating from", "gpt_researcher": "Researching"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All calls of a run; judge calls lie ready by the document they judge, what else hangs together by the input."""

    generation: tuple[PlannedCall, ...]
    documents: tuple[PlannedDocument, ...]
    """What is judged: the inputs themselves, or what generators make of them."""
    combined: tuple[PlannedDocument, ...]
    """What is made of the two best documents of each input."""
    judging: dict[str, tuple[PlannedCall, ...]] = field(repr=False)
    inputs: tuple[PlannedInput, ...] = field(repr=False)
    phases: dict[PhaseName, int]

    @property
    def planned_calls(self) -> int:
        """How many calls there are."""
        return sum(self.phases.values())

    def calls(self) -> list[PlannedCall]:
        """Every call, by its ordinal: one phase after the other."""
        return [
            *self.generation,
            *(call for calls in self.judging.values() for call in calls),
            *(call for item in self.inputs for pairing in item.pairwise for call in pairing.calls),
            *(call for item in self.inputs for call in item.combine),
            *(call for item in self.inputs for pairing in item.post_combine for call in pairing.calls),
        ]

    def phases_shown(self) -> list[dict[str, str | int]]:
        """As ``run_planned`` and a plan list them."""
        return [{"phase": name, "planned_calls": count} for name, count in self.phases.items()]


def make_plan(preset: Preset) -> Plan:
    """The plan of a checked preset; the same preset gives the same plan, id for id."""
    ordinals = count(1)
    generation, documents = _generation(preset, ordinals)
    judging = _judging(preset, documents, ordinals)
    grouped: dict[str, list[str]] = {}
    for item in documents:
        grouped.setdefault(item.input, []).append(item.document)
    combined = [made for name, made_of in grouped.items() for made in combined_documents(preset, name, len(made_of))]
    counts = planned_calls(preset)
    return Plan(
        generation=tuple(generation),
        documents=tuple(documents),
        combined=tuple(combined),
        judging=judging,
        inputs=_inputs(preset, grouped, generation, combined, ordinals),
        phases={name: counts[name] for name in PHASES if name in counts},
    )


def max_requests_total(preset: Preset, plan: Plan) -> int:
    """The ceiling of requests a run can make without being resumed; a died worker's are not in it."""
    ceiling = most_requests(preset, plan.planned_calls, plan.generation)
    return ceiling if preset.limits.max_requests is None else min(ceiling, preset.limits.max_requests)


def most_requests(preset: Preset, calls: int, generation: Iterable[PlannedCall]) -> int:
    """How many requests so many calls may make, of which those of ``generation`` are among; no limit is looked at.

    A research asks as often as it is allowed to, whatever the number of attempts.
    """
    attempts, ceiling = preset.limits.max_attempts, calls * preset.limits.max_attempts
    makers = preset.generation.models if preset.generation else []
    if any(model.kind == "gpt_researcher" for model in makers):
        for call in generation:
            model = makers[call.slot]
            if model.kind == "gpt_researcher":
                ceiling += (model.max_requests or RESEARCH_REQUESTS) - attempts
    return ceiling


def _generation(preset: Preset, ordinals: Iterator[int]) -> tuple[list[PlannedCall], list[PlannedDocument]]:
    if preset.generation is None:
        return [], [
            PlannedDocument(document=document.id, input=document.input or document.id, generator=None)
            for document in preset.documents
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
                        ordinal=next(ordinals),
                        call_id=joined("generate", made),
                        item_id=made,
                        phase=GENERATION,
                        label=label(_DOING[model.kind], source.id, model.model),
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
                        label=label("Evaluating", judged.document, model.model),
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


def _inputs(
    preset: Preset,
    grouped: dict[str, list[str]],
    generation: list[PlannedCall],
    combined: list[PlannedDocument],
    ordinals: Iterator[int],
) -> tuple[PlannedInput, ...]:
    makers: dict[str, list[PlannedCall]] = {}
    for call in generation:
        makers.setdefault(call.input, []).append(call)
    top_n = preset.pairwise_eval.top_n if preset.pairwise_eval else None
    compared = {
        name: pairings(preset, name, PAIRWISE_EVAL, documents, ordinals, top_n=top_n)
        for name, documents in grouped.items()
    }
    combining = {name: combine_calls(preset, name, len(made_of), ordinals) for name, made_of in grouped.items()}
    made: dict[str, list[str]] = {name: [] for name in grouped}
    for item in combined:
        made[item.input].append(item.document)
    return tuple(
        PlannedInput(
            input=name,
            documents=tuple(documents),
            generation=tuple(makers.get(name, ())),
            open_places=top_n if top_n is not None and top_n < len(documents) else 0,
            pairwise=compared[name],
            combine=combining[name],
            combined=tuple(made[name]),
            # Which two are the originals is decided later, so nobody has a name yet.
            post_combine=pairings(preset, name, POST_COMBINE_EVAL, ["", "", *("" for _ in made[name])], ordinals)
            if made[name]
            else (),
        )
        for name, documents in grouped.items()
    )
