"""A run's results as tables for a terminal: scores by criterion, models, judges, and the answer in one line."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.box import SIMPLE
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from services.cli.showing import phrases

Json = Mapping[str, Any]


def result_parts(results: Json) -> Iterator[RenderableType]:
    """What there is to show, in the order it is read; nothing judged is said, not shown as 0."""
    scores = results.get("scores") or []
    if scores:
        yield score_table(scores)
        yield from _missing(scores)
    else:
        yield Text("nothing was judged")
    if results.get("models"):
        yield model_table(results["models"])
    if results.get("judge_deviations"):
        yield deviation_table(results["judge_deviations"])
    if results.get("answer"):
        yield Text(f"answer  {phrases.one_line(str(results['answer']))}", style="bold")


def score_table(scores: Sequence[Json]) -> Table:
    """A row a document, a column a criterion: the mean over judges and trials, a dash where nobody judged."""
    criteria = list(dict.fromkeys(name for row in scores for name in row.get("criteria") or {}))
    table = Table(box=SIMPLE, title="scores, 1 to 5", title_justify="left")
    table.add_column("document", overflow="fold")
    for name in criteria:
        table.add_column(Text(phrases.one_line(name, 40)), justify="right")
    table.add_column("mean", justify="right")
    table.add_column("judged", justify="right")
    for row in scores:
        values = row.get("criteria") or {}
        cells = [Text(phrases.one_line(str(row.get("document"))))]
        cells += [Text(phrases.score(values.get(name))) for name in criteria]
        cells += [Text(phrases.score(row.get("mean")), style="bold")]
        table.add_row(*cells, f"{phrases.count(row.get('judged'))} of {phrases.count(row.get('planned'))}")
    return table


def model_table(models: Sequence[Json]) -> Table:
    """A row a generator: its mean, what its documents cost, what is missing."""
    table = Table("model", box=SIMPLE, title="models", title_justify="left")
    for name in ("mean", "judged", "missing", "cost", "a document"):
        table.add_column(name, justify="right")
    for row in models:
        table.add_row(
            Text(_model(row)),
            phrases.score(row.get("mean")),
            phrases.count(row.get("judged")),
            phrases.count(row.get("missing")),
            phrases.money(row.get("cost_usd")),
            phrases.money(row.get("cost_per_document_usd")),
        )
    return table


def deviation_table(deviations: Sequence[Json]) -> Table:
    """A row a judge: how far it lies from the mean of all judges."""
    table = Table("judge", box=SIMPLE, title="judges, against the mean of all", title_justify="left")
    table.add_column("above or below", justify="right")
    for row in deviations:
        total = row.get("total")
        table.add_row(Text(_model(row.get("judge"))), phrases.UNKNOWN if total is None else f"{total:+.2f}")
    return table


def _missing(scores: Sequence[Json]) -> Iterator[Text]:
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


def _model(model: Any) -> str:
    if not isinstance(model, Mapping):
        return phrases.UNKNOWN
    settings = model.get("settings") or {}
    temperature = f" t={settings['temperature']:g}" if "temperature" in settings else ""
    return phrases.one_line(f"{model.get('provider')}/{model.get('model')}{temperature}", 80)
