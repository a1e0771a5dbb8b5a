"""Which runs a prune takes. Pure."""

from collections.abc import Iterable
from typing import Any

from services.cli.showing.run_view import FINAL
from shared.stored import parse_time

Json = dict[str, Any]


def prunable(runs: Iterable[Json], *, ended_before_ms: int | None, keep: int) -> list[Json]:
    """Of the runs, newest first, those that are over and ended before this moment, but for the newest ``keep`` of those
    that are over. One whose time nobody knows is never taken for its age.
    """
    final = [run for run in runs if run.get("status") in FINAL]
    return [run for run in final[keep:] if ended_before_ms is None or _ended_before(run, ended_before_ms)]


def _ended_before(run: Json, moment_ms: int) -> bool:
    said = run.get("finished") or run.get("created")
    ended_ms = parse_time(said) if isinstance(said, str) else None
    return ended_ms is not None and ended_ms < moment_ms
