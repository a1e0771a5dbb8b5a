"""What a generator of kind ``gpt_researcher`` needs, may be told, and uses at most."""

from collections.abc import Mapping

from services.executor.core.presets.mistakes import Mistake
from services.executor.core.presets.preset import RESEARCH_REQUESTS, Generator, Model, Preset
from services.executor.core.presets.providers import variable_prefix

GPT_RESEARCHER = "gpt_researcher"
DEFAULT_REPORT_TYPE = "research_report"

PYTHON_VARIABLE = "ACM2_GPT_RESEARCHER_PYTHON"
"""Names the Python of the environment GPT Researcher is installed in."""

REPORT_TYPES = ("research_report", "resource_report", "outline_report", "custom_report")
_NOT_LOCAL = {
    "deep": "it searches the web only",
    "detailed_report": "it is no part of the package",
    "subtopic_report": "it is a part of a longer report",
}
_EMBEDDING_MODELS = {"openai": "text-embedding-3-small"}


def researches(model: Model) -> bool:
    """Whether this generator is GPT Researcher's."""
    return isinstance(model, Generator) and model.kind == GPT_RESEARCHER


def most_requests(model: Model) -> int:
    """How many requests one research of this generator may make."""
    own = model.max_requests if isinstance(model, Generator) else None
    return RESEARCH_REQUESTS if own is None else own


def report_type(model: Model) -> str:
    """What kind of report it writes."""
    own = model.report_type if isinstance(model, Generator) else None
    return DEFAULT_REPORT_TYPE if own is None else own


def embedding_model(provider: str, environ: Mapping[str, str]) -> str | None:
    """The provider's model for embeddings; None where there is none that anybody knows: then they are made here.

    ``{NAME}_EMBEDDING_MODEL`` names one, or ``none``.
    """
    own = environ.get(f"{variable_prefix(provider)}_EMBEDDING_MODEL", "").strip()
    found = own or _EMBEDDING_MODELS.get(provider)
    return None if found is None or found.lower() == "none" else found


def missing_python(preset: Preset, environ: Mapping[str, str]) -> list[str]:
    """The variable without which the preset's research cannot be carried out, if it is missing."""
    needed = preset.generation is not None and any(researches(model) for model in preset.generation.models)
    return [PYTHON_VARIABLE] if needed and not environ.get(PYTHON_VARIABLE, "").strip() else []


def research_mistakes(preset: Preset) -> list[Mistake]:
    """What is wrong with the preset's generators as far as research goes."""
    found: list[Mistake] = []
    for index, model in enumerate(preset.generation.models if preset.generation else []):
        path = f"generation.models[{index}]"
        if researches(model):
            kind = report_type(model)
            if kind not in REPORT_TYPES:
                why = _NOT_LOCAL.get(kind, "unknown")
                found.append(Mistake(f"{path}.report_type", f"{kind}: {why}; known here: {', '.join(REPORT_TYPES)}"))
            continue
        found += [
            Mistake(f"{path}.{name}", f"belongs to kind: {GPT_RESEARCHER}")
            for name in ("report_type", "max_requests")
            if getattr(model, name) is not None
        ]
    return found
