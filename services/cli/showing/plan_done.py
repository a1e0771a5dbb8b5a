"""Expected against actual: what of the plan is there, what is missing and why, what nobody planned. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from services.cli.showing import phrases
from services.cli.showing.tables import table

Json = Mapping[str, Any]

_NAMED = 5
"""So many cells of one reason are named; the others are counted."""


def plan_done(plan: Sequence[Json]) -> Iterator[RenderableType]:
    """A row a phase, then each reason for what is missing with the cells it has cost; one line where all is there."""
    if not any(row.get("missing") or row.get("unplanned") for row in plan):
        planned = sum(row.get("planned") or 0 for row in plan)
        if planned:
            yield Text(f"all {phrases.count(planned)} planned calls succeeded")
        return
    made = table("planned and done", ["phase"], ["planned", "succeeded", "missing", "unplanned"])
    for row in plan:
        made.add_row(
            phrases.status(str(row.get("phase"))),
            phrases.count(row.get("planned")),
            phrases.count(row.get("succeeded")),
            phrases.count(len(row.get("missing") or [])),
            phrases.count(len(row.get("unplanned") or [])),
        )
    yield made
    for row in plan:
        yield from _missing(row)
        for cell in row.get("unplanned") or []:
            yield Text(f"unplanned  {_label(cell)}", style="yellow")


def _missing(row: Json) -> Iterator[Text]:
    reasons: dict[str, list[str]] = {}
    for cell in row.get("missing") or []:
        reasons.setdefault(phrases.one_line(str(cell.get("reason")), 200), []).append(_label(cell))
    for reason, labels in reasons.items():
        yield Text(f"missing {len(labels)}x: {reason}", style="yellow")
        yield from (Text(f"  {label}") for label in labels[:_NAMED])
        if len(labels) > _NAMED:
            yield Text(f"  and {len(labels) - _NAMED} more; --json names them all")


def _label(cell: Any) -> str:
    named = cell.get("label") or cell.get("call_id") if isinstance(cell, Mapping) else cell
    return phrases.one_line(str(named), 160)
