"""What a run's log says of its earlier lives: what was asked, how it stopped, what it has used up.

A life ends with ``run_interrupted`` or ``run_finished`` and the next one begins with ``run_resumed``. Whether a person
asked for that or the executor went on by itself makes a difference: only a person's wish forgets what went wrong.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.events import PhaseName
from shared.failures import FailureKind
from shared.status import STATUS_AFTER, RunStatus

ASKED = "asked"
"""The reason of what a person asked for."""

AUTOMATIC = "automatic"
"""The reason of a ``run_resumed`` nobody asked for."""

STORAGE = "storage"
"""The reason of a pause because the ledger could not be written, and of its end."""

_STATE_AFTER = {
    "call_queued": "queued",
    "call_started": "in_flight",
    "call_succeeded": "succeeded",
    "call_failed": "failed",
    "call_cancelled": "cancelled",
    "call_lost": "lost",
}
_UNSUCCESSFUL = frozenset({"failed", "cancelled", "lost"})
_ANSWERED = frozenset({"call_succeeded", "call_failed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedUp:
    """What earlier lives of a run have used up."""

    requests: int = 0
    cost_nano: int = 0
    time_s: float = 0.0
    phases_began_s: Mapping[PhaseName, float] = field(default_factory=dict)
    """When each phase that is not over began, on the clock of ``time_s``."""


@dataclass(slots=True)
class CallPast:
    """One call as the log leaves it."""

    state: str = "unknown"
    deaths: int = 0
    """Deaths of the process that held it, since a person last resumed the run."""
    settled: bool = False
    """It ended without an answer and is not to be asked again, unless a person resumes the run."""


class History:
    """Takes in a run's events in their order."""

    def __init__(self) -> None:
        self.status = RunStatus.WAITING
        self.calls: dict[str, CallPast] = {}
        self.open_phases: set[str] = set()
        self.newest_ms = 0
        self.automatic = 0
        """How often the run went on by itself since a call last got an answer or a person resumed it."""
        self.running_ms = 0
        """How long it has been running, pauses left out, since it began or a person took it up again."""
        self.phases_began_ms: dict[PhaseName, int] = {}
        """When each phase that has not finished began, on the clock of ``running_ms``."""
        self._running_since_ms: int | None = None

    def take(self, type_: str, time_ms: int, data: Mapping[str, Any]) -> None:
        """Take in the next event."""
        if type_ in _STATE_AFTER:
            self._call(type_, data)
        elif type_ == "attempt_failed":
            # Without a worker that held it nobody has died.
            if data["error"]["kind"] == FailureKind.WORKER_DIED and data.get("sent") != "no":
                self._past(data["call_id"]).deaths += 1
        elif type_ == "phase_started":
            self.open_phases.add(data["phase"])
            since_ms = time_ms if self._running_since_ms is None else self._running_since_ms
            self.phases_began_ms.setdefault(data["phase"], self.running_ms + max(0, time_ms - since_ms))
        elif type_ == "phase_finished":
            self.open_phases.discard(data["phase"])
            self.phases_began_ms.pop(data["phase"], None)
        elif type_ in STATUS_AFTER or type_ == "run_finished":
            self._move(type_, time_ms, data)
        self.newest_ms = max(self.newest_ms, time_ms)

    def of(self, call_id: str) -> CallPast:
        """The call as the log leaves it."""
        return self.calls.get(call_id) or CallPast()

    def forget(self) -> None:
        """A person takes the run up again after it stood still: what went wrong is tried again."""
        self.automatic = 0
        self.running_ms = 0
        self.phases_began_ms = dict.fromkeys(self.phases_began_ms, 0)
        for call in self.calls.values():
            call.deaths = 0
            call.settled = False

    def nothing_left(self, planned_calls: int) -> bool:
        """Whether every planned call has ended."""
        return sum(call.settled or call.state == "succeeded" for call in self.calls.values()) >= planned_calls

    def _past(self, call_id: str) -> CallPast:
        call = self.calls.get(call_id)
        if call is None:
            call = self.calls[call_id] = CallPast()
        return call

    def _call(self, type_: str, data: Mapping[str, Any]) -> None:
        call = self._past(data["call_id"])
        call.state = _STATE_AFTER[type_]
        call.settled = call.state in _UNSUCCESSFUL
        if type_ in _ANSWERED:
            self.automatic = 0

    def _move(self, type_: str, time_ms: int, data: Mapping[str, Any]) -> None:
        before = self.status
        self.status = RunStatus(data["status"]) if type_ == "run_finished" else STATUS_AFTER[type_]
        if self._running_since_ms is not None:
            # The end of a life is written down when the next one begins; the run stood still from its last event on.
            until_ms = self.newest_ms if type_ == "run_interrupted" else time_ms
            self.running_ms += max(0, until_ms - self._running_since_ms)
        self._running_since_ms = time_ms if self.status is RunStatus.RUNNING else None
        if type_ == "run_resumed":
            self._resume(before, data.get("reason"))

    def _resume(self, before: RunStatus, reason: str | None) -> None:
        if reason == AUTOMATIC:
            self.automatic += 1
        if reason != ASKED:
            return
        if before is not RunStatus.PAUSED:
            self.forget()
            return
        # It only went on: what had ended before stayed so.
        self.automatic = 0
        for call in self.calls.values():
            call.deaths = 0
