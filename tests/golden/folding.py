"""Stored events through the fold of ``shared``, as the services do it."""

from collections.abc import Iterable
from typing import Any

from shared.events import check
from shared.fold import RunFold
from shared.stored import parse_time
from tests.golden.log_builder import Event


def apply(fold: RunFold, event: Event) -> None:
    """Take in one event; it must be one that telemetry would take."""
    check(event["type"], event["data"])
    ms = parse_time(event["time"])
    if ms is None:
        raise ValueError(f"{event['time']!r} is no time")
    fold.apply(event["seq"], event["type"], event["time"], ms, event["data"])


def fold_of(events: Iterable[Event]) -> RunFold:
    """The fold after these events."""
    fold = RunFold()
    for event in events:
        apply(fold, event)
    return fold


def seen_as(events: Iterable[Event]) -> dict[str, Any]:
    """Status, reason and stats after these events."""
    fold = fold_of(events)
    return {"status": str(fold.status), "reason": fold.reason, "stats": fold.stats()}
