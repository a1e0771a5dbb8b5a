"""A run's results for a terminal: scores, rankings, judges, cost, what is missing, and the answer last."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from services.cli.showing import phrases
from services.cli.showing.cost_tables import cost_table, front_parts, model_cost_table, model_table
from services.cli.showing.plan_done import plan_done
from services.cli.showing.ranking_tables import pair_judges, ranking_notes, ranking_table, unranked_notes, winner_lines
from services.cli.showing.score_tables import deviation_table, missing_scores, score_table
from services.cli.showing.tables import spaced

Json = Mapping[str, Any]

_OVER = frozenset({"completed", "completed_with_errors", "failed", "cancelled", "deleted"})


def result_parts(results: Json) -> Iterator[RenderableType]:
    """What there is to show, in the order it is read; nothing judged is said, not shown as 0."""
    return spaced(_parts(results))


def _parts(results: Json) -> Iterator[RenderableType]:
    status = results.get("status")
    if status is not None and status not in _OVER:
        yield Text(f"the run is {phrases.status(str(status))}: this is how far it has come", style="yellow")
    yield from _judged(results)
    if results.get("models"):
        yield model_table(results["models"])
        yield model_cost_table(results["models"])
    yield from front_parts(results)
    if results.get("costs"):
        yield cost_table(results["costs"])
    yield from plan_done(results["plan"]) if results.get("plan") else missing_scores(results.get("scores") or [])
    if results.get("winners"):
        yield Text()
    yield from winner_lines(results.get("winners") or [])
    cheapest = results.get("cheapest_within") or {}
    if cheapest.get("line"):
        yield Text(f"cheap   {phrases.one_line(str(cheapest['line']))}")
    if results.get("answer"):
        yield Text(f"answer  {phrases.one_line(str(results['answer']))}", style="bold")


def _judged(results: Json) -> Iterator[RenderableType]:
    scores, ranking = results.get("scores") or [], results.get("ranking") or []
    after = [row for each in results.get("post_combine") or [] for row in each.get("ranking") or []]
    asked = any(row.get("planned") or row.get("judged") or row.get("missing") for row in scores)
    if asked:
        yield score_table(scores)
    elif not ranking:
        yield Text("nothing was judged")
    if results.get("judge_deviations"):
        yield deviation_table(results["judge_deviations"])
    if ranking:
        yield ranking_table("ranking by pairs, best first", ranking)
        yield from ranking_notes(ranking)
        yield from unranked_notes(results.get("unranked") or [])
    if after:
        yield ranking_table("ranking with what was combined", after)
        yield from ranking_notes(after)
    yield from pair_judges(results)
