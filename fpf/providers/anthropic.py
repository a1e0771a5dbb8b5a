"""Anthropic's Messages: ``ANTHROPIC_API_KEY``, and ``ANTHROPIC_BASE_URL`` for a gateway in between."""

from collections.abc import Mapping
from typing import Any

from fpf.endpoints import find_endpoint
from fpf.providers.chat_request import refuse_base_url
from fpf.providers.json_post import json_post
from fpf.wire import HttpCall
from shared.held_schema import schema_sent, takes_schema_as_tool
from shared.llm_call import LlmFailure, LlmRequest
from shared.model_families import claude_model
from shared.prompt import compose

BASE_URL = "https://api.anthropic.com"
VERSION = "2023-06-01"
"""The version of the interface: the header is demanded, and fixes what every field means."""

DEFAULT_MAX_TOKENS = 16_384
"""The limit for a model that is not known here: the interface demands one."""

ANSWER_TOOL = "answer"
"""The tool an older model must call, so that its schema holds the answer."""


def build(request: LlmRequest, environ: Mapping[str, str]) -> HttpCall | LlmFailure:
    """A Messages request."""
    endpoint = find_endpoint(request.provider, environ, default_base_url=BASE_URL, key_required=True)
    if isinstance(endpoint, LlmFailure):
        return endpoint
    refused = refuse_base_url(request)
    if refused is not None:
        return refused
    body = {
        "model": request.model,
        "max_tokens": token_limit(request),
        "messages": [{"role": "user", "content": compose(request)}],
        **_settings(request),
        **_form(request),
    }
    # The address of a gateway is given with and without the version.
    path = "messages" if endpoint.base_url.rstrip("/").endswith("/v1") else "v1/messages"
    headers = {"anthropic-version": VERSION}
    return json_post(endpoint, path, body, timeout_s=request.timeout_s, headers=headers, key_header="x-api-key")


def token_limit(request: LlmRequest) -> int:
    """The most tokens the answer may have."""
    if request.max_completion_tokens is not None:
        return request.max_completion_tokens
    known = claude_model(request.model)
    return DEFAULT_MAX_TOKENS if known is None else known.default_max_tokens


def _settings(request: LlmRequest) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "temperature": request.temperature,
        "top_p": request.top_p,
        "stop_sequences": request.stop,
    }
    if request.reasoning_effort == "none":
        settings["thinking"] = {"type": "disabled"}
    elif request.reasoning_effort is not None:
        known = claude_model(request.model)
        if known is None or known.thinks_by_itself:
            settings["thinking"] = {"type": "adaptive"}
    return {name: value for name, value in settings.items() if value is not None}


def _form(request: LlmRequest) -> dict[str, Any]:
    """How much it thinks and what its answer is held to: the newer models have one place for both."""
    output: dict[str, Any] = {}
    if request.reasoning_effort not in (None, "none"):
        output["effort"] = request.reasoning_effort
    schema = schema_sent(request)
    if schema is not None and takes_schema_as_tool(request):
        about = "Gives the answer. It is always given by this tool."
        tool = {"name": ANSWER_TOOL, "description": about, "input_schema": schema}
        return {"tools": [tool], "tool_choice": {"type": "tool", "name": ANSWER_TOOL}}
    if schema is not None:
        output["format"] = {"type": "json_schema", "schema": schema}
    return {"output_config": output} if output else {}
