"""Presets for tests: only what the test cares about is said."""

from typing import Any

from services.executor.core.presets.check_preset import check_preset
from services.executor.core.presets.preset import Model, Preset
from services.executor.core.presets.prices import ModelPrice, own_price

Json = dict[str, Any]


def a_model(**settings: Any) -> Json:
    """A model at the scripted provider."""
    return {"provider": "scripted", "model": "writer.json", **settings}


def a_judge(**settings: Any) -> Json:
    """A judge at the scripted provider."""
    return {"provider": "scripted", "model": "judge.json", **settings}


def documents(count: int) -> list[Json]:
    """So many documents: doc_1, doc_2 ..."""
    return [{"id": f"doc_{number}", "text": f"Text number {number}."} for number in range(1, count + 1)]


def a_config(
    *,
    docs: int = 2,
    generation: Json | None = None,
    single_eval: Json | None = None,
    limits: Json | None = None,
    **more: Any,
) -> Json:
    """A config; with neither phase named it generates with one model."""
    config: Json = {"name": "test", "documents": documents(docs), **more}
    if generation is not None or single_eval is None:
        config["generation"] = {"instructions": {"text": "Rewrite."}, "models": [a_model()], **(generation or {})}
    if single_eval is not None:
        criteria = [{"name": "Relevance"}, {"name": "Clarity"}]
        config["single_eval"] = {"criteria": criteria, "judges": [a_judge()], **single_eval}
    if limits is not None:
        config["limits"] = limits
    return config


def no_list(model: Model) -> ModelPrice | None:
    """Prices without a price list."""
    return own_price(model)


def a_preset(**parts: Any) -> Preset:
    """A checked preset."""
    return check_preset(a_config(**parts), no_list)
