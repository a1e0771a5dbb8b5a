"""How many tokens a provider says it counted, and what it says they cost: each provider in its own words."""

import math
from typing import Any, NamedTuple


class Usage(NamedTuple):
    """What is billed; ``None`` where nothing believable was said: never a guess, never a negative.

    Input includes what was read from a cache (``cached_tokens``) or written to one, output what was thought and never
    shown.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    cost_usd: float | None = None


def chat_usage(value: Any) -> Usage:
    """The ``usage`` object of a Chat Completions answer: cached and thought tokens are parts of the two numbers.

    OpenRouter adds what it charged, in dollars, and apart from that what was charged to a key of the user's own.
    """
    usage = _openai(value, "prompt_tokens", "completion_tokens")
    cost_usd = _dollars(_member(value, "cost"))
    if cost_usd is not None and _member(value, "is_byok") is True:
        upstream_usd = _dollars(_member(_member(value, "cost_details"), "upstream_inference_cost"))
        cost_usd = None if upstream_usd is None else cost_usd + upstream_usd
    return usage._replace(cost_usd=cost_usd)


def embedding_usage(value: Any) -> Usage:
    """The ``usage`` object of an embeddings answer, which has nothing that is billed as output."""
    usage = chat_usage(value)
    return usage if usage.input_tokens is None else usage._replace(output_tokens=0)


def responses_usage(value: Any) -> Usage:
    """The ``usage`` of OpenAI's Responses: as a chat's, by other names."""
    return _openai(value, "input_tokens", "output_tokens")


def anthropic_usage(value: Any) -> Usage:
    """The ``usage`` of a Messages answer: input from and into the cache is counted apart from the rest."""
    fresh, read, written = (
        count(_member(value, name))
        for name in ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    )
    input_tokens = None if fresh is None else total(fresh, read, written)
    return Usage(input_tokens, count(_member(value, "output_tokens")), read)


def google_usage(value: Any) -> Usage:
    """The ``usageMetadata`` of a Gemini answer: thoughts are counted apart from the answer, and billed with it.

    A count of nothing is left out; with nothing but a prompt there was no output.
    """
    prompt = count(_member(value, "promptTokenCount"))
    if prompt is None:
        return Usage()
    made = total(count(_member(value, "candidatesTokenCount")), count(_member(value, "thoughtsTokenCount")))
    input_tokens = total(prompt, count(_member(value, "toolUsePromptTokenCount")))
    return Usage(input_tokens, made or 0, count(_member(value, "cachedContentTokenCount")))


def _openai(value: Any, name_in: str, name_out: str) -> Usage:
    cached = _member(_member(value, f"{name_in}_details"), "cached_tokens")
    return Usage(count(_member(value, name_in)), count(_member(value, name_out)), count(cached))


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def count(value: Any) -> int | None:
    """A number of tokens, or ``None`` for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def total(*counts: int | None) -> int | None:
    """The sum of the known ones; ``None`` when none is known."""
    known = [number for number in counts if number is not None]
    return sum(known) if known else None


def _dollars(value: Any) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) if math.isfinite(value) and value >= 0 else None
