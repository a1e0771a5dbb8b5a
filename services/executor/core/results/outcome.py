"""Everything results are made of, as the ledger has it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from services.executor.core.planning.plan import PAIRWISE_EVAL, POST_COMBINE_EVAL, Plan, PlannedCall
from services.executor.core.presets.preset import Model, Preset
from services.executor.core.ranking.ranking import Contestant
from services.executor.core.records import Attempt, Call, Choice, Pair, Score

Config = Mapping[str, Any]
Shown = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A run as far as it has come."""

    preset: Preset
    plan: Plan
    calls: Mapping[str, Call]
    scores: Sequence[Score]
    attempts: Sequence[Attempt]
    pairs: Sequence[Pair] = ()
    choices: Sequence[Choice] = field(default=())

    @cached_property
    def contestants(self) -> dict[str, list[Contestant]]:
        """The documents of each input that are judged, in the order of the plan."""
        return contestants(self.preset, self.plan)

    @cached_property
    def combined(self) -> dict[str, list[Contestant]]:
        """The documents of each input that combine makes; ``generator`` is the combining model."""
        return combined(self.preset, self.plan)

    @cached_property
    def makers(self) -> dict[str, Shown | None]:
        """Who made each document, as it is shown."""
        found = (*self.contestants.values(), *self.combined.values())
        return {item.document: item.generator for documents in found for item in documents}

    @cached_property
    def planned_calls(self) -> dict[str, PlannedCall]:
        """Every planned call by its id."""
        return {call.call_id: call for call in self.plan.calls()}

    @cached_property
    def pair_judges(self) -> dict[int, Shown]:
        """The judges of comparisons, by index."""
        judges: Sequence[Model] = self.preset.pairwise_eval.judges if self.preset.pairwise_eval else ()
        return {index: judge.shown() for index, judge in enumerate(judges)}

    @cached_property
    def score_judges(self) -> dict[int, Shown]:
        """The judges of single documents, by index."""
        judges: Sequence[Model] = self.preset.single_eval.judges if self.preset.single_eval else ()
        return {index: judge.shown() for index, judge in enumerate(judges)}

    @cached_property
    def compared(self) -> list[Pair]:
        """The planned comparisons that were judged, by id: what nobody planned is in no number."""
        known: dict[tuple[str, str], set[str]] = {}
        for name, documents in self.contestants.items():
            own = {item.document for item in documents}
            known[PAIRWISE_EVAL, name] = own
            known[POST_COMBINE_EVAL, name] = own | {item.document for item in self.combined.get(name, ())}

        def planned(pair: Pair) -> bool:
            call = self.planned_calls.get(pair.call_id)
            if call is None or (call.phase, call.input) != (pair.phase, pair.input):
                return False
            return {pair.a, pair.b} <= known[pair.phase, pair.input]

        return sorted((pair for pair in self.pairs if planned(pair)), key=lambda pair: pair.item_id)

    def pairs_of(self, phase: str, input_: str) -> list[Pair]:
        """The comparisons of one phase and input."""
        return self._grouped.get((phase, input_), [])

    @cached_property
    def _grouped(self) -> dict[tuple[str, str], list[Pair]]:
        found: dict[tuple[str, str], list[Pair]] = {}
        for pair in self.compared:
            found.setdefault((pair.phase, pair.input), []).append(pair)
        return found

    def why(self, call_id: str) -> str | None:
        """Why a call has brought nothing, None if it has."""
        call = self.calls.get(call_id)
        if call is None:
            return "not there yet (planned)"
        if call.status == "succeeded":
            return None
        if call.error is None:
            return f"not there yet ({call.status})"
        error = json.loads(call.error)
        return f"{error['kind']}: {error.get('message', '')}".rstrip(": ")


def preset_of(config: Config) -> Preset:
    """The preset of a config snapshot; the texts it lacks have no part in a plan."""
    documents = [
        {"text": "-", **{name: item[name] for name in ("id", "input", "generator") if item.get(name) is not None}}
        for item in config["documents"]
    ]
    return Preset.model_validate({**config, "documents": documents})


def contestants(preset: Preset, plan: Plan) -> dict[str, list[Contestant]]:
    """The documents of each input that are judged, in the order of the plan, with who made them."""
    makers = [model.shown() for model in preset.generation.models] if preset.generation else []
    given = {item.id: item.generator.shown() for item in preset.documents if item.generator is not None}
    found: dict[str, list[Contestant]] = {}
    for item in plan.documents:
        maker = given.get(item.document) if item.generator is None else makers[item.generator]
        found.setdefault(item.input, []).append(Contestant(item.document, item.input, maker))
    return found


def combined(preset: Preset, plan: Plan) -> dict[str, list[Contestant]]:
    """The documents of each input that combine makes, with the models that make them."""
    models = [model.shown() for model in preset.combine.models] if preset.combine else []
    found: dict[str, list[Contestant]] = {}
    for item in plan.combined:
        maker = None if item.generator is None else models[item.generator]
        found.setdefault(item.input, []).append(Contestant(item.document, item.input, maker))
    return found
