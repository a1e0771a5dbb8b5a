"""Ids inside a run, derived from the plan: readable, safe in a URL, the same whenever the plan is the same."""

import hashlib
import re
from collections.abc import Sequence

from services.executor.core.presets.preset import Model

SEPARATOR = "~"
"""Stands between the parts of an id; no part holds it, and no URL has to escape it."""

_SAFE = re.compile(r"[A-Za-z0-9._-]{1,40}")
_LOOKS_CHANGED = re.compile(r"-?[0-9a-f]{16}$")
"""Somebody's own id may look like one of ours: it gets a fingerprint of its own."""

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_KEPT_CHARS = 32
_FINGERPRINT_DIGITS = 16
"""Enough that no two of a run's documents ever share one: two calls of one id would be one call that never ends."""


def part(text: str) -> str:
    """The text as one part of an id; what had to be changed gets a fingerprint, so that two texts stay two."""
    if _SAFE.fullmatch(text) and not _LOOKS_CHANGED.search(text):
        return text
    kept = _UNSAFE.sub("-", text)[:_KEPT_CHARS].strip("-")
    return f"{kept}-{hashlib.sha256(text.encode()).hexdigest()[:_FINGERPRINT_DIGITS]}".lstrip("-")


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
