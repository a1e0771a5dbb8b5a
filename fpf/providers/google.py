"""Google's Gemini: ``GEMINI_API_KEY``, and ``GEMINI_BASE_URL`` for a gateway in between."""

import re
from collections.abc import Mapping
from typing import Any

from fpf.endpoints import find_endpoint
from fpf.providers.chat_request import refuse_base_url
from fpf.providers.json_post import json_post
from fpf.refusal import bad_request
from fpf.wire import HttpCall
from shared.held_schema import schema_sent
from shared.llm_call import LlmFailure, LlmRequest
from shared.model_families import gemini_model
from shared.prompt import compose

BASE_URL = "https://generativelanguage.googleapis.com/v1beta"

# Google's own translation of effort, for models that are told a number of tokens.
_BUDGETS = {"none": 0, "minimal": 1024, "low": 1024, "medium": 8192, "high": 24_576}

_MODEL = re.compile(r"(?:(?:models|tunedModels)/)?[A-Za-z0-9][A-Za-z0-9._-]*")


def build(request: LlmRequest, environ: Mapping[str, str]) -> HttpCall | LlmFailure:
    """A generateContent request. The key travels in a header: an address is logged by everybody on its way."""
    endpoint = find_endpoint(
        request.provider,
        environ,
        default_base_url=BASE_URL,
        key_required=True,
        variables="GEMINI",
    )
    if isinstance(endpoint, LlmFailure):
        return endpoint
    refused = refuse_base_url(request)
    if refused is not None:
        return refused
    # It becomes a part of the address.
    if _MODEL.fullmatch(request.model) is None:
        return bad_request("model: a name of google's is letters, digits, '.', '_' and '-'")
    model = request.model if "/" in request.model else f"models/{request.model}"
    body: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": compose(request)}]}]}
    config = {**_settings(request), **_form(request)}
    if config:
        body["generationConfig"] = config
    return json_post(
        endpoint, f"{model}:generateContent", body, timeout_s=request.timeout_s, key_header="x-goog-api-key"
    )


def _settings(request: LlmRequest) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "temperature": request.temperature,
        "topP": request.top_p,
        "maxOutputTokens": request.max_completion_tokens,
        "seed": request.seed,
        "stopSequences": request.stop,
    }
    if request.reasoning_effort is not None:
        settings["thinkingConfig"] = _thinking(request.model, request.reasoning_effort)
    return {name: value for name, value in settings.items() if value is not None}


def _thinking(model: str, effort: str) -> dict[str, Any] | None:
    known = gemini_model(model)
    if known is None or known.thinks_in_levels:
        return {"thinkingLevel": effort}
    # Before 2.5 none of them thought: there is nothing to turn off.
    return {"thinkingBudget": _BUDGETS[effort]} if known.version >= (2, 5) else None


def _form(request: LlmRequest) -> dict[str, Any]:
    schema = schema_sent(request)
    if schema is not None:
        return {"responseMimeType": "application/json", "responseJsonSchema": schema}
    if request.json and request.json_mode != "prompt":
        return {"responseMimeType": "application/json"}
    return {}
