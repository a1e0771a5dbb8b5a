"""Runs side by side, as tables: a column for each run, in the order they were named. Pure."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from services.cli.showing import phrases
from services.cli.showing.model_name import model_name
from services.cli.showing.tables import spaced, table, words

Json = Mapping[str, Any]
Spell = Callable[[Any], str]

_DIFFERENCES = 30
_VALUE_CHARS = 60
_OF_MODELS: tuple[tuple[str, str, Spell], ...] = (
    ("models: mean score, 1 to 5", "mean", phrases.score),
    ("models: share of comparisons won", "win_rate", phrases.percent),
    ("models: cost of a document", "cost_per_document_usd", phrases.money),
)


def compare_parts(found: Json) -> Iterator[RenderableType]:
    """What each run came to, its models, criteria and costs beside the others', and what they were told differently."""
    return spaced(_parts(found))


def _parts(found: Json) -> Iterator[RenderableType]:
    runs = found.get("runs") or []
    columns = [str(number) for number in range(1, len(runs) + 1)]
    yield _overview(runs)
    models = found.get("models") or []
    for title, key, spell in _OF_MODELS:
        rows = [(model_name(row), [_cell(each, key, spell) for each in row.get("in") or []]) for row in models]
        yield from _side_by_side(title, "model", columns, rows)
    criteria = [
        (str(row.get("name")), [phrases.score(value) for value in row.get("means") or []])
        for row in found.get("criteria") or []
    ]
    yield from _side_by_side("criteria: mean score", "criterion", columns, criteria)
    costs = [
        (
            phrases.status(str(row.get("phase") or "in all")),
            [_spent(each) for each in row.get("in") or []],
        )
        for row in found.get("costs") or []
    ]
    yield from _side_by_side("cost", "phase", columns, costs)
    yield from _differences(found.get("differs") or [], columns)
    for number, run in zip(columns, runs, strict=True):
        if run.get("answer"):
            yield Text(f"answer {number}  {phrases.one_line(str(run['answer']))}", style="bold")


def _overview(runs: Sequence[Json]) -> RenderableType:
    made = table("runs", ["", "run", "preset", "status"], ["planned", "succeeded", "cost"])
    for number, run in enumerate(runs, 1):
        phases = run.get("phases") or []
        made.add_row(
            str(number),
            words(run.get("run_id")),
            words(run.get("preset") or phrases.UNKNOWN),
            phrases.status(str(run.get("status"))),
            *(phrases.count(sum(row.get(name) or 0 for row in phases)) for name in ("planned", "succeeded")),
            _spent(run.get("costs")),
        )
    return made


def _side_by_side(
    title: str, what: str, columns: Sequence[str], rows: Sequence[tuple[str, list[str]]]
) -> Iterator[RenderableType]:
    """Nothing where no run has anything to show."""
    if any(cell != phrases.UNKNOWN for _, cells in rows for cell in cells):
        made = table(title, [what], columns)
        for name, cells in rows:
            made.add_row(words(name), *cells)
        yield made


def _differences(differs: Sequence[Json], columns: Sequence[str]) -> Iterator[RenderableType]:
    if not differs:
        return
    made = table("told differently", ["setting", *columns])
    for row in differs[:_DIFFERENCES]:
        made.add_row(words(row.get("path")), *(words(_value(value), _VALUE_CHARS) for value in row.get("values") or []))
    yield made
    if len(differs) > _DIFFERENCES:
        yield Text(f"and {len(differs) - _DIFFERENCES} more; --json has them all")


def _cell(row: Json | None, key: str, spell: Spell) -> str:
    return phrases.UNKNOWN if row is None else spell(row.get(key))


def _value(value: Any) -> str:
    return (
        phrases.UNKNOWN if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    )


def _spent(costs: Json | None) -> str:
    found = costs or {}
    return phrases.at_least(found.get("cost_usd"), found.get("unpriced_attempts"))
