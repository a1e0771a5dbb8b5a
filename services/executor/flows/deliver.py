"""Events on their way to telemetry: per run in order, in batches, one request at a time, until acknowledged.

Whatever telemetry does, a run never notices: it is away, slow or wiped, and the ledger waits.
"""

from collections.abc import Callable

import anyio
import structlog
from anyio.abc import TaskGroup

from services.executor.core.acknowledgement import Halt, Later, Refused, Rewind, Smaller, Step, Taken, next_step
from services.executor.core.records import Delivered
from services.executor.core.retry import Backoff
from services.executor.flows.delivery import BATCH_EVENTS, Delivery, without_run_id
from services.executor.flows.ports import Clock, Ledger, Telemetry
from shared.limits import PRODUCER_INTERVAL_S
from shared.stored import parse_time, read_line, write_line
from shared.strict_json import dumps

BATCH_BYTES = 1024 * 1024
PACE_S = 0.05
"""Under load events are gathered this long: fewer requests, and far below what an eye notices."""

SIGN_LIMIT_S = 4.0
SIGN_SOON_S = 1.0

log = structlog.get_logger()


class DeliveryDesk:
    """All runs' deliveries."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        telemetry: Telemetry,
        clock: Clock,
        backoff: Backoff,
        chance: Callable[[], float],
        group: TaskGroup,
    ) -> None:
        self._ledger = ledger
        self._telemetry = telemetry
        self._clock = clock
        self._backoff = backoff
        self._chance = chance
        self._group = group
        self._deliveries: dict[str, Delivery] = {}

    def watch(self, run_id: str, *, last_seq: int, delivered_seq: int, distrust: Callable[[], None]) -> None:
        """Deliver this run's events from now on; ``distrust`` is called when one had to be replaced."""
        earlier = self._deliveries.get(run_id)
        if earlier is not None:
            earlier.goes_on(distrust)
            return
        delivery = Delivery(run_id, last_seq=last_seq, sent=delivered_seq, distrust=distrust)
        self._deliveries[run_id] = delivery
        self._group.start_soon(self._deliver, delivery)

    def committed(self, run_id: str, last_seq: int) -> None:
        """The run's events up to this seq are durable and can be sent."""
        delivery = self._deliveries.get(run_id)
        if delivery is not None:
            delivery.grew(last_seq, self._clock.now_ms())

    def over(self, run_id: str) -> None:
        """The run writes no more: what is pending is still delivered, then nothing is."""
        delivery = self._deliveries.get(run_id)
        if delivery is not None:
            delivery.finish()

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

    async def run_signs_of_life(self) -> None:
        """Tell telemetry every few seconds that the producers are there; until cancelled."""
        while True:
            await anyio.sleep(PRODUCER_INTERVAL_S)
            with anyio.move_on_after(SIGN_LIMIT_S):
                async with anyio.create_task_group() as signs:
                    for delivery in self.all():
                        signs.start_soon(self._sign, delivery)

    async def _sign(self, delivery: Delivery) -> None:
        sign = delivery.sign_of_life(self._clock.now_ms(), self._ledger.trouble)
        await self._telemetry.sign_of_life(delivery.run_id, sign)

    async def _deliver(self, delivery: Delivery) -> None:
        # The first sign goes before the first event, so that a page never shows a producer nobody has heard of.
        await self._sign_soon(delivery)
        failures = 0
        while True:
            if not await delivery.wait_for_events():
                # The last word of a producer that falls silent must not be that something is pending.
                await self._sign_soon(delivery)
                if delivery.finished:
                    del self._deliveries[delivery.run_id]
                    return
                continue
            began_s = self._clock.monotonic_s()
            step = await self._try(delivery)
            delivery.tried(step.reason if isinstance(step, Later | Halt) else None)
            if isinstance(step, Later):
                failures += 1
                wait_s = self._backoff.wait_s(failures, self._chance())
                await anyio.sleep(max(wait_s, step.wait_s or 0.0))
                continue
            failures = 0
            if delivery.pending < BATCH_EVENTS and not delivery.finished:
                await anyio.sleep(max(0.0, began_s + PACE_S - self._clock.monotonic_s()))

    async def _sign_soon(self, delivery: Delivery) -> None:
        with anyio.move_on_after(SIGN_SOON_S):
            await self._sign(delivery)

    async def _try(self, delivery: Delivery) -> Step:
        try:
            step = await self._send(delivery)
            if not isinstance(step, Later):
                await self._apply(delivery, step)
        except Exception as error:
            # The border of a delivery: one that breaks is tried again, and never takes a run with it.
            log.exception("a delivery broke", run_id=delivery.run_id)
            return Later(f"an error in the executor: {type(error).__name__}", None)
        return step

    async def _send(self, delivery: Delivery) -> Step:
        lines = await self._ledger.lines(
            delivery.run_id, after=delivery.sent, most=delivery.batch_events, most_bytes=BATCH_BYTES
        )
        if not lines:
            return Later("the ledger has fewer events than it said", None)
        delivery.oldest_ms = parse_time(read_line(lines[0]).time)
        # A commit is read before it is announced: what was just read may be newer than what this delivery knows.
        newest = max(delivery.last_seq, delivery.sent + len(lines))
        answer = await self._telemetry.post(delivery.run_id, without_run_id(delivery.run_id, lines))
        return next_step(answer, first_seq=delivery.sent + 1, count=len(lines), newest=newest)

    async def _apply(self, delivery: Delivery, step: Step) -> None:
        match step:
            case Taken(upto):
                delivery.batch_events = BATCH_EVENTS
                delivery.reached(upto)
            case Rewind(upto):
                log.warning("telemetry has lost events; they are sent again", run_id=delivery.run_id, after=upto)
                delivery.reached(upto)
            case Smaller():
                delivery.batch_events = max(1, delivery.batch_events // 2)
                return
            case Refused(seq, reason):
                log.error("telemetry refuses an event", run_id=delivery.run_id, seq=seq, reason=reason)
                await self._replace(delivery, seq)
                delivery.reached(seq - 1)
            case Halt(reason):
                log.error("telemetry takes no more events of a run", run_id=delivery.run_id, reason=reason)
                delivery.halt(reason)
        record = Delivered(
            run_id=delivery.run_id,
            delivered_seq=delivery.sent,
            discarded=delivery.discarded,
            stopped=delivery.stopped,
        )
        self._ledger.write(delivery.run_id, 0, (), (record,))

    async def _replace(self, delivery: Delivery, seq: int) -> None:
        lines = await self._ledger.lines(delivery.run_id, after=seq - 1, most=1, most_bytes=1)
        refused = read_line(lines[0])
        report = write_line(
            type_="client_report",
            run_id=refused.run_id,
            seq=refused.seq,
            epoch=refused.epoch,
            id_=None,
            time=refused.time,
            data=dumps({"discarded": [{"reason": "refused", "quantity": 1}]}),
        )
        delivery.replaced()
        await self._ledger.replace_line(delivery.run_id, seq, report)
