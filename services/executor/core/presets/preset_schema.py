"""The JSON Schema of a preset as people write it: with the names of files and of the library in it."""

from typing import Any

from services.executor.core.presets.preset import Preset

Shape = dict[str, Any]

_FILE_OR_NAME = {"type": "string", "minLength": 1}
_EXTENDS: Shape = {
    "description": "Another preset, by name or path: this one is merged over it (RFC 7396).",
    "anyOf": [_FILE_OR_NAME, {"type": "null"}],
}
_DOCUMENT = "A path or pattern, library:NAME, or {id, text}."
_INSTRUCTIONS = "A path, library:NAME, or {text}."
_CRITERIA = "A list, the path of a YAML file with one, or library:NAME."


def preset_schema(refs: str = "#/$defs/") -> Shape:
    """The schema of a preset file; ``refs`` is where its parts are found."""
    schema = Preset.model_json_schema(by_alias=True, ref_template=refs + "{model}")
    parts = schema.pop("$defs", {})
    top = schema["properties"]
    top["extends"] = _EXTENDS
    top["documents"]["items"] = _either(_DOCUMENT, top["documents"]["items"])
    for part in ("Generation", "Combine"):
        properties = parts[part]["properties"]
        properties["instructions"] = _either(_INSTRUCTIONS, properties["instructions"])
    for part in ("SingleEval", "PairwiseEval"):
        properties = parts[part]["properties"]
        properties["criteria"] = _either(_CRITERIA, _with_names(properties["criteria"]))
    for part in (schema, *parts.values()):
        # What is required may come from the preset that is extended, and null takes a key of it away.
        if part is schema or part.get("title") in _MERGED:
            part.pop("required", None)
    schema["title"] = "ACM2 preset"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "$defs": parts}


_MERGED = ("Generation", "SingleEval", "PairwiseEval", "Combine")


def _either(description: str, shape: Shape) -> Shape:
    shape = {key: value for key, value in shape.items() if key != "title"}
    choices = shape.pop("anyOf", None) or [shape]
    return {"description": description, "anyOf": [_FILE_OR_NAME, *choices]}


def _with_names(shape: Shape) -> Shape:
    """A criterion may be just its name."""
    for choice in shape.get("anyOf", [shape]):
        if choice.get("type") == "array":
            choice["items"] = {"anyOf": [{"type": "string", "minLength": 1, "maxLength": 80}, choice["items"]]}
    return shape
