"""How far one run's events have got on their way to telemetry."""

from collections.abc import Callable
from typing import Any, Literal

import anyio

from services.executor.core.delivery.acknowledgement import Taken
from services.executor.core.delivery.comparison import Standing
from services.executor.core.delivery.telemetry_answer import Trouble
from services.executor.core.records import Reconciled
from shared.stored import format_time

BATCH_EVENTS = 500

Wish = Literal["send", "rest", "over"]


class Delivery:
    """One run's delivery: what is durable here, what has arrived there."""

    def __init__(
        self, run_id: str, *, last_seq: int, sent: int, distrust: Callable[[], None], old: bool = False
    ) -> None:
        self.run_id = run_id
        self.old = old
        """Whether the run was over before this process had to do with it: it stands back behind the others."""
        self.last_seq = last_seq
        self.sent = sent
        """Telemetry has everything up to this seq, as far as it has said."""
        self.confirmed = sent
        """How many events it has confirmed, by its own counts: the same number, come by on another way."""
        self.furthest = sent
        """The highest ``sent`` has ever been."""
        self.rewinds = 0
        """How often events had to be sent again since ``furthest`` last grew."""
        self.batch_events = BATCH_EVENTS
        self.oldest_ms: int | None = None
        """When the oldest event that has not arrived was made; None when all have."""
        self.discarded = 0
        self.finished = old
        self.stopped: str | None = None
        self.trouble: Trouble | None = None
        """Why the last request brought nothing, or None."""
        self.reconciled: Reconciled | None = None
        self.scope = anyio.CancelScope()
        self._distrust = distrust
        self._changed = anyio.Event()

    @property
    def missing(self) -> int:
        """Events telemetry does not have."""
        return max(0, self.last_seq - self.sent)

    @property
    def pending(self) -> int:
        """Events that have not arrived and still may."""
        return 0 if self.stopped is not None else self.missing

    @property
    def is_done(self) -> bool:
        """Whether the run writes no more and everything has arrived that ever will."""
        return self.finished and not self.pending

    @property
    def unaccounted(self) -> int:
        """Events called delivered whose arrival nobody has confirmed, or the reverse."""
        return abs(self.sent - self.confirmed)

    def recall(self, standing: Standing) -> None:
        """What an earlier life of this delivery has left in the ledger."""
        self.discarded = max(self.discarded, standing.discarded)
        self.stopped = self.stopped or standing.stopped
        if self.old:
            self.last_seq = max(self.last_seq, standing.last_seq)
        self._change()

    def grew(self, last_seq: int, now_ms: int) -> int:
        """The log is durable up to this seq; the answer is by how many events it grew."""
        grown = max(0, last_seq - self.last_seq)
        if self.oldest_ms is None:
            self.oldest_ms = now_ms
        self.last_seq = max(self.last_seq, last_seq)
        self.reconciled = None
        self._change()
        return grown

    def taken(self, step: Taken, count: int) -> None:
        """A batch of so many events, and everything up to ``upto``, has arrived."""
        beyond = step.upto - (self.sent + count)
        self.confirmed += step.confirmed + beyond
        self.sent = step.upto
        if step.upto > self.furthest:
            self.furthest, self.rewinds = step.upto, 0
        # A limit once met is approached again, slowly: whatever set it may be gone.
        self.batch_events = min(BATCH_EVENTS, self.batch_events + max(1, self.batch_events // 8))
        if self.pending == 0:
            self.oldest_ms = None
        self._change()

    def rewind(self, seq: int) -> int:
        """Telemetry has nothing after this seq; the answer is how many events will be sent again."""
        again = max(0, self.sent - seq)
        self.sent = self.confirmed = seq
        self.rewinds += 1
        self.reconciled = None
        self._change()
        return again

    def replaced(self) -> None:
        """One event was given up and is reported as dropped."""
        self.discarded += 1
        self._distrust()

    def tried(self, trouble: Trouble | None) -> bool:
        """A request has ended, and this stood in its way; whether that is something new."""
        new = trouble is not None and (self.trouble is None or self.trouble.cause is not trouble.cause)
        if trouble is not None or self.rewinds <= 1:
            # What is taken again and again and lost each time is no progress.
            self.trouble = trouble
        self._change()
        return new

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
        self.finished = self.old = False
        self._distrust = distrust
        self._change()

    async def next_wish(self, *, rested: bool) -> Wish:
        """What is to be done next. ``rest`` (once, unless ``rested``): all has arrived for now. ``over``: for good."""
        while True:
            if self.pending:
                return "send"
            if self.finished:
                return "over"
            if not rested:
                return "rest"
            await self._changed.wait()

    async def arrived(self) -> None:
        """Return when nothing is pending, or telemetry takes nothing at the moment."""
        while self.pending and self.trouble is None:
            await self._changed.wait()

    def oldest_pending_s(self, now_ms: int) -> float:
        """The age of the oldest event that has not arrived; 0 when all have."""
        return 0.0 if self.oldest_ms is None or not self.pending else max(0, now_ms - self.oldest_ms) / 1000

    def sign_of_life(self, now_ms: int, storage: str | None, executor_url: str | None) -> dict[str, Any]:
        """What the producer says of itself every few seconds."""
        sign = {
            "produced": self.last_seq,
            "pending": self.missing,
            "oldest_pending_s": round(self.oldest_pending_s(now_ms), 3),
            "storage": storage or "ok",
            "stopped": self.stopped,
            "time": format_time(now_ms),
        }
        return sign if executor_url is None else {**sign, "executor": executor_url}

    def _change(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()
