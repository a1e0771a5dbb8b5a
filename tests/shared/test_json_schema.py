"""One schema fitted to two kinds of provider."""

from typing import Any

from shared.json_schema import bounded_schema, closed_schema

NAMED_LIKE_KEYWORDS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "maxLength": {"type": "string", "maxLength": 5},
        "items": {
            "type": "array",
            "items": {"type": "object", "properties": {"title": {"type": "string", "title": "T"}}},
        },
        "either": {"anyOf": [{"type": "string", "minLength": 1}, {"type": "null"}]},
    },
    "required": ["items"],
}


def test_a_closed_schema_loses_what_strict_mode_refuses_at_every_depth() -> None:
    assert closed_schema(NAMED_LIKE_KEYWORDS) == {
        "type": "object",
        "properties": {
            "maxLength": {"type": "string"},
            "items": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"title": {"type": "string"}},
                    "required": ["title"],
                    "additionalProperties": False,
                },
            },
            "either": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
        "required": ["maxLength", "items", "either"],
        "additionalProperties": False,
    }


def test_the_caller_keeps_its_own_schema() -> None:
    before = repr(NAMED_LIKE_KEYWORDS)
    closed_schema(NAMED_LIKE_KEYWORDS)
    bounded_schema(NAMED_LIKE_KEYWORDS)
    assert repr(NAMED_LIKE_KEYWORDS) == before


def test_a_bounded_schema_bounds_what_has_no_bound_and_keeps_what_has() -> None:
    bounded = bounded_schema(
        {
            "type": "object",
            "properties": {
                "free": {"type": "string"},
                "short": {"type": "string", "maxLength": 3},
                "fixed": {"type": "string", "enum": ["a"]},
                "list": {"type": "array", "items": {"type": "string"}},
                "long": {"type": "array", "minItems": 40},
            },
        }
    )
    parts = bounded["properties"]
    assert parts["free"]["maxLength"] == 200
    assert parts["short"]["maxLength"] == 3
    assert "maxLength" not in parts["fixed"]
    assert (parts["list"]["maxItems"], parts["list"]["items"]["maxLength"]) == (16, 200)
    assert parts["long"]["maxItems"] == 40
    assert bounded["additionalProperties"] is False
