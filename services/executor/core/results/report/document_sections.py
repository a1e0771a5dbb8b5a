"""What a report says of the documents: who won, their ranking within each input, their scores by criterion."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.executor.core.results.report.charts import Cell, grid
from services.executor.core.results.report.markup import Markup, table, tag
from services.executor.core.results.report.model_sections import rating_chart, warnings
from services.executor.core.results.report.words import UNKNOWN, number

Run = Mapping[str, Any]

_MOST_INPUTS = 25
_MOST_DOCUMENTS = 150
_BY = {
    "post_combine": "the comparison with the combined documents",
    "pairwise": "comparison",
    "score": "score",
    None: "nothing tells them apart",
}


def winners(run: Run) -> Sequence[Markup]:
    """The best document of each input, where there are several."""
    if not any(winner["by"] for winner in run["winners"]) or _one_each(run):
        return []
    rows = [
        (winner["input"], winner["document"] or UNKNOWN, _BY[winner["by"]], ", ".join(winner["tied"]))
        for winner in run["winners"][:_MOST_DOCUMENTS]
    ]
    return [table(("input", "best", "by", "just as good"), rows), *_more(run["winners"], _MOST_DOCUMENTS, "inputs")]


def _one_each(run: Run) -> bool:
    inputs = [document["input"] for document in run["scores"]]
    return len(set(inputs)) == len(inputs)


def rankings(run: Run) -> Sequence[Markup]:
    """Each input's documents by comparison, and after combining."""
    after = {item["input"]: item["ranking"] for item in run["post_combine"]}
    inputs = list(dict.fromkeys(row["input"] for row in run["ranking"]))
    parts: list[Markup] = []
    for name in inputs[:_MOST_INPUTS]:
        own = [row for row in run["ranking"] if row["input"] == name]
        parts += [tag("h3", name), *warnings(own)]
        parts.append(rating_chart(f"Documents of {name}", own, [row["document"] for row in own]))
        if after.get(name):
            parts.append(tag("p", "With the combined documents:", class_="dim"))
            parts += warnings(after[name])
            found = [row["document"] for row in after[name]]
            parts.append(rating_chart(f"Documents of {name} after combining", after[name], found))
    if run["unranked"]:
        rows = [(item["document"], item["input"], item["reason"]) for item in run["unranked"][:_MOST_DOCUMENTS]]
        parts += [tag("h3", "Not ranked"), table(("document", "input", "why"), rows)]
    return [*parts, *_more(inputs, _MOST_INPUTS, "inputs")]


def heatmap(run: Run) -> Sequence[Markup]:
    """Mean score by document and criterion; what has none says why."""
    documents = [document for document in run["scores"] if document["planned"]]
    criteria = list(dict.fromkeys(name for document in documents for name in document["criteria"]))
    if not criteria:
        return []
    shown = documents[:_MOST_DOCUMENTS]
    cells = [[*(_cell(document, name) for name in criteria), _mean(document)] for document in shown]
    names = [document["document"] for document in shown]
    drawn = grid("Mean score by document and criterion, 1 to 5", names, [*criteria, "mean"], cells)
    without = [document for document in documents if document["mean"] is None]
    told = [(item["document"], item["missing"] or item["no_score"] or UNKNOWN) for item in without[:_MOST_DOCUMENTS]]
    parts = [drawn, *_more(documents, _MOST_DOCUMENTS, "documents")]
    return [*parts, table(("no score", "why"), told)] if told else parts


def _cell(document: Mapping[str, Any], name: str) -> Cell:
    return _field(document["criteria"].get(name), f"{document['document']}, {name}")


def _mean(document: Mapping[str, Any]) -> Cell:
    return _field(document["mean"], f"{document['document']}, mean of all")


def _field(value: float | None, what: str) -> Cell:
    if value is None:
        return Cell(UNKNOWN, None, f"{what}: no score")
    return Cell(number(value, 1), (value - 1) / 4, f"{what}: {number(value)}")


def _more(found: Sequence[Any], shown: int, what: str) -> list[Markup]:
    if len(found) <= shown:
        return []
    return [tag("p", f"The first {shown} of {len(found)} {what}; the exports have all.", class_="dim")]
