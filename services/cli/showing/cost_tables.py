"""What it cost, and what for: tables of models, of cost against quality, of spending. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from services.cli.showing import phrases
from services.cli.showing.model_name import model_name, model_names
from services.cli.showing.ranking_tables import rating
from services.cli.showing.tables import table, words

Json = Mapping[str, Any]


def model_table(models: Sequence[Json]) -> Table:
    """A row a generator: how good its documents are, by score and by comparison."""
    scored = any(row.get("mean") is not None for row in models)
    compared = any(row.get("rating") is not None or row.get("win_rate") is not None for row in models)
    numbers = ["mean", "95 %"] if scored or not compared else []
    numbers += ["wins", "rating", "95 %"] if compared else []
    made = table("models", ["model"], numbers)
    for name, row in zip(model_names(models), models, strict=True):
        span = phrases.interval(row.get("low"), row.get("high"), phrases.score, row.get("no_interval"))
        cells = [phrases.score(row.get("mean")), span]
        cells = cells if scored or not compared else []
        if compared:
            why = row.get("rating_no_interval")
            span = phrases.interval(row.get("rating_low"), row.get("rating_high"), "{:+.2f}".format, why)
            cells += [phrases.percent(row.get("win_rate")), rating(row), span]
        made.add_row(words(name), *cells)
    return made


def model_cost_table(models: Sequence[Json]) -> Table:
    """A row a generator: what its documents have cost, failed attempts included, and what is missing."""
    made = table("models: what their documents cost", ["model"], ["judged", "missing", "cost", "a document"])
    for name, row in zip(model_names(models), models, strict=True):
        unpriced = row.get("unpriced_attempts")
        made.add_row(
            words(name),
            phrases.count(row.get("judged")),
            phrases.count(row.get("missing")),
            phrases.at_least(row.get("cost_usd"), unpriced),
            phrases.at_least(row.get("cost_per_document_usd"), unpriced),
        )
    return made


def front_parts(results: Json) -> Iterator[RenderableType]:
    """The models no other beats in both cost and quality, cheapest first; those of unknown cost apart."""
    front, unknown = results.get("pareto") or [], results.get("pareto_unknown") or []
    if front:
        made = table("the best for their price", ["model"], ["a document", "score", "95 %"])
        for name, row in zip(model_names(front), front, strict=True):
            cost = phrases.at_least(row.get("cost_per_document_usd"), row.get("unpriced_attempts"))
            made.add_row(words(name), cost, *_score(row))
        yield made
        if len(front) > 1:
            yield Text("no other model is both cheaper and better than one of these")
    if unknown:
        named = ", ".join(f"{model_name(row)} {_score(row)[0]}" for row in unknown)
        yield Text(f"cost unknown: {named}", style="yellow")


def cost_table(costs: Json) -> Table:
    """What was spent: in all, by phase, by model, by judge; failed and repeated attempts included."""
    made = table(
        "spent, failed and repeated attempts included", ["on"], ["attempts", "failed", "tokens in", "out", "cost"]
    )
    total = costs.get("total")
    if isinstance(total, Mapping):
        made.add_row("everything", *_spent(total))
        made.add_section()
    for part in ("by_phase", "by_model", "by_judge"):
        if costs.get(part):
            made.add_row(Text(part.replace("_", " "), style="dim italic"))
        rows = costs.get(part) or []
        for name, row in zip(_names(part, rows), rows, strict=True):
            made.add_row(words(name), *_spent(row))
        made.add_section()
    return made


def _names(part: str, rows: Sequence[Json]) -> list[str]:
    if part == "by_phase":
        return [phrases.status(str(row.get("phase"))) for row in rows]
    return model_names(rows)


def _spent(row: Json) -> Iterator[str]:
    for name in ("attempts", "failed_attempts", "input_tokens", "output_tokens"):
        yield phrases.count(row.get(name))
    yield phrases.at_least(row.get("cost_usd"), row.get("unpriced_attempts"))


def _score(row: Json) -> list[str]:
    spell = phrases.percent if row.get("by") == "win_rate" else phrases.score
    return [spell(row.get("score")), phrases.interval(row.get("low"), row.get("high"), spell, row.get("no_interval"))]
