"""One run in memory: its log, the numbers given and not yet committed, what is known besides the log, its viewers."""

from collections.abc import Callable, Sequence

import structlog

from services.telemetry.core.facts import Facts, log_facts, status_facts
from services.telemetry.core.numbering import Numbering
from services.telemetry.core.producer import Producer, SignOfLife
from services.telemetry.core.run_log import Entry, RunLog
from services.telemetry.flows.audience import Audience
from services.telemetry.flows.clock import Clock
from services.telemetry.flows.counters import Counters
from services.telemetry.flows.ports import Timers

log = structlog.get_logger()


class Receipts:
    """What pages said they got: how many said so, and the newest word."""

    __slots__ = ("count", "position", "received")

    def __init__(self) -> None:
        self.count = 0
        self.position: str | None = None
        self.received: int | None = None


class Channel:
    """A run. ``pins`` counts the requests that hold it; while there are any, or viewers, it stays in memory."""

    def __init__(
        self,
        run_log: RunLog,
        numbering: Numbering,
        *,
        rejected: int,
        deleted: bool,
        clock: Clock,
        timers: Timers,
        counters: Counters,
        changed: Callable[["Channel"], None],
    ) -> None:
        self.run_id = run_log.run_id
        self.log = run_log
        self.numbering = numbering
        self.pending: dict[int, Entry] = {}
        """Numbered, not yet committed."""
        self.rejected = rejected
        self.deleted = deleted
        self.producer: Producer | None = None
        self.receipts = Receipts()
        self.pins = 0
        self.summary_seq = 0
        """How far the store's summary of this run is true."""
        self.audience = Audience(run_log, timers, status=self.status_facts, changed=lambda: changed(self))
        self._clock = clock
        self._counters = counters

    @property
    def idle(self) -> bool:
        """Whether nobody needs it in memory."""
        return not self.pins and not self.pending and not len(self.audience)

    @property
    def is_unfinished(self) -> bool:
        """Whether the run has begun and neither ended nor been deleted."""
        return self.log.epoch is not None and not self.log.ended and not self.deleted

    def commit(self, entries: Sequence[Entry]) -> None:
        """Take in events that are durable now, and let the viewers have them."""
        epoch = self.numbering.epoch or ""
        for entry in entries:
            self.pending.pop(entry.seq, None)
            try:
                self.log.append(entry, epoch)
            except Exception:
                self._counters.faults += 1
                log.exception("an event could not be folded", run_id=self.run_id, seq=entry.seq)
        try:
            self.audience.log_grew()
        except Exception:
            self._counters.faults += 1
            log.exception("events could not be published", run_id=self.run_id)

    def roll_back(self, entries: Sequence[Entry]) -> None:
        """Take back the numbers of events that could not be committed: these, and every one given after them."""
        for entry in entries:
            self.pending.pop(entry.seq, None)
        ids = [entry.id for entry in entries if entry.id is not None]
        self.numbering.roll_back(self.log.high, finished=self.log.ended, ids=ids)

    def hear(self, said: SignOfLife) -> None:
        """Take in the producer's sign of life."""
        now_ms = self._clock.now_ms()
        if self.producer is None:
            self.producer = Producer(said, now_ms)
        else:
            self.producer.hear(said, now_ms)
        self.audience.state_changed()

    def producer_facts(self) -> Facts | None:
        """The producer as it is shown; None if it never gave a sign of life."""
        return None if self.producer is None else self.producer.facts(self._clock.now_ms())

    def status_facts(self) -> Facts:
        """The data of ``status_update``."""
        return status_facts(self.log, producer=self.producer_facts(), rejected=self.rejected)

    def facts(self) -> Facts:
        """The data of ``GET /runs/{id}``, without links."""
        receipts = self.receipts
        return {
            **log_facts(self.log),
            "numbered_by": self.numbering.by,
            "producer": self.producer_facts(),
            "rejected": self.rejected,
            "subscribers": len(self.audience),
            "delivered": self.audience.delivered,
            "receipts": {"count": receipts.count, "position": receipts.position, "received": receipts.received},
        }
