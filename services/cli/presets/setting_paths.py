"""Which settings a preset has: ``limits.max_cost_usd`` is one, ``generation.models[0].temperature`` too. Pure.

Read from the JSON schema of a preset, so that a name mistyped on the command line is said before anything is started.
"""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]
Path = tuple[str | int, ...]

_INDEX = re.compile(r"\[(\d+)\]")
_KNOWN_SHOWN = 30


@dataclass(frozen=True)
class Place:
    """Where a setting is; ``is_text``: nothing but text can stand there, so ``4`` is text too."""

    path: Path
    is_text: bool


class UnknownSettingError(ValueError):
    """A preset has no such setting; the message says what it has instead."""


def place_of(key: str, schema: Schema) -> Place:
    """The place a dotted key names; a list's item by its number from 0, as ``models.0`` or ``models[0]``.

    Raises ``UnknownSettingError``. What lies below a place that takes anything is not looked at.
    """
    nodes = list(_choices(schema, schema))
    path: list[str | int] = []
    for name in _INDEX.sub(r".\1", key).split("."):
        step, nodes = _step(name, nodes, schema, path)
        path.append(step)
    types = {name for node in nodes for name in _types(node)} - {"null"}
    return Place(tuple(path), is_text=bool(nodes) and types == {"string"})


def _types(node: Schema) -> list[Any]:
    said = node.get("type")
    return said if isinstance(said, list) else [said]


def _step(
    name: str, nodes: Sequence[Schema], schema: Schema, path: Sequence[str | int]
) -> tuple[str | int, list[Schema]]:
    if not nodes:
        return name, []
    known: dict[str, None] = {}
    has_items = False
    for node in nodes:
        properties = node.get("properties") or {}
        if name in properties:
            return name, list(_choices(properties[name], schema))
        for pattern, shape in (node.get("patternProperties") or {}).items():
            if re.search(pattern, name):
                return name, list(_choices(shape, schema))
        more = node.get("additionalProperties")
        if isinstance(more, Mapping) or more is True:
            allowed = (node.get("propertyNames") or {}).get("enum")
            if allowed is None or name in allowed:
                return name, list(_choices(more, schema)) if isinstance(more, Mapping) else []
            known.update(dict.fromkeys(allowed))
        if "items" in node:
            has_items = True
            if name.isascii() and name.isdigit():
                return int(name), list(_choices(node["items"], schema))
        known.update(dict.fromkeys(properties))
    raise UnknownSettingError(_unknown(name, list(known), has_items=has_items, path=path))


def _choices(node: Schema, schema: Schema) -> Iterator[Schema]:
    """Every shape that may stand here, references followed."""
    if "$ref" in node:
        yield from _choices(schema["$defs"][node["$ref"].rsplit("/", 1)[-1]], schema)
    elif "anyOf" in node:
        for choice in node["anyOf"]:
            yield from _choices(choice, schema)
    else:
        yield node


def _unknown(name: str, known: list[str], *, has_items: bool, path: Sequence[str | int]) -> str:
    where = ".".join(str(step) for step in path) or "a preset"
    if has_items:
        return f"{where} is a list: its items are {where}.0, {where}.1 and so on"
    if not known:
        return f"{where} is a single value and has no {name!r}"
    near = difflib.get_close_matches(name, known, 1)
    if near:
        return f"{where} has no {name!r}; did you mean {near[0]!r}?"
    return f"{where} has no {name!r}; it has {', '.join(known[:_KNOWN_SHOWN])}"
