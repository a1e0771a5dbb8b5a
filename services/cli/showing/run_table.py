"""Runs and presets as tables for a terminal. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from services.cli.showing import phrases

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
            phrases.money(stats["cost_usd"]) if "cost_usd" in stats else phrases.UNKNOWN,
        )
    return table


def call_table(calls: Iterable[Json]) -> Table:
    """A row a call; what it asks, how it stands, and what went wrong."""
    table = Table("call", "status", "attempts", "what", "error", box=SIMPLE)
    for call in calls:
        error = call.get("error")
        wrong = f"{error.get('kind')}: {error.get('message') or ''}".rstrip(": ") if isinstance(error, Mapping) else ""
        table.add_row(
            Text(str(call.get("call_id")), no_wrap=True),
            phrases.status(str(call.get("status"))),
            phrases.count(call.get("attempts")),
            Text(phrases.one_line(str(call.get("label") or call.get("item_id")), 100)),
            Text(phrases.one_line(wrong, 120)),
        )
    return table


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
