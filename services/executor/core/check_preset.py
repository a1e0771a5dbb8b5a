"""A preset from what somebody sent: either whole, or all its mistakes at once."""

import re
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from services.executor.core.mistakes import InvalidPreset, Mistake, mistakes_of
from services.executor.core.preset import MAX_PLANNED_CALLS, Model, Preset
from services.executor.core.prices import ModelPrice
from services.executor.core.providers import refusals
from services.executor.core.stand_ins import made_whole

PriceOf = Callable[[Model], ModelPrice | None]
"""Looks a model's price up; None where nobody knows it."""

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
    try:
        check_preset(error.rest, price_of)
    except InvalidPreset as more:
        others = [mistake for mistake in more.mistakes if not mistake.path.startswith(tuple(places))]
        return InvalidPreset(error.mistakes + others)
    return error


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
        *_doubles(preset),
        *_unfit_settings(preset),
        *_unreachable_size(preset),
        *_unbounded_cost(preset, price_of),
        *_too_many_calls(preset),
    ]


def _nothing_to_do(preset: Preset) -> list[Mistake]:
    if preset.generation is None and preset.single_eval is None:
        return [Mistake("preset", "nothing to do: it needs generation, single_eval, or both")]
    return []


def _doubles(preset: Preset) -> list[Mistake]:
    found = []
    seen: dict[str, int] = {}
    for index, document in enumerate(preset.documents):
        first = seen.setdefault(document.id, index)
        if first != index:
            found.append(Mistake(f"documents[{index}].id", f"{document.id!r} is the id of documents[{first}] already"))
    if preset.single_eval:
        names: dict[str, int] = {}
        for index, criterion in enumerate(preset.single_eval.criteria):
            first = names.setdefault(criterion.name.strip().casefold(), index)
            if first != index:
                path = f"single_eval.criteria[{index}].name"
                found.append(Mistake(path, f"{criterion.name!r} is the name of criteria[{first}] already"))
    models: dict[tuple[str, str], str] = {}
    for path, model in preset.models():
        role = path.split(".", maxsplit=1)[0]
        earlier = models.setdefault((role, model.model_dump_json()), path)
        if earlier != path:
            more = "iterations" if role == "generation" else "trials"
            found.append(Mistake(path, f"the same as {earlier}; ask a model several times with {role}.{more}"))
    return found


def _unfit_settings(preset: Preset) -> list[Mistake]:
    return [Mistake(f"{path}.{field}", reason) for path, model in preset.models() for field, reason in refusals(model)]


def _unreachable_size(preset: Preset) -> list[Mistake]:
    generation = preset.generation
    if generation is None or generation.min_bytes == 0:
        return []
    return [
        Mistake(
            "generation.min_bytes",
            f"models[{index}] stops after max_completion_tokens {model.max_completion_tokens}, "
            f"less than {model.max_completion_tokens * BYTES_PER_TOKEN} bytes: {generation.min_bytes} is out of its reach",
        )
        for index, model in enumerate(generation.models)
        if model.max_completion_tokens is not None
        and model.max_completion_tokens * BYTES_PER_TOKEN < generation.min_bytes
    ]


def _unbounded_cost(preset: Preset, price_of: PriceOf) -> list[Mistake]:
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
    documents = len(preset.documents)
    if preset.generation:
        documents *= len(preset.generation.models) * preset.generation.iterations
        calls["generation"] = documents
    if preset.single_eval:
        calls["single_eval"] = documents * len(preset.single_eval.judges) * preset.single_eval.trials
    return calls
