"""A Chat Completions request, as OpenAI defined it and many others take it."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from fpf.endpoints import Endpoint, find_endpoint
from fpf.prompt import compose, held_by_schema
from fpf.providers.json_schema import Schema, as_given, closed_schema
from fpf.refusal import bad_request
from fpf.wire import HttpCall
from shared.llm_call import LlmFailure, LlmRequest

_encoder = msgspec.json.Encoder()

_HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/json",
    # An answer is small; unpacking it costs more than it saves, and the limit on its size stays simple.
    "Accept-Encoding": "identity",
    "User-Agent": "acm2-fpf",
}


def keyed_call(request: LlmRequest, environ: Mapping[str, str], base_url: str) -> HttpCall | LlmFailure:
    """The call to a service at a known address that needs a key and knows strict schemas."""
    endpoint = find_endpoint(
        request.provider,
        environ,
        max_tokens_field="max_completion_tokens",
        default_base_url=base_url,
        key_required=True,
    )
    if isinstance(endpoint, LlmFailure):
        return endpoint
    return refuse_base_url(request) or chat_call(request, endpoint, fit_schema=closed_schema)


def refuse_base_url(request: LlmRequest) -> LlmFailure | None:
    """Only the embedded model's address may come with a request: a key must never follow an address of a preset."""
    if request.base_url is None:
        return None
    return bad_request(f"base_url: provider {request.provider} takes its address from the environment only")


def chat_call(
    request: LlmRequest,
    endpoint: Endpoint,
    *,
    fit_schema: Callable[[Schema], Schema] = as_given,
    headers: Mapping[str, str] | None = None,
    object_grammar: str | None = None,
) -> HttpCall:
    """The one POST for this request.

    ``fit_schema`` fits the caller's schema to what the endpoint understands; ``object_grammar`` stands in for the
    "any JSON object" mode where the endpoint knows grammars.
    """
    body: dict[str, Any] = {
        "model": request.model,
        "messages": [{"role": "user", "content": compose(request)}],
    }
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.max_completion_tokens is not None:
        body[endpoint.max_tokens_field] = request.max_completion_tokens
    schema = held_by_schema(request)
    if schema is not None:
        held_to = {"name": "answer", "strict": True, "schema": fit_schema(schema)}
        body["response_format"] = {"type": "json_schema", "json_schema": held_to}
    elif request.json and request.json_mode != "prompt":
        if object_grammar is None:
            body["response_format"] = {"type": "json_object"}
        else:
            body["grammar"] = object_grammar
    all_headers = {**_HEADERS, **(headers or {})}
    if endpoint.key is not None:
        all_headers["Authorization"] = f"Bearer {endpoint.key}"
    return HttpCall(
        url=endpoint.chat_url,
        headers=all_headers,
        body=_encoder.encode(body),
        timeout_s=request.timeout_s,
        secret=endpoint.key,
    )
