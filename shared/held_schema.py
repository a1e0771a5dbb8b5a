"""The schema a provider is given to hold an answer to, in the form it takes: for whoever sends it and whoever shows it."""

from collections.abc import Callable

from shared.json_schema import Schema, as_given, bounded_schema, closed_schema, gemini_schema, unbounded_schema
from shared.llm_call import LlmRequest
from shared.model_families import claude_model
from shared.prompt import held_by_schema

_FITS: dict[str, Callable[[Schema], Schema]] = {
    "openai": closed_schema,
    "openrouter": closed_schema,
    "local": bounded_schema,
    "anthropic": unbounded_schema,
    "google": gemini_schema,
}


def schema_sent(request: LlmRequest) -> Schema | None:
    """The schema that goes out with the request; None where the answer is held to none, or by words alone."""
    schema = held_by_schema(request)
    if schema is None:
        return None
    fit = as_given if takes_schema_as_tool(request) else _FITS.get(request.provider, as_given)
    return fit(schema)


def takes_schema_as_tool(request: LlmRequest) -> bool:
    """Whether this model is held to a schema only by a tool it must call."""
    known = claude_model(request.model) if request.provider == "anthropic" else None
    return known is not None and not known.holds_to_schema
