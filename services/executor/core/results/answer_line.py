"""The result in one line, for people."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.executor.core.results.pareto import measure, measured, named

Shown = Mapping[str, Any]


def answer_line(documents: Sequence[Shown], models: Sequence[Shown], winners: Sequence[Shown] = ()) -> str | None:
    """Which model or, without models, which document did best; None while nothing is judged."""
    quality = measure(models)
    judged = [model for model in models if model[quality] is not None]
    if judged:
        best = max(judged, key=lambda model: float(model[quality]))
        missing = f", {best['missing']} missing" if best["missing"] else ""
        others = f" of {len(models)} models" if len(models) > 1 else ""
        return (
            f"Best{others}: {named(best, models)}, {measured(float(best[quality]), quality)} "
            f"over {best['judged']} {'document' if best['judged'] == 1 else 'documents'}{missing}{_rivals(models)}"
        )
    return _best_document(documents, winners)


def _rivals(models: Sequence[Shown]) -> str:
    """Who may be as good for all that the inputs can tell."""
    close = [model for model in models if (low := model.get("behind_low")) is not None and low <= 0]
    if not close:
        return ""
    return f"; not clearly better than {named(close[0], models) if len(close) == 1 else f'{len(close)} others'}"


def _best_document(documents: Sequence[Shown], winners: Sequence[Shown]) -> str | None:
    if len({document["input"] for document in documents}) == 1 and winners and winners[0]["by"] != "score":
        # Documents that were compared with each other: the comparison decides.
        winner = winners[0]["document"]
        return None if winner is None else f"Best of {len(documents)} documents: {winner}, by comparison"
    inputs = [document for document in documents if document["mean"] is not None and document["generator"] is None]
    if not inputs:
        return None
    best = max(inputs, key=lambda document: float(document["mean"]))
    others = f" of {len(documents)} documents" if len(documents) > 1 else ""
    return f"Best{others}: {best['document']}, {measured(float(best['mean']), 'mean')}"
