"""The models a config names. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

_PARTS = (("generation", "models"), ("single_eval", "judges"), ("pairwise_eval", "judges"), ("combine", "models"))


def preset_models(config: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Each model of a config, generators first, each provider and model once."""
    seen = set()
    for part, key in _PARTS:
        section = config.get(part)
        for model in (section.get(key) if isinstance(section, Mapping) else None) or []:
            if isinstance(model, Mapping) and (name := (model.get("provider"), model.get("model"))) not in seen:
                seen.add(name)
                yield model
