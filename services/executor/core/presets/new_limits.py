"""Limits that change when a run is resumed, and the ceiling that follows from them."""

import json
from typing import Any

from pydantic import ValidationError

from services.executor.core.presets.check_preset import PriceOf, unbounded_cost
from services.executor.core.presets.merge_patch import merge_patch
from services.executor.core.presets.mistakes import InvalidPreset, Mistake, mistakes_of
from services.executor.core.presets.preset import Limits, Preset
from shared.strict_json import dumps


def with_limits(preset: Preset, patch: Any, price_of: PriceOf) -> Preset:
    """The preset with a merge patch applied to its limits; raises ``InvalidPreset`` naming each field that is wrong."""
    if not isinstance(patch, dict):
        raise InvalidPreset([Mistake("limits", "must be an object with keys")])
    merged = merge_patch(preset.limits_shown(), patch)
    try:
        limits = Limits.model_validate(merged)
    except ValidationError as error:
        raise InvalidPreset(mistakes_of(error, below=("limits",))) from error
    changed = preset.model_copy(update={"limits": limits})
    # Only what limits say: a rule that is newer than the run must not keep it from going on.
    mistakes = unbounded_cost(changed, price_of)
    if mistakes:
        raise InvalidPreset(mistakes)
    return changed


def config_with_limits(config: str, preset: Preset) -> str:
    """A run's config, as the ledger keeps it, with the limits of this preset."""
    return dumps({**json.loads(config), "limits": preset.limits.model_dump(mode="json", by_alias=True)}).decode()


def ceiling_from_here(limits: Limits, *, made: int, to_come: int) -> int:
    """The most requests a run will have made: those made so far and those that may still come, died workers' left out."""
    ceiling = made + to_come
    return ceiling if limits.max_requests is None else max(made, min(ceiling, limits.max_requests))
