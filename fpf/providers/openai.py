"""OpenAI itself: ``OPENAI_API_KEY``, and ``OPENAI_BASE_URL`` for a gateway in between."""

from collections.abc import Mapping

from fpf.providers.chat_request import keyed_call
from fpf.wire import HttpCall
from shared.llm_call import LlmFailure, LlmRequest

BASE_URL = "https://api.openai.com/v1"


def build(request: LlmRequest, environ: Mapping[str, str]) -> HttpCall | LlmFailure:
    """A Chat Completions request."""
    return keyed_call(request, environ, BASE_URL)
