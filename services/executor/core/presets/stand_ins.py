"""A preset whose shape is wrong, made whole again by stand-ins, so that what is wrong between its settings is found too."""

import copy
from typing import Any

from pydantic import ValidationError

from services.executor.core.presets.mistakes import Location
from services.executor.core.presets.preset import Preset

MOST_ROUNDS = 5
"""Putting a stand-in in place can bring further mistakes to light; presets are not nested deeper than this."""

_KEY = "[key]"
_MODEL = {"provider": "local", "model": "smollm2-135m", "max_completion_tokens": 1}
_FOR: dict[int | str, Any] = {
    "documents": [{"id": "stand-in", "text": "x"}],
    "text": "x",
    "instructions": {"text": "x"},
    "models": [_MODEL],
    "judges": [_MODEL],
    "provider": "local",
    "model": "smollm2-135m",
    "criteria": ["stand-in"],
    "input_per_mtok": 1.0,
    "output_per_mtok": 1.0,
}
"""What can take the place of a wrong or missing setting that has no default."""


def made_whole(raw: Any, error: ValidationError) -> Preset | None:
    """The preset with a stand-in for each part the error names, or None where none can be made of it."""
    rest = copy.deepcopy(raw)
    for _ in range(MOST_ROUNDS):
        for detail in error.errors(include_url=False):
            # A key that is none itself is marked so; its value goes with it.
            location = tuple(part for part in detail["loc"] if part != _KEY)
            _mend(rest, location, unknown=detail["type"] == "extra_forbidden" or _KEY in detail["loc"])
        try:
            return Preset.model_validate(rest)
        except ValidationError as further:
            error = further
    return None


def _mend(raw: Any, location: Location, *, unknown: bool) -> None:
    parent = _inside(raw, location[:-1])
    name = location[-1] if location else ""
    if isinstance(parent, dict):
        if unknown or (name not in _FOR and name not in {"id", "name"}):
            parent.pop(name, None)
        else:
            # Ids and names must differ, so each is called after its place.
            called = "-".join(str(part) for part in ("stand-in", *location))
            parent[str(name)] = copy.deepcopy(_FOR.get(name, called))
    elif isinstance(parent, list) and isinstance(name, int) and name < len(parent):
        kind = location[-2] if len(location) > 1 else ""
        if kind in _FOR:
            parent[name] = copy.deepcopy(_FOR[kind][0])


def _inside(raw: Any, location: Location) -> Any:
    for part in location:
        if isinstance(raw, dict):
            raw = raw.get(part)
        elif isinstance(raw, list) and isinstance(part, int) and part < len(raw):
            raw = raw[part]
        else:
            return None
    return raw
