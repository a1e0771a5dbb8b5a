"""What each provider needs, what it cannot do, and which ones this version does not know yet."""

import re
from collections.abc import Mapping

from services.executor.core.preset import Model

FREE = frozenset({"local", "scripted"})
"""Providers nobody has to pay."""

LOCAL = "local"
LOCAL_MODEL = "smollm2-135m"
NOT_YET = frozenset({"anthropic", "google"})
_OWN_KEY = {"openai": "OPENAI_API_KEY", "openrouter": "OPENROUTER_API_KEY"}
_SCRIPTS = (".json", ".yaml", ".yml")

_REASONING = re.compile(r"o[134](-.*)?$")
"""OpenAI's models that answer a temperature with an error."""


def variable_prefix(provider: str) -> str:
    """``MY_LAB`` for ``my-lab``: how the provider's environment variables begin."""
    return re.sub(r"[^A-Z0-9]", "_", provider.upper())


def missing_variables(model: Model, environ: Mapping[str, str]) -> list[str]:
    """The environment variables that must be set before the model can be asked, and are not."""
    provider = model.provider
    if provider == LOCAL:
        return []
    if provider == "scripted":
        needed = None if model.model.endswith(_SCRIPTS) else "SCRIPTED_FILE"
    else:
        needed = _OWN_KEY.get(provider) or f"{variable_prefix(provider)}_BASE_URL"
    return [] if needed is None or environ.get(needed, "").strip() else [needed]


def refusals(model: Model) -> list[tuple[str, str]]:
    """Each setting the provider cannot honour, as field and reason."""
    if model.provider in NOT_YET:
        return [("provider", f"{model.provider} is not in this version; use openai or an OpenAI-compatible endpoint")]
    found = []
    if model.provider == LOCAL and model.model != LOCAL_MODEL:
        found.append(("model", f"the embedded model is {LOCAL_MODEL}"))
    if model.provider == "openai" and model.temperature is not None and _REASONING.fullmatch(model.model):
        found.append(("temperature", f"{model.model} takes no temperature; leave it out"))
    return found
