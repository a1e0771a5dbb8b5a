"""OpenRouter: a compatible endpoint at a known address; its key is ``OPENROUTER_API_KEY``."""

from collections.abc import Mapping

from fpf.providers.chat_request import keyed_call
from fpf.wire import HttpCall
from shared.llm_call import LlmFailure, LlmRequest

BASE_URL = "https://openrouter.ai/api/v1"


def build(request: LlmRequest, environ: Mapping[str, str]) -> HttpCall | LlmFailure:
    """A Chat Completions request."""
    return keyed_call(request, environ, BASE_URL)
