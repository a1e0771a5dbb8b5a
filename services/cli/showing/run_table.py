"""Runs and presets as tables for a terminal. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from services.cli.showing import phrases
from services.cli.showing.model_name import model_labels

Json = Mapping[str, Any]


def run_table(runs: Iterable[Json]) -> Table:
    """A row a run."""
    table = Table("run", "preset", "status", "ok", "failed", "retried", "planned", "cost", box=SIMPLE)
    for run in runs:
        stats = run.get("stats") or {}
        table.add_row(
            Text(str(run["run_id"]), no_wrap=True),
            Text(phrases.one_line(str(run.get("preset") or phrases.UNKNOWN), 40)),
            phrases.status(str(run.get("status", "unknown"))),
            phrases.count(stats.get("successful_calls")),
            phrases.count(stats.get("failed_calls")),
            phrases.count(stats.get("retries")),
            phrases.count(stats.get("planned_calls")),
            phrases.at_least(stats["cost_usd"], stats.get("unpriced_attempts"))
            if "cost_usd" in stats
            else phrases.UNKNOWN,
        )
    return table


def call_table(calls: Iterable[Json]) -> Table:
    """A row a call; what it asks whom, how it stands, and what went wrong."""
    table = Table("call", "status", "attempts", "model", "what", "error", box=SIMPLE)
    rows = list(calls)
    for call, model in zip(rows, model_labels(rows), strict=True):
        error = call.get("error")
        wrong = f"{error.get('kind')}: {error.get('message') or ''}".rstrip(": ") if isinstance(error, Mapping) else ""
        table.add_row(
            Text(str(call.get("call_id")), no_wrap=True),
            phrases.status(str(call.get("status"))),
            phrases.count(call.get("attempts")),
            Text(model),
            Text(phrases.one_line(_what(call), 100)),
            Text(phrases.one_line(wrong, 120)),
        )
    return table


def _what(call: Json) -> str:
    """Its label, without the model that has a column of its own."""
    return str(call.get("label") or call.get("item_id")).removesuffix(f" with {call.get('model')}")


def preset_table(presets: Iterable[Json]) -> Table:
    """A row a preset; one that cannot run says why."""
    table = Table("preset", "calls", "what it does", box=SIMPLE)
    for preset in presets:
        mistakes = preset.get("mistakes") or []
        missing = ", ".join(preset.get("missing") or [])
        about = [phrases.one_line(str(preset.get("description") or ""))]
        about += [f"cannot run: {mistake['path']}: {mistake['message']}" for mistake in mistakes]
        about += [f"missing at the executor: {missing}"] if missing else []
        table.add_row(
            Text(str(preset["name"]), no_wrap=True),
            phrases.count(preset.get("planned_calls")),
            Text("\n".join(line for line in about if line)),
        )
    return table
