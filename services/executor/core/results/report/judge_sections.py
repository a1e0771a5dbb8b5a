"""What a report says of the judges: how far apart they are, and whether the order of a pair sways them."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.executor.core.results.report.markup import Markup, table, tag
from services.executor.core.results.report.words import UNKNOWN, between, count, model_name, share

Run = Mapping[str, Any]


def judges(run: Run) -> Sequence[Markup]:
    """Deviation, agreement and position bias, as far as there are any."""
    return [*_deviations(run), *_agreement(run), *_position(run)]


def _deviations(run: Run) -> list[Markup]:
    found = run["judge_deviations"]
    if not found:
        return []
    criteria = list(dict.fromkeys(name for row in found for name in row["criteria"]))
    rows = [
        (model_name(row["judge"]), *(_signed(row["criteria"].get(name)) for name in criteria), _signed(row["total"]))
        for row in found
    ]
    note = "How far each judge lies above or below the mean of all judges of the same document."
    return [tag("p", note, class_="dim"), table(("judge", *criteria, "all"), rows)]


def _agreement(run: Run) -> list[Markup]:
    found = run["agreement"]
    if not found["judges"]:
        return []
    own = [
        (model_name(row["judge"]), share(row["share"]), _span(row), count(row["compared"])) for row in found["judges"]
    ]
    between_ = [
        (
            " and ".join(model_name(judge) for judge in row["judges"]),
            share(row["share"]),
            _span(row),
            count(row["compared"]),
        )
        for row in found["between"]
    ]
    return [
        table(("judge", "with the majority of the others", "95 %", "pairs"), own),
        table(("judges", "agree", "95 %", "pairs"), between_),
    ]


def _position(run: Run) -> list[Markup]:
    found = run["position_bias"]
    if found["overall"] is None:
        return []
    rows = [(model_name(row["judge"]), *_bias(row)) for row in found["judges"]]
    if len(rows) > 1:
        rows.append(("all", *_bias(found["overall"])))
    biased = [model_name(row["judge"]) for row in found["judges"] if row["biased"]]
    heads = ("judge", "shown first won", "95 %", "of", "ties", "same place won both orders")
    parts = [table(heads, rows)]
    if biased:
        parts.append(tag("p", f"The order of a pair sways {', '.join(biased)}.", class_="warn"))
    return parts


def _bias(row: Mapping[str, Any]) -> tuple[str, ...]:
    both = f"{row['inconsistent']} of {row['both_orders']}"
    return share(row["first_share"]), _span(row), count(row["first"] + row["second"]), count(row["ties"]), both


def _span(row: Mapping[str, Any]) -> str:
    low, high = row["low"], row["high"]
    return UNKNOWN if low is None or high is None else between(low * 100, high * 100, 0)


def _signed(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:+.2f}"
