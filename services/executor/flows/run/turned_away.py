"""Those who wait for what they will not get any more, told so: a few at once, many in parts.

What turns them away holds before anybody is told, so nobody who still waits to hear of it asks anything meanwhile.
"""

from collections import deque
from collections.abc import Awaitable, Callable, Iterable

import anyio
import anyio.lowlevel

from services.executor.flows.run.sequel import AT_A_TIME, BREATH


class TurnedAway:
    """One run's. Each is told once; what it then does is its own."""

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], None]] = deque()
        self._more = anyio.Event()

    def add(self, tell: Iterable[Callable[[], None]]) -> None:
        """These are to be told: before this returns where they are few and nobody is before them, otherwise soon."""
        first = not self._waiting
        self._waiting.extend(tell)
        if first and len(self._waiting) <= BREATH:
            while self._waiting:
                self._waiting.popleft()()
        else:
            self._more.set()

    async def tell_all(self, written: Callable[[], Awaitable[None]]) -> None:
        """Tell all that are still waiting for it, each part when what the one before brought is ``written``."""
        while self._waiting:
            for _ in range(AT_A_TIME // BREATH):
                for _ in range(min(BREATH, len(self._waiting))):
                    self._waiting.popleft()()
                await anyio.lowlevel.checkpoint()
            await written()

    async def tell_as_they_come(self, written: Callable[[], Awaitable[None]]) -> None:
        """Tell them, until cancelled."""
        while True:
            await self._more.wait()
            self._more = anyio.Event()
            await self.tell_all(written)
