"""Events on their way to telemetry: per run in order, in batches, one request at a time, until acknowledged.

Whatever telemetry does, a run never notices: it is away, slow or wiped, and the ledger waits.
"""

from collections.abc import Callable
from typing import Any

import anyio
from anyio.abc import TaskGroup

from services.executor.core.delivery.comparison import Standing
from services.executor.core.delivery.event_batch import Encode, event_batch
from services.executor.core.limits.retry import Backoff
from services.executor.core.records import Deletion, Reconciled, StoredRun
from services.executor.flows.delivery.backlog import MOST_AT_ONCE, Backlog
from services.executor.flows.delivery.compare_all import Comparison
from services.executor.flows.delivery.deletions import Deletions
from services.executor.flows.delivery.delivery import Delivery
from services.executor.flows.delivery.hop_counts import HopCounts
from services.executor.flows.delivery.kit import DeliveryKit, Pace
from services.executor.flows.delivery.link import Link
from services.executor.flows.delivery.ports import Standings, Telemetry
from services.executor.flows.delivery.send_run import send_run
from services.executor.flows.delivery.signs import run_signs
from services.executor.flows.ports import Clock, Ledger
from shared.stored import format_time

BACKLOG_PLACES = 4
DEFAULT_PACE = Pace()


class DeliveryDesk:
    """All runs' deliveries."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        telemetry: Telemetry,
        standings: Standings,
        clock: Clock,
        backoff: Backoff,
        chance: Callable[[], float],
        group: TaskGroup,
        encode: Encode = event_batch,
        pace: Pace = DEFAULT_PACE,
        executor_url: str | None = None,
    ) -> None:
        self._deliveries: dict[str, Delivery] = {}
        self._group = group
        self._close_run: Callable[[str, str], None] | None = None
        self.counts = HopCounts()
        self.link = Link(clock, lambda: any(delivery.pending for delivery in self._deliveries.values()))
        self._kit = DeliveryKit(
            ledger=ledger,
            telemetry=telemetry,
            standings=standings,
            clock=clock,
            backoff=backoff,
            chance=chance,
            link=self.link,
            counts=self.counts,
            encode=encode,
            close_run=self._close,
            pace=pace,
            executor_url=executor_url,
            backlog_places=anyio.CapacityLimiter(BACKLOG_PLACES),
        )
        self.backlog = Backlog(self._kit, room=self._room, take_up=self._take_up)
        self.comparison = Comparison(self._kit, get=self.get, undelivered=self.backlog.look)
        self.deletions = Deletions(self._kit)

    def tell(self, close_run: Callable[[str, str], None]) -> None:
        """Call this with a run and a reason when the run cannot be trusted any more; it may be over."""
        self._close_run = close_run

    async def run(self) -> None:
        """Signs of life, what earlier lives have left undelivered, comparisons, deletions; until cancelled."""
        async with anyio.create_task_group() as group:
            group.start_soon(run_signs, self.all, self._kit)
            group.start_soon(self.backlog.run)
            group.start_soon(self.comparison.run)
            group.start_soon(self.deletions.run)

    def watch(self, run_id: str, *, last_seq: int, delivered_seq: int, distrust: Callable[[], None]) -> None:
        """Deliver this run's events from now on; ``distrust`` is called when one had to be replaced."""
        earlier = self._deliveries.get(run_id)
        if earlier is not None:
            earlier.goes_on(distrust)
            return
        self._begin(Delivery(run_id, last_seq=last_seq, sent=delivered_seq, distrust=distrust))

    def committed(self, run_id: str, last_seq: int) -> None:
        """The run's events up to this seq are durable and can be sent."""
        delivery = self._deliveries.get(run_id)
        if delivery is not None:
            self.counts.enqueued += delivery.grew(last_seq, self._kit.clock.now_ms())

    def over(self, run_id: str) -> None:
        """The run writes no more: what is pending is still delivered, then nothing is."""
        delivery = self._deliveries.get(run_id)
        if delivery is not None:
            delivery.finish()

    def forget(self, deletion: Deletion) -> None:
        """The run is gone from the ledger: nothing of it is sent any more, and telemetry is told to forget it.

        Returns at once. The ledger knows that the run was deleted, so that this goes on after a restart.
        """
        delivery = self._deliveries.pop(deletion.run_id, None)
        if delivery is not None:
            delivery.scope.cancel()
        self.counts.different.pop(deletion.run_id, None)
        self.deletions.ask(deletion)

    def get(self, run_id: str) -> Delivery | None:
        """How the run's delivery stands; None when there is nothing left to deliver."""
        return self._deliveries.get(run_id)

    def all(self) -> list[Delivery]:
        """Every delivery under way."""
        return list(self._deliveries.values())

    async def settle(self, timeout_s: float) -> None:
        """Give what is pending a last chance to arrive."""
        with anyio.move_on_after(timeout_s):
            for delivery in self.all():
                await delivery.arrived()

    @property
    def pending_events(self) -> int:
        """Events that are durable here and have not arrived."""
        return self.backlog.events_left + sum(delivery.pending for delivery in self._deliveries.values())

    @property
    def oldest_pending_s(self) -> float:
        """The age of the oldest of them, as far as it has been looked at."""
        now_ms = self._kit.clock.now_ms()
        return max((delivery.oldest_pending_s(now_ms) for delivery in self._deliveries.values()), default=0.0)

    @property
    def unaccounted_events(self) -> int:
        """Events called delivered that telemetry has not confirmed or does not have; 0 unless something is wrong."""
        live = sum(delivery.unaccounted for delivery in self._deliveries.values())
        return live + sum(self.counts.different.values())

    async def shown(self, stored: StoredRun, last_seq: int) -> dict[str, Any]:
        """What became of a run's events, as ``GET /runs/{id}`` shows it. Waits for nothing but one read."""
        delivery = self._deliveries.get(stored.run_id)
        reconciled = delivery.reconciled if delivery is not None else None
        if reconciled is None:
            reconciled = await self._kit.standings.reconciled(stored.run_id)
        if delivery is None:
            sent, missing, oldest_s = stored.delivered_seq, max(0, last_seq - stored.delivered_seq), 0.0
            discarded, stopped, trouble = stored.discarded, stored.stopped, None
        else:
            last_seq = max(last_seq, delivery.last_seq)
            sent, missing, discarded, stopped = delivery.sent, delivery.missing, delivery.discarded, delivery.stopped
            oldest_s = delivery.oldest_pending_s(self._kit.clock.now_ms())
            trouble = None if delivery.trouble is None else delivery.trouble.reason
        return {
            "sent": sent,
            "pending": missing,
            "oldest_pending_s": round(oldest_s, 3),
            "discarded": discarded,
            "stopped": stopped,
            "trouble": trouble,
            "link": self.link.shown(),
            "reconciled": None if reconciled is None or reconciled.seq < last_seq else _found(reconciled),
        }

    def _begin(self, delivery: Delivery) -> None:
        self._deliveries[delivery.run_id] = delivery
        self._group.start_soon(self._deliver, delivery)

    async def _deliver(self, delivery: Delivery) -> None:
        with delivery.scope:
            await send_run(delivery, self._kit)
        # A deletion may have taken it away, and a run of the same name come since.
        if self._deliveries.get(delivery.run_id) is delivery:
            del self._deliveries[delivery.run_id]
        self.backlog.left()

    def _room(self) -> int:
        return MOST_AT_ONCE - sum(delivery.old for delivery in self._deliveries.values())

    def _take_up(self, standing: Standing) -> bool:
        """Deliver what is left of a run that is over; False where that is under way, or the run is to be forgotten."""
        if standing.run_id in self._deliveries or self.deletions.has(standing.run_id):
            return False
        last_seq, sent = standing.last_seq, standing.delivered_seq
        self._begin(Delivery(standing.run_id, last_seq=last_seq, sent=sent, distrust=lambda: None, old=True))
        return True

    def _close(self, run_id: str, reason: str) -> None:
        if self._close_run is not None:
            self._close_run(run_id, reason)


def _found(found: Reconciled) -> dict[str, Any]:
    shown = {"equal": found.equal, "count": found.count, "digest": found.digest, "at": format_time(found.at_ms)}
    if not found.equal:
        shown["telemetry"] = {"count": found.their_count, "digest": found.their_digest or None}
    return shown
