"""How many tokens a provider says it counted."""

from typing import Any, NamedTuple


class Usage(NamedTuple):
    """Tokens in and out; ``None`` where nothing believable was said: never a guess, never a negative."""

    input_tokens: int | None = None
    output_tokens: int | None = None


def read_usage(value: Any) -> Usage:
    """The ``usage`` object of a Chat Completions answer; anything else is no usage."""
    if not isinstance(value, dict):
        return Usage()
    return Usage(_count(value.get("prompt_tokens")), _count(value.get("completion_tokens")))


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
