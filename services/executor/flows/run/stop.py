"""Why a run stops before its plan is done, and what that means for the calls that are left."""

from dataclasses import dataclass
from typing import Literal

from shared.failures import FailureKind

StopKind = Literal["cancel", "drain", "budget", "time", "failure"]
CallEnding = Literal["call_failed", "call_cancelled", "call_lost"]


@dataclass(frozen=True, slots=True)
class Stop:
    """The wish to stop; the first one counts."""

    kind: StopKind
    message: str

    @property
    def leaves_calls_open(self) -> bool:
        """Whether the calls that are left wait for a resume."""
        return self.kind == "drain"

    @property
    def ending(self) -> tuple[CallEnding, FailureKind]:
        """How the calls that are left end."""
        if self.kind == "budget":
            return "call_failed", FailureKind.BUDGET
        if self.kind == "time":
            return "call_failed", FailureKind.TIMEOUT
        return "call_cancelled", FailureKind.CANCELLED
