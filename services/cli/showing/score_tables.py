"""Scores as tables: documents by criterion, judges against each other. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from services.cli.showing import phrases
from services.cli.showing.model_name import model_name
from services.cli.showing.tables import table, words

Json = Mapping[str, Any]


def score_table(scores: Sequence[Json]) -> Table:
    """A row a document, a column a criterion: the mean over judges and trials, a dash where nobody judged."""
    criteria = list(dict.fromkeys(name for row in scores for name in row.get("criteria") or {}))
    made = table("scores, 1 to 5", ["document"], [*criteria, "mean", "judged"])
    for row in scores:
        values = row.get("criteria") or {}
        made.add_row(
            words(row.get("document")),
            *(phrases.score(values.get(name)) for name in criteria),
            Text(phrases.score(row.get("mean")), style="bold"),
            f"{phrases.count(row.get('judged'))} of {phrases.count(row.get('planned'))}",
        )
    return made


def deviation_table(deviations: Sequence[Json]) -> Table:
    """A row a judge: how far above or below the mean of all judges it lies, by criterion and in all."""
    criteria = list(dict.fromkeys(name for row in deviations for name in row.get("criteria") or {}))
    made = table("judges, against the mean of all", ["judge"], [*criteria, "in all"])
    for row in deviations:
        values = row.get("criteria") or {}
        made.add_row(
            words(model_name(row.get("judge"))),
            *(_signed(values.get(name)) for name in criteria),
            Text(_signed(row.get("total")), style="bold"),
        )
    return made


def missing_scores(scores: Sequence[Json]) -> Iterator[Text]:
    """Why a score is not there, each reason once with how often it came."""
    reasons: dict[str, int] = {}
    for row in scores:
        found = (
            [row.get("missing")]
            if row.get("missing")
            else [item.get("missing") for item in row.get("judgements") or []]
        )
        for reason in found:
            if reason:
                reasons[str(reason)] = reasons.get(str(reason), 0) + 1
    for reason, times in reasons.items():
        yield Text(f"missing {times}x: {phrases.one_line(reason, 200)}", style="yellow")


def _signed(value: float | None) -> str:
    return phrases.UNKNOWN if value is None else f"{value:+.2f}"
