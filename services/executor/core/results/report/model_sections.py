"""What a report says of the models: scores, cost against quality, ranking, who won against whom."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from services.executor.core.ranking.ranking import generator_key
from services.executor.core.results.report.charts import Bar, Cell, Point, grid, intervals, plane
from services.executor.core.results.report.markup import Markup, table, tag
from services.executor.core.results.report.words import between, count, model_name, money, number, share

Run = Mapping[str, Any]
_MOST_IN_GRID = 40


def model_scores(run: Run) -> Sequence[Markup]:
    """Each model's mean score with its interval."""
    scored = [model for model in run["models"] if model["mean"] is not None]
    if not scored:
        return []
    best_first = sorted(scored, key=lambda model: -model["mean"])
    bars = [Bar(model_name(model), model["mean"], model["low"], model["high"], _mean(model)) for model in best_first]
    chart = intervals("Mean score by model with its 95 % interval, 1 to 5", bars, 1, 5, lambda value: f"{value:g}")
    without = [model_name(model) for model in run["models"] if model["mean"] is None]
    note = "Mean of all verdicts from 1 to 5; the line is the 95 % interval, by drawing the inputs anew, where they differ."
    parts = [tag("p", note, class_="dim"), chart]
    if without:
        parts.append(tag("p", f"No score: {', '.join(without)}", class_="warn"))
    return parts


def _mean(model: Mapping[str, Any]) -> str:
    interval = model["no_interval"] or (between(model["low"], model["high"]) if model["low"] is not None else "")
    return f"{number(model['mean'])} ({interval})" if interval else number(model["mean"])


def against_cost(run: Run) -> Sequence[Markup]:
    """Cost of a document against quality; the front is what no other model beats in both."""
    judged = [model for model in run["models"] if model["mean"] is not None]
    quality, low, high = "mean", "low", "high"
    if not judged:
        quality, low, high = "win_rate", "win_rate_low", "win_rate_high"
        judged = [model for model in run["models"] if model["win_rate"] is not None]
    if not judged:
        return []
    front = {generator_key(point) for point in run["pareto"]}
    numbered = list(enumerate(judged, 1))
    known = [(mark, model) for mark, model in numbered if model["cost_per_document_usd"] is not None]
    points = [
        Point(
            mark=str(mark),
            name=model_name(model),
            x=model["cost_per_document_usd"],
            y=model[quality],
            low=model[low],
            high=model[high],
            front=generator_key(model) in front,
        )
        for mark, model in known
    ]
    spell = number if quality == "mean" else share
    up = "mean score" if quality == "mean" else "share of comparisons won"
    rows = [
        (
            f"{mark}. {model_name(model)}",
            spell(model[quality]),
            ("at least " if model["unpriced_attempts"] and model["cost_per_document_usd"] is not None else "")
            + money(model["cost_per_document_usd"]),
            "yes" if generator_key(model) in front else "cost unknown" if (mark, model) not in known else "",
        )
        for mark, model in numbered
    ]
    drawn = (
        [plane("Cost of a document against quality", points, "cost of a document", up, money, spell)] if points else []
    )
    return [*drawn, table(("model", up, "a document costs", "on the front"), rows)]


def model_ranking(run: Run) -> Sequence[Markup]:
    """The models by the Bradley-Terry model, over all inputs."""
    rated = sorted(
        (model for model in run["models"] if model["rating"] is not None), key=lambda model: -model["rating"]
    )
    if not rated:
        return []
    return [
        tag(
            "p",
            "Natural logarithm of strength: 0 is average, a difference of 1.1 is three wins to one loss. "
            "Beside it wins:losses:ties.",
            class_="dim",
        ),
        *warnings(rated),
        rating_chart(
            "Rating of each model", rated, [model_name(model) for model in rated], "rating_low", "rating_high"
        ),
    ]


def warnings(rows: Sequence[Mapping[str, Any]]) -> list[Markup]:
    """What keeps ratings from meaning all they seem to."""
    found = []
    if not all(row["connected"] for row in rows):
        found.append("Not all were compared, not even through others: ratings of different parts cannot be compared.")
    if not all(row["bounded"] for row in rows):
        found.append(
            "Somebody won, or lost, against all others: how far apart they are is open, the numbers are kept small."
        )
    return [tag("p", text, class_="warn") for text in found]


def rating_chart(
    title: str, rows: Sequence[Mapping[str, Any]], names: Sequence[str], low: str = "low", high: str = "high"
) -> Markup:
    """Ratings with their intervals."""
    ends = [value for row in rows for value in (row["rating"], row[low], row[high]) if value is not None]
    bars = [
        Bar(
            name,
            row["rating"],
            row[low],
            row[high],
            f"{row['rating']:+.2f}  {row['wins']}:{row['losses']}:{row['ties']}",
        )
        for name, row in zip(names, rows, strict=True)
    ]
    least, most = min(*ends, -0.5), max(*ends, 0.5)
    return intervals(
        f"{title}, with 95 % interval, wins, losses, ties",
        bars,
        least,
        most,
        lambda value: f"{value:+g}" if value else "0",
    )


def head_to_head(run: Run) -> Sequence[Markup]:
    """How often the model of a row won against that of a column, over all inputs."""
    names: dict[str, str] = {generator_key(model): model_name(model) for model in run["models"]}
    won: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0])
    for pair in run["pairs"]:
        if pair["phase"] != "pairwise_eval" or pair["a_generator"] is None or pair["b_generator"] is None:
            continue
        first, second = generator_key(pair["a_generator"]), generator_key(pair["b_generator"])
        if first == second:
            continue
        points = {"a": 1.0, "b": 0.0, "tie": 0.5}[pair["winner"]]
        for key, gained in (((first, second), points), ((second, first), 1 - points)):
            won[key][0] += gained
            won[key][1] += 1
    met = [key for key in names if any(key in pair for pair in won)][:_MOST_IN_GRID]
    if len(met) < 2:
        return []
    cells = [[_met(names[row], names[column], won.get((row, column))) for column in met] for row in met]
    shown = [names[key] for key in met]
    note = "How often the model of the row won against that of the column; a tie is half a win."
    return [tag("p", note, class_="dim"), grid("Head to head", shown, shown, cells)]


def _met(row: str, column: str, won: list[float] | None) -> Cell:
    if won is None:
        return Cell("", None, f"{row} and {column} never met")
    points, total = won
    return Cell(share(points / total), points / total, f"{row} won {points:g} of {count(total)} against {column}")
