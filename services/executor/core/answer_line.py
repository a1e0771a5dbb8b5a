"""The result in one line, for people."""

from collections.abc import Mapping, Sequence
from typing import Any

Shown = Mapping[str, Any]


def answer_line(documents: Sequence[Shown], models: Sequence[Shown]) -> str | None:
    """Which model or, without generation, which document did best; None while nothing is judged."""
    scored = [model for model in models if model["mean"] is not None]
    if scored:
        best = max(scored, key=lambda model: (model["mean"], -models.index(model)))
        missing = f", {best['missing']} missing" if best["missing"] else ""
        others = f" of {len(models)} models" if len(models) > 1 else ""
        return (
            f"Best{others}: {best['provider']}/{best['model']}{_settings(best, models)}, mean {best['mean']:.1f} of 5 "
            f"over {best['judged']} {'document' if best['judged'] == 1 else 'documents'}{missing}"
        )
    inputs = [document for document in documents if document["mean"] is not None and document["generator"] is None]
    if not inputs:
        return None
    winner = max(inputs, key=lambda document: float(document["mean"]))
    others = f" of {len(documents)} documents" if len(documents) > 1 else ""
    return f"Best{others}: {winner['document']}, mean {winner['mean']:.1f} of 5"


def _settings(best: Shown, models: Sequence[Shown]) -> str:
    """The settings, where another generator has the same name."""
    same = [model for model in models if (model["provider"], model["model"]) == (best["provider"], best["model"])]
    if len(same) == 1:
        return ""
    return f" ({', '.join(f'{name} {value}' for name, value in best['settings'].items())})"
