"""What state a run is in, and which events move it there. Source: CONTRACT section 1.

``STATUS_AFTER`` gives the status an event leads to, ``NEXT`` which statuses may follow which. The executor asks
``may_follow`` before it writes; whoever reads a log only folds.
"""

from enum import StrEnum


class RunStatus(StrEnum):
    """The state of a run as everybody shows it."""

    WAITING = "waiting"
    OPEN = "open"
    PLANNED = "planned"
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLING = "cancelling"
    INTERRUPTED = "interrupted"
    COMPLETED = "completed"
    COMPLETED_WITH_ERRORS = "completed_with_errors"
    FAILED = "failed"
    CANCELLED = "cancelled"


FINAL: frozenset[RunStatus] = frozenset(
    {RunStatus.COMPLETED, RunStatus.COMPLETED_WITH_ERRORS, RunStatus.FAILED, RunStatus.CANCELLED}
)

ACTIVE: frozenset[RunStatus] = frozenset({RunStatus.PLANNED, RunStatus.RUNNING, RunStatus.PAUSED, RunStatus.CANCELLING})
"""A run in one of these may not be deleted."""

RESUMABLE: frozenset[RunStatus] = (FINAL - {RunStatus.COMPLETED}) | {RunStatus.PAUSED, RunStatus.INTERRUPTED}
"""A run in one of these goes on when somebody resumes it."""

STATUS_AFTER: dict[str, RunStatus] = {
    "run_planned": RunStatus.PLANNED,
    "run_started": RunStatus.RUNNING,
    "run_paused": RunStatus.PAUSED,
    "run_cancelling": RunStatus.CANCELLING,
    "run_interrupted": RunStatus.INTERRUPTED,
    "run_resumed": RunStatus.RUNNING,
}
"""The status each event leads to; ``run_finished`` names its own."""

_RUN_ENDS = FINAL

NEXT: dict[RunStatus, frozenset[RunStatus]] = {
    RunStatus.WAITING: frozenset({RunStatus.OPEN, RunStatus.PLANNED, RunStatus.RUNNING}),
    RunStatus.OPEN: frozenset({RunStatus.PLANNED, RunStatus.RUNNING}) | _RUN_ENDS,
    RunStatus.PLANNED: frozenset({RunStatus.RUNNING, RunStatus.CANCELLING, RunStatus.INTERRUPTED}) | _RUN_ENDS,
    RunStatus.RUNNING: frozenset({RunStatus.PAUSED, RunStatus.CANCELLING, RunStatus.INTERRUPTED}) | _RUN_ENDS,
    RunStatus.PAUSED: frozenset({RunStatus.RUNNING, RunStatus.CANCELLING, RunStatus.INTERRUPTED}) | _RUN_ENDS,
    RunStatus.CANCELLING: frozenset({RunStatus.INTERRUPTED, RunStatus.CANCELLED, RunStatus.FAILED}),
    RunStatus.INTERRUPTED: frozenset({RunStatus.RUNNING, RunStatus.CANCELLING, RunStatus.CANCELLED, RunStatus.FAILED}),
    RunStatus.COMPLETED: frozenset({RunStatus.RUNNING}),
    RunStatus.COMPLETED_WITH_ERRORS: frozenset({RunStatus.RUNNING}),
    RunStatus.FAILED: frozenset({RunStatus.RUNNING}),
    RunStatus.CANCELLED: frozenset({RunStatus.RUNNING}),
}


def may_follow(now: RunStatus, then: RunStatus) -> bool:
    """Whether a run may go from ``now`` to ``then``; a final status is left only by a resume."""
    return then in NEXT[now]
