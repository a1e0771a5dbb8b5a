"""How many tokens a provider says it counted, and what it says they cost: each provider in its own words."""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

_DEARER = {
    "service_tier": frozenset({"priority", "fast"}),
    "speed": frozenset({"fast"}),
    "inference_geo": frozenset({"us"}),
}
"""Ways of being served that cost more than a list's price; an account may have them without being asked."""

_APART = ("citation_tokens", "num_search_queries")
_UNCOUNTED = "numbers nobody can count"
_IN_DETAILS = ("audio_tokens", "image_tokens", "video_tokens")


class Usage(NamedTuple):
    """What is billed; ``None`` where nothing believable was said: never a guess, never a negative.

    Input includes what was read from a cache (``cached_tokens``) or written to one (``written_tokens``), output what was
    thought and never shown. ``billed_apart`` names what was used besides and has a price of its own.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    written_tokens: int | None = None
    cost_usd: float | None = None
    billed_apart: tuple[str, ...] = ()


def chat_usage(value: Any, service_tier: Any = None) -> Usage:
    """The ``usage`` object of a Chat Completions answer: cached and thought tokens are parts of the two numbers.

    OpenRouter adds what it charged, in dollars, and apart from that what was charged to a key of the user's own;
    Perplexity adds a sum of all it charged.
    """
    usage = _openai(value, "prompt_tokens", "completion_tokens", service_tier)
    said = _member(value, "cost")
    cost_usd = _dollars(_member(said, "total_cost") if isinstance(said, dict) else said)
    if cost_usd is not None and _member(value, "is_byok") is True:
        upstream_usd = _dollars(_member(_member(value, "cost_details"), "upstream_inference_cost"))
        cost_usd = None if upstream_usd is None else cost_usd + upstream_usd
    return usage._replace(cost_usd=cost_usd)


def embedding_usage(value: Any) -> Usage:
    """The ``usage`` object of an embeddings answer, which has nothing that is billed as output."""
    usage = chat_usage(value)
    return usage if usage.input_tokens is None else usage._replace(output_tokens=0)


def responses_usage(value: Any, service_tier: Any = None) -> Usage:
    """The ``usage`` of OpenAI's Responses: as a chat's, by other names."""
    return _openai(value, "input_tokens", "output_tokens", service_tier)


def anthropic_usage(value: Any) -> Usage:
    """The ``usage`` of a Messages answer: input from and into the cache is counted apart from the rest."""
    fresh, read, written = (
        count(_member(value, name))
        for name in ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    )
    input_tokens = None if fresh is None else total(fresh, read, written)
    apart = (*_apart(value), *_used(_member(value, "cache_creation"), ("ephemeral_1h_input_tokens",)))
    return Usage(input_tokens, count(_member(value, "output_tokens")), read, written, billed_apart=apart)


def google_usage(value: Any) -> Usage:
    """The ``usageMetadata`` of a Gemini answer: thoughts are counted apart from the answer, and billed with it.

    A count of nothing is left out; with nothing but a prompt there was no output.
    """
    prompt = count(_member(value, "promptTokenCount"))
    if prompt is None:
        return Usage()
    made = total(count(_member(value, "candidatesTokenCount")), count(_member(value, "thoughtsTokenCount")))
    input_tokens = total(prompt, count(_member(value, "toolUsePromptTokenCount"))) or 0
    apart = [
        str(one["modality"]).lower()
        for name in ("promptTokensDetails", "candidatesTokensDetails")
        for one in _members(value, name)
        if one.get("modality") in ("AUDIO", "IMAGE", "VIDEO") and count(one.get("tokenCount"))
    ]
    cached = count(_member(value, "cachedContentTokenCount"))
    output = _whole_output(input_tokens, made or 0, _member(value, "totalTokenCount"))
    return Usage(input_tokens, output, cached, billed_apart=tuple(dict.fromkeys(apart)))


def stated_usage(body: bytes) -> Usage:
    """What a body that is no answer says was used all the same, in whatever provider's words it does."""
    try:
        value: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Usage()
    if isinstance(value, list) and value:
        value = value[0]
    google, usage = _member(value, "usageMetadata"), _member(value, "usage")
    found = google_usage(google) if google is not None else _by_its_words(usage, _member(value, "service_tier"))
    # A usage that was stated is never taken for one that was not.
    return found._replace(billed_apart=(_UNCOUNTED,)) if found == Usage() and (google or usage) else found


def _by_its_words(usage: Any, service_tier: Any) -> Usage:
    if _member(usage, "input_tokens") is None:
        return chat_usage(usage, service_tier)
    is_apart = any(
        _member(usage, name) is not None for name in ("cache_read_input_tokens", "cache_creation_input_tokens")
    )
    return anthropic_usage(usage) if is_apart else responses_usage(usage, service_tier)


def _openai(value: Any, name_in: str, name_out: str, service_tier: Any) -> Usage:
    details_in, details_out = (_member(value, f"{name}_details") for name in (name_in, name_out))
    input_tokens, output_tokens = count(_member(value, name_in)), count(_member(value, name_out))
    if input_tokens is not None and output_tokens is not None:
        output_tokens = _whole_output(input_tokens, output_tokens, _member(value, "total_tokens"))
    apart = [*_apart(value), *_used(details_in, _IN_DETAILS), *_used(details_out, _IN_DETAILS)]
    if isinstance(service_tier, str) and service_tier in _DEARER["service_tier"]:
        apart.append(f"service_tier {service_tier}")
    return Usage(
        input_tokens,
        output_tokens,
        count(_member(details_in, "cached_tokens")),
        count(_member(details_in, "cache_write_tokens")),
        billed_apart=tuple(dict.fromkeys(apart)),
    )


def _whole_output(input_tokens: int, output_tokens: int, stated_total: Any) -> int:
    """Some count what was thought in the total alone, and bill it as output."""
    return max(output_tokens, (count(stated_total) or 0) - input_tokens)


def _apart(value: Any) -> Iterator[str]:
    """What a usage states that no price of a token covers."""
    yield from _used(value, _APART)
    tools = _member(value, "server_tool_use")
    if isinstance(tools, dict):
        yield from _used(tools, ("web_search_requests", "web_fetch_requests", "code_execution_requests"))
    for name, dearer in _DEARER.items():
        served = _member(value, name)
        if isinstance(served, str) and served in dearer:
            yield f"{name} {served}"


def _used(value: Any, names: tuple[str, ...]) -> list[str]:
    return [name for name in names if count(_member(value, name))]


def _members(value: Any, name: str) -> list[dict[str, Any]]:
    found = _member(value, name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


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
