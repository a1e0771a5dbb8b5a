"""Whether a run that was interrupted goes on by itself when the executor starts again."""

from collections.abc import Mapping
from typing import Any, Literal

from services.executor.core.lives.history import ASKED
from shared.status import RunStatus
from shared.stored import format_time, parse_time

MOST_IN_A_ROW = 3
"""A run that went on by itself this often without a call being answered in between waits for a person."""

Next = Literal["go on", "cancel", "wait"]


def interrupted(reason: str, *, status: RunStatus, why: str | None, stopped_ms: int) -> dict[str, Any]:
    """The data of ``run_interrupted`` for a run in this status, reached for the reason ``why``.

    It says all that the next start needs: ``was`` is what the run was doing, ``since`` when it stopped doing it.
    """
    paused_by_a_person = status is RunStatus.PAUSED and why == ASKED
    was = RunStatus.RUNNING if status is RunStatus.PAUSED and not paused_by_a_person else status
    return {"reason": reason, "was": was, "since": format_time(stopped_ms)}


def what_next(data: Mapping[str, Any], time_ms: int, *, now_ms: int, limit_s: float) -> Next:
    """What becomes of a run whose newest event is this ``run_interrupted``.

    ``limit_s`` is how old the interruption may be, 0 for never. A cancel that was under way is brought to its end
    whatever its age: it sends nothing.
    """
    was = data.get("was", RunStatus.RUNNING)
    if was == RunStatus.CANCELLING:
        return "cancel"
    since = data.get("since")
    stopped_ms = parse_time(since) if isinstance(since, str) else None
    age_s = max(0, now_ms - (time_ms if stopped_ms is None else stopped_ms)) / 1000
    if was == RunStatus.PAUSED or limit_s <= 0 or age_s > limit_s:
        return "wait"
    return "go on"
