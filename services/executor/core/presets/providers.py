"""What each provider needs, and what it cannot do."""

import re
from collections.abc import Mapping

from services.executor.core.presets.preset import Generator, Model
from shared.provider_settings import refused_settings

FREE = frozenset({"local", "scripted"})
"""Providers nobody has to pay."""

LOCAL = "local"
LOCAL_MODEL = "smollm2-135m"
_OWN_KEY = {
    "openai": "OPENAI_API_KEY",
    "openrouter": "OPENROUTER_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "google": "GEMINI_API_KEY",
}
_OWN_WORDS = frozenset({"anthropic", "google"})
"""Providers that do not speak OpenAI's interface."""

SCRIPTED = "scripted"
SCRIPT_VARIABLE = "SCRIPTED_FILE"
_SCRIPTS = (".json", ".yaml", ".yml")


def variable_prefix(provider: str) -> str:
    """``MY_LAB`` for ``my-lab``: how the provider's environment variables begin."""
    return re.sub(r"[^A-Z0-9]", "_", provider.upper())


def missing_variables(model: Model, environ: Mapping[str, str]) -> list[str]:
    """The environment variables that must be set before the model can be asked, and are not."""
    provider = model.provider
    if provider == LOCAL:
        return []
    if provider == SCRIPTED:
        needed = None if model.model.endswith(_SCRIPTS) else SCRIPT_VARIABLE
    else:
        needed = _OWN_KEY.get(provider) or f"{variable_prefix(provider)}_BASE_URL"
    return [] if needed is None or environ.get(needed, "").strip() else [needed]


def script_of(model: Model, environ: Mapping[str, str]) -> str | None:
    """The file a scripted model reads its answers from, as it is named; None for others, and where none is named."""
    if model.provider != SCRIPTED:
        return None
    return model.model if model.model.endswith(_SCRIPTS) else environ.get(SCRIPT_VARIABLE, "").strip() or None


def refusals(model: Model, *, judges: bool) -> list[tuple[str, str]]:
    """Each setting that cannot be honoured, as the preset's field and the reason; only who ``judges`` answers in JSON."""
    found = []
    if model.provider == LOCAL and model.model != LOCAL_MODEL:
        found.append(("model", f"the embedded model is {LOCAL_MODEL}"))
    researches = isinstance(model, Generator) and model.kind == "gpt_researcher"
    if researches and model.provider in _OWN_WORDS:
        found.append(("provider", f"gpt_researcher speaks OpenAI's interface, {model.provider} does not"))
    if researches and model.api == "responses":
        found.append(("api", "gpt_researcher asks by Chat Completions"))
    # Every config the service gives back spells the usual way out: it has to be taken again.
    json_mode = None if model.json_mode == "schema" else model.json_mode
    if json_mode is not None and not judges:
        found.append(("json", "has no effect here: only judges answer in JSON; leave it out"))
        json_mode = None
    settings = {**model.settings(), "api": model.api, "json_mode": json_mode}
    names = {"json_mode": "json"}
    found += [(names.get(name, name), why) for name, why in refused_settings(model.provider, model.model, settings)]
    return found
