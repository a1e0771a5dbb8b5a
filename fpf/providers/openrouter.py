"""OpenRouter: many providers behind one address; the key is ``OPENROUTER_API_KEY``."""

from collections.abc import Mapping
from typing import Any

import msgspec

from fpf.endpoints import find_endpoint
from fpf.providers.chat_request import chat_call, chat_settings, refuse_base_url
from fpf.wire import HttpCall
from shared.llm_call import LlmFailure, LlmRequest

BASE_URL = "https://openrouter.ai/api/v1"

_HEADERS = {"X-Title": "ACM2"}
"""Who asks, as its list of applications shows it."""


def build(request: LlmRequest, environ: Mapping[str, str]) -> HttpCall | LlmFailure:
    """A Chat Completions request, only for providers that honour all of it.

    Left alone, OpenRouter would hand it to one that drops a setting without a word.
    """
    endpoint = find_endpoint(
        request.provider,
        environ,
        default_base_url=BASE_URL,
        key_required=True,
    )
    if isinstance(endpoint, LlmFailure):
        return endpoint
    settings = chat_settings(msgspec.structs.replace(request, reasoning_effort=None))
    if request.reasoning_effort is not None:
        settings["reasoning"] = {"effort": request.reasoning_effort}
    return refuse_base_url(request) or chat_call(
        request, endpoint, settings=_only_whole(request, settings), headers=_HEADERS
    )


def _only_whole(request: LlmRequest, settings: dict[str, Any]) -> dict[str, Any]:
    asks = settings or request.json or request.max_completion_tokens is not None
    return {**settings, "provider": {"require_parameters": True}} if asks and request.passthrough is None else settings
