"""OpenAI itself: ``OPENAI_API_KEY``, and ``OPENAI_BASE_URL`` for a gateway in between."""

from collections.abc import Mapping

from fpf.endpoints import find_endpoint
from fpf.providers.chat_request import chat_call, refuse_base_url
from fpf.providers.responses import responses_call
from fpf.wire import HttpCall
from shared.llm_call import LlmFailure, LlmRequest

BASE_URL = "https://api.openai.com/v1"


def build(request: LlmRequest, environ: Mapping[str, str]) -> HttpCall | LlmFailure:
    """A Chat Completions request, or one of the Responses interface."""
    endpoint = find_endpoint(
        request.provider,
        environ,
        max_tokens_field="max_completion_tokens",
        default_base_url=BASE_URL,
        key_required=True,
    )
    if isinstance(endpoint, LlmFailure):
        return endpoint
    ask = responses_call if request.api == "responses" else chat_call
    return refuse_base_url(request) or ask(request, endpoint)
