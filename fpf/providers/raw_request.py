"""A request somebody else put into OpenAI's words: sent as it is, but for what is accounted."""

from collections.abc import Mapping
from typing import Any

from fpf.endpoints import Endpoint
from fpf.providers.json_post import json_post
from fpf.refusal import bad_request
from fpf.wire import HttpCall
from shared.llm_call import LlmFailure, LlmRequest, Passthrough

CHAT = "chat/completions"
_TOKEN_LIMITS = ("max_tokens", "max_completion_tokens")
_BILLED_APART = ("models", "plugins", "web_search_options", "service_tier", "audio", "best_of")
"""Other models, searches, sounds, or a place further ahead: at prices of their own."""

_STREAMING = frozenset({"stream", "stream_options"})
_NO_SETTINGS: dict[str, Any] = {}


def raw_call(
    request: LlmRequest,
    asked: Passthrough,
    endpoint: Endpoint,
    *,
    settings: Mapping[str, Any] = _NO_SETTINGS,
    headers: Mapping[str, str] | None = None,
) -> HttpCall | LlmFailure:
    """The one POST for it. ``settings`` are the request's own, in the provider's words; they win over the body's.

    A ``bad_request`` where the body asks for more than is accounted: another model, several answers at once, or what is
    billed by something else than tokens.
    """
    body = {name: value for name, value in asked.body.items() if name not in _STREAMING}
    if body.setdefault("model", request.model) != request.model:
        return bad_request("passthrough: the body names another model than the request")
    dearer = [name for name in _BILLED_APART if body.get(name) is not None]
    if dearer:
        return bad_request(f"passthrough: {dearer[0]}: what it costs is not accounted")
    if asked.endpoint == CHAT:
        if body.get("n") not in (None, 1):
            return bad_request("passthrough: n: one answer at a time")
        body |= settings
        _limit_tokens(body, request.max_completion_tokens, endpoint.max_tokens_field)
        body["stream"] = False
    return json_post(endpoint, asked.endpoint, body, timeout_s=request.timeout_s, headers=headers)


def _limit_tokens(body: dict[str, Any], most: int | None, field_name: str) -> None:
    """Lower the body's own limits to ``most``; one without a limit gets it."""
    if most is None:
        return
    own = [name for name in _TOKEN_LIMITS if body.get(name) is not None]
    for name in own or [field_name]:
        asked = body.get(name)
        is_smaller = isinstance(asked, int) and not isinstance(asked, bool) and 0 < asked < most
        body[name] = asked if is_smaller else most
