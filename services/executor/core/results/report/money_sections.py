"""What a report says of money and trouble: costs, errors, missing cells."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from services.executor.core.results.report.charts import Bar, bars
from services.executor.core.results.report.markup import Markup, table, tag
from services.executor.core.results.report.words import UNKNOWN, count, model_name, money

Run = Mapping[str, Any]

_MOST_ROWS = 100
_CUTS = (("by_phase", "phase"), ("by_model", "model"), ("by_judge", "judge"), ("by_document", "document"))


def costs(run: Run) -> Sequence[Markup]:
    """Where the money went; what nobody knows is said to be unknown."""
    found = run["costs"]
    total = found["total"]
    told = (
        f"{money(total['cost_usd'])} for {count(total['attempts'])} requests, {count(total['failed_attempts'])} failed"
    )
    open_ = total["unpriced_attempts"]
    parts = [tag("p", told if not open_ else f"{told}; the cost of {count(open_)} is not known and in no sum")]
    for cut, what in _CUTS[:2]:
        drawn = [Bar(_name(row, what), row["cost_usd"], None, None, money(row["cost_usd"])) for row in found[cut]]
        if any(bar.value for bar in drawn):
            parts += [tag("h3", f"By {what}"), bars(f"Cost by {what}", drawn, money)]
    for cut, what in _CUTS:
        rows = [_cells(row, what) for row in found[cut][:_MOST_ROWS]]
        if rows:
            heads = (what, "requests", "failed", "tokens in", "tokens out", "cost", "unknown")
            parts.append(table(heads, rows))
    return parts


def _cells(row: Mapping[str, Any], what: str) -> tuple[str, ...]:
    return (
        _name(row, what),
        count(row["attempts"]),
        count(row["failed_attempts"]),
        count(row["input_tokens"]),
        count(row["output_tokens"]),
        money(row["cost_usd"]),
        count(row["unpriced_attempts"]),
    )


def _name(row: Mapping[str, Any], what: str) -> str:
    return model_name(row) if what in {"model", "judge"} else str(row[what])


def errors(run: Run) -> Sequence[Markup]:
    """Failed attempts by kind and model."""
    rows = [
        (
            error["kind"],
            f"{error['provider']}/{error['model']}",
            count(error["attempts"]),
            f"{error['recovered_calls']} of {error['calls']}",
            error["message"] or UNKNOWN,
        )
        for error in run["errors"][:_MOST_ROWS]
    ]
    return [table(("kind", "model", "requests", "calls that came through", "newest message"), rows)] if rows else []


def missing(run: Run) -> Sequence[Markup]:
    """Planned cells that brought nothing, each reason once for a phase, and cells nobody planned."""
    rows = []
    for row in run["plan"]:
        reasons = Counter(item["reason"] for item in row["missing"])
        rows += [(row["phase"], count(times), reason) for reason, times in reasons.most_common(_MOST_ROWS)]
        rows += [(row["phase"], "not planned", f"{item['label']}: {item['reason']}") for item in row["unplanned"]]
    return [table(("phase", "cells", "why"), rows[:_MOST_ROWS])] if rows else []
