"""When the phases of a run began, and which ones have used up their time."""

import math
from collections.abc import Callable

from shared.events import PhaseName


class PhaseTimes:
    """When each phase of a run began, on the run's own clock, and which ones are over."""

    def __init__(self, used_s: Callable[[], float]) -> None:
        self._used_s = used_s
        self._began_s: dict[PhaseName, float] = {}
        self._over: dict[PhaseName, str] = {}

    def begins(self, phase: PhaseName, *, at_s: float | None = None) -> None:
        """The phase begins now, or began at that time of the run; what has begun already goes on."""
        self._began_s.setdefault(phase, self._used_s() if at_s is None else at_s)

    def left_s(self, phase: PhaseName, limit_s: float) -> float:
        """How much time the phase has left; infinite before it begins."""
        began_s = self._began_s.get(phase)
        return math.inf if began_s is None else began_s + limit_s - self._used_s()

    def finishes(self, phase: PhaseName) -> None:
        """The phase has come to its end in time."""
        self._began_s.pop(phase, None)

    def end(self, phase: PhaseName, message: str) -> None:
        """The phase's time is over, for this reason."""
        self._over[phase] = message

    def over(self, phase: PhaseName) -> str | None:
        """Why nothing is asked any more in this phase; None where something may be."""
        return self._over.get(phase)

    def reconsider(self) -> None:
        """Other limits hold: whoever has time again may go on."""
        self._over.clear()
