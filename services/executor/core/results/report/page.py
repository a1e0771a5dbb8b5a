"""The report of a run."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.executor.core.results.report.document_sections import heatmap, rankings, winners
from services.executor.core.results.report.judge_sections import judges
from services.executor.core.results.report.markup import Markup, joined, tag
from services.executor.core.results.report.model_sections import against_cost, head_to_head, model_ranking, model_scores
from services.executor.core.results.report.money_sections import costs, errors, missing
from services.executor.core.results.report.style import STYLE
from services.executor.core.results.report.words import count, model_name
from shared.status import FINAL

Run = Mapping[str, Any]

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def report(run: Run) -> str:
    """The results of a run (with ``run_id``, ``status``, ``preset``, ``created``) as one HTML file."""
    title = f"{run['preset'] or 'evaluation'}, run {run['run_id']}"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title),
        tag("style", Markup(STYLE)),
    )
    body = tag("body", _opening(title, run), *_sections(run))
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _opening(title: str, run: Run) -> Markup:
    planned = sum(row["planned"] for row in run["plan"])
    succeeded = sum(row["succeeded"] for row in run["plan"])
    told = f"{run['status'].replace('_', ' ')}, {count(succeeded)} of {count(planned)} planned calls succeeded"
    unfinished = () if run["status"].startswith("completed") else (_unfinished(run),)
    within = run["cheapest_within"]
    return joined(
        (
            tag("h1", title),
            tag("p", f"begun {run['created']}; {told}", class_="dim"),
            *unfinished,
            tag("p", run["answer"] or _no_answer(run), class_="answer"),
            *(() if within is None else (tag("p", within["line"]),)),
        )
    )


def _no_answer(run: Run) -> str:
    """That there is none and, where the run met errors, the most frequent one."""
    none = "No judgement." if run["status"] in FINAL else "No judgement yet."
    if not run["errors"]:
        return none
    most = run["errors"][0]
    kind = most["kind"].replace("_", " ")
    told = f"{kind}: {most['message']}" if most["message"] else kind
    return f"{none} Most often ({count(most['attempts'])} times, {model_name(most)}): {told}"


def _unfinished(run: Run) -> Markup:
    reason = f" ({run['reason']})" if run.get("reason") else ""
    return tag("p", f"The run is {run['status']}{reason}: this is what it had brought by then.", class_="warn")


def _sections(run: Run) -> list[Markup]:
    made: Sequence[tuple[str, Sequence[Markup]]] = (
        ("Winners", winners(run)),
        ("Scores by model", model_scores(run)),
        ("Cost against quality", against_cost(run)),
        ("Ranking of models", model_ranking(run)),
        ("Head to head", head_to_head(run)),
        ("Ranking by input", rankings(run)),
        ("Documents by criterion", heatmap(run)),
        ("Judges", judges(run)),
        ("Costs", costs(run)),
        ("Errors", errors(run)),
        ("What is missing", missing(run)),
    )
    return [tag("section", tag("h2", name), *parts) for name, parts in made if parts]
