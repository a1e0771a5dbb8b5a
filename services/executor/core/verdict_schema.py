"""The JSON schema a judge's answer is held to, where the provider can hold it to one."""

from collections.abc import Sequence
from typing import Any

from services.executor.core.preset import Criterion
from services.executor.core.providers import LOCAL

MAX_REASON_CHARS = 160
"""A reason is one sentence; the bound keeps a small model's verdict inside its token cap."""


def verdict_schema(criteria: Sequence[Criterion], provider: str) -> dict[str, Any]:
    """One entry for each criterion.

    The embedded model gets the criteria spelled out in their order, so that its verdict always reads. Elsewhere that
    keyword (``prefixItems``) is not taken everywhere, so the list only has the right length and the right names.
    """
    names = [item.name for item in criteria]
    if provider == LOCAL:
        entries: dict[str, Any] = {"prefixItems": [_entry({"const": name}) for name in names], "items": False}
    else:
        entries = {"items": _entry({"type": "string", "enum": names})}
    evaluations = {"type": "array", **entries, "minItems": len(names), "maxItems": len(names)}
    return {
        "type": "object",
        "properties": {"evaluations": evaluations},
        "required": ["evaluations"],
        "additionalProperties": False,
    }


def _entry(criterion: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "criterion": criterion,
            "score": {"type": "integer", "minimum": 1, "maximum": 5},
            "reason": {"type": "string", "maxLength": MAX_REASON_CHARS},
        },
        "required": ["criterion", "score", "reason"],
        "additionalProperties": False,
    }
