"""The JSON schema a judge's answer is held to, where the provider can hold it to one."""

from collections.abc import Sequence
from typing import Any

from services.executor.core.presets.preset import Criterion
from services.executor.core.presets.providers import LOCAL
from shared.strict_json import dumps

_AROUND_TOKENS = 512
"""More than any provider says to a model about how a tool is to be called."""

MAX_REASON_CHARS = 160
"""A reason is one sentence."""

MAX_LOCAL_REASON_CHARS = 80
"""The embedded model's is a short one: the bound keeps its verdict inside its token cap, and its time."""


def verdict_schema(criteria: Sequence[Criterion], provider: str) -> dict[str, Any]:
    """One entry for each criterion.

    The embedded model gets the criteria spelled out in their order, so that its verdict always reads. Elsewhere that
    keyword (``prefixItems``) is not taken everywhere, so the list only has the right length and the right names.
    """
    names = [item.name for item in criteria]
    if provider == LOCAL:
        evaluations: dict[str, Any] = {
            "type": "array",
            "prefixItems": [_entry({"const": name}, MAX_LOCAL_REASON_CHARS) for name in names],
        }
    else:
        entry = _entry({"type": "string", "enum": names}, MAX_REASON_CHARS)
        evaluations = {"type": "array", "items": entry, "minItems": len(names), "maxItems": len(names)}
    return {
        "type": "object",
        "properties": {"evaluations": evaluations},
        "required": ["evaluations"],
        "additionalProperties": False,
    }


def preference_schema(provider: str) -> dict[str, Any]:
    """A winner, then a reason: what is generated in that order cannot run out of tokens before it has decided."""
    return {
        "type": "object",
        "properties": {
            "winner": {"type": "string", "enum": ["A", "B", "tie"]},
            "reason": {
                "type": "string",
                "maxLength": MAX_LOCAL_REASON_CHARS if provider == LOCAL else MAX_REASON_CHARS,
            },
        },
        "required": ["winner", "reason"],
        "additionalProperties": False,
    }


def _entry(criterion: dict[str, Any], max_reason_chars: int) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "criterion": criterion,
            "score": {"type": "integer", "minimum": 1, "maximum": 5},
            "reason": {"type": "string", "maxLength": max_reason_chars},
        },
        "required": ["criterion", "score", "reason"],
        "additionalProperties": False,
    }


def most_schema_tokens(schema: dict[str, Any]) -> int:
    """What a schema can add to a prompt: no token is shorter than a byte, and some providers make a tool of it."""
    return len(dumps(schema)) + _AROUND_TOKENS
