"""A Chat Completions request, as OpenAI defined it and many others take it."""

from collections.abc import Mapping
from typing import Any

from fpf.endpoints import Endpoint
from fpf.providers.json_post import json_post
from fpf.providers.raw_request import CHAT, raw_call
from fpf.refusal import bad_request
from fpf.wire import HttpCall
from shared.held_schema import schema_sent
from shared.llm_call import LlmFailure, LlmRequest
from shared.prompt import compose


def refuse_base_url(request: LlmRequest) -> LlmFailure | None:
    """Only the embedded model's address may come with a request: a key must never follow an address of a preset."""
    if request.base_url is None:
        return None
    return bad_request(f"base_url: provider {request.provider} takes its address from the environment only")


def chat_settings(request: LlmRequest) -> dict[str, Any]:
    """What the request sets, by the names Chat Completions has for it; the token limit's name differs and is apart."""
    settings = {
        "temperature": request.temperature,
        "top_p": request.top_p,
        "seed": request.seed,
        "stop": request.stop,
        "reasoning_effort": request.reasoning_effort,
    }
    return {name: value for name, value in settings.items() if value is not None}


def chat_call(
    request: LlmRequest,
    endpoint: Endpoint,
    *,
    settings: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    object_grammar: str | None = None,
) -> HttpCall | LlmFailure:
    """The one POST for this request, or for the one in the provider's own words that came with it.

    ``settings`` stand in for ``chat_settings`` where the endpoint has other names; ``object_grammar`` stands in for the
    "any JSON object" mode where it knows grammars.
    """
    settings = chat_settings(request) if settings is None else settings
    if request.passthrough is not None:
        return raw_call(request, request.passthrough, endpoint, settings=settings, headers=headers)
    body: dict[str, Any] = {
        "model": request.model,
        "messages": [{"role": "user", "content": compose(request)}],
        **settings,
    }
    if request.max_completion_tokens is not None:
        body[endpoint.max_tokens_field] = request.max_completion_tokens
    schema = schema_sent(request)
    if schema is not None:
        held_to = {"name": "answer", "strict": True, "schema": schema}
        body["response_format"] = {"type": "json_schema", "json_schema": held_to}
    elif request.json and request.json_mode != "prompt":
        if object_grammar is None:
            body["response_format"] = {"type": "json_object"}
        else:
            body["grammar"] = object_grammar
    return json_post(endpoint, CHAT, body, timeout_s=request.timeout_s, headers=headers)
