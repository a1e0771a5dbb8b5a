"""A model by name, with the settings that tell it from its like. Pure."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from services.cli.showing import phrases

_SHORT = {"temperature": "t", "reasoning_effort": "effort", "seed": "seed", "top_p": "top_p"}
_CHARS = 80


def model_name(model: Any) -> str:
    """``openai/gpt-5-mini t=0.2 effort=low``; a name already, as it is; a dash for nobody."""
    if isinstance(model, str) and model:
        return phrases.one_line(model, _CHARS)
    if not isinstance(model, Mapping):
        return phrases.UNKNOWN
    settings = model.get("settings") or {}
    said = "".join(
        f" {short}={_value(settings[name])}" for name, short in _SHORT.items() if settings.get(name) is not None
    )
    kind = f" {model['kind']}" if model.get("kind") else ""
    return phrases.one_line(f"{model.get('provider')}/{model.get('model')}{kind}{said}", _CHARS)


def model_names(models: Iterable[Any]) -> list[str]:
    """Each model's name; where several have the same, with every setting they have."""
    listed = list(models)
    names = [model_name(model) for model in listed]
    times = Counter(names)
    return [name if times[name] == 1 else _whole(name, model) for name, model in zip(names, listed, strict=True)]


def model_labels(models: Iterable[Any]) -> list[str]:
    """A name for each of the models, in their order; the same model may come any number of times."""
    listed = list(models)
    each = {_key(model): model for model in listed}
    names = dict(zip(each, model_names(each.values()), strict=True))
    return [names[_key(model)] for model in listed]


def _key(model: Any) -> str:
    if not isinstance(model, Mapping):
        return str(model)
    return json.dumps([model.get(name) for name in ("provider", "model", "kind", "settings")], sort_keys=True)


def _whole(name: str, model: Any) -> str:
    settings = (model.get("settings") if isinstance(model, Mapping) else None) or {}
    rest = "".join(f" {key}={_value(value)}" for key, value in settings.items() if key not in _SHORT)
    return phrases.one_line(f"{name}{rest}", _CHARS)


def _value(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
