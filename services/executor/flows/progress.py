"""How far a run has come through its plan."""

from services.executor.core.plan import Plan, PlannedCall
from services.executor.core.preset import PhaseName


class Progress:
    """Which calls have ended, which phases have begun, what is left."""

    def __init__(self, plan: Plan) -> None:
        self._left = plan.planned_calls
        self._left_in = dict(plan.phases)
        self._begun: set[PhaseName] = set()
        self._ended: set[str] = set()
        self.succeeded = 0

    @property
    def all_ended(self) -> bool:
        """Whether every planned call has ended."""
        return self._left == 0

    def has_ended(self, call_id: str) -> bool:
        """Whether the call has ended."""
        return call_id in self._ended

    def begins(self, phase: PhaseName) -> bool:
        """A call of the phase is queued: whether that begins the phase."""
        first = phase not in self._begun
        self._begun.add(phase)
        return first

    def ends(self, call: PlannedCall, *, succeeded: bool) -> bool:
        """The call ends: whether that ends its phase."""
        self._ended.add(call.call_id)
        self.succeeded += succeeded
        self._left -= 1
        self._left_in[call.phase] -= 1
        return self._left_in[call.phase] == 0
