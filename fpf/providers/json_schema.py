"""One JSON Schema, fitted to what each kind of provider can hold a model to."""

from collections.abc import Callable
from typing import Any

Schema = dict[str, Any]

MAX_STRING_CHARACTERS = 200
"""The longest string a small model may write where the schema sets no bound."""

MAX_ITEMS = 16
"""The longest list it may write where the schema sets no bound."""

# Strict mode refuses a schema with one of these; they bound what is written, not what it means.
_NOT_STRICT = frozenset({"minLength", "maxLength", "uniqueItems", "minProperties", "maxProperties", "default", "title"})

_SCHEMAS_BY_NAME = frozenset({"properties", "$defs", "definitions", "patternProperties"})
_LISTS_OF_SCHEMAS = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
_SINGLE_SCHEMAS = frozenset({"items", "additionalProperties", "not", "contains"})


def as_given(schema: Schema) -> Schema:
    """The schema, unchanged."""
    return schema


def closed_schema(schema: Schema) -> Schema:
    """For strict mode: every object closed, all its members required, no keyword strict mode refuses."""
    return _mapped(schema, _closed)


def bounded_schema(schema: Schema) -> Schema:
    """For a small model: every string and every list has an end, every object with named members is closed."""
    return _mapped(schema, _bounded)


def _closed(schema: Schema) -> Schema:
    kept = {name: value for name, value in schema.items() if name not in _NOT_STRICT}
    if "properties" in kept:
        kept["additionalProperties"] = False
        kept["required"] = list(kept["properties"])
    return kept


def _bounded(schema: Schema) -> Schema:
    kept = dict(schema)
    kind = kept.get("type")
    fixed = "enum" in kept or "const" in kept or "pattern" in kept or "format" in kept
    if kind == "string" and not fixed:
        kept.setdefault("maxLength", max(MAX_STRING_CHARACTERS, kept.get("minLength", 0)))
    elif kind == "array":
        kept.setdefault("maxItems", max(MAX_ITEMS, kept.get("minItems", 0)))
    elif "properties" in kept:
        kept.setdefault("additionalProperties", False)
    return kept


def _mapped(schema: Schema, change: Callable[[Schema], Schema]) -> Schema:
    """``change`` done to every schema inside, innermost first. A property called "maxLength" is no keyword."""
    inner: Schema = {}
    for name, value in schema.items():
        if name in _SCHEMAS_BY_NAME and isinstance(value, dict):
            inner[name] = {key: _mapped_if_schema(part, change) for key, part in value.items()}
        elif name in _LISTS_OF_SCHEMAS and isinstance(value, list):
            inner[name] = [_mapped_if_schema(part, change) for part in value]
        elif name in _SINGLE_SCHEMAS:
            inner[name] = _mapped_if_schema(value, change)
        else:
            inner[name] = value
    return change(inner)


def _mapped_if_schema(value: Any, change: Callable[[Schema], Schema]) -> Any:
    return _mapped(value, change) if isinstance(value, dict) else value
