"""What is wrong with a preset, said so that the person who wrote it finds the place."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from services.executor.core.preset import (
    Criterion,
    Document,
    Generation,
    Instructions,
    Limits,
    Model,
    Preset,
    Price,
    ProviderLimit,
    SingleEval,
)

Location = tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong: where (``generation.models[0].temperature``), and what would be right."""

    path: str
    message: str

    def shown(self) -> dict[str, str]:
        """As a problem document lists it."""
        return {"path": self.path, "message": self.message}


class InvalidPreset(ValueError):
    """A preset no run can be made of, with all its mistakes at once."""

    def __init__(self, mistakes: Sequence[Mistake], *, rest: Any = None) -> None:
        super().__init__("; ".join(f"{mistake.path}: {mistake.message}" for mistake in mistakes))
        self.mistakes = list(mistakes)
        self.rest = rest
        """The preset without what is wrong, where more of it can be checked."""


_PLACES: tuple[tuple[str, type[BaseModel]], ...] = (
    (r"", Preset),
    (r"documents\[\d+\]", Document),
    (r"generation", Generation),
    (r"generation\.instructions", Instructions),
    (r"single_eval", SingleEval),
    (r"single_eval\.criteria\[\d+\]", Criterion),
    (r"(generation\.models|single_eval\.judges)\[\d+\]", Model),
    (r".*\.price", Price),
    (r"limits", Limits),
    (r"limits\.providers\..+", ProviderLimit),
)
_LATER = {"pairwise_eval": "comparing documents in pairs", "combine": "combining documents"}


def path_of(location: Location) -> str:
    """``("generation", "models", 0, "temperature")`` as ``generation.models[0].temperature``."""
    text = ""
    for part in location:
        if part == "[key]":
            continue
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text or "preset"


def mistakes_of(error: ValidationError) -> list[Mistake]:
    """pydantic's findings in our words."""
    return [_mistake(found["loc"], found["type"], found["msg"]) for found in error.errors(include_url=False)]


def _mistake(location: Location, kind: str, message: str) -> Mistake:
    path = path_of(location)
    if kind == "extra_forbidden":
        return Mistake(path, _unknown_key(location))
    if kind == "missing":
        return Mistake(path, "required")
    if kind == "none_required":
        what = _LATER.get(path)
        return Mistake(path, f"{what} is not in this version; leave it out" if what else "must be left out")
    if kind == "string_pattern_mismatch":
        return Mistake(path, _pattern_message(path))
    if kind == "model_type" and re.fullmatch(r"documents\[\d+\]|generation\.instructions", path):
        wanted = "{id, text}" if path.startswith("documents") else "{text}"
        return Mistake(path, f"must be the name of a file, or {wanted}")
    if kind == "model_type":
        return Mistake(path, "must be an object with keys")
    text = message.removeprefix("Value error, ").replace("Input should", "must")
    return Mistake(path, text[:1].lower() + text[1:])


def _unknown_key(location: Location) -> str:
    key, parent = str(location[-1]), path_of(location[:-1]) if len(location) > 1 else ""
    for pattern, part in _PLACES:
        if re.fullmatch(pattern, parent):
            known = [field.alias or name for name, field in part.model_fields.items()]
            close = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"known here: {', '.join(known)}"
            return f"unknown key; {hint}"
    return "unknown key"


def _pattern_message(path: str) -> str:
    if path.endswith("provider") or path.startswith("limits.providers"):
        return "must be a provider's name: letters, digits, '.', '_', '-', first a letter, at most 64"
    if path == "name":
        return "must be letters, digits, '.', '_' or '-', at most 64"
    return (
        "must hold no control character"
        if not path.startswith("documents")
        else "must hold no '/', '\\\\', '~' and no control character"
    )
