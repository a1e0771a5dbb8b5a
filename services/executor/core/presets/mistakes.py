"""What is wrong with a preset, said so that the person who wrote it finds the place."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from services.executor.core.presets.preset import (
    Combine,
    Criterion,
    Document,
    Generation,
    Generator,
    Instructions,
    Limits,
    MadeBy,
    Model,
    PairwiseEval,
    Preset,
    Price,
    ProviderLimit,
    SingleEval,
)

Location = tuple[int | str, ...]

MOST_MISTAKES = 500
"""No answer lists more; a preset with so many is none."""
_SHOWN_KEY_CHARS = 100
_SHOWN_PATH_CHARS = 500
_SHOWN_MESSAGE_CHARS = 2_000


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong: where (``generation.models[0].temperature``), and what would be right."""

    path: str
    message: str

    def shown(self) -> dict[str, str]:
        """As a problem document lists it."""
        return {"path": self.path[:_SHOWN_PATH_CHARS], "message": self.message[:_SHOWN_MESSAGE_CHARS]}


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
    (r"documents\[\d+\]\.generator", MadeBy),
    (r"generation", Generation),
    (r"(generation|combine)\.instructions", Instructions),
    (r"single_eval", SingleEval),
    (r"pairwise_eval", PairwiseEval),
    (r"combine", Combine),
    (r"(.+\.)?criteria\[\d+\]", Criterion),
    (r"generation\.models\[\d+\]", Generator),
    (r"(.+\.judges|combine\.models)\[\d+\]", Model),
    (r".*\.price", Price),
    (r"limits", Limits),
    (r"limits\.providers\..+", ProviderLimit),
)
_ZERO_IS_OFF = ("limits.identical_failures", "limits.retry_share")
_ALSO_KNOWN = {"": ("extends",)}
"""Keys that are gone when a preset has been read."""


def path_of(location: Location) -> str:
    """``("generation", "models", 0, "temperature")`` as ``generation.models[0].temperature``."""
    text = ""
    for one in location:
        if one == "[key]":
            continue
        part = one if isinstance(one, int) else one[:_SHOWN_KEY_CHARS]
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text or "preset"


def mistakes_of(error: ValidationError, *, below: Location = ()) -> list[Mistake]:
    """pydantic's findings in our words; ``below`` is where in a preset the part lies that was looked at."""
    found = error.errors(include_url=False)
    mistakes = [_mistake((*below, *one["loc"]), one["type"], one["msg"]) for one in found[:MOST_MISTAKES]]
    if len(found) > MOST_MISTAKES:
        mistakes.append(Mistake("preset", f"has {len(found)} mistakes; the first {MOST_MISTAKES} are listed"))
    return mistakes


def _mistake(location: Location, kind: str, message: str) -> Mistake:
    path = path_of(location)
    if kind == "extra_forbidden":
        return Mistake(path, _unknown_key(location))
    if kind == "missing":
        return Mistake(path, "required")
    if kind == "string_pattern_mismatch":
        return Mistake(path, _pattern_message(path))
    if kind == "model_type" and re.fullmatch(r"documents\[\d+\]|(generation|combine)\.instructions", path):
        wanted = "{id, text}" if path.startswith("documents") else "{text}"
        return Mistake(path, f"must be the name of a file, library:NAME, or {wanted}")
    if kind == "model_type" and re.fullmatch(r"(.+\.)?criteria\[\d+\]", path):
        return Mistake(path, "must be a name, or {name, description}")
    if kind == "list_type" and path.endswith("criteria"):
        return Mistake(path, "must be a list, the path of a YAML file with one, or library:NAME")
    if kind == "model_type":
        return Mistake(path, "must be an object with keys")
    text = message.removeprefix("Value error, ").replace("Input should", "must")
    if path in _ZERO_IS_OFF:
        text += "; 0 switches it off"
    return Mistake(path, text[:1].lower() + text[1:])


def _unknown_key(location: Location) -> str:
    key, parent = str(location[-1])[:_SHOWN_KEY_CHARS], path_of(location[:-1]) if len(location) > 1 else ""
    for pattern, part in _PLACES:
        if re.fullmatch(pattern, parent):
            known = [field.alias or name for name, field in part.model_fields.items()]
            known += _ALSO_KNOWN.get(parent, ())
            close = difflib.get_close_matches(key.lower(), known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"known here: {', '.join(known)}"
            return f"unknown key; {hint}"
    return "unknown key"


def _pattern_message(path: str) -> str:
    if path.endswith("provider") or path.startswith("limits.providers"):
        return "must be a provider's name: letters, digits, '.', '_', '-', first a letter, at most 64"
    if path.endswith(".report_type"):
        return "must be lower-case letters and '_'"
    if path == "name":
        return "must be letters, digits, '.', '_' or '-', at most 64"
    return (
        "must hold no control character"
        if not path.startswith("documents")
        else "must hold no '/', '\\\\', '~' and no control character"
    )
