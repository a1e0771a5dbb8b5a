"""What can be wrong with a request before any provider is asked."""

import math

from fpf.refusal import bad_request
from shared.llm_call import LlmFailure, LlmRequest
from shared.prompt import PLACEHOLDERS
from shared.provider_settings import SETTINGS, refused_settings

MAX_TIMEOUT_S = 86_400
"""A day: no call takes longer, and no clock of the loop overflows."""

MAX_TOKENS = 1_000_000_000
"""More than any model can write."""

MAX_STOPS = 16
"""More than any provider takes."""


def check_request(request: LlmRequest) -> LlmFailure | None:
    """``None`` for a request that can be sent, else a ``bad_request`` that names the field and what would be right."""
    if not request.model:
        return bad_request("model: it is empty; name the model to ask")
    if not 0 < request.timeout_s <= MAX_TIMEOUT_S:
        return bad_request(f"timeout_s: it must be above 0 and at most {MAX_TIMEOUT_S} seconds")
    temperature = request.temperature
    if temperature is not None and not (math.isfinite(temperature) and temperature >= 0):
        return bad_request("temperature: it must be 0 or a number above 0")
    if request.max_completion_tokens is not None and not 1 <= request.max_completion_tokens <= MAX_TOKENS:
        return bad_request(f"max_completion_tokens: it must be from 1 to {MAX_TOKENS}")
    if request.min_bytes < 0:
        return bad_request("min_bytes: it must be 0 (off) or more")
    if request.template is not None:
        missing = [name for name in PLACEHOLDERS if name not in request.template]
        if missing:
            return bad_request(f"template: it must hold {' and '.join(PLACEHOLDERS)}; missing: {' and '.join(missing)}")
    return _check_settings(request)


def _check_settings(request: LlmRequest) -> LlmFailure | None:
    if request.top_p is not None and not 0 < request.top_p <= 1:
        return bad_request("top_p: it must be above 0 and at most 1")
    if request.stop is not None and not (1 <= len(request.stop) <= MAX_STOPS and all(request.stop)):
        return bad_request(f"stop: it must be 1 to {MAX_STOPS} texts, none of them empty")
    if request.passthrough is not None and request.api == "responses":
        return bad_request("passthrough: it is for Chat Completions and embeddings; leave api out")
    given = {name: getattr(request, name) for name in SETTINGS}
    if not request.json or request.json_mode == "schema":
        given["json_mode"] = None
    found = refused_settings(request.provider, request.model, given)
    return bad_request(f"{found[0][0]}: {found[0][1]}") if found else None
