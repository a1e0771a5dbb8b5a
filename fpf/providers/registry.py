"""A provider's name makes a provider; a name nobody knows is an OpenAI-compatible endpoint."""

from fpf.providers import anthropic, compatible, google, local, openai, openrouter
from fpf.providers.anthropic_reply import parse_message
from fpf.providers.completion_reply import parse_completion
from fpf.providers.google_reply import parse_generated
from fpf.providers.provider import Build, Provider
from fpf.providers.raw_reply import parse_raw
from fpf.providers.responses import parse_response
from fpf.refusal import bad_request
from shared.llm_call import LlmFailure, LlmRequest

_OWN_WORDS = {
    "anthropic": Provider(anthropic.build, parse_message),
    "google": Provider(google.build, parse_generated),
}
_OPENAIS_WORDS: dict[str, Build] = {"openai": openai.build, "openrouter": openrouter.build, "local": local.build}


def find_provider(request: LlmRequest) -> Provider | LlmFailure:
    """Who builds this request and reads its reply; a ``bad_request`` for a form the provider does not have."""
    name = request.provider
    if name in _OWN_WORDS:
        if request.passthrough is not None:
            return bad_request(f"passthrough: provider {name} does not speak OpenAI's interface")
        return _OWN_WORDS[name]
    build = _OPENAIS_WORDS.get(name, compatible.build)
    if request.passthrough is not None:
        return Provider(build, parse_raw)
    return Provider(build, parse_response if request.api == "responses" else parse_completion)
