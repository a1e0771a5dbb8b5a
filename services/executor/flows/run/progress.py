"""How far a run has come through its plan."""

from collections.abc import Iterable

from services.executor.core.planning.plan import Plan, PlannedCall
from shared.events import PhaseName


class Progress:
    """Which calls have ended, which phases have begun, what is left."""

    def __init__(self, plan: Plan) -> None:
        self._left = plan.planned_calls
        self._left_in = dict(plan.phases)
        self._begun: set[str] = set()
        self._ended: set[str] = set()
        self._succeeded: set[str] = set()

    @property
    def all_ended(self) -> bool:
        """Whether every planned call has ended."""
        return self._left == 0

    @property
    def left(self) -> int:
        """How many planned calls have not ended."""
        return self._left

    @property
    def succeeded(self) -> int:
        """How many planned calls have succeeded."""
        return len(self._succeeded)

    def has_ended(self, call_id: str) -> bool:
        """Whether the call has ended."""
        return call_id in self._ended

    def has_succeeded(self, call_id: str) -> bool:
        """Whether the call has ended with its answer."""
        return call_id in self._succeeded

    def open_calls(self, calls: Iterable[PlannedCall]) -> list[PlannedCall]:
        """Those of them that have not ended."""
        return [call for call in calls if call.call_id not in self._ended]

    def goes_on(self, open_phases: Iterable[str]) -> list[PhaseName]:
        """An earlier life of the run began these phases and did not end them; the answer is those with nothing left."""
        self._begun.update(open_phases)
        return [phase for phase, left in self._left_in.items() if left == 0 and phase in self._begun]

    def begins(self, phase: PhaseName) -> bool:
        """A call of the phase is queued: whether that begins the phase."""
        first = phase not in self._begun
        self._begun.add(phase)
        return first

    def ends(self, call: PlannedCall, *, succeeded: bool) -> bool:
        """The call ends: whether that ends its phase."""
        self._ended.add(call.call_id)
        if succeeded:
            self._succeeded.add(call.call_id)
        self._left -= 1
        self._left_in[call.phase] -= 1
        return self._left_in[call.phase] == 0
