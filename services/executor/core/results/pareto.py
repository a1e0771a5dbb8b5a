"""Cost against quality: which models no other beats in both, and the cheapest that is good enough."""

from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]
Shown = dict[str, Any]

USUAL_WITHIN = {"mean": 0.25, "win_rate": 0.05}
"""How much worse than the best is good enough, if nobody says: points of 5, or a share of comparisons."""


def measure(models: Sequence[Row]) -> str:
    """What quality is: the mean score, or, where nothing was scored, the share of comparisons won."""
    return "mean" if any(model["mean"] is not None for model in models) else "win_rate"


def pareto(models: Sequence[Row]) -> tuple[list[Shown], list[Shown]]:
    """The front, cheapest first, and the judged models whose cost nobody knows, best first.

    A model is on the front if no other is at least as cheap and at least as good, and better in one of the two.
    """
    quality = measure(models)
    judged = [_point(model, quality) for model in models if model[quality] is not None]
    known = [point for point in judged if point["cost_per_document_usd"] is not None]
    unknown = [point for point in judged if point["cost_per_document_usd"] is None]
    front = [point for point in known if not any(_beats(other, point) for other in known)]
    return (
        sorted(front, key=lambda point: (point["cost_per_document_usd"], -point["score"])),
        sorted(unknown, key=lambda point: -float(point["score"])),
    )


def cheapest_within(models: Sequence[Row], within: float | None) -> Shown | None:
    """``{within, model, best, line}``: the cheapest model at most ``within`` worse than the best; None of nothing.

    ``model`` is None where no good enough model's cost is known.
    """
    quality = measure(models)
    judged = [model for model in models if model[quality] is not None]
    if not judged:
        return None
    far = USUAL_WITHIN[quality] if within is None else within
    best = max(judged, key=lambda model: float(model[quality]))
    enough = [model for model in judged if model[quality] >= best[quality] - far - 1e-9]
    priced = [model for model in enough if model["cost_per_document_usd"] is not None]
    cheapest = min(priced, key=lambda model: (model["cost_per_document_usd"], -model[quality])) if priced else None
    line = _line(cheapest, best, models, quality, far)
    return {
        "within": far,
        "by": quality,
        "model": None if cheapest is None else _point(cheapest, quality),
        "best": _point(best, quality),
        "line": line,
    }


def named(model: Row, among: Sequence[Row]) -> str:
    """The model's name, with its settings where another has the same name."""
    name = f"{model['provider']}/{model['model']}"
    same = [other for other in among if (other["provider"], other["model"]) == (model["provider"], model["model"])]
    settings = ", ".join(f"{key} {value}" for key, value in (model.get("settings") or {}).items())
    return f"{name} ({settings})" if len(same) > 1 and settings else name


def measured(value: float, quality: str) -> str:
    """The quality in words."""
    return f"mean {value:.2f} of 5" if quality == "mean" else f"wins {value:.0%} of its comparisons"


def money(cost_usd: float | None, unpriced_attempts: int = 0) -> str:
    """Dollars for one line; unknown is said."""
    if cost_usd is None:
        return "cost unknown"
    amount = "$0" if cost_usd == 0 else f"${cost_usd:.2f}" if cost_usd >= 1 else f"${cost_usd:.2g}"
    if 0 < cost_usd < 1e-4:
        amount = f"${cost_usd:.7f}".rstrip("0")
    return f"at least {amount}" if unpriced_attempts else amount


def _point(model: Row, quality: str) -> Shown:
    low, high = ("low", "high") if quality == "mean" else ("win_rate_low", "win_rate_high")
    names = ("provider", "model", "settings", "kind")
    return {
        **{name: model[name] for name in names if name in model},
        "score": model[quality],
        "low": model.get(low),
        "high": model.get(high),
        "no_interval": model.get("no_interval") if quality == "mean" else None,
        "by": quality,
        "cost_per_document_usd": model["cost_per_document_usd"],
        "unpriced_attempts": model.get("unpriced_attempts", 0),
    }


def _beats(other: Row, point: Row) -> bool:
    cost, score = "cost_per_document_usd", "score"
    no_worse = other[cost] <= point[cost] and other[score] >= point[score]
    return bool(no_worse and (other[cost] < point[cost] or other[score] > point[score]))


def _line(cheapest: Row | None, best: Row, models: Sequence[Row], quality: str, far: float) -> str:
    span = f"{far:g}" if quality == "mean" else f"{far:.0%}"
    top = f"{named(best, models)}, {measured(best[quality], quality)}, {_price(best)}"
    if cheapest is None:
        return f"The cost of every model within {span} of the best ({top}) is unknown"
    if cheapest is best:
        return f"Cheapest within {span} of the best: the best itself, {top}"
    found = f"{named(cheapest, models)}, {measured(cheapest[quality], quality)}, {_price(cheapest)}"
    return f"Cheapest within {span} of the best: {found}; the best is {top}"


def _price(model: Row) -> str:
    cost = money(model["cost_per_document_usd"], model.get("unpriced_attempts", 0))
    return f"{cost} a document" if model["cost_per_document_usd"] is not None else cost
