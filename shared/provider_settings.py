"""Which settings each provider can honour: one table, for whoever plans a request and whoever sends it.

A setting that is not refused here is sent, in the provider's own form. A provider that is not named here is an
OpenAI-compatible endpoint: it gets every setting by its Chat Completions name, and says itself what it cannot do.
"""

from collections.abc import Callable, Mapping
from typing import Any

from shared.model_families import claude_model, gemini_model, openai_model

SETTINGS = (
    "temperature",
    "max_completion_tokens",
    "top_p",
    "seed",
    "stop",
    "reasoning_effort",
    "api",
    "json_mode",
)
"""The settings this table speaks of, as a request has them. ``json_mode`` is left out where it is the usual ``schema``."""

LEAST_RESPONSE_TOKENS = 16
"""OpenAI's Responses interface takes no lower limit."""

WITHOUT_OBJECT_MODE = frozenset({"anthropic"})
"""Providers without a mode for "any JSON object"."""

_MAX_STOPS = {"openai": 4, "google": 5, "openrouter": 4}
_ONE_API = frozenset({"anthropic", "google", "openrouter", "local"})

Refusal = tuple[str, str]
"""A setting's name, and why it is refused with what to do instead."""


def refused_settings(provider: str, model: str, settings: Mapping[str, Any]) -> list[Refusal]:
    """Each of ``settings`` (those that are set, by the names in ``SETTINGS``) the provider cannot honour."""
    given = {name: value for name, value in settings.items() if value is not None}
    found = [*_everywhere(provider, given), *_OWN_RULES.get(provider, _no_rules)(model, given)]
    return [(name, reason) for name, reason in found if name in given]


def _everywhere(provider: str, given: Mapping[str, Any]) -> list[Refusal]:
    found = []
    most_stops = _MAX_STOPS.get(provider)
    if most_stops is not None and len(given.get("stop", ())) > most_stops:
        found.append(("stop", f"{provider} takes {most_stops} at most"))
    if provider in WITHOUT_OBJECT_MODE and given.get("json_mode") == "object":
        found.append(("json_mode", f"{provider} has no such mode; use schema or prompt"))
    if provider in _ONE_API:
        found.append(("api", f"{provider} has one interface only; leave it out"))
    elif given.get("api") == "responses":
        found += [(name, "the Responses interface has no such setting; api: chat has") for name in ("seed", "stop")]
        if given.get("max_completion_tokens", LEAST_RESPONSE_TOKENS) < LEAST_RESPONSE_TOKENS:
            reason = f"the Responses interface takes {LEAST_RESPONSE_TOKENS} or more"
            found.append(("max_completion_tokens", reason))
    return found


def _openai(model: str, given: Mapping[str, Any]) -> list[Refusal]:
    known = openai_model(model)
    if known is None:
        return []
    effort = given.get("reasoning_effort")
    if not known.reasons:
        return [("reasoning_effort", f"{model} does not reason; leave it out")]
    found = _unknown_effort(model, effort, known.efforts)
    found.append(("stop", f"{model} takes no stop sequences; leave it out"))
    if known.sampled_without_reasoning and effort != "none":
        found += [(name, f"{model} takes it with reasoning_effort: none only") for name in ("temperature", "top_p")]
    elif not known.sampled_without_reasoning:
        found += [(name, f"{model} takes no {name}; leave it out") for name in ("temperature", "top_p")]
    return found


def _anthropic(model: str, given: Mapping[str, Any]) -> list[Refusal]:
    found = [("seed", "anthropic has no such setting; leave it out")]
    if given.get("temperature", 0) > 1:
        found.append(("temperature", "anthropic takes 0 to 1"))
    if any(not text.strip() for text in given.get("stop", ())):
        found.append(("stop", "anthropic takes none of white space only"))
    effort = given.get("reasoning_effort")
    if effort == "minimal":
        found.append(("reasoning_effort", "anthropic has none, low, medium, high and xhigh"))
    known = claude_model(model)
    if known is None:
        return found
    if not known.takes_sampling:
        found += [(name, f"{model} takes no {name}; leave it out") for name in ("temperature", "top_p")]
    elif known.takes_one_sampler and {"temperature", "top_p"} <= given.keys():
        found.append(("top_p", f"{model} takes temperature or top_p, not both"))
    elif known.thinks_by_itself and effort not in (None, "none"):
        found += [(name, f"{model} takes it without reasoning_effort only") for name in ("temperature", "top_p")]
    if effort == "none" and not known.can_stop_thinking:
        found.append(("reasoning_effort", f"{model} always thinks; low is the least"))
    elif effort not in (None, "none") and not known.takes_effort:
        found.append(("reasoning_effort", f"{model} does not know it; leave it out, or use none"))
    elif effort == "xhigh" and known.version < (4, 7):
        found.append(("reasoning_effort", f"{model} takes none, low, medium or high"))
    return found


def _google(model: str, given: Mapping[str, Any]) -> list[Refusal]:
    effort = given.get("reasoning_effort")
    if effort == "xhigh":
        return [("reasoning_effort", "google has minimal, low, medium and high")]
    known = gemini_model(model)
    return [] if known is None else _unknown_effort(model, effort, known.efforts)


def _local(_model: str, _given: Mapping[str, Any]) -> list[Refusal]:
    return [("reasoning_effort", "the embedded model does not reason; leave it out")]


def _no_rules(_model: str, _given: Mapping[str, Any]) -> list[Refusal]:
    return []


def _unknown_effort(model: str, effort: Any, known: frozenset[str] | None) -> list[Refusal]:
    if effort is None or known is None or effort in known:
        return []
    order = ("none", "minimal", "low", "medium", "high", "xhigh")
    return [("reasoning_effort", f"{model} takes {', '.join(name for name in order if name in known)}")]


_OWN_RULES: dict[str, Callable[[str, Mapping[str, Any]], list[Refusal]]] = {
    "openai": _openai,
    "anthropic": _anthropic,
    "google": _google,
    "local": _local,
}
