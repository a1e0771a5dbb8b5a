"""How far one run's events have got on their way to telemetry."""

from collections.abc import Callable, Sequence
from typing import Any

import anyio

from shared.stored import format_time

BATCH_EVENTS = 500


class Delivery:
    """One run's delivery: what is durable here, what has arrived there."""

    def __init__(self, run_id: str, *, last_seq: int, sent: int, distrust: Callable[[], None]) -> None:
        self.run_id = run_id
        self.last_seq = last_seq
        self.sent = sent
        self.batch_events = BATCH_EVENTS
        self.oldest_ms: int | None = None
        """When the oldest event that has not arrived was made; None when all have."""
        self.discarded = 0
        self.finished = False
        self.stopped: str | None = None
        self.trouble: str | None = None
        """Why the last request brought nothing, or None."""
        self._distrust = distrust
        self._changed = anyio.Event()

    @property
    def pending(self) -> int:
        """Events that have not arrived."""
        return max(0, self.last_seq - self.sent)

    def grew(self, last_seq: int, now_ms: int) -> None:
        """The log is durable up to this seq."""
        if self.oldest_ms is None:
            self.oldest_ms = now_ms
        self.last_seq = last_seq
        self._change()

    def reached(self, seq: int) -> None:
        """Everything up to this seq has arrived, and nothing after it."""
        self.sent = seq
        if self.pending == 0:
            self.oldest_ms = None
        self._change()

    def replaced(self) -> None:
        """One event was refused and is reported as dropped."""
        self.discarded += 1
        self._distrust()

    def tried(self, trouble: str | None) -> None:
        """A request has ended, and this stood in the way of its events."""
        self.trouble = trouble
        self._change()

    def halt(self, reason: str) -> None:
        """No further event will be taken."""
        self.stopped = reason
        self._change()

    def finish(self) -> None:
        """The run writes no more."""
        self.finished = True
        self._change()

    def goes_on(self, distrust: Callable[[], None]) -> None:
        """The run, thought to be over, writes again."""
        self.finished = False
        self._distrust = distrust

    async def wait_for_events(self) -> bool:
        """Return when there is something to send; False when there never will be again."""
        while True:
            if self.stopped is None and self.pending:
                return True
            if self.finished:
                return False
            await self._changed.wait()

    async def arrived(self) -> None:
        """Return when nothing is pending, or telemetry takes nothing at the moment."""
        while self.pending and self.stopped is None and self.trouble is None:
            await self._changed.wait()

    def oldest_pending_s(self, now_ms: int) -> float:
        """The age of the oldest event that has not arrived; 0 when all have."""
        return 0.0 if self.oldest_ms is None or not self.pending else max(0, now_ms - self.oldest_ms) / 1000

    def sign_of_life(self, now_ms: int, trouble: str | None) -> dict[str, Any]:
        """What the producer says of itself every few seconds."""
        return {
            "produced": self.last_seq,
            "pending": self.pending,
            "oldest_pending_s": round(self.oldest_pending_s(now_ms), 3),
            "storage": trouble or "ok",
            "time": format_time(now_ms),
        }

    def _change(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()


def without_run_id(run_id: str, lines: Sequence[bytes]) -> bytes:
    """Stored lines as NDJSON of events: the run is named by the address they are sent to."""
    named = f',"run_id":"{run_id}"'.encode()
    return b"\n".join(line.replace(named, b"", 1) for line in lines) + b"\n"
