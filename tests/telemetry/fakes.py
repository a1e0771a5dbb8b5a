"""Time that goes when it is told to, connections that take what they are told to, a store that can fail."""

import heapq
import itertools
import threading
from collections.abc import Callable, Sequence
from typing import Any

import anyio
from starlette.types import Message

from services.telemetry.flows.ports import About, Batch, Listed, Probe, Rejection, Write


class FakeHandle:
    def __init__(self) -> None:
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class FakeTimers:
    """A loop whose callbacks run when ``run`` is called, and whose clock stands still meanwhile."""

    def __init__(self) -> None:
        self.now = 100.0
        self._due: list[tuple[float, int, FakeHandle, Callable[..., Any], tuple[Any, ...]]] = []
        self._order = itertools.count()

    def time(self) -> float:
        return self.now

    def call_soon(self, callback: Callable[..., Any], /, *args: Any) -> FakeHandle:
        return self.call_later(0, callback, *args)

    def call_later(self, delay: float, callback: Callable[..., Any], /, *args: Any) -> FakeHandle:
        handle = FakeHandle()
        heapq.heappush(self._due, (self.now + delay, next(self._order), handle, callback, args))
        return handle

    def call_soon_threadsafe(self, callback: Callable[..., Any], /, *args: Any) -> FakeHandle:
        return self.call_soon(callback, *args)

    def turn(self) -> bool:
        """Run what is due now, but not what that makes due."""
        ready = [entry for entry in self._due if entry[0] <= self.now]
        self._due = [entry for entry in self._due if entry[0] > self.now]
        heapq.heapify(self._due)
        for _, _, handle, callback, args in sorted(ready, key=lambda entry: entry[:2]):
            if not handle.cancelled:
                callback(*args)
        return bool(ready)

    def run(self, seconds: float = 0) -> None:
        """Let so much time go by, with everything that falls into it."""
        end = self.now + seconds
        while True:
            while self.turn():
                pass
            if not self._due or self._due[0][0] > end:
                break
            self.now = self._due[0][0]
        self.now = end


class FakeConnection:
    """What a server gives an application to send with; ``pause`` makes the next send wait."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._open: anyio.Event | None = None
        self.broken = False

    async def send(self, message: Message) -> None:
        if self.broken:
            raise RuntimeError("the connection broke")
        if self._open is not None:
            await self._open.wait()
        self.messages.append(message)

    def pause(self) -> None:
        self._open = anyio.Event()

    def go_on(self) -> None:
        assert self._open is not None
        self._open.set()
        self._open = None

    @property
    def text(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages)

    @property
    def finished(self) -> bool:
        return bool(self.messages) and not self.messages[-1].get("more_body", False)


class Held:
    """A write that has begun and waits, then fails."""

    def __init__(self, error: Exception) -> None:
        self.begun = threading.Event()
        self.go_on = threading.Event()
        self.error = error


class FakeStore:
    """A store in lists. ``failing`` is raised by the next writes; ``hold`` stops the next one half way."""

    def __init__(self) -> None:
        self.kept: dict[str, list[bytes]] = {}
        self.others: list[Write] = []
        self.groups: list[list[tuple[str, int, int]]] = []
        self.failing: Exception | None = None
        self.room: int | Exception = 2**40
        self.probes = 0
        self._held: Held | None = None

    def hold(self, error: Exception) -> Held:
        self._held = Held(error)
        return self._held

    def write(self, batches: Sequence[Batch], others: Sequence[Write]) -> None:
        held, self._held = self._held, None
        if held is not None:
            held.begun.set()
            assert held.go_on.wait(10)
            raise held.error
        self.probes += sum(isinstance(item, Probe) for item in others)
        if self.failing is not None:
            raise self.failing
        for batch in batches:
            lines = self.kept.setdefault(batch.run_id, [])
            assert batch.first == len(lines) + 1, "a hole in the log"
            lines.extend(batch.lines)
        self.others.extend(others)
        self.groups.append([(batch.run_id, batch.first, len(batch.lines)) for batch in batches])

    def free_bytes(self) -> int:
        if isinstance(self.room, Exception):
            raise self.room
        return self.room

    def lines(self, run_id: str, *, after: int, limit_bytes: int) -> list[bytes]:
        return self.kept.get(run_id, [])[after:]

    def about(self, run_id: str) -> About:
        return About()

    def rejections(self, run_id: str) -> list[Rejection]:
        return []

    def runs(self, *, limit: int, before: str | None) -> list[Listed]:
        return []

    def close(self) -> None:
        return
