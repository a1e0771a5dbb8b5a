"""A provider's name makes a provider; a name nobody knows is an OpenAI-compatible endpoint."""

from fpf.providers import compatible, local, openai, openrouter
from fpf.providers.completion_reply import parse_completion
from fpf.providers.provider import Provider
from fpf.refusal import bad_request
from shared.llm_call import LlmFailure

_KNOWN = {
    "openai": Provider(openai.build, parse_completion),
    "openrouter": Provider(openrouter.build, parse_completion),
    "local": Provider(local.build, parse_completion),
}
_COMPATIBLE = Provider(compatible.build, parse_completion)

_NOT_YET = frozenset({"anthropic", "google"})
"""Known by name, with a wire format of their own: never to be taken for an OpenAI-compatible endpoint."""


def find_provider(name: str) -> Provider | LlmFailure:
    """The provider of that name; a ``bad_request`` for one this version does not speak to."""
    if name in _NOT_YET:
        return bad_request(f"provider {name} is not yet supported in this version")
    return _KNOWN.get(name, _COMPATIBLE)
