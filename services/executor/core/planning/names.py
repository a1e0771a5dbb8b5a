"""Ids inside a run, derived from the plan: readable, safe in a URL, the same whenever the plan is the same."""

from collections.abc import Sequence

from services.executor.core.presets.id_part import part
from services.executor.core.presets.preset import Model

SEPARATOR = "~"
"""Stands between the parts of an id; no part holds it, and no URL has to escape it."""


def model_parts(models: Sequence[Model]) -> list[str]:
    """One part for each model: its name, with the provider or a number only where the name alone is not enough."""
    for spell in (_by_name, _by_provider):
        parts = [part(spell(model)) for model in models]
        if len(set(parts)) == len(parts):
            return parts
    taken: set[str] = set()
    numbered = []
    for model in models:
        first = part(_by_provider(model))
        name, number = first, 1
        while name in taken:
            number += 1
            name = f"{first}-{number}"
        taken.add(name)
        numbered.append(name)
    return numbered


def _by_name(model: Model) -> str:
    return model.model


def _by_provider(model: Model) -> str:
    return f"{model.provider}.{model.model}"


def joined(*parts: str | int) -> str:
    """The parts as one id."""
    return SEPARATOR.join(str(item) for item in parts)
