"""A preset from what somebody sent: either whole, or all its mistakes at once."""

import re
from collections import Counter
from collections.abc import Callable
from math import comb
from typing import Any, get_args

from pydantic import ValidationError

from services.executor.core.presets.id_part import part
from services.executor.core.presets.mistakes import InvalidPreset, Mistake, mistakes_of
from services.executor.core.presets.preset import MAX_PLANNED_CALLS, Model, Preset
from services.executor.core.presets.prices import ModelPrice
from services.executor.core.presets.providers import refusals
from services.executor.core.presets.researcher import research_mistakes
from services.executor.core.presets.stand_ins import made_whole
from services.executor.core.records import Order

PriceOf = Callable[[Model], ModelPrice | None]
"""Looks a model's price up; None where nobody knows it."""

_SEVERAL_TIMES = {"generation": "iterations", "single_eval": "trials", "pairwise_eval": "trials"}

BYTES_PER_TOKEN = 8
"""More than any tokenizer gets out of prose: an answer of n tokens has fewer bytes than n times this."""


def check_preset(raw: Any, price_of: PriceOf) -> Preset:
    """The preset; raises ``InvalidPreset`` with every mistake, those of shape and those between settings."""
    try:
        preset = Preset.model_validate(raw)
    except ValidationError as error:
        found = mistakes_of(error)
        raise InvalidPreset(found + _also(raw, error, found, price_of)) from error
    mistakes = mistakes_between(preset, price_of)
    if mistakes:
        raise InvalidPreset(mistakes)
    return preset


def with_the_rest(error: InvalidPreset, price_of: PriceOf) -> InvalidPreset:
    """The mistakes of files that could not be read, and then those of everything else in the preset."""
    if error.rest is None:
        return error
    places = {re.split(r"[\[ ]", mistake.path, maxsplit=1)[0] for mistake in error.mistakes}
    more = _of_a_variant(error.rest) if "extends" in places else _of_a_whole(error.rest, price_of)
    return InvalidPreset(error.mistakes + [one for one in more if not one.path.startswith(tuple(places))])


def _of_a_whole(raw: Any, price_of: PriceOf) -> list[Mistake]:
    try:
        check_preset(raw, price_of)
    except InvalidPreset as error:
        return error.mistakes
    return []


def _of_a_variant(raw: Any) -> list[Mistake]:
    """The mistakes of a preset without the one it extends: what is missing in it may stand there."""
    try:
        Preset.model_validate(raw)
    except ValidationError as error:
        return [mistake for mistake in mistakes_of(error) if mistake.message != "required"]
    return []


def _also(raw: Any, error: ValidationError, found: list[Mistake], price_of: PriceOf) -> list[Mistake]:
    """The mistakes between settings of a preset whose shape is wrong: none about what is wrong already."""
    preset = made_whole(raw, error)
    if preset is None:
        return []
    places = tuple(mistake.path for mistake in found)
    return [mistake for mistake in mistakes_between(preset, price_of) if not mistake.path.startswith(places)]


def mistakes_between(preset: Preset, price_of: PriceOf) -> list[Mistake]:
    """What is wrong although each setting alone is right."""
    return [
        *_nothing_to_do(preset),
        *_out_of_place(preset),
        *research_mistakes(preset),
        *_doubles(preset),
        *_alike(preset),
        *_unfit_settings(preset),
        *_unreachable_size(preset),
        *unbounded_cost(preset, price_of),
        *_too_many_calls(preset),
    ]


def _nothing_to_do(preset: Preset) -> list[Mistake]:
    if preset.generation is None and preset.single_eval is None and preset.pairwise_eval is None:
        return [Mistake("preset", "nothing to do: it needs generation, single_eval or pairwise_eval")]
    return []


def _out_of_place(preset: Preset) -> list[Mistake]:
    """Phases and settings that need another one."""
    found: list[Mistake] = []
    if preset.generation:
        found.extend(
            Mistake(f"documents[{index}].{field}", "has no place beside generation: that makes the answers")
            for index, document in enumerate(preset.documents)
            for field in ("input", "generator")
            if getattr(document, field) is not None
        )
    pairwise = preset.pairwise_eval
    if preset.combine and pairwise is None:
        found.append(Mistake("combine", "needs pairwise_eval: it says which two documents are the best"))
    if pairwise and pairwise.top_n is not None and preset.single_eval is None:
        found.append(Mistake("pairwise_eval.top_n", "needs single_eval: it says which documents are the best"))
    if pairwise and max(documents_by_input(preset).values()) <= 1:
        more = "generation.iterations" if preset.generation else "documents that name the same input"
        found.append(
            Mistake("pairwise_eval", f"nothing to compare: no input has two documents; use more models or {more}")
        )
    return found


def _alike(preset: Preset) -> list[Mistake]:
    """Two ids that are one where ids of calls are made of them: their calls would be one call, and never end."""
    found = []
    seen: dict[str, str] = {}
    for index, document in enumerate(preset.documents):
        for field, name in (("id", document.id), ("input", document.input)):
            if name is not None and seen.setdefault(part(name), name) != name:
                other = seen[part(name)]
                found.append(Mistake(f"documents[{index}].{field}", f"cannot be told from {other!r} in ids: rename it"))
    return found


def _doubles(preset: Preset) -> list[Mistake]:
    found = []
    seen: dict[str, int] = {}
    for index, document in enumerate(preset.documents):
        first = seen.setdefault(document.id, index)
        if first != index:
            found.append(Mistake(f"documents[{index}].id", f"{document.id!r} is the id of documents[{first}] already"))
    for phase, evaluation in (("single_eval", preset.single_eval), ("pairwise_eval", preset.pairwise_eval)):
        names: dict[str, int] = {}
        for index, criterion in enumerate((evaluation.criteria if evaluation else None) or ()):
            first = names.setdefault(criterion.name.strip().casefold(), index)
            if first != index:
                path = f"{phase}.criteria[{index}].name"
                found.append(Mistake(path, f"{criterion.name!r} is the name of criteria[{first}] already"))
    models: dict[tuple[str, str], str] = {}
    for path, model in preset.models():
        role = path.split(".", maxsplit=1)[0]
        earlier = models.setdefault((role, model.model_dump_json()), path)
        if earlier != path:
            more = _SEVERAL_TIMES.get(role)
            way_out = f"; ask a model several times with {role}.{more}" if more else ""
            found.append(Mistake(path, f"the same as {earlier}{way_out}"))
    return found


def _unfit_settings(preset: Preset) -> list[Mistake]:
    return [
        Mistake(f"{path}.{field}", reason)
        for path, model in preset.models()
        for field, reason in refusals(model, judges=".judges[" in path)
    ]


def _unreachable_size(preset: Preset) -> list[Mistake]:
    return [
        Mistake(
            f"{phase}.min_bytes",
            f"models[{index}] stops after max_completion_tokens {model.max_completion_tokens}, "
            f"less than {model.max_completion_tokens * BYTES_PER_TOKEN} bytes: {making.min_bytes} is out of its reach",
        )
        for phase, making in (("generation", preset.generation), ("combine", preset.combine))
        if making is not None
        for index, model in enumerate(making.models)
        if model.max_completion_tokens is not None and model.max_completion_tokens * BYTES_PER_TOKEN < making.min_bytes
    ]


def unbounded_cost(preset: Preset, price_of: PriceOf) -> list[Mistake]:
    """What a limit on money needs and a model lacks: all that is wrong between the limits and the rest of a preset."""
    if preset.limits.max_cost_usd is None:
        return []
    found = []
    for path, model in preset.models():
        if price_of(model) is None:
            why = f"no price of {model.provider}/{model.model} is known: limits.max_cost_usd needs one"
            found.append(Mistake(f"{path}.price", f"{why} ({{input_per_mtok, output_per_mtok}})"))
        if model.max_completion_tokens is None:
            found.append(Mistake(f"{path}.max_completion_tokens", "required: limits.max_cost_usd needs a token cap"))
    return found


def _too_many_calls(preset: Preset) -> list[Mistake]:
    calls = sum(planned_calls(preset).values())
    if calls > MAX_PLANNED_CALLS:
        return [Mistake("preset", f"{calls} calls are planned; a run may have {MAX_PLANNED_CALLS} at most")]
    return []


def planned_calls(preset: Preset) -> dict[str, int]:
    """How many calls each phase of the preset makes."""
    calls: dict[str, int] = {}
    by_input = documents_by_input(preset)
    documents = sum(by_input.values())
    if preset.generation:
        calls["generation"] = documents
    if preset.single_eval:
        calls["single_eval"] = documents * len(preset.single_eval.judges) * preset.single_eval.trials
    if preset.pairwise_eval:
        each = len(preset.pairwise_eval.judges) * preset.pairwise_eval.trials * len(get_args(Order))
        most = preset.pairwise_eval.top_n or documents
        calls["pairwise_eval"] = each * sum(comb(min(many, most), 2) for many in by_input.values())
        if preset.combine:
            several = sum(many > 1 for many in by_input.values())
            models = len(preset.combine.models)
            calls["combine"] = several * models
            calls["post_combine_eval"] = each * several * comb(2 + models, 2)
    return calls


def documents_by_input(preset: Preset) -> Counter[str]:
    """How many documents compete with each other, by their input."""
    generation = preset.generation
    if generation is None:
        return Counter(document.input or document.id for document in preset.documents)
    each = len(generation.models) * generation.iterations
    return Counter({document.id: each for document in preset.documents})
