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
            f"over {best['judged']} {'document' if best['judged'] == 1 else 'documents'}{missing}{_rivals(best, models, quality)}"
        )
    return _best_document(documents, winners)


def _rivals(best: Shown, models: Sequence[Shown], quality: str) -> str:
    """Who may be as good for all that the inputs can tell."""
    if quality == "mean":
        close = [model for model in models if (low := model.get("behind_low")) is not None and low <= 0]
    else:
        close = [model for model in models if model is not best and _may_reach(model, best, quality)]
    if not close:
        return ""
    return f"; not clearly better than {named(close[0], models) if len(close) == 1 else f'{len(close)} others'}"


def _may_reach(model: Shown, best: Shown, quality: str) -> bool:
    """Whether the two intervals have something in common; where one is not known nobody can say they have not."""
    high, low = model.get(f"{quality}_high"), best.get(f"{quality}_low")
    return model[quality] is not None and (high is None or low is None or high >= low)


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
