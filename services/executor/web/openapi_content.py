"""What the API's description says of presets and the library."""

from typing import Any

from shared import paths

Shape = dict[str, Any]

_CHANGED = "It has been changed since you read it (If-Match)"
_KEPT = {
    "201": "Kept; it is new",
    "200": "Kept; it was there before",
    "409": "A name that is taken, that ships with the program, or one too many",
    "412": _CHANGED,
    "413": "The body is too large",
    "415": "Neither JSON nor YAML",
    "422": "Every mistake, with its place",
    "503": "The folder cannot be written",
}
_GONE = {
    "204": "It is gone",
    "404": "There is none",
    "409": "It ships with the program, or a folder has its name",
    "412": _CHANGED,
}

CONTENT_ROUTES: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    (
        "get",
        paths.PRESETS,
        "All presets, broken ones too",
        {"200": "Each with name, description, built_in, etag, and its plan or its mistakes"},
    ),
    (
        "post",
        paths.PRESETS,
        "Make a preset, called what its name says; kept as it was sent",
        {code: text for code, text in _KEPT.items() if code not in {"200", "412"}},
    ),
    (
        "get",
        paths.PRESET,
        "One preset with all it extends and names in it; as=source (or Accept: application/yaml): its file",
        {"200": "The preset", "304": "As you have it", "404": "No such preset", "422": "Its mistakes"},
    ),
    ("put", paths.PRESET, "Make or replace a preset; kept as it was sent", _KEPT),
    ("delete", paths.PRESET, "Delete a preset", _GONE),
    ("get", paths.PRESET_SCHEMA, "The JSON Schema of a preset, for editors", {"200": "The schema"}),
    ("get", paths.LIBRARY, "What the library has, by kind, without the texts", {"200": "Names, sizes, mistakes"}),
    (
        "get",
        paths.LIBRARY_ITEM,
        "One text or list of criteria; as=source: its file",
        {"200": "{text} or {criteria}", "304": "As you have it", "404": "There is none", "422": "Its mistakes"},
    ),
    (
        "put",
        paths.LIBRARY_ITEM,
        "Make or replace: {text} for instructions and documents, a list for criteria (kept as it was sent)",
        _KEPT,
    ),
    ("delete", paths.LIBRARY_ITEM, "Delete it", {**_GONE, "409": "A folder has its name"}),
)

BODIES: dict[tuple[str, str], str] = {
    ("post", paths.PRESETS): "PresetFile",
    ("put", paths.PRESET): "PresetFile",
    ("put", paths.LIBRARY_ITEM): "LibraryItem",
}
"""The shape of what is sent to these routes."""

CONTENT_SHAPES: dict[str, Shape] = {
    "DocumentsFrom": {
        "type": "object",
        "description": "Documents of an earlier run are judged again; generation and combine are left out.",
        "properties": {
            "run": {"type": "string", "description": "The earlier run."},
            "documents": {
                "type": "array",
                "items": {"type": "string"},
                "minItems": 1,
                "description": "Which of its documents; left out: those it made, or its inputs if it was to make none.",
            },
        },
        "required": ["run"],
        "additionalProperties": False,
    },
    "LibraryItem": {
        "anyOf": [
            {
                "type": "object",
                "properties": {"text": {"type": "string", "minLength": 1}},
                "required": ["text"],
                "additionalProperties": False,
            },
            {
                "type": "object",
                "properties": {"criteria": {"$ref": "#/components/schemas/SingleEval/properties/criteria"}},
                "required": ["criteria"],
                "additionalProperties": False,
            },
            {"$ref": "#/components/schemas/SingleEval/properties/criteria"},
        ],
    },
}


def header_parameters(method: str, path: str) -> list[Shape]:
    """The conditions a request to this route can make."""
    if path not in {paths.PRESET, paths.LIBRARY_ITEM} or method not in {"put", "delete"}:
        return []
    means = {"If-Match": "Only if this is still the version.", "If-None-Match": "*: only if there is none yet."}
    return [
        {"name": name, "in": "header", "description": text, "schema": {"type": "string"}}
        for name, text in means.items()
        if method == "put" or name == "If-Match"
    ]
