"""Any OpenAI-compatible endpoint: ``mylab`` reads ``MYLAB_BASE_URL`` and, where it needs one, ``MYLAB_API_KEY``."""

from collections.abc import Mapping

from fpf.endpoints import find_endpoint
from fpf.providers.chat_request import chat_call, refuse_base_url
from fpf.providers.responses import responses_call
from fpf.wire import HttpCall
from shared.llm_call import LlmFailure, LlmRequest


def build(request: LlmRequest, environ: Mapping[str, str]) -> HttpCall | LlmFailure:
    """A request of the interface that is asked for, with the schema as it is given.

    The token limit of a chat is called ``max_tokens``: the name they all know. Of the newer ``max_completion_tokens``
    some refuse the request and others ignore the limit. ``{NAME}_MAX_TOKENS_FIELD`` chooses the other.
    """
    endpoint = find_endpoint(request.provider, environ)
    if isinstance(endpoint, LlmFailure):
        return endpoint
    ask = responses_call if request.api == "responses" else chat_call
    return refuse_base_url(request) or ask(request, endpoint)
