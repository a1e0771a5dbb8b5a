"""One JSON Schema, fitted to what each kind of provider can hold a model to."""

from collections.abc import Callable
from typing import Any

Schema = dict[str, Any]

MAX_STRING_CHARACTERS = 200
"""The longest string a small model may write where the schema sets no bound."""

MAX_ITEMS = 16
"""The longest list it may write where the schema sets no bound."""

MAX_NAMED_NUMBERS = 21
"""The longest scale of whole numbers that is spelled out where bounds are not taken."""

# Strict mode refuses a schema with one of these; they bound what is written, not what it means.
_NOT_STRICT = frozenset({"minLength", "maxLength", "uniqueItems", "minProperties", "maxProperties", "default", "title"})

# Anthropic refuses bounds altogether, and Google knows these keywords and no others.
_NOT_ANTHROPIC = _NOT_STRICT - {"default", "title"} | {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
_NOT_ANTHROPIC |= {"multipleOf", "maxItems"}
_GOOGLE = frozenset(
    {"$id", "$defs", "$ref", "$anchor", "type", "format", "title", "description", "enum", "items", "prefixItems"}
    | {"minItems", "maxItems", "minimum", "maximum", "anyOf", "oneOf", "properties", "additionalProperties", "required"}
)

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


def unbounded_schema(schema: Schema) -> Schema:
    """For Anthropic: every object closed, no bounds; what a bound said is checked when the answer is read."""
    return _mapped(schema, _unbounded)


def gemini_schema(schema: Schema) -> Schema:
    """For Google: only the keywords it knows, in its own spelling of them."""
    return _mapped(schema, _known_to_google)


def _unbounded(schema: Schema) -> Schema:
    kept = {name: value for name, value in schema.items() if name not in _NOT_ANTHROPIC}
    scale = _short_scale(schema)
    if scale is not None:
        kept.setdefault("enum", scale)
    if kept.get("minItems") not in (None, 0):
        kept["minItems"] = 1
    if "properties" in kept:
        kept["additionalProperties"] = False
    return kept


def _short_scale(schema: Schema) -> list[int] | None:
    """The whole numbers its bounds allow, where they are few: named, they hold without the bounds."""
    least, most = schema.get("minimum"), schema.get("maximum")
    if schema.get("type") != "integer" or not isinstance(least, int) or not isinstance(most, int):
        return None
    return list(range(least, most + 1)) if 0 <= most - least < MAX_NAMED_NUMBERS else None


def _known_to_google(schema: Schema) -> Schema:
    kept = {name: value for name, value in schema.items() if name in _GOOGLE}
    if "const" in schema:
        kept.setdefault("enum", [schema["const"]])
    return kept


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
