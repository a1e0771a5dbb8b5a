"""The text a model is asked: instructions, a blank line, the document, and a demand for JSON where it is needed.

Made here alone, for whoever sends it and for whoever shows what was sent. It is all a provider is told in words: nobody
gets a system prompt.
"""

import re
from typing import Any

import msgspec

from shared.llm_call import LlmRequest
from shared.provider_settings import WITHOUT_OBJECT_MODE

PLACEHOLDERS = ("{{instructions}}", "{{document}}")
"""What a template must hold, both of them."""

_PLACEHOLDER = re.compile(r"\{\{(instructions|document)\}\}")
_DEMAND = "Answer with one JSON object and nothing else."


def compose(request: LlmRequest) -> str:
    """The whole prompt. A placeholder's name inside a document stays text: replacing is done in one pass.

    A provider without a mode for "any JSON object" is asked for it in words.
    """
    if request.template is None:
        text = request.instructions.rstrip("\r\n") + "\n\n" + request.document
    else:
        parts = {"instructions": request.instructions, "document": request.document}
        text = _PLACEHOLDER.sub(lambda found: parts[found[1]], request.template)
    demand = _json_demand(request, text)
    return f"{text}\n\n{demand}" if demand else text


def held_by_schema(request: LlmRequest) -> dict[str, Any] | None:
    """The schema the provider shall hold the answer to, if it shall."""
    return request.json_schema if request.json and request.json_mode == "schema" else None


def _json_demand(request: LlmRequest, text: str) -> str | None:
    if not request.json or held_by_schema(request) is not None:
        return None
    if request.json_schema is not None:
        schema = msgspec.json.encode(request.json_schema).decode()
        return f"{_DEMAND} It must fit this JSON Schema:\n{schema}"
    # Providers refuse the "any JSON object" mode when the prompt does not speak of JSON at all.
    has_object_mode = request.provider not in WITHOUT_OBJECT_MODE
    if request.json_mode == "prompt" or not has_object_mode or "json" not in text.lower():
        return _DEMAND
    return None
