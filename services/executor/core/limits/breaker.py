"""When a model is not asked any more: the same failure again and again, or a door that is shut.

Failures that were already under way when the last one was counted say nothing new: sixty requests in flight at a
provider that breaks are one finding, not sixty.
"""

from dataclasses import dataclass

from shared.failures import FailureKind

ModelKey = tuple[str, str]
"""Provider and model."""

_NOT_COUNTED = frozenset(
    {
        FailureKind.RATE_LIMITED,
        FailureKind.CONNECTION,
        FailureKind.WORKER_DIED,
        FailureKind.CANCELLED,
        FailureKind.BUDGET,
    }
)
_AT_ONCE = frozenset({FailureKind.AUTH, FailureKind.QUOTA})


@dataclass(frozen=True, slots=True)
class Stopped:
    """Why a model is not asked any more."""

    kind: FailureKind
    message: str


@dataclass(slots=True)
class _Streak:
    kind: FailureKind
    count: int
    counted_at: int


class Breaker:
    """Watches every attempt of a run. Order is told by ticks: ``begin`` gives one out, an end is newer than all given."""

    def __init__(self, identical_failures: int | None) -> None:
        self._limit = identical_failures
        self._tick = 0
        self._streaks: dict[ModelKey, _Streak] = {}
        self._stopped: dict[ModelKey, Stopped] = {}

    def begin(self) -> int:
        """The tick of an attempt that begins now."""
        self._tick += 1
        return self._tick

    def stopped(self, model: ModelKey) -> Stopped | None:
        """Why the model is not asked any more, or None."""
        return self._stopped.get(model)

    @property
    def any_stopped(self) -> bool:
        """Whether some model is not asked any more."""
        return bool(self._stopped)

    def begin_anew(self, identical_failures: int | None) -> None:
        """Forget every failure and ask every model again, with another limit."""
        self._limit = identical_failures
        self._streaks.clear()
        self._stopped.clear()

    def succeeded(self, model: ModelKey) -> None:
        """An attempt was accepted: the streak is over."""
        self._streaks.pop(model, None)

    def failed(self, model: ModelKey, kind: FailureKind, begun: int) -> Stopped | None:
        """An attempt that began at the tick ``begun`` failed; the answer says so if this one stops the model."""
        self._tick += 1
        if kind in _NOT_COUNTED or model in self._stopped:
            return None
        if kind in _AT_ONCE:
            return self._stop(model, Stopped(kind, f"{model[0]}/{model[1]} is not asked any more: {kind}"))
        streak = self._streaks.get(model)
        if streak is None or streak.kind is not kind:
            streak = self._streaks[model] = _Streak(kind, 1, self._tick)
        elif begun > streak.counted_at:
            streak.count += 1
            streak.counted_at = self._tick
        if self._limit is None or streak.count < self._limit:
            return None
        return self._stop(
            model, Stopped(kind, f"{model[0]}/{model[1]} is not asked any more: {kind} {streak.count} times in a row")
        )

    def shut(self, model: ModelKey, kind: FailureKind, reason: str) -> Stopped | None:
        """The provider wants to hear nothing of this model for longer than anybody waits; None where that is known."""
        if model in self._stopped:
            return None
        return self._stop(model, Stopped(kind, f"{model[0]}/{model[1]} is not asked any more: {kind}, {reason}"))

    def _stop(self, model: ModelKey, why: Stopped) -> Stopped:
        self._stopped[model] = why
        return why
