"""What all deliveries of this process share."""

from collections.abc import Callable
from dataclasses import dataclass

import anyio

from services.executor.core.delivery.acknowledgement import DELETED, Halt
from services.executor.core.delivery.event_batch import Encode
from services.executor.core.delivery.telemetry_answer import Cause, Trouble
from services.executor.core.limits.retry import Backoff
from services.executor.core.records import Delivered
from services.executor.flows.delivery.delivery import Delivery
from services.executor.flows.delivery.hop_counts import HopCounts
from services.executor.flows.delivery.link import Link
from services.executor.flows.delivery.ports import Standings, Telemetry
from services.executor.flows.ports import Clock, Ledger
from shared.limits import PRODUCER_INTERVAL_S

CloseRun = Callable[[str, str], None]
"""Ends a run as failed, for this reason, where it is under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often what is done, in seconds."""

    sign_s: float = PRODUCER_INTERVAL_S
    compare_s: float = 600.0
    compare_gap_s: float = 5.0
    """A link that comes and goes does not start a comparison each time."""
    confirm_deletion_s: float = 30.0
    """A request with events that nobody waited for may still arrive and make the run anew: it is deleted twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryKit:
    """The tools of a delivery."""

    ledger: Ledger
    telemetry: Telemetry
    standings: Standings
    clock: Clock
    backoff: Backoff
    chance: Callable[[], float]
    link: Link
    counts: HopCounts
    encode: Encode
    close_run: CloseRun
    pace: Pace
    executor_url: str | None
    """Where this executor is to be found, for the sign of life."""
    backlog_places: anyio.CapacityLimiter
    """Old runs share these."""

    def failed(self, trouble: Trouble, *, with_events: bool) -> None:
        """Something brought nothing: it is counted, and the link knows."""
        self.counts.failures[trouble.cause.value] += 1
        self.link.failed(trouble, with_events=with_events)

    def broke(self, error: Exception) -> Trouble:
        """An error nobody expected, counted; its text stays out of what others see."""
        trouble = Trouble(Cause.INTERNAL, f"an error in the executor: {type(error).__name__}")
        self.counts.failures[trouble.cause.value] += 1
        return trouble

    def halt(self, delivery: Delivery, halt: Halt) -> None:
        """Send nothing more of this run; close it where what telemetry has says that the ledger is not whole."""
        if delivery.stopped is None:
            self.counts.halted += 1
            if not halt.reason.startswith(DELETED):
                self.counts.different[delivery.run_id] = max(1, delivery.missing)
        delivery.halt(halt.reason)
        self.record(delivery)
        if halt.closes:
            self.close_run(delivery.run_id, halt.reason)

    def record(self, delivery: Delivery) -> None:
        """Let the next life of this process begin where this delivery is."""
        record = Delivered(
            run_id=delivery.run_id,
            delivered_seq=delivery.sent,
            discarded=delivery.discarded,
            stopped=delivery.stopped,
        )
        self.ledger.write(delivery.run_id, 0, (), (record,))
