"""One run's delivery from its first event to its last: batch after batch, at a bounded pace, then the comparison."""

from contextlib import AbstractAsyncContextManager, nullcontext

import anyio
import structlog

from services.executor.core.delivery.acknowledgement import Halt, Later, Rewind, Smaller
from services.executor.core.delivery.comparison import Behind
from services.executor.core.delivery.telemetry_answer import OF_THE_LINK, Cause, Trouble
from services.executor.core.records import Reconciled
from services.executor.flows.delivery.delivery import BATCH_EVENTS, Delivery
from services.executor.flows.delivery.kit import DeliveryKit
from services.executor.flows.delivery.reconcile import compare_run
from services.executor.flows.delivery.send_batch import send_batch
from services.executor.flows.delivery.signs import sign_soon

PACE_S = 0.05
"""Under load events are gathered this long: fewer requests, and far below what an eye notices."""

LONGEST_ASKED_S = 300.0
"""A Retry-After is honoured up to this; a longer one is a mistake, or as good as one."""

MOST_COMPARISONS = 5
"""A run whose end cannot be compared now is compared with all the others, later."""

log = structlog.get_logger()


async def send_run(delivery: Delivery, kit: DeliveryKit) -> None:
    """Deliver the run's events until it is over and everything has arrived, or nothing more ever will."""
    await _recall(delivery, kit)
    # The first sign goes before the first event, so that a page never shows a producer nobody has heard of.
    async with _place(delivery, kit):
        await sign_soon(delivery, kit)
    failures = comparisons = 0
    rested = False
    while True:
        wish = await delivery.next_wish(rested=rested)
        if not delivery.finished:
            comparisons = 0
        if wish == "send":
            rested = False
            later = await _send(delivery, kit)
        elif not rested:
            # The last word of a producer that falls silent must not be that something is pending.
            await sign_soon(delivery, kit)
            rested = True
            continue
        else:
            comparisons += 1
            async with _place(delivery, kit):
                later = await _compare(delivery, kit, mend=comparisons < MOST_COMPARISONS)
            if delivery.is_done and (later is None or comparisons >= MOST_COMPARISONS):
                if delivery.stopped is not None:
                    # Whoever watches must hear that no more will come, also where only a comparison has found it.
                    await sign_soon(delivery, kit)
                return
        if later is None:
            failures = 0
            continue
        failures += 1
        await _pause(later, max(failures, delivery.rewinds), kit)


async def _recall(delivery: Delivery, kit: DeliveryKit) -> None:
    failures = 0
    while True:
        try:
            for standing in await kit.standings.some([delivery.run_id]):
                delivery.recall(standing)
        except Exception as error:
            log.exception("a delivery could not begin", run_id=delivery.run_id)
            delivery.tried(kit.broke(error))
            failures += 1
            await _pause(Later("the ledger cannot be read"), failures, kit)
        else:
            return


def _place(delivery: Delivery, kit: DeliveryKit) -> AbstractAsyncContextManager[object]:
    """Old runs share a few places, so that their events never hold up those of a run under way."""
    return kit.backlog_places if delivery.old else nullcontext()


async def _send(delivery: Delivery, kit: DeliveryKit) -> Later | None:
    """One batch; ``Later`` where the next one must wait longer than the pace demands."""
    began_s = kit.clock.monotonic_s()
    async with _place(delivery, kit):
        step = await send_batch(delivery, kit)
    trouble = Trouble(step.cause, step.reason) if isinstance(step, Later) else None
    if delivery.tried(trouble) and trouble is not None and trouble.cause not in OF_THE_LINK:
        log.warning("events of a run are not taken", run_id=delivery.run_id, reason=trouble.reason)
    if isinstance(step, Later):
        return step
    if isinstance(step, Rewind) and delivery.rewinds > 1:
        # Twice the same way back: whatever answers forgets what it takes, and must not be fed without a pause.
        again = Later("telemetry asks again for events it has said it has", None, Cause.REFUSED)
        kit.counts.failures[again.cause.value] += 1
        delivery.tried(Trouble(again.cause, again.reason))
        return again
    if delivery.pending < BATCH_EVENTS or isinstance(step, Smaller):
        await anyio.sleep(max(0.0, began_s + PACE_S - kit.clock.monotonic_s()))
    return None


async def _compare(delivery: Delivery, kit: DeliveryKit, *, mend: bool) -> Later | None:
    """All has arrived that ever will: see whether telemetry says so too."""
    if delivery.stopped is not None:
        return None
    match await compare_run(delivery.run_id, delivery.sent, kit, mend=mend):
        case Behind(upto):
            log.warning("telemetry has lost events; they are sent again", run_id=delivery.run_id, after=upto)
            kit.counts.resent += delivery.rewind(upto)
            kit.record(delivery)
            if delivery.rewinds > 1:
                return Later("telemetry does not have what it has taken", None, Cause.REFUSED)
        case Halt() as halt:
            log.error("no more events of a run are sent to telemetry", run_id=delivery.run_id, reason=halt.reason)
            kit.halt(delivery, halt)
        case Later() as later:
            return later
        case Reconciled() as found:
            delivery.reconciled = found
    return None


async def _pause(later: Later, failures: int, kit: DeliveryKit) -> None:
    """Wait as long as was asked for, else longer with each failure; telemetry's return ends what it caused."""
    if later.wait_s:
        await anyio.sleep(min(later.wait_s, LONGEST_ASKED_S) + PACE_S)
        return
    wait_s = max(PACE_S, kit.backoff.wait_s(failures, kit.chance()))
    with anyio.move_on_after(wait_s):
        if later.cause not in OF_THE_LINK:
            await anyio.sleep(wait_s)
        await kit.link.wait_for_answer()
        # Everybody hears of the return at the same moment; they come one after the other.
        await anyio.sleep(PACE_S + PACE_S * kit.chance())
