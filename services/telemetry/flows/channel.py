"""One run in memory: its log, the numbers given and not yet committed, what is known besides the log, its viewers."""

from collections.abc import Callable, Sequence

import structlog

from services.telemetry.core.accounting import accounting_facts, unaccounted
from services.telemetry.core.facts import Facts, log_facts, status_facts
from services.telemetry.core.numbering import Numbering
from services.telemetry.core.producer import Producer, SignOfLife
from services.telemetry.core.receipts import Receipts
from services.telemetry.core.run_log import Entry, RunLog
from services.telemetry.flows.audience import Audience
from services.telemetry.flows.clock import Clock
from services.telemetry.flows.counters import Counters
from services.telemetry.flows.ports import OK, Timers

log = structlog.get_logger()


class Channel:
    """A run. ``pins`` counts the requests that hold it; while there are any, or viewers, it stays in memory.

    ``hidden``: the run by which the service tests itself. ``storage`` says whether events can be stored.
    """

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
        storage: Callable[[], str] = lambda: OK,
        hidden: bool = False,
    ) -> None:
        self.run_id = run_log.run_id
        self.log = run_log
        self.numbering = numbering
        self.pending: dict[int, Entry] = {}
        """Numbered, not yet committed."""
        self.rejected = rejected
        self.deleted = deleted
        self.hidden = hidden
        self.producer: Producer | None = None
        self.receipts = Receipts()
        self.pins = 0
        self.summary_seq = 0
        """How far the store's summary of this run is true."""
        self.audience = Audience(
            run_log, timers, status=self.status_facts, changed=lambda: changed(self), faulty=self.faulty
        )
        self._storage = storage
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
            fault = self.log.append(entry, epoch)
            if fault is not None:
                self.faulty("fold", fault)
        try:
            self.audience.log_grew()
        except Exception as error:  # noqa: BLE001 - the events are stored: whoever waits for them must hear so
            self.faulty("flush", error)

    def faulty(self, hop: str, error: Exception) -> None:
        """Something nobody expected happened to this run's events: count it and log it; everything else goes on."""
        self._counters.fault(hop)
        log.error("an event met a fault of this service", hop=hop, run_id=self.run_id, exc_info=error)

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
        return status_facts(
            self.log,
            producer=self.producer_facts(),
            rejected=self.rejected,
            unaccounted=self.unaccounted(),
            storage=self._storage(),
        )

    def unaccounted(self) -> int | None:
        """Events that are stored by the producer's account only; None while it has given none."""
        said = self.producer.said if self.producer else None
        refused = self.rejected + self.log.discarded
        return unaccounted(said, by=self.numbering.by, stored=self.log.high, refused=refused)

    def accounting(self) -> Facts:
        """What became of the events, hop by hop."""
        return accounting_facts(
            self.producer.said if self.producer else None,
            unaccounted_events=self.unaccounted(),
            stored=self.log.high,
            fanned_out=self.audience.delivered,
            received=self.receipts.received,
        )

    def facts(self) -> Facts:
        """The data of ``GET /runs/{id}``, without links."""
        return {
            **log_facts(self.log),
            "numbered_by": self.numbering.by,
            "producer": self.producer_facts(),
            "rejected": self.rejected,
            "subscribers": len(self.audience),
            "delivered": self.audience.delivered,
            "receipts": self.receipts.facts(),
            "accounting": self.accounting(),
        }
