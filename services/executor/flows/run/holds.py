"""Why a run begins nothing new at the moment, and how long it has been running otherwise."""

from typing import Literal

import anyio

from services.executor.flows.ports import Clock

Why = Literal["pause", "storage"]


class Holds:
    """A run's reasons to stand still. Time that passes while there is one does not count as the run's."""

    def __init__(self, clock: Clock, *, used_s: float = 0.0) -> None:
        self.moved = anyio.Event()
        """Set, and another one put here, whenever something has changed."""
        self._clock = clock
        self._why: set[Why] = set()
        self._used_s = used_s
        self._since_s: float | None = None

    def __contains__(self, why: Why) -> bool:
        return why in self._why

    @property
    def any(self) -> bool:
        """Whether there is a reason."""
        return bool(self._why)

    def begin(self) -> None:
        """The run runs from now on."""
        self._since_s = self._clock.monotonic_s()

    def put(self, why: Why) -> None:
        """This is a reason from now on."""
        self._used_s = self.used_s
        self._since_s = None
        self._why.add(why)
        self.move()

    def lift(self, why: Why) -> None:
        """This is no reason any more."""
        self._why.discard(why)
        if not self._why and self._since_s is None:
            self.begin()
        self.move()

    @property
    def used_s(self) -> float:
        """How long the run has been running, over all its lives that count."""
        return self._used_s + (0.0 if self._since_s is None else self._clock.monotonic_s() - self._since_s)

    def move(self) -> None:
        """Whoever waits for a change may look again."""
        self.moved.set()
        self.moved = anyio.Event()
